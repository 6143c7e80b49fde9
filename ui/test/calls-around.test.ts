import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endedCall, fakeCall, pastCalls, testDevices } from '../src/host/fake/calls';
import { fewContacts, keyOf, USUAL_DEVICES } from '../src/host/fake/people';
import { asked, having, id, incoming } from './calling';
import { all, click, maybe, NOW, open, press, row, says, settle, the } from './screen';

beforeEach(() => localStorage.clear());
afterEach(() => {
  vi.restoreAllMocks();
});

describe('what rings', () => {
  it('is answered by Enter as it was offered, but not by the Enter of someone typing', async () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000);
    const host = await open(having());
    the('search').focus();
    host.emit({ type: 'calls_changed', calls: [incoming('chen', false)] });
    await settle();
    expect(says('incoming')).toContain('陈晓雨');
    expect(says('incoming')).toContain('Voice call');
    the('incoming').querySelector<HTMLElement>('.ring')?.focus();
    await press('Enter');
    expect(asked(host, 'answer')).toEqual([]);
    clock.mockReturnValue(1_500);
    await press('Enter');
    expect(asked(host, 'answer')).toEqual([{ type: 'answer', id: fakeCall('chen').id, picture: false }]);
    expect(maybe('incoming')).toBeNull();
    expect(the('stage').dataset['stage']).toBe('on');
  });

  it('is declined by Escape', async () => {
    const host = await open(having(incoming('bo')));
    expect(maybe('verified-mark', the('incoming'))).toBeTruthy();
    the('incoming').querySelector<HTMLElement>('.ring')?.focus();
    await press('Escape');
    expect(asked(host, 'decline')).toEqual([{ type: 'decline', id }]);
    expect(maybe('incoming')).toBeNull();
  });

  it('is answered with sound only, or with video', async () => {
    const host = await open(having(incoming('bo')));
    await click('answer-sound');
    expect(asked(host, 'answer')).toEqual([{ type: 'answer', id, picture: false }]);
    host.emit({ type: 'calls_changed', calls: [incoming('bo', false)] });
    await settle();
    await click('answer-video');
    expect(asked(host, 'answer').at(-1)).toEqual({ type: 'answer', id, picture: true });
  });

  it('can be blocked', async () => {
    await open(having(incoming('bo')));
    await click('incoming-more');
    await click('menu-block');
    expect(says('question')).toContain('Block Bo Lindqvist?');
  });

  it('in a call is a line: hold and answer, end and answer, or decline', async () => {
    const chen = incoming('chen');
    const host = await open(having(fakeCall('bo'), chen));
    expect(maybe('incoming')).toBeNull();
    expect(says('waiting')).toContain('陈晓雨 calls, with video.');
    await click('waiting-decline');
    expect(maybe('waiting')).toBeNull();
    host.emit({ type: 'calls_changed', calls: [fakeCall('bo'), chen] });
    await settle();
    await click('waiting-answer');
    expect(the('stage').dataset['call']).toBe(chen.id);
    expect(says('held')).toContain('You hold the call with Bo Lindqvist.');
    await click('held-resume');
    expect(the('stage').dataset['call']).toBe(id);
    host.emit({ type: 'calls_changed', calls: [fakeCall('bo'), chen] });
    await settle();
    await click('waiting-end-answer');
    expect(host.commands.slice(-2)).toEqual([
      { type: 'hang_up', id },
      { type: 'answer', id: chen.id, picture: true },
    ]);
  });

  it('and was missed leaves a toast, a badge and no stage', async () => {
    const host = await open(having(incoming('bo')));
    const bo = host.state.contacts.find((one) => one.handle === 'bo');
    if (!bo) throw new Error('no bo');
    host.emit({ type: 'calls_changed', calls: [endedCall('bo', 'cancelled', null, { outgoing: false })] });
    host.emit({ type: 'contact_changed', contact: { ...bo, missed: 1, last: { what: 'missed', at_ms: NOW } } });
    host.emit({ type: 'call_missed', key: bo.key, at_ms: NOW });
    await settle();
    expect(maybe('stage')).toBeNull();
    expect(asked(host, 'dismiss_call')).toHaveLength(1);
    expect(says('toast')).toContain('You missed a call from Bo Lindqvist.');
    expect(the('missed', row('bo')).dataset['count']).toBe('1');
    expect(says('contact-row')).toContain('Missed call');
    await click('toast-act');
    expect(asked(host, 'call')).toHaveLength(1);
  });

  it('and was answered on another device is told', async () => {
    const host = await open(having(incoming('bo')));
    host.emit({ type: 'calls_changed', calls: [endedCall('bo', 'answered_elsewhere', null, { outgoing: false })] });
    await settle();
    expect(says('toast')).toContain('You answered on another device.');
    expect(maybe('stage')).toBeNull();
  });
});

