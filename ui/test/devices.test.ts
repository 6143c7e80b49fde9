/** Camera, microphone and speaker: how one looks and sounds before others see and hear it, and how devices are used. */
import { describe, expect, it } from 'vitest';
import { fault } from '../src/host/fake';
import { fakeCall, realDevices } from '../src/host/fake/calls';
import { keyOf } from '../src/host/fake/people';
import { otherCamera } from '../src/model/calls';
import { asked, having, id, incoming } from './calling';
import { all, click, maybe, open, opened, press, row, says, settle, the } from './screen';

function change(test: string, value: string): Promise<void> {
  const field = the(test) as HTMLInputElement | HTMLSelectElement;
  field.value = value;
  field.dispatchEvent(new Event('change', { bubbles: true }));
  return settle();
}

describe('the preview', () => {
  it('is off until it is opened, and closed where it is seen no more', async () => {
    const host = await open(having());
    await press(',', { ctrlKey: true });
    expect(asked(host, 'open_preview')).toEqual([]);
    expect(the('preview').dataset['open']).toBe('false');
    await click('preview-open');
    expect(the('preview').dataset['open']).toBe('true');
    await click('preview-close');
    expect(asked(host, 'close_preview')).toHaveLength(1);
    await click('preview-open');
    await click(row('gus'));
    await settle();
    expect(asked(host, 'close_preview')).toHaveLength(2);
    expect(host.state.preview).toBeNull();
  });

  it('says what is wrong with a device, and tries again', async () => {
    const host = await open(having());
    await press(',', { ctrlKey: true });
    await click('preview-open');
    host.emit({ type: 'preview_changed', preview: { troubles: [fault('device_busy', { device: 'camera:0', kind: 'camera' }), fault('device_unmet', { device: 'camera:0', kind: 'camera', what: 'width' })] } });
    await settle();
    expect(all('preview-trouble').map((one) => one.querySelector('p')?.textContent?.trim())).toEqual([
      'Another program uses your camera. Close it there, or choose another.',
      'Pictures of such a width can’t be had from your camera. Choose another quality or camera.',
    ]);
    await click('preview-again');
    expect(asked(host, 'open_preview')).toHaveLength(2);
  });

  it('can be looked at while a call rings, and is closed by declining', async () => {
    const host = await open(having(incoming('bo')));
    expect(maybe('preview')).toBeNull();
    await click('preview-open');
    expect(the('preview').dataset['open']).toBe('true');
    await click('decline');
    host.emit({ type: 'calls_changed', calls: [] });
    await settle();
    expect(asked(host, 'close_preview')).toHaveLength(1);
  });

  it('is shown in one place at a time', async () => {
    const host = await open(having());
    await press(',', { ctrlKey: true });
    await click('preview-open');
    host.emit({ type: 'calls_changed', calls: [incoming('bo')] });
    await settle();
    expect(all('preview').map((one) => one.dataset['open'])).toEqual(['false', 'true']);
    expect(all('preview').flatMap((one) => [...one.querySelectorAll('canvas')])).toHaveLength(1);
  });

  it('is not offered where only a voice is called for', async () => {
    await open(having(incoming('bo', false)));
    expect(maybe('preview-open')).toBeNull();
  });

  it('comes before a call where it is asked for', async () => {
    const host = await open(having());
    await click(row('bo'));
    the('contact-row');
    row('bo').dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, clientX: 20, clientY: 20 }));
    await settle();
    await click('menu-check');
    expect(the('question').dataset['ask']).toBe('devices');
    await click('preview-open');
    await click('check-call-video');
    expect(asked(host, 'call')).toEqual([{ type: 'call', key: keyOf('bo'), picture: true }]);
    expect(asked(host, 'close_preview')).toHaveLength(1);
  });
});

