/** What a check found, put together for whoever looks at it. Pure. */
import type { Check } from '../generated/Check';
import type { CheckStep } from '../generated/CheckStep';
import type { CheckWhat } from '../generated/CheckWhat';
import type { DeviceKind } from './calls';

/** How a check as a whole came out. */
export type CheckSum = { is: 'nothing' } | { is: 'running'; at: number; of: number } | { is: 'stopped' } | { is: 'good' } | { is: 'bad'; count: number };

export function sumOf(check: Check | null): CheckSum {
  const steps = check?.steps ?? [];
  if (!check || steps.length === 0) return { is: 'nothing' };
  const done = steps.filter((one) => one.stage.type !== 'waiting' && one.stage.type !== 'running').length;
  if (check.running) return { is: 'running', at: Math.min(done + 1, steps.length), of: steps.length };
  const count = steps.filter((one) => one.stage.type === 'bad').length;
  if (count > 0) return { is: 'bad', count };
  return done < steps.length ? { is: 'stopped' } : { is: 'good' };
}

/** The step that goes on. */
export function runningStep(check: Check | null): CheckStep | null {
  return (check?.running && check.steps.find((one) => one.stage.type === 'running')) || null;
}

/** The kind of device that a step is about. */
export function deviceStep(what: CheckWhat): DeviceKind | null {
  return what === 'camera' || what === 'microphone' || what === 'speaker' ? what : null;
}

/** As much is sent at most; where nearly all of it came, more would have. */
export const MOST_KBIT_S = 3_000;

export function isAtLeast(kbit_s: number): boolean {
  return kbit_s >= 0.9 * MOST_KBIT_S;
}

/** What pictures a rate is enough for. */
export function enoughFor(kbit_s: number): 'sharp' | 'usual' | 'small' {
  return kbit_s >= 2_600 ? 'sharp' : kbit_s >= 750 ? 'usual' : 'small';
}