describe('calls that were', () => {
  it('stand with the contact, page by page, and missed ones are seen', async () => {
    const host = await open({ ...having(), contacts: fewContacts().map((one) => ({ ...one, missed: one.handle === 'bo' ? 2 : 0 })) });
    host.past.set(keyOf('bo'), pastCalls('bo', NOW));
    expect(the('missed', row('bo')).dataset['count']).toBe('2');
    await click(row('bo'));
    await click('details');
    expect(asked(host, 'see_missed_calls')).toEqual([{ type: 'see_missed_calls', key: keyOf('bo') }]);
    expect(maybe('missed')).toBeNull();
    expect(all('past-call').map((one) => one.textContent?.replace(/\s+/g, ' ').trim())).toEqual([
      'Missed call Video call Today, 2:57 PM',
      'You called Video call · 12 min Today, 1:00 PM',
      'No answer Voice call Yesterday, 3:00 PM',
      'Called you Voice call · 1 hr 5 min Yesterday, 1:00 PM',
      'You declined Video call Sunday, 3:00 PM',
    ]);
    await click('history-more');
    expect(asked(host, 'call_history').at(-1)).toEqual({ type: 'call_history', key: keyOf('bo'), before: 'bo-4' });
    expect(all('past-call')).toHaveLength(9);
    expect(maybe('history-more')).toBeNull();
    await click(all('call-back')[2] ?? '');
    expect(asked(host, 'call')).toEqual([{ type: 'call', key: keyOf('bo'), picture: false }]);
  });

  it('are none at first', async () => {
    await open(having());
    await click(row('gus'));
    await click('details');
    expect(says('no-calls')).toBe('You haven’t called each other yet.');
  });
});

describe('devices', () => {
  it('are chosen in the settings', async () => {
    const host = await open(having());
    await press(',', { ctrlKey: true });
    const select = the('device-microphone') as HTMLSelectElement;
    expect([...select.querySelectorAll('optgroup option')].map((one) => one.textContent)).toEqual(['Test tone, 1000 Hz', 'No sound (silence)']);
    select.value = 'mic:1';
    select.dispatchEvent(new Event('change', { bubbles: true }));
    await settle();
    expect(host.state.settings.devices).toEqual({ ...USUAL_DEVICES, microphone: 'mic:1' });
    select.value = '';
    select.dispatchEvent(new Event('change', { bubbles: true }));
    await settle();
    expect(host.state.settings.devices.microphone).toBeNull();
  });

  it('that test sources stand in for are told of, once', async () => {
    const host = await open(having());
    expect(maybe('stand-ins')).toBeNull();
    host.devices = testDevices();
    await press(',', { ctrlKey: true });
    expect(says('stand-ins')).toContain('No camera or sound here: test pictures and tones stand in.');
    await click('stand-ins-dismiss');
    expect(maybe('stand-ins')).toBeNull();
    await press('Escape');
    await press(',', { ctrlKey: true });
    expect(maybe('stand-ins')).toBeNull();
  });
});
