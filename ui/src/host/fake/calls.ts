/** Calls in memory: what they look like at each stage, and what the fake engine does with them. */
import type { ApiError } from '../../generated/ApiError';
import type { Call } from '../../generated/Call';
import type { CallEnd } from '../../generated/CallEnd';
import type { CallStatistics } from '../../generated/CallStatistics';
import type { Command } from '../../generated/Command';
import type { DeviceList } from '../../generated/DeviceList';
import type { Event } from '../../generated/Event';
import type { PastCall } from '../../generated/PastCall';
import type { Reply } from '../../generated/Reply';
import type { State } from '../../generated/State';
import { DAY, HOUR, keyOf, MINUTE } from './people';

const DONE: Reply = { type: 'done' };
const PAGE = 5;

function idOf(handle: string): string {
  return [...`${handle}-call`.padEnd(16, '.')].map((letter) => letter.charCodeAt(0).toString(16).padStart(2, '0').slice(-2)).join('');
}

export function fakeCall(handle: string, part: Partial<Call> = {}): Call {
  const picture = part.picture ?? true;
  return {
    id: idOf(handle),
    key: keyOf(handle),
    outgoing: true,
    picture,
    stage: { type: 'on', since_ms: Date.now() - 192_000 },
    mine: { microphone: true, camera: picture, held: false },
    theirs: { microphone: true, camera: picture, held: false },
    quality: { type: 'good' },
    troubles: [],
    ...part,
  };
}

export function endedCall(handle: string, how: CallEnd, talked_ms: number | null = null, part: Partial<Call> = {}): Call {
  return fakeCall(handle, { stage: { type: 'ended', how, talked_ms }, ...part });
}

export function realDevices(): DeviceList {
  return {
    cameras: [
      { uri: 'camera:0', name: 'HD Webcam C270', test: false, default: true, facing: null },
      { uri: 'camera:1', name: 'Integrated Camera: Front-facing 1080p with a long name', test: false, default: false, facing: 'front' },
      ...testDevices(false).cameras,
    ],
    microphones: [
      { uri: 'mic:0', name: 'Built-in Microphone', test: false, default: true, facing: null },
      { uri: 'mic:1', name: 'Headset', test: false, default: false, facing: null },
      ...testDevices(false).microphones,
    ],
    speakers: [
      { uri: 'speaker:0', name: 'Built-in Speakers', test: false, default: true, facing: null },
      { uri: 'speaker:1', name: 'Headset', test: false, default: false, facing: null },
      ...testDevices(false).speakers,
    ],
  };
}

/** What a computer without camera and sound has. */
export function testDevices(standIn = true): DeviceList {
  return {
    cameras: [
      { uri: 'test:pattern?w=1280&h=720&fps=30', name: 'Test picture', test: true, default: standIn, facing: null },
      { uri: 'null:', name: 'Nothing', test: true, default: false, facing: null },
    ],
    microphones: [
      { uri: 'test:tone?hz=1000', name: 'Test tone', test: true, default: standIn, facing: null },
      { uri: 'null:', name: 'Nothing', test: true, default: false, facing: null },
    ],
    speakers: [{ uri: 'null:', name: 'Nothing', test: true, default: standIn, facing: null }],
  };
}

export function pastCalls(handle: string, now: number): PastCall[] {
  const key = keyOf(handle);
  const past = (index: number, before: number, outgoing: boolean, picture: boolean, how: CallEnd, talked_ms: number | null): PastCall => ({
    id: `${handle}-${index}`,
    key,
    outgoing,
    picture,
    at_ms: now - before,
    how,
    talked_ms,
  });
  return [
    past(0, 3 * MINUTE, false, true, 'cancelled', null),
    past(1, 2 * HOUR, true, true, 'hung_up', 12 * MINUTE + 4_000),
    past(2, DAY, true, false, 'no_answer', null),
    past(3, DAY + 2 * HOUR, false, false, 'hung_up', 65 * MINUTE),
    past(4, 3 * DAY, false, true, 'declined', null),
    past(5, 20 * DAY, true, true, 'declined', null),
    past(6, 21 * DAY, true, true, 'busy', null),
    past(7, 40 * DAY, false, true, 'lost', 48_000),
    past(8, 300 * DAY, true, true, 'unconnected', null),
  ];
}

