/** The check of the connection: how it is begun, what it says, and that it ends where nobody looks at it. */
import { describe, expect, it } from 'vitest';
import type { CheckStep } from '../src/generated/CheckStep';
import type { State } from '../src/generated/State';
import { fault } from '../src/host/fake';
import { badCheck, checkAt, fakeCheck, NO_FIGURES } from '../src/host/fake/check';
import { endedCall, fakeCall } from '../src/host/fake/calls';
import { enoughFor, isAtLeast, sumOf } from '../src/model/check';
import { asked, having } from './calling';
import { all, click, focused, maybe, open, opened, press, row, says, settle, the } from './screen';

async function atCheck(state: State = having()) {
  const host = await open(state);
  await press(',', { ctrlKey: true });
  await click('open-check');
  return host;
}

function step(what: string): HTMLElement {
  const found = all('check-step').find((one) => one.dataset['what'] === what);
  if (!found) throw new Error(`there is no step ${what}`);
  return found;
}

describe('the check', () => {
  it('is begun, watched and stopped by hand', async () => {
    const host = await atCheck();
    expect(asked(host, 'begin_check')).toEqual([]);
    expect(all('check-step')).toHaveLength(0);
    await click('check-begin');
    expect(asked(host, 'begin_check')).toHaveLength(1);
    expect(step('camera').dataset['stage']).toBe('running');
    expect(the('check-picture').dataset['whose']).toBe('mine');
    expect(focused()).toBe('check-stop');
    expect((the('voice-begin') as HTMLButtonElement).disabled).toBe(true);
    await click('check-stop');
    expect(asked(host, 'stop_check')).toHaveLength(1);
    expect(maybe('check-picture')).toBeNull();
    expect(the('check-sum').dataset['is']).toBe('stopped');
    expect(focused()).toBe('check-begin');
  });

  it('says what to do while it goes on', async () => {
    const host = await atCheck();
    for (const [what, words] of [['microphone', 'Say something…'], ['speaker', 'Playing a tune…'], ['relay', 'Measuring…'], ['echo', 'Say something: this is how you come back.']] as const) {
      host.emit({ type: 'check_changed', check: checkAt(what) });
      await settle();
      expect(says('check-text', step(what))).toBe(words);
      expect(says('check-sum')).toContain(`: ${words}`);
    }
    expect(the('check-picture').dataset['whose']).toBe('theirs');
  });

  it('keeps the keyboard where it ends by itself', async () => {
    const host = await atCheck();
    await click('check-begin');
    expect(focused()).toBe('check-stop');
    host.emit({ type: 'check_changed', check: fakeCheck() });
    await settle();
    expect(focused()).toBe('check-begin');
    await click('voice-begin');
    expect(focused()).toBe('voice-end');
    host.emit({ type: 'check_changed', check: fakeCheck() });
    await settle();
    expect(focused()).toBe('voice-begin');
  });

  it('says what it found, with figures', async () => {
    await atCheck({ ...having(), check: fakeCheck() });
    expect(says('check-sum')).toBe('Everything that could be tried works.');
    expect(says('check-figure', step('bandwidth'))).toBe('3 Mbit/s or more · 46 ms · 0.1% lost');
    expect(says('check-text', step('bandwidth'))).toBe('Enough for sharp pictures.');
    expect(says('check-figure', step('address'))).toBe('203.0.x.x');
    expect(says('check-figure', step('echo'))).toBe('172 ms from mouth to ear · 1280 × 720');
    expect(step('contact').dataset['stage']).toBe('skipped');
  });

  it('says what is wrong and what to do about it', async () => {
    await atCheck({ ...having(), check: badCheck() });
    expect(says('check-sum')).toBe('Things to look at: 7');
    expect(says('check-text', step('camera'))).toBe('Another program uses your camera. Close it there, or choose another.');
    expect(says('check-text', step('relay'))).toContain('let nothing through');
    expect(says('check-text', step('bandwidth'))).toBe('Measured through the relay, which can’t be used.');
    expect(says('check-stand-in', step('speaker'))).toBe('A test source is used, not a real device.');
    expect(maybe('check-choose', step('relay'))).toBeNull();
    await click(the('check-choose', step('microphone')));
    expect(focused()).toBe('device-microphone');
  });

  it('gives a report to copy', async () => {
    const host = await atCheck({ ...having(), check: fakeCheck() });
    await click('check-copy');
    expect(host.copied).toContain('camera: good');
    expect(says('check-copy')).toBe('Copied');
  });

  it('ends where nobody looks at it', async () => {
    const host = await atCheck();
    await click('check-begin');
    await click(row('gus'));
    expect(asked(host, 'stop_check')).toHaveLength(1);
    expect(host.state.check?.running).toBe(false);
  });

  it('is found where something is wrong', async () => {
    const state = having();
    const connection = { type: 'waiting', error: fault('server_down', { server: 'call.example.org' }), retry_at_ms: Date.now() + 4_000 } as const;
    await open({ ...state, server: { ...state.server, connection } });
    await click('open-check');
    the('check-view');
    expect(maybe('open-check')).toBeNull();
  });

  it('is found where a call could not be had', async () => {
    const host = await open(having(fakeCall('bo')));
    host.emit({ type: 'calls_changed', calls: [endedCall('bo', 'unconnected')] });
    await settle();
    await click('open-check');
    the('check-view');
  });

  it('shows why it can’t be begun', async () => {
    const host = await atCheck();
    host.refusals.set('begin_check', fault('internal'));
    await click('check-begin');
    expect(the('error').dataset['code']).toBe('internal');
  });
});

