/** A check in memory: how it looks at each stage, and what the fake engine does with it. */
import type { ApiError } from '../../generated/ApiError';
import type { Check } from '../../generated/Check';
import type { CheckFigures } from '../../generated/CheckFigures';
import type { CheckStage } from '../../generated/CheckStage';
import type { CheckStep } from '../../generated/CheckStep';
import type { CheckWhat } from '../../generated/CheckWhat';
import type { Code } from '../../generated/Code';
import type { Command } from '../../generated/Command';
import type { Event } from '../../generated/Event';
import type { Reply } from '../../generated/Reply';
import type { State } from '../../generated/State';
import { fewContacts, settledState } from './people';

const DONE: Reply = { type: 'done' };
const VOICE_MS = 5_000;
const ORDER: readonly CheckWhat[] = ['camera', 'microphone', 'speaker', 'server', 'network', 'address', 'relay', 'bandwidth', 'echo', 'contact'];

export const NO_FIGURES: CheckFigures = {
  round_trip_ms: null,
  lost_percent: null,
  kbit_s: null,
  delay_ms: null,
  pictures: null,
  width: null,
  height: null,
  level: null,
  way: null,
  address: null,
  stand_in: null,
};

const FIGURES: Partial<Record<CheckWhat, Partial<CheckFigures>>> = {
  camera: { pictures: 10, width: 1280, height: 720, stand_in: false },
  microphone: { level: 0.31, stand_in: false },
  speaker: { stand_in: false },
  server: { round_trip_ms: 21.4 },
  network: { way: 'udp' },
  address: { address: '203.0.x.x' },
  bandwidth: { kbit_s: 2_953, round_trip_ms: 46.2, lost_percent: 0.1 },
  echo: { pictures: 148, width: 1280, height: 720, delay_ms: 172, level: 0.3 },
};

function error(code: Code, detail: Record<string, string> = {}): ApiError {
  return { code, message: code, detail };
}

function step(what: CheckWhat, stage: CheckStage): CheckStep {
  const measured = stage.type === 'good' ? FIGURES[what] : {};
  return { what, stage, figures: { ...NO_FIGURES, ...measured } };
}

function usual(what: CheckWhat): CheckStage {
  return what === 'contact' ? { type: 'skipped', why: error('nobody_linked') } : { type: 'good' };
}

/** A check in which these steps came out otherwise than well. */
export function fakeCheck(other: Partial<Record<CheckWhat, CheckStage>> = {}, part: Partial<Check> = {}): Check {
  return { running: false, steps: ORDER.map((what) => step(what, other[what] ?? usual(what))), echo: null, recording: null, ...part };
}

/** One that has come so far. */
export function checkAt(at: CheckWhat): Check {
  const place = ORDER.indexOf(at);
  const later = ORDER.slice(place + 1).map((what) => [what, { type: 'waiting' }] as const);
  return fakeCheck({ ...Object.fromEntries(later), [at]: { type: 'running' } }, { running: true });
}

/** Everything that can be wrong, as far as it can be at once. */
export function badCheck(): Check {
  const bad = (code: Code, detail: Record<string, string> = {}): CheckStage => ({ type: 'bad', error: error(code, detail) });
  const check = fakeCheck({
    camera: bad('device_busy', { device: 'camera:0', kind: 'camera' }),
    microphone: bad('nothing_heard'),
    server: bad('server_silent', { server: 'call.example.org' }),
    address: bad('no_outside_address'),
    relay: bad('relay_blocked'),
    bandwidth: { type: 'skipped', why: error('relay_blocked') },
    echo: bad('nothing_seen'),
    contact: bad('path_weak'),
  });
  const measured: Partial<CheckFigures> = { kbit_s: 184, round_trip_ms: 712, lost_percent: 11.4, way: 'tcp' };
  const steps = check.steps.map((one): CheckStep => {
    if (one.what === 'contact') return { ...one, figures: { ...one.figures, ...measured } };
    return one.what === 'speaker' ? { ...one, figures: { ...one.figures, stand_in: true } } : one;
  });
  return { ...check, steps };
}

function settledWith(check: Check): () => State {
  return () => ({ ...settledState(), contacts: fewContacts(), check });
}

/** Situations to look at: `?fake=check-good`. */
export const checkScenarios: Record<string, () => State> = {
  'check-good': settledWith(fakeCheck()),
  'check-bad': settledWith(badCheck()),
};

/** Nothing for what is not about the check. */
export function answerAboutCheck(world: { state: State; emit: (event: Event) => void }, command: Command): Reply | null {
  const { state, emit } = world;
  const before = state.check ?? { running: false, steps: [], echo: null, recording: null };
  const now = (part: Partial<Check>): Reply => {
    emit({ type: 'check_changed', check: { ...before, ...part } });
    return DONE;
  };
  switch (command.type) {
    case 'begin_check':
      return now({ ...checkAt('camera') });
    case 'stop_check': {
      const broken = (one: CheckStep): CheckStep => (one.stage.type === 'running' ? step(one.what, { type: 'waiting' }) : one);
      return now({ running: false, steps: before.steps.map(broken) });
    }
    case 'begin_echo':
      return now({ recording: null, echo: { figures: NO_FIGURES, troubles: [] } });
    case 'end_echo':
      return now({ echo: null });
    case 'record_voice':
      return now({ echo: null, recording: { playing: false, ms: 0, most_ms: VOICE_MS, level: 0, troubles: [] } });
    case 'end_recording': {
      const { recording } = before;
      return now({ recording: recording && !recording.playing ? { ...recording, playing: true, ms: 0 } : null });
    }
    case 'check_report':
      return { type: 'check_report', text: `Visavis connection check\n${before.steps.map((one) => `${one.what}: ${one.stage.type}\n`).join('')}` };
    default:
      return null;
  }
}
