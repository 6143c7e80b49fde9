/** The settings for camera, microphone and speaker; and the line that says where test sources stand in. */
import { html, nothing } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import type { Device } from '../generated/Device';
import type { Page } from '../page';
import { chooseDevice, loadDevices, putStandInsAway, setVolume, standInsToTell } from '../acts/devices';
import { openSettings } from '../acts/settings';
import { devicesOf, type DeviceKind } from '../model/calls';
import { icon } from './icons';
import { errorLine } from './parts';

/** Test sources have names of their own in each language; what is not known keeps the engine's. */
export function deviceName(page: Page, device: Device, kind: DeviceKind): string {
  const { t } = page;
  const query = new URLSearchParams(device.uri.split('?')[1] ?? '');
  if (device.uri === 'null:') return { camera: t.blackPicture, microphone: t.silentMicrophone, speaker: t.silentSpeaker }[kind];
  if (device.uri.startsWith('test:pattern')) return t.testPicture(`${query.get('w') ?? 1280} × ${query.get('h') ?? 720}`);
  if (device.uri.startsWith('test:tone')) return t.testTone(`${query.get('hz') ?? 1000} Hz`);
  return device.name;
}

/** What stands for "the system's own choice". */
export function defaultName(page: Page, kind: DeviceKind): string {
  const { t } = page;
  const list = page.here.devices;
  const used = list && devicesOf(list, kind).find((one) => one.default);
  return used ? t.systemDefaultIs(deviceName(page, used, kind)) : t.systemDefault;
}

export function kindWord(page: Page, kind: DeviceKind): string {
  const { t } = page;
  return { camera: t.camera, microphone: t.microphone, speaker: t.speaker }[kind];
}

export function devicesSection(page: Page): unknown {
  const { t, state } = page;
  if (!state) return nothing;
  const { volume } = state.settings.devices;
  return html`<section class="card" data-test="devices">
    <h2>${t.devices}</h2>
    <div class="two">${choice(page, 'camera')} ${choice(page, 'microphone')} ${choice(page, 'speaker')} ${volumeField(page, volume)}</div>
    ${errorLine(page, page.here.errors.get('devices') ?? page.here.errors.get('settings'))}
  </section>`;
}

function choice(page: Page, kind: DeviceKind): unknown {
  const { t, state } = page;
  const chosen = state?.settings.devices[kind] ?? null;
  const list = page.here.devices ? devicesOf(page.here.devices, kind) : [];
  const gone = chosen !== null && !list.some((one) => one.uri === chosen);
  const option = (one: Device): unknown => html`<option value=${one.uri} .selected=${live(one.uri === chosen)}>${deviceName(page, one, kind)}</option>`;
  return html`<div class="field">
    <label for="device-${kind}">${kindWord(page, kind)}</label>
    <select
      id="device-${kind}"
      data-test="device-${kind}"
      @focus=${() => void loadDevices(page)}
      @change=${(event: Event) => chooseDevice(page, kind, (event.target as HTMLSelectElement).value || null)}
    >
      <option value="" .selected=${live(chosen === null)}>${defaultName(page, kind)}</option>
      ${list.filter((one) => !one.test).map(option)} ${gone ? html`<option value=${chosen} .selected=${live(true)}>${t.notThere(chosen)}</option>` : nothing}
      <optgroup label=${t.testSources}>${list.filter((one) => one.test).map(option)}</optgroup>
    </select>
  </div>`;
}

function volumeField(page: Page, volume: number): unknown {
  const { t } = page;
  return html`<div class="field">
    <label for="device-volume">${t.volume}</label>
    ${volumeSlider(page, volume, 'device-volume')}
  </div>`;
}

/** Tells the engine once the slider is let go. */
export function volumeSlider(page: Page, volume: number, id: string): unknown {
  return html`<div class="slider">
    ${icon(volume > 0 ? 'volume' : 'volumeOff')}
    <input
      type="range"
      id=${id}
      data-test=${id}
      min="0"
      max="100"
      step="5"
      .value=${live(String(volume))}
      aria-label=${page.t.volume}
      @change=${(event: Event) => setVolume(page, Number((event.target as HTMLInputElement).value))}
    />
    <output for=${id}>${new Intl.NumberFormat(page.lang, { style: 'percent' }).format(volume / 100)}</output>
  </div>`;
}

export function standInLine(page: Page): unknown {
  const { t } = page;
  const kinds = standInsToTell(page);
  if (kinds.length === 0) return nothing;
  const seen = kinds.includes('camera');
  const heard = kinds.includes('microphone') || kinds.includes('speaker');
  return html`<div class="trouble note" role="status" data-test="stand-ins" data-kinds=${kinds.join(' ')}>
    ${icon('info')}
    <p>${seen && heard ? t.noDevices : seen ? t.noCamera : kinds.length === 2 ? t.noSound : kinds[0] === 'microphone' ? t.noMicrophone : t.noSpeaker}</p>
    ${page.here.route.at === 'settings' ? nothing : html`<button type="button" data-test="stand-in-settings" @click=${() => openSettings(page, '[data-test=device-camera]')}>${t.settings}</button>`}
    <button type="button" class="icon-only" data-test="stand-ins-dismiss" aria-label=${t.dismiss} title=${t.dismiss} @click=${() => putStandInsAway(page)}>${icon('x')}</button>
  </div>`;
}