describe('one’s own voice', () => {
  it('is recorded, played and gone', async () => {
    const host = await atCheck();
    await click('voice-begin');
    expect(asked(host, 'record_voice')).toHaveLength(1);
    const recording = { playing: false, ms: 1_900, most_ms: 5_000, level: 0.25, troubles: [] };
    host.emit({ type: 'check_changed', check: { running: false, steps: [], echo: null, recording } });
    await settle();
    expect(says('voice')).toBe('Recording: 4s left');
    await click('voice-end');
    expect(says('voice')).toBe('Playing…');
    await click('voice-end');
    expect(maybe('voice')).toBeNull();
  });

  it('says which device is wrong', async () => {
    const host = await atCheck();
    await click('voice-begin');
    const troubles = [fault('device_missing', { kind: 'microphone', device: 'mic:0' })];
    host.emit({ type: 'check_changed', check: { running: false, steps: [], echo: null, recording: { playing: false, ms: 0, most_ms: 5_000, level: 0, troubles } } });
    await settle();
    expect(says('check-trouble')).toBe('Visavis can’t find your microphone. Plug it in, or choose another.');
  });

  it('is not recorded in a call', async () => {
    const host = await atCheck();
    host.refusals.set('record_voice', fault('call_is_on'));
    await click('voice-begin');
    expect(the('error').dataset['code']).toBe('call_is_on');
  });
});

describe('a call to oneself', () => {
  it('shows what comes back until it is ended', async () => {
    const host = await atCheck();
    await click('echo-begin');
    expect(the('check-picture').dataset['whose']).toBe('theirs');
    expect(says('echo-figure')).toBe('Your picture and voice are on their way…');
    const echo = { figures: { ...NO_FIGURES, delay_ms: 171.6, width: 640, height: 360 }, troubles: [] };
    host.emit({ type: 'check_changed', check: { running: false, steps: [], recording: null, echo } });
    await settle();
    expect(says('echo-figure')).toBe('172 ms from mouth to ear · 640 × 360');
    await click('echo-end');
    expect(maybe('check-picture')).toBeNull();
    expect(asked(host, 'end_echo')).toHaveLength(1);
  });

  it('ends with the view', async () => {
    const host = await atCheck();
    await click('echo-begin');
    await click(row('gus'));
    expect(host.state.check?.echo).toBeNull();
    expect(opened().here.route.at).toBe('contact');
  });
});

describe('what a check found', () => {
  it('is put together', () => {
    expect(sumOf(null).is).toBe('nothing');
    expect(sumOf(fakeCheck()).is).toBe('good');
    expect(sumOf(badCheck())).toEqual({ is: 'bad', count: 7 });
    expect(sumOf(checkAt('server'))).toEqual({ is: 'running', at: 4, of: 10 });
    const stopped = fakeCheck().steps.map((one): CheckStep => (one.what === 'echo' ? { ...one, stage: { type: 'waiting' } } : one));
    expect(sumOf({ ...fakeCheck(), steps: stopped }).is).toBe('stopped');
  });

  it('is enough for larger and smaller pictures', () => {
    expect([3_000, 2_000, 300].map(enoughFor)).toEqual(['sharp', 'usual', 'small']);
    expect([2_900, 2_500].map(isAtLeast)).toEqual([true, false]);
  });
});
