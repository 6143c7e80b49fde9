/** The choice of camera, microphone and speaker, and how they are used; and the line that says where test sources stand in. */
import { html, nothing } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import type { Device } from '../generated/Device';
import type { Filter } from '../generated/Filter';
import type { NoiseTreatment } from '../generated/NoiseTreatment';
import type { Page } from '../page';
import { chooseDevice, loadDevices, putStandInsAway, setFilter, setFilterOut, setPicture, setTreatment, setVolume, standInsToTell } from '../acts/devices';
import { testSpeaker, type PreviewPlace } from '../acts/preview';
import { choose, openSettings } from '../acts/settings';
import { devicesOf, type DeviceKind } from '../model/calls';
import { say } from '../text';
import { icon, type Icon } from './icons';
import { errorLine, tick } from './parts';
import { previewBox } from './preview';

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
  return html`<section class="card" data-test="devices">
    <h2>${t.devices}</h2>
    ${devicesSheet(page, 'settings')}
  </section>`;
}

/** The picture on one side, what there is to choose on the other. */
export function devicesSheet(page: Page, place: PreviewPlace): unknown {
  const { t, state } = page;
  if (!state) return nothing;
  const { volume, treatment, filter, filter_out } = state.settings.devices;
  const noises: Record<NoiseTreatment, string> = { off: t.noiseOff, standard: t.noiseStandard, strong: t.noiseStrong };
  return html`<div class="devices">
      <div class="device-self">
        ${previewBox(page, place)}
        <div class="field looks">
          <label for="device-filter">${t.lookOfPicture}</label>
          ${filterSelect(page)}
          ${filter === 'none' ? nothing : tick({ test: 'filter-out', label: t.filterOut, hint: t.filterOutHint, on: filter_out, change: (on) => setFilterOut(page, on) })}
        </div>
      </div>
      <div class="device-choices">
        <div class="two">${choice(page, 'camera')} ${pictureChoice(page)}</div>
        <div class="two">
          ${choice(page, 'microphone')}
          <div class="field">
            <label for="device-gain">${t.microphoneGain}</label>
            ${slider({ id: 'device-gain', value: treatment.gain, most: 200, label: t.microphoneGain, sign: 'mic', page, change: (gain) => setTreatment(page, { gain }) })}
          </div>
        </div>
        <div class="two">
          ${choice(page, 'speaker')}
          <div class="field">
            <label for="device-volume">${t.volume}</label>
            ${volumeSlider(page, volume, 'device-volume')}
          </div>
        </div>
        <div class="buttons small">
          <button type="button" data-test="test-speaker" ?disabled=${page.here.busy.has('speaker')} @click=${() => testSpeaker(page)}>${icon('volume')}<span>${t.testSpeaker}</span></button>
        </div>
      </div>
    </div>
    <div class="two treatments">
      <div class="field">
        <label for="device-noise">${t.noise}</label>
        <select id="device-noise" data-test="device-noise" @change=${(event: Event) => setTreatment(page, { noise: (event.target as HTMLSelectElement).value as NoiseTreatment })}>
          ${Object.entries(noises).map(([value, label]) => html`<option value=${value} .selected=${live(treatment.noise === value)}>${label}</option>`)}
        </select>
      </div>
      <div class="ticks">
        ${tick({ test: 'device-echo', label: t.echo, hint: t.echoHint, on: treatment.echo, change: (echo) => setTreatment(page, { echo }) })}
        ${tick({ test: 'device-level', label: t.automaticGain, hint: t.automaticGainHint, on: treatment.level, change: (level) => setTreatment(page, { level }) })}
      </div>
    </div>
    ${errorLine(page, page.here.errors.get('devices') ?? page.here.errors.get('settings') ?? page.here.errors.get('speaker'))}`;
}

/** The looks there are, by name. */
export function filterNames(page: Page): Record<Filter, string> {
  const { t } = page;
  return {
    none: t.filterNone,
    grey: t.filterGrey,
    sepia: t.filterSepia,
    warm: t.filterWarm,
    cool: t.filterCool,
    vivid: t.filterVivid,
    noir: t.filterNoir,
    faded: t.filterFaded,
    invert: t.filterInvert,
  };
}

function filterSelect(page: Page): unknown {
  const chosen = page.state?.settings.devices.filter ?? 'none';
  return html`<select id="device-filter" data-test="device-filter" @change=${(event: Event) => setFilter(page, (event.target as HTMLSelectElement).value as Filter)}>
    ${Object.entries(filterNames(page)).map(([value, label]) => html`<option value=${value} .selected=${live(chosen === value)}>${label}</option>`)}
  </select>`;
}

