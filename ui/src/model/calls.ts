/** Which of the calls is shown where. The engine says what they are; this only picks. Pure. */
import type { Call } from '../generated/Call';
import type { CallEnd } from '../generated/CallEnd';
import type { Contact } from '../generated/Contact';
import type { Device } from '../generated/Device';
import type { DeviceChoice } from '../generated/DeviceChoice';
import type { DeviceList } from '../generated/DeviceList';
import type { PastCall } from '../generated/PastCall';
import type { State } from '../generated/State';

export interface Caller {
  key: string;
  handle: string;
  name: string;
}

/** Rings out, connects, or is on: neither over nor waiting for an answer here. */
export function isLive(call: Call): boolean {
  return call.stage.type !== 'ended' && call.stage.type !== 'incoming';
}

/** Ended without ever having been the user's: it never had the stage, and needs no more than a line. */
export function passedBy(call: Call): boolean {
  return call.stage.type === 'ended' && !call.outgoing && call.stage.talked_ms === null && call.stage.how !== 'unconnected' && call.stage.how !== 'lost';
}

/** The one on the stage: the one that is on, else one that is held, else one that has just ended. */
export function staged(calls: readonly Call[]): Call | null {
  const live = calls.filter(isLive);
  return live.find((one) => !one.mine.held) ?? live[0] ?? calls.findLast((one) => one.stage.type === 'ended' && !passedBy(one)) ?? null;
}

export function liveCall(calls: readonly Call[]): Call | null {
  const call = staged(calls);
  return call && isLive(call) ? call : null;
}

export function ringing(calls: readonly Call[]): Call[] {
  return calls.filter((one) => one.stage.type === 'incoming');
}

/** Held while another has the stage. */
export function aside(calls: readonly Call[]): Call[] {
  const shown = staged(calls);
  return calls.filter((one) => isLive(one) && one !== shown);
}

/** Whom a call is with. Contacts call contacts; one that was just removed has no name any more. */
export function callerOf(state: State, call: { key: string }): Caller {
  const contact: Contact | undefined = state.contacts.find((one) => one.key === call.key);
  return contact ?? { key: call.key, handle: '', name: '' };
}

export type Outcome = 'talked' | 'missed' | 'declined' | 'no_answer' | 'cancelled' | 'busy' | 'away' | 'elsewhere' | 'failed';

/** How a call that was went, for a line in the history. */
export function outcomeOf(call: Pick<PastCall, 'outgoing' | 'how' | 'talked_ms'>): Outcome {
  if (call.talked_ms !== null) return 'talked';
  const how: CallEnd = call.how;
  if (how === 'answered_elsewhere' || how === 'declined_elsewhere') return 'elsewhere';
  if (how === 'declined') return 'declined';
  if (how === 'unconnected' || how === 'lost' || how === 'hung_up') return 'failed';
  if (!call.outgoing) return 'missed';
  return how;
}

export type DeviceKind = 'camera' | 'microphone' | 'speaker';

export function devicesOf(list: DeviceList, kind: DeviceKind): Device[] {
  return { camera: list.cameras, microphone: list.microphones, speaker: list.speakers }[kind];
}

/** Which kinds a test source stands in for, without the user having chosen it. */
export function standIns(list: DeviceList | null, choice: DeviceChoice): DeviceKind[] {
  if (!list) return [];
  return (['camera', 'microphone', 'speaker'] as const).filter((kind) => choice[kind] === null && devicesOf(list, kind).some((one) => one.default && one.test));
}

/** What kind of device an error is about: it says so, or names a device. */
export function troubledKind(detail: Record<string, string | undefined>, list: DeviceList | null): DeviceKind | null {
  const said = (['camera', 'microphone', 'speaker'] as const).find((kind) => kind === detail['kind']);
  return said ?? kindOf(detail['device'], list);
}

/** What kind of device an error is about, by the address or the name in it. */
export function kindOf(named: string | undefined, list: DeviceList | null): DeviceKind | null {
  if (!named) return null;
  if (/^(camera:|test:pattern)/.test(named)) return 'camera';
  if (/^(mic:|test:tone)/.test(named)) return 'microphone';
  if (named.startsWith('speaker:')) return 'speaker';
  const holds = (kind: DeviceKind): boolean => list !== null && devicesOf(list, kind).some((one) => one.uri === named || one.name === named);
  return (['camera', 'microphone', 'speaker'] as const).find(holds) ?? null;
}

/** The call that a card over the window is about; while another is on, a line on the stage is. */
export function carded(calls: readonly Call[]): Call | null {
  return liveCall(calls) ? null : (ringing(calls)[0] ?? null);
}

/** The camera to switch to: one that looks to the other side, else the next there is; none where there is one alone. */
export function otherCamera(list: DeviceList | null, chosen: string | null): string | null {
  const real = (list?.cameras ?? []).filter((one) => !one.test);
  const used = real.find((one) => (chosen === null ? one.default : one.uri === chosen)) ?? null;
  if (used === null || real.length < 2) return null;
  const across = used.facing === null ? undefined : real.find((one) => one.facing !== null && one.facing !== used.facing);
  const next = real[(real.indexOf(used) + 1) % real.length];
  return (across ?? next)?.uri ?? null;
}