export const STATISTICS: CallStatistics = {
  round_trip_ms: 23.4,
  relayed: false,
  transport: 'udp',
  available_kbit_s: 2480,
  picture_out: { codec: 'H264', width: 1280, height: 720, fps: 29.7, kbit_s: 1486, lost_percent: 0.2, pictures: 5702, keyframes_asked: 2, resent: 14, delay_ms: null },
  picture_in: { codec: 'H264', width: 1280, height: 720, fps: 30, kbit_s: 1512, lost_percent: 0, pictures: 5716, keyframes_asked: 1, resent: 3, delay_ms: 31.2 },
  sound_out: { codec: 'Opus', kbit_s: 32, lost_percent: 0.1, level: 0.34, delay_ms: null, concealed_ms: 0 },
  sound_in: { codec: 'Opus', kbit_s: 31, lost_percent: 1.4, level: 0.52, delay_ms: 44, concealed_ms: 320 },
  lip_sync_ms: 12,
};

export interface CallWorld {
  state: State;
  devices: DeviceList;
  past: Map<string, PastCall[]>;
  emit: (event: Event) => void;
  fault: (code: ApiError['code']) => ApiError;
}

function holdOthers(calls: readonly Call[], id: string): Call[] {
  return calls.map((one) => (one.id !== id && (one.stage.type === 'on' || one.stage.type === 'connecting') ? { ...one, mine: { ...one.mine, held: true } } : one));
}

/** Whether the chosen camera is plugged in. */
function isThere({ state, devices }: CallWorld): boolean {
  const { camera } = state.settings.devices;
  return camera === null || devices.cameras.some((one) => one.uri === camera);
}

/** Nothing for what is not about calls. */
export function answerAboutCalls(world: CallWorld, command: Command): Reply | null {
  const { state, emit } = world;
  const find = (id: string): Call => {
    const call = state.calls.find((one) => one.id === id);
    if (!call) throw world.fault('no_such_call');
    return call;
  };
  const set = (calls: Call[]): Reply => {
    emit({ type: 'calls_changed', calls });
    return DONE;
  };
  const change = (id: string, part: (call: Call) => Partial<Call>): Reply => {
    find(id);
    return set(state.calls.map((one) => (one.id === id ? { ...one, ...part(one) } : one)));
  };
  const on = { type: 'on', since_ms: Date.now() } as const;
  switch (command.type) {
    case 'call': {
      const who = state.contacts.find((one) => one.key === command.key);
      if (!who) throw world.fault('not_a_contact');
      const { picture } = command;
      const call = fakeCall(who.handle, { picture, stage: { type: 'calling' }, theirs: { microphone: true, camera: false, held: false } });
      set([...holdOthers(state.calls, call.id).filter((one) => one.stage.type !== 'ended'), call]);
      return { type: 'calling', id: call.id };
    }
    case 'answer':
      find(command.id);
      return set(
        holdOthers(state.calls, command.id).map((one) => (one.id === command.id ? { ...one, stage: on, mine: { microphone: true, camera: command.picture, held: false } } : one)),
      );
    case 'decline':
    case 'dismiss_call':
      find(command.id);
      return set(state.calls.filter((one) => one.id !== command.id));
    case 'hang_up': {
      const { stage } = find(command.id);
      const talked_ms = stage.type === 'on' ? Date.now() - stage.since_ms : null;
      return change(command.id, () => ({ stage: { type: 'ended', how: talked_ms === null ? 'cancelled' : 'hung_up', talked_ms } }));
    }
    case 'hold': {
      find(command.id);
      const calls = command.held ? state.calls : holdOthers(state.calls, command.id);
      return set(calls.map((one) => (one.id === command.id ? { ...one, mine: { ...one.mine, held: command.held } } : one)));
    }
    case 'set_microphone':
      return change(command.id, ({ mine }) => ({ mine: { ...mine, microphone: command.on } }));
    case 'set_camera':
      return change(command.id, ({ mine }) => ({ mine: { ...mine, camera: command.on } }));
    case 'call_statistics':
      find(command.id);
      return { type: 'call_statistics', ...STATISTICS };
    case 'call_history': {
      const all = command.key === null ? [...world.past.values()].flat() : (world.past.get(command.key) ?? []);
      const from = command.before === null ? 0 : all.findIndex((one) => one.id === command.before) + 1;
      return { type: 'call_history', calls: all.slice(from, from + PAGE), more: all.length > from + PAGE };
    }
    case 'see_missed_calls': {
      const who = state.contacts.find((one) => one.key === command.key);
      if (who) emit({ type: 'contact_changed', contact: { ...who, missed: 0 } });
      return DONE;
    }
    case 'watch_devices':
    case 'test_speaker':
      return DONE;
    case 'open_preview':
      emit({ type: 'preview_changed', preview: { troubles: isThere(world) ? [] : [{ ...world.fault('device_missing'), detail: { device: state.settings.devices.camera ?? '', kind: 'camera' } }] } });
      return DONE;
    case 'close_preview':
      emit({ type: 'preview_changed', preview: null });
      return DONE;
    case 'list_devices':
      return { type: 'devices', ...world.devices };
    default:
      return null;
  }
}