/** How large and how many pictures; a wish of one's own, made elsewhere, stays. */
function pictureChoice(page: Page): unknown {
  const { t, state } = page;
  const chosen = state?.settings.devices.picture ?? '720p';
  const usual: Record<string, string> = { '360p': t.picture360, '720p': t.picture720, '1080p': t.picture1080, 'save-data': t.saveData };
  const all = chosen in usual ? usual : { ...usual, [chosen]: t.ownWish(chosen) };
  return html`<div class="field">
    <label for="device-picture">${t.pictureQuality}</label>
    <select id="device-picture" data-test="device-picture" @change=${(event: Event) => setPicture(page, (event.target as HTMLSelectElement).value)}>
      ${Object.entries(all).map(([value, label]) => html`<option value=${value} .selected=${live(chosen === value)}>${label}</option>`)}
    </select>
  </div>`;
}

/** What a device that is not there was called, as far as its address says: what follows is the place where it was plugged in. */
function goneName(uri: string): string {
  const name = uri.slice(uri.indexOf(':') + 1);
  const at = name.lastIndexOf('@');
  return at > 0 ? name.slice(0, at) : name;
}

function choice(page: Page, kind: DeviceKind): unknown {
  const select = deviceSelect(page, kind, {
    id: `device-${kind}`,
    chosen: page.state?.settings.devices[kind] ?? null,
    otherwise: defaultName(page, kind),
    change: (uri) => chooseDevice(page, kind, uri),
  });
  return html`<div class="field">
    <label for="device-${kind}">${kindWord(page, kind)}</label>
    ${select}
  </div>`;
}

interface DeviceSelect {
  id: string;
  chosen: string | null;
  /** What is used where none is chosen. */
  otherwise: string;
  change: (uri: string | null) => void;
}

function deviceSelect(page: Page, kind: DeviceKind, { id, chosen, otherwise, change }: DeviceSelect): unknown {
  const { t } = page;
  const list = page.here.devices ? devicesOf(page.here.devices, kind) : [];
  const gone = chosen !== null && !list.some((one) => one.uri === chosen);
  const option = (one: Device): unknown => html`<option value=${one.uri} .selected=${live(one.uri === chosen)}>${deviceName(page, one, kind)}</option>`;
  return html`<select id=${id} data-test=${id} @focus=${() => void loadDevices(page)} @change=${(event: Event) => change((event.target as HTMLSelectElement).value || null)}>
    <option value="" .selected=${live(chosen === null)}>${otherwise}</option>
    ${list.filter((one) => !one.test).map(option)} ${gone ? html`<option value=${chosen} .selected=${live(true)}>${t.notThere(goneName(chosen))}</option>` : nothing}
    <optgroup label=${t.testSources}>${list.filter((one) => one.test).map(option)}</optgroup>
  </select>`;
}

const KINDS: readonly DeviceKind[] = ['camera', 'microphone', 'speaker'];

/** Devices for calls with one person alone; folded away where none are chosen. */
export function devicesWith(page: Page, contact: { key: string; name: string }): unknown {
  const { t, state } = page;
  const all = state?.settings.devices_with ?? [];
  const own = all.find((one) => one.key === contact.key) ?? { key: contact.key, camera: null, microphone: null, speaker: null };
  const choices = (one: typeof own): boolean => KINDS.some((kind) => one[kind] !== null);
  const change = (kind: DeviceKind, uri: string | null): void => {
    const now = { ...own, [kind]: uri };
    choose(page, { devices_with: [...all.filter((one) => one.key !== contact.key), ...(choices(now) ? [now] : [])] });
  };
  return html`<details class="devices-with" data-test="devices-with" ?open=${choices(own)}>
    <summary>${say(t.devicesWith, contact.name)}</summary>
    <p class="muted">${t.devicesWithHint}</p>
    <div class="two">
      ${KINDS.map(
        (kind) => html`<div class="field">
          <label for="with-${kind}">${kindWord(page, kind)}</label>
          ${deviceSelect(page, kind, { id: `with-${kind}`, chosen: own[kind], otherwise: t.asInSettings, change: (uri) => change(kind, uri) })}
        </div>`,
      )}
    </div>
  </details>`;
}

/** Tells the engine once the slider is let go. */
export function volumeSlider(page: Page, volume: number, id: string): unknown {
  return slider({ id, value: volume, most: 100, label: page.t.volume, sign: volume > 0 ? 'volume' : 'volumeOff', page, change: (to) => setVolume(page, to) });
}

interface Slider {
  id: string;
  /** In a hundred parts. */
  value: number;
  most: number;
  label: string;
  sign: Icon;
  page: Page;
  change: (value: number) => void;
}

function slider({ id, value, most, label, sign, page, change }: Slider): unknown {
  return html`<div class="slider">
    ${icon(sign)}
    <input
      type="range"
      id=${id}
      data-test=${id}
      min="0"
      max=${most}
      step="5"
      .value=${live(String(value))}
      aria-label=${label}
      @change=${(event: Event) => change(Number((event.target as HTMLInputElement).value))}
    />
    <output for=${id}>${new Intl.NumberFormat(page.lang, { style: 'percent' }).format(value / 100)}</output>
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
