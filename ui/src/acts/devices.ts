/** The choice of camera, microphone and speaker. */
import type { DeviceChoice } from '../generated/DeviceChoice';
import type { DeviceList } from '../generated/DeviceList';
import type { Filter } from '../generated/Filter';
import type { SoundTreatment } from '../generated/SoundTreatment';
import type { Page } from '../page';
import { standIns, type DeviceKind } from '../model/calls';
import { keep, type Kept } from '../stage/kept';
import { choose } from './settings';

export async function loadDevices(page: Page): Promise<void> {
  if (page.here.busy.has('devices')) return;
  const reply = await page.ask('devices', { type: 'list_devices' });
  if (reply?.type !== 'devices') return;
  takeDevices(page, { cameras: reply.cameras, microphones: reply.microphones, speakers: reply.speakers });
}

export function takeDevices(page: Page, list: DeviceList): void {
  page.change((here) => {
    here.devices = list;
  });
  // Whoever has devices again is told anew when they go.
  if (page.here.stage.kept.standIns !== '' && page.state && standIns(list, page.state.settings.devices).length === 0) remember(page, { standIns: '' });
}

function chosen(page: Page, part: Partial<DeviceChoice>): void {
  if (page.state) choose(page, { devices: { ...page.state.settings.devices, ...part } });
}

export function chooseDevice(page: Page, kind: DeviceKind, uri: string | null): void {
  chosen(page, { [kind]: uri });
}

export function setVolume(page: Page, volume: number): void {
  chosen(page, { volume: Math.min(100, Math.max(0, Math.round(volume))) });
}

export function setTreatment(page: Page, part: Partial<SoundTreatment>): void {
  if (page.state) chosen(page, { treatment: { ...page.state.settings.devices.treatment, ...part } });
}

export function setFilter(page: Page, filter: Filter): void {
  chosen(page, { filter });
}

export function setFilterOut(page: Page, filter_out: boolean): void {
  chosen(page, { filter_out });
}

/** What is wished of the camera's pictures; the usual where nothing is. */
export function setPicture(page: Page, picture: string | null): void {
  chosen(page, { picture });
}

/** To silence, and back to what it was. */
export function toggleSilence(page: Page): void {
  const volume = page.state?.settings.devices.volume ?? 100;
  if (volume > 0) {
    page.change((here) => {
      here.stage.loud = volume;
    });
    setVolume(page, 0);
  } else {
    setVolume(page, page.here.stage.loud);
  }
}

/** Tries the device of a trouble once more. */
export function tryDevice(page: Page, id: string, kind: DeviceKind | null): void {
  if (kind === 'camera') void page.ask('device', { type: 'set_camera', id, on: true });
  else if (kind === 'microphone') void page.ask('device', { type: 'set_microphone', id, on: true });
  else chosen(page, {});
}

/** The kinds that the line about stand-ins names; none once it was put away. */
export function standInsToTell(page: Page): DeviceKind[] {
  const { state, here } = page;
  if (!state?.me) return [];
  const kinds = standIns(here.devices, state.settings.devices);
  return kinds.join(' ') === here.stage.kept.standIns ? [] : kinds;
}

export function putStandInsAway(page: Page): void {
  remember(page, { standIns: standInsToTell(page).join(' ') });
}

export function remember(page: Page, part: Partial<Kept>): void {
  page.change(({ stage }) => {
    stage.kept = { ...stage.kept, ...part };
  });
  keep(page.here.stage.kept);
}