describe('devices', () => {
  it('are watched while somebody looks at them', async () => {
    const host = await open(having());
    expect(asked(host, 'watch_devices')).toEqual([]);
    await press(',', { ctrlKey: true });
    expect(asked(host, 'watch_devices')).toEqual([{ type: 'watch_devices', on: true }]);
    const list = realDevices();
    host.emit({ type: 'devices_changed', devices: { ...list, cameras: [{ uri: 'camera:new', name: 'New camera', test: false, default: false, facing: null }, ...list.cameras] } });
    await settle();
    expect([...the('device-camera').querySelectorAll('option')].map((one) => one.textContent)).toContain('New camera');
    await click(row('gus'));
    expect(asked(host, 'watch_devices').at(-1)).toEqual({ type: 'watch_devices', on: false });
  });

  it('are used as the user likes', async () => {
    const host = await open(having());
    await press(',', { ctrlKey: true });
    await change('device-picture', 'save-data');
    await change('device-gain', '150');
    await change('device-noise', 'strong');
    await click('device-echo');
    await click('device-level');
    expect(host.state.settings.devices).toMatchObject({ picture: 'save-data', treatment: { gain: 150, echo: false, noise: 'strong', level: false } });
    expect(maybe('filter-out')).toBeNull();
    await change('device-filter', 'sepia');
    await click('filter-out');
    expect(host.state.settings.devices).toMatchObject({ filter: 'sepia', filter_out: true });
    await click('test-speaker');
    expect(asked(host, 'test_speaker')).toHaveLength(1);
  });

  it('can be others in calls with one person', async () => {
    const host = await open(having());
    await click(row('bo'));
    await click('details');
    expect((the('devices-with') as HTMLDetailsElement).open).toBe(false);
    await change('with-microphone', 'mic:1');
    expect(host.state.settings.devices_with).toEqual([{ key: keyOf('bo'), camera: null, microphone: 'mic:1', speaker: null }]);
    expect(host.state.settings.devices.microphone).toBeNull();
    await change('with-microphone', '');
    expect(host.state.settings.devices_with).toEqual([]);
  });

  it('keep a wish that was made elsewhere', async () => {
    const state = having();
    await open({ ...state, settings: { ...state.settings, devices: { ...state.settings.devices, picture: 'fps=12.5' } } });
    await press(',', { ctrlKey: true });
    const select = the('device-picture') as HTMLSelectElement;
    expect(select.selectedOptions[0]?.textContent).toBe('Your own: fps=12.5');
  });
});

const camera = (uri: string, facing: 'front' | 'back' | null, usual = false) => ({ uri, name: uri, test: false, default: usual, facing });
const list = (...cameras: ReturnType<typeof camera>[]) => ({ cameras, microphones: [], speakers: [] });

describe('the camera to switch to', () => {
  it('looks to the other side, or is the next', () => {
    const phone = list(camera('a', 'front', true), camera('b', 'front'), camera('c', 'back'));
    expect(otherCamera(phone, null)).toBe('c');
    expect(otherCamera(phone, 'c')).toBe('a');
    const desk = list(camera('a', null, true), camera('b', null));
    expect(otherCamera(desk, null)).toBe('b');
    expect(otherCamera(desk, 'b')).toBe('a');
    expect(otherCamera(list(camera('a', null, true)), null)).toBeNull();
    expect(otherCamera(list(), null)).toBeNull();
    expect(otherCamera(desk, 'gone')).toBeNull();
  });
});

describe('a look', () => {
  it('is chosen in a call, for oneself or for both', async () => {
    const host = await open(having(fakeCall('bo')));
    await click('camera-choose');
    await click('look-grey');
    expect(host.state.settings.devices).toMatchObject({ filter: 'grey', filter_out: false });
    await click('camera-choose');
    await click('look-out');
    expect(host.state.settings.devices).toMatchObject({ filter: 'grey', filter_out: true });
    await click('camera-choose');
    await click('look-none');
    expect(host.state.settings.devices.filter).toBe('none');
    expect(maybe('look-out')).toBeNull();
  });
});

describe('whoever speaks while muted', () => {
  it('is told, and can be heard by one touch', async () => {
    const host = await open(having(fakeCall('bo', { mine: { microphone: false, camera: true, held: false } })));
    expect(maybe('unheard')).toBeNull();
    opened().onUnheard(id);
    await settle();
    expect(says('unheard')).toContain('You are muted');
    await click('unheard-unmute');
    expect(asked(host, 'set_microphone')).toEqual([{ type: 'set_microphone', id, on: true }]);
    expect(maybe('unheard')).toBeNull();
  });

  it('is not told for ever', async () => {
    await open(having(fakeCall('bo', { mine: { microphone: false, camera: true, held: false } })));
    opened().onUnheard(id);
    await settle();
    await settle(5_000);
    expect(maybe('unheard')).toBeNull();
  });
});
