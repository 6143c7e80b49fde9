import { beforeEach, describe, expect, it } from 'vitest';
import type { Call } from '../src/generated/Call';
import type { CallEnd } from '../src/generated/CallEnd';
import { endedCall, fakeCall } from '../src/host/fake/calls';
import { fault } from '../src/host/fake';
import { keyOf } from '../src/host/fake/people';
import { asked, having, id, incoming } from './calling';
import { all, click, doubleClick, focused, maybe, NOW, open, press, row, says, settle, the } from './screen';

beforeEach(() => localStorage.clear());

function release(key: string): void {
  (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keyup', { key, bubbles: true }));
}

describe('calling', () => {
  it('is a double-click with picture, and the stage has the keys', async () => {
    const host = await open(having());
    await doubleClick(row('bo'));
    expect(asked(host, 'call')).toEqual([{ type: 'call', key: keyOf('bo'), picture: true }]);
    expect(the('stage').dataset['stage']).toBe('calling');
    expect(says('stage')).toContain('Calling Bo Lindqvist…');
    expect(focused()).toBe('stage');
    expect(says('contact-row')).toContain('Calling…');
  });

  it('is told in the row, as far as it is', async () => {
    const host = await open(having(fakeCall('bo')));
    expect(row('bo').textContent).toContain('In a call');
    host.emit({ type: 'calls_changed', calls: [fakeCall('bo', { mine: { microphone: true, camera: true, held: true } })] });
    await settle();
    expect(row('bo').textContent).toContain('On hold');
  });

  it('is Enter with picture, and Ctrl+Enter with sound only', async () => {
    const host = await open(having());
    row('dora').focus();
    await press('Enter', { ctrlKey: true });
    expect(asked(host, 'call')).toEqual([{ type: 'call', key: keyOf('dora'), picture: false }]);
    row('bo').focus();
    await press('Enter');
    await press('Enter', { repeat: true });
    expect(asked(host, 'call')).toHaveLength(2);
  });

  it('is a button beside the wave', async () => {
    const host = await open(having());
    await click(row('bo'));
    await click('call-voice');
    expect(asked(host, 'call')).toEqual([{ type: 'call', key: keyOf('bo'), picture: false }]);
    await click('end');
    await click('close-call');
    expect(the('contact-view').dataset['handle']).toBe('bo');
    await click('call-video');
    expect(asked(host, 'call').at(-1)).toMatchObject({ picture: true });
  });

  it('that is refused says why', async () => {
    const host = await open(having());
    host.refusals.set('call', fault('too_many_calls'));
    await doubleClick(row('bo'));
    expect(says('toast')).toContain('too many calls at once');
    expect(maybe('stage')).toBeNull();
  });

  it('goes to the stage where they are on the line already', async () => {
    const host = await open(having(fakeCall('bo')));
    await click(row('dora'));
    expect(says('call-line')).toContain('In a call with Bo Lindqvist 3:12');
    await doubleClick(row('bo'));
    expect(asked(host, 'call')).toEqual([]);
    expect(the('stage')).toBeTruthy();
  });
});

describe('the stage', () => {
  it.each<[Partial<Call>, string, string]>([
    [{ stage: { type: 'ringing' } }, 'ringing', 'Ringing…'],
    [{ stage: { type: 'connecting' } }, 'connecting', 'Connecting…'],
    [{ theirs: { microphone: false, camera: false, held: false } }, 'on', 'Muted'],
    [{ theirs: { microphone: true, camera: false, held: false } }, 'on', 'Bo Lindqvist’s camera is off.'],
    [{ quality: { type: 'poor' } }, 'on', 'Weak network'],
    [{ quality: { type: 'reconnecting', since_ms: NOW - 4_000 } }, 'on', 'Nothing comes from Bo Lindqvist. Reconnecting… (4s)'],
    [{ mine: { microphone: true, camera: true, held: true } }, 'on', 'On hold.'],
    [{ theirs: { microphone: true, camera: true, held: true } }, 'on', 'Bo Lindqvist put you on hold.'],
  ])('says how it is: %j', async (part, stage, words) => {
    await open(having(fakeCall('bo', part)));
    expect(the('stage').dataset['stage']).toBe(stage);
    expect(says('stage')).toContain(words);
  });

  it.each<[CallEnd, number | null, boolean, string]>([
    ['hung_up', 720_000, true, 'The call has ended. You talked for 12 min.'],
    ['cancelled', null, true, 'You hung up before they answered.'],
    ['declined', null, true, 'Bo Lindqvist declined.'],
    ['busy', null, true, 'Bo Lindqvist is in another call.'],
    ['no_answer', null, true, 'Bo Lindqvist didn’t answer.'],
    ['away', null, true, 'Bo Lindqvist isn’t there. They will see that you called.'],
    ['unconnected', null, false, 'No way through to Bo Lindqvist was found.'],
    ['lost', 30_000, false, 'The connection to Bo Lindqvist was lost. You talked for 30 sec.'],
  ])('says how it ended: %s', async (how, talked, outgoing, words) => {
    const host = await open(having(fakeCall('bo', { outgoing })));
    host.emit({ type: 'calls_changed', calls: [endedCall('bo', how, talked, { outgoing })] });
    await settle();
    expect(the('ended').dataset['how']).toBe(how);
    expect(says('ended')).toContain(words);
    expect(maybe('end')).toBeNull();
  });

  it('of an ended call leads to another, or away', async () => {
    const host = await open(having(fakeCall('bo', { picture: false })));
    await click('end');
    expect(asked(host, 'hang_up')).toEqual([{ type: 'hang_up', id }]);
    await click('call-again');
    expect(asked(host, 'call')).toEqual([{ type: 'call', key: keyOf('bo'), picture: false }]);
    expect(the('stage').dataset['stage']).toBe('calling');
    await click('end');
    await press('Escape');
    expect(asked(host, 'dismiss_call')).toEqual([{ type: 'dismiss_call', id }]);
    expect(maybe('stage')).toBeNull();
    expect(the('contact-view').dataset['handle']).toBe('bo');
  });

  it('of a call that was hung up goes away by itself', async () => {
    const host = await open(having(fakeCall('bo')));
    host.emit({ type: 'calls_changed', calls: [endedCall('bo', 'hung_up', 5_000)] });
    await settle();
    expect(the('ended')).toBeTruthy();
    await settle(8_000);
    expect(asked(host, 'dismiss_call')).toHaveLength(1);
    expect(maybe('stage')).toBeNull();
  });

  it('comes when a call was answered in another window', async () => {
    const host = await open(having(incoming('bo')));
    host.emit({ type: 'calls_changed', calls: [fakeCall('bo', { outgoing: false, stage: { type: 'connecting' } })] });
    await settle();
    expect(maybe('incoming')).toBeNull();
    expect(the('stage').dataset['stage']).toBe('connecting');
  });

  it('tells in a toast where the user is elsewhere', async () => {
    const host = await open(having(fakeCall('bo')));
    await click(row('dora'));
    host.emit({ type: 'calls_changed', calls: [endedCall('bo', 'lost', 5_000)] });
    await settle();
    expect(says('toast')).toContain('The connection to Bo Lindqvist was lost.');
    expect(the('contact-view').dataset['handle']).toBe('dora');
    expect(asked(host, 'dismiss_call')).toHaveLength(1);
  });
});

describe('the bar', () => {
  it('mutes, turns the camera off, and silences', async () => {
    const host = await open(having(fakeCall('bo')));
    expect(the('mic').getAttribute('aria-pressed')).toBe('true');
    await click('mic');
    expect(host.commands.at(-1)).toEqual({ type: 'set_microphone', id, on: false });
    expect(the('mic').getAttribute('aria-pressed')).toBe('false');
    expect(the('mic').title).toBe('Unmute (M)');
    await click('camera');
    expect(host.commands.at(-1)).toEqual({ type: 'set_camera', id, on: false });
    expect(maybe('self')).toBeNull();
    await click('volume');
    expect(host.state.settings.devices.volume).toBe(0);
    await click('volume');
    expect(host.state.settings.devices.volume).toBe(100);
  });

  it('has keys', async () => {
    const host = await open(having(fakeCall('bo')));
    await press('m');
    expect(host.state.calls[0]?.mine.microphone).toBe(false);
    await press('V', { shiftKey: false });
    expect(host.state.calls[0]?.mine.camera).toBe(false);
    await press('w');
    expect(the('whole').getAttribute('aria-pressed')).toBe('true');
    await press('Escape');
    expect(the('whole').getAttribute('aria-pressed')).toBe('false');
    await press('Escape');
    expect(asked(host, 'hang_up')).toEqual([]);
    await press('E', { ctrlKey: true, shiftKey: true });
    expect(asked(host, 'hang_up')).toHaveLength(1);
  });

  it('has none while typing, with a modifier, or over a dialog or menu', async () => {
    const host = await open(having(fakeCall('bo')));
    const count = (): number => asked(host, 'set_microphone').length;
    the('search').focus();
    await press('m');
    await press(' ');
    the('stage').focus();
    await press('m', { ctrlKey: true });
    await press('m', { altKey: true });
    await press('?');
    await press('m');
    await click('cancel');
    await click('mic-choose');
    await press('m');
    await press('Escape');
    expect(count()).toBe(0);
    await press('m');
    expect(count()).toBe(1);
  });

  it('opens a muted microphone while Space is held, unless a button has it', async () => {
    const host = await open(having(fakeCall('bo', { mine: { microphone: false, camera: true, held: false } })));
    await press(' ');
    await press(' ', { repeat: true });
    expect(asked(host, 'set_microphone')).toEqual([{ type: 'set_microphone', id, on: true }]);
    release(' ');
    await settle();
    expect(asked(host, 'set_microphone').at(-1)).toEqual({ type: 'set_microphone', id, on: false });
    the('more', the('stage')).focus();
    await press(' ');
    expect(asked(host, 'set_microphone')).toHaveLength(2);
    the('stage').focus();
    await press(' ');
    window.dispatchEvent(new Event('blur'));
    await settle();
    expect(asked(host, 'set_microphone').at(-1)).toMatchObject({ on: false });
  });

  it('changes nothing by Space where the microphone is on', async () => {
    const host = await open(having(fakeCall('bo')));
    await press(' ');
    release(' ');
    expect(asked(host, 'set_microphone')).toEqual([]);
  });

  it('holds, and goes on', async () => {
    const host = await open(having(fakeCall('bo')));
    await click(the('more', the('stage')));
    await click('hold');
    expect(host.commands.at(-1)).toEqual({ type: 'hold', id, held: true });
    await click('resume');
    expect(host.commands.at(-1)).toEqual({ type: 'hold', id, held: false });
  });

  it('chooses devices', async () => {
    const host = await open(having(fakeCall('bo')));
    await click('camera-choose');
    expect(all('device').map((one) => one.dataset['uri'])).toEqual(['', 'camera:0', 'camera:1', 'test:pattern?w=1280&h=720&fps=30', 'null:']);
    expect(says('menu')).toContain('System default: HD Webcam C270');
    expect(says('menu')).toContain('Test picture, 1280 × 720');
    await click(all('device')[2] ?? '');
    expect(host.state.settings.devices.camera).toBe('camera:1');
    await click('volume-choose');
    const slider = the('volume-slider') as HTMLInputElement;
    slider.value = '40';
    slider.dispatchEvent(new Event('change', { bubbles: true }));
    await settle();
    expect(host.state.settings.devices.volume).toBe(40);
  });

  it('has words below for the first three calls', async () => {
    const host = await open(having());
    for (let turn = 0; turn < 4; turn += 1) {
      host.emit({ type: 'calls_changed', calls: [fakeCall('bo')] });
      await settle();
      expect(document.querySelector('.bar')?.classList.contains('worded')).toBe(turn < 3);
      host.emit({ type: 'calls_changed', calls: [] });
      await settle();
    }
  });
});

describe('the own picture', () => {
  it('is moved by arrows, put away, and stays so', async () => {
    await open(having(fakeCall('bo')));
    the('self').focus();
    await press('ArrowUp');
    await press('ArrowLeft');
    expect(the('self').dataset['corner']).toBe('top-left');
    await click('self-away');
    expect(maybe('self')).toBeNull();
    expect(JSON.parse(localStorage.getItem('visavis.stage') ?? '')).toMatchObject({ corner: 'top-left', selfAway: true });
    await click(the('more', the('stage')));
    await click('self-toggle');
    expect(the('self').dataset['corner']).toBe('top-left');
  });
});

describe('troubles of a device', () => {
  it('have a way out', async () => {
    const troubles = [fault('device_busy', { device: 'camera:0' })];
    const host = await open(having(fakeCall('bo', { mine: { microphone: true, camera: false, held: false }, troubles })));
    expect(says('call-trouble')).toContain('Another program uses your camera.');
    await click('device-again');
    expect(host.commands.at(-1)).toEqual({ type: 'set_camera', id, on: true });
    await click('device-other');
    await click(all('device')[3] ?? '');
    expect(host.state.settings.devices.camera).toBe('test:pattern?w=1280&h=720&fps=30');
  });
});

describe('the sheet of figures', () => {
  it('asks once a second while it is open', async () => {
    const host = await open(having(fakeCall('bo')));
    await press('t');
    expect(says('statistics')).toContain('Round trip');
    expect(says('statistics')).toContain('1280 × 720');
    await settle(3_000);
    expect(asked(host, 'call_statistics')).toHaveLength(4);
    await press('t');
    await settle(5_000);
    expect(maybe('statistics')).toBeNull();
    expect(asked(host, 'call_statistics')).toHaveLength(4);
  });
});

