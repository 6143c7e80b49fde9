import { render } from 'lit-html';
import { describe, expect, it } from 'vitest';
import type { Code } from '../src/generated/Code';
import { contact, fakeQr, settledState, emptyState } from '../src/host/fake/people';
import { initialsOf, toneOf, TONES } from '../src/model/avatar';
import { addressOf, byName, found, matching } from '../src/model/contacts';
import { faultOf, spelled, suggestions } from '../src/model/handle';
import { qrPath, QUIET } from '../src/model/qr';
import { stepOf } from '../src/model/start';
import { ago, seconds, secondsUntil, stretch } from '../src/model/times';
import { explain, explainPlainly, langOf, say } from '../src/text';
import { errorsEn } from '../src/text/errors-en';
import { errorsZh } from '../src/text/errors-zh';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function shown(parts: unknown[]): string {
  const place = document.createElement('div');
  render(parts, place);
  return place.textContent ?? '';
}

describe('handles', () => {
  it('are refused for the reason that the server would give', () => {
    const cases: [string, ReturnType<typeof faultOf>][] = [
      ['', 'empty'],
      ['   ', 'empty'],
      ['a', 'too_short'],
      ['a'.repeat(33), 'too_long'],
      ['ana b', 'odd_character'],
      ['аna', 'odd_character'],
      ['é', 'odd_character'],
      ['ana@x', 'odd_character'],
      ['1ana', 'odd_shape'],
      ['.ana', 'odd_shape'],
      ['ana.', 'odd_shape'],
      ['a..b', 'odd_shape'],
      ['a._b', 'odd_shape'],
      ['ad.min', 'reserved'],
      ['Visavis', 'reserved'],
      [' Ana.Li ', null],
      ['a'.repeat(32), null],
      ['a-b_c.9', null],
    ];
    for (const [typed, fault] of cases) expect(faultOf(typed), JSON.stringify(typed)).toBe(fault);
  });

  it('have one spelling, which leaves other scripts alone', () => {
    expect(spelled(' Ana.Li ')).toBe('ana.li');
    expect(spelled('\u212a')).toBe('\u212a');
  });

  it('are suggested from the name', () => {
    expect(suggestions('Bo Lindqvist')).toEqual(['bo', 'bo.lindqvist', 'bolindqvist', 'bo.l']);
    expect(suggestions('  Émile  DURAND ')).toEqual(['emile', 'emile.durand', 'emiledurand', 'emile.d']);
    expect(suggestions("Siobhán O'Brien")[1]).toBe('siobhan.obrien');
    expect(suggestions('Jürgen Groß')[1]).toBe('jurgen.gross');
    expect(suggestions('陈晓雨')).toEqual([]);
    expect(suggestions('')).toEqual([]);
    expect(suggestions('Bo Lindqvist', new Set(['bo']))).not.toContain('bo');
    expect(suggestions('Admin')).not.toContain('admin');
  });

  it('that are suggested could all be taken', () => {
    for (const name of ['Ana', 'A B', '3PO Droid', 'X'.repeat(70), `${'Long '.repeat(12)}Name`, '陈 Chen', '-- --']) {
      for (const one of suggestions(name)) expect(faultOf(one), `${name}: ${one}`).toBeNull();
    }
  });
});

describe('people', () => {
  const people = [contact('z', 'zoe'), contact('e', 'Émile'), contact('f', 'Frida'), contact('e2', 'emil'), contact('d', 'Dóra Kiss')];

  it('stand in the order of their names as the language has it', () => {
    expect(byName(people, 'en').map((one) => one.name)).toEqual(['Dóra Kiss', 'emil', 'Émile', 'Frida', 'zoe']);
    const chinese = [contact('a', '张伟'), contact('b', '陈晓雨'), contact('c', '李俊')];
    expect(byName(chinese, 'zh').map((one) => one.name)).toEqual(['陈晓雨', '李俊', '张伟']);
  });

  it('are found by parts of name or handle, without accents and case', () => {
    expect(matching(people, 'EMI').map((one) => one.handle)).toEqual(['e', 'e2']);
    expect(matching(people, 'kiss dora').map((one) => one.handle)).toEqual(['d']);
    expect(matching(people, '  ')).toHaveLength(5);
    expect(matching(people, 'nobody')).toEqual([]);
  });

  it('are still the same where their key was replaced', () => {
    const state = { ...settledState(), contacts: [{ ...contact('bo', 'Bo'), key: 'new' }] };
    expect(found(state, 'old', 'bo')?.key).toBe('new');
    expect(found(state, 'old', 'ana')).toBeNull();
  });

  it('have an address on a server with a name', () => {
    expect(addressOf(settledState(), 'bo')).toBe('bo@call.example.org');
    expect(addressOf(emptyState(), 'bo')).toBe('bo');
  });

  it('have initials and a colour', () => {
    expect(['Bo Lindqvist', 'ana', '陈晓雨', 'José María de la Cruz', '', '  (Bo)  ', '👩‍🚀 Eva'].map(initialsOf)).toEqual(['BL', 'A', '雨', 'JC', '?', 'B', '👩‍🚀E']);
    expect(toneOf('abc')).toBe(toneOf('abc'));
    expect(toneOf('abc')).toBeLessThan(TONES);
  });
});

