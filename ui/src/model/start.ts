/** Which step of the first start is next: it follows from what is there, so a restart goes on where it was. */
import type { State } from '../generated/State';

export type Step = 'name' | 'server' | 'handle';
export const STEPS: readonly Step[] = ['name', 'server', 'handle'];

export function stepOf(state: State): Step | null {
  if (state.me === null) return 'name';
  if (state.server.choice === null) return 'server';
  if (state.me.handle === null) return 'handle';
  return null;
}