describe('times', () => {
  const now = new Date(2026, 4, 20, 15, 0).getTime();

  it('are said as people say them', () => {
    const cases: [number, string | null, string | null][] = [
      [-5_000, null, null],
      [30_000, null, null],
      [3 * MINUTE, '3 min', '3分钟'],
      [59 * MINUTE, '59 min', '59分钟'],
      [2 * HOUR, '2 hr', '2小时'],
      [16 * HOUR, 'yesterday', '昨天'],
      [3 * DAY, 'Sun', '周日'],
      [12 * DAY, 'May 8', '5月8日'],
    ];
    for (const [since, english, chinese] of cases) {
      expect(ago('en', now - since, now)).toBe(english);
      expect(ago('zh', now - since, now)).toBe(chinese);
    }
    expect(ago('en', now - 400 * DAY, now)).toContain('2025');
  });

  it('count down to zero and no further', () => {
    expect([3_001, 3_000, 1, 0, -4_000].map((left) => secondsUntil(now + left, now))).toEqual([4, 3, 1, 0, 0]);
    expect(seconds('en', 4)).toBe('4s');
    expect(seconds('en', 90)).toBe('2 minutes');
  });

  it('stretch over their largest sensible unit', () => {
    expect([1, -90, 187, 5_000].map((minutes) => stretch('en', minutes))).toEqual(['1 minute', '90 minutes', '3 hours', '3 days']);
  });
});

describe('a code to scan', () => {
  it('becomes one rectangle for each run of dark modules', () => {
    expect(qrPath({ size: 3, rows: ['110', '000', '101'] })).toBe(`M${QUIET} ${QUIET}h2v1h-2zM4 6h1v1h-1zM6 6h1v1h-1z`);
  });

  it('has as much ink as the rows have', () => {
    const code = fakeQr('x');
    const dark = code.rows.join('').replaceAll('0', '').length;
    const ink = [...qrPath(code).matchAll(/h(\d+)v1/g)].reduce((sum, [, run]) => sum + Number(run), 0);
    expect(ink).toBe(dark);
  });
});

describe('the first start', () => {
  it('goes on at the step that is due', () => {
    const settled = settledState();
    const { me } = settled;
    const nameless = me && { ...me, handle: null, address: null };
    expect(stepOf(emptyState())).toBe('name');
    expect(stepOf({ ...emptyState(), me: nameless })).toBe('server');
    expect(stepOf({ ...settled, me: nameless })).toBe('handle');
    expect(stepOf(settled)).toBeNull();
  });
});

describe('sentences', () => {
  it('keep what people wrote apart from the words', () => {
    const place = document.createElement('div');
    render(say((name) => `${name} waves at you, ${name}`, '<b>\ue001x'), place);
    expect(place.querySelectorAll('bdi')).toHaveLength(2);
    expect(place.textContent).toBe('<b>\ue001x waves at you, <b>\ue001x');
  });

  it('exist for each code, end like sentences, and never show a hole', () => {
    for (const code of Object.keys(errorsEn.codes) as Code[]) {
      for (const lang of ['en', 'zh'] as const) {
        for (const detail of [{}, { server: 's.example', name: 'Bo', handle: 'bo', path: '/p', reason: 'r', port: '8440', minutes: '-5', seconds: '3', why: 'too_short' }]) {
          const text = shown(explain({ code, message: 'in English', detail }, lang));
          expect(text, `${code} in ${lang}`).toMatch(/^[^\ue000-\ue00f]{4,}[.。]$/u);
          expect(text).not.toMatch(/undefined|NaN|in English/);
          expect(explainPlainly({ code, message: '', detail }, lang)).toBe(text);
        }
      }
    }
    expect(Object.keys(errorsZh.codes).toSorted()).toEqual(Object.keys(errorsEn.codes).toSorted());
  });

  it('of a later engine are shown as they come', () => {
    expect(shown(explain({ code: 'brand_new' as Code, message: 'Something new.', detail: {} }, 'zh'))).toBe('Something new.');
  });

  it('are in the language of the user, else of the system', () => {
    expect(langOf('zh', ['en'])).toBe('zh');
    expect(langOf('system', ['zh-Hant-TW', 'en'])).toBe('zh');
    expect(langOf('system', ['de', 'en-GB'])).toBe('en');
    expect(langOf('system', ['de'])).toBe('en');
  });
});
