/** The little that the page remembers from one run to the next: how the user likes the stage. */

export type Corner = 'top-left' | 'top-right' | 'bottom-left' | 'bottom-right';

export interface Kept {
  corner: Corner;
  /** The own picture is put away. */
  selfAway: boolean;
  /** How many calls had words under the buttons. */
  worded: number;
  /** The kinds of devices whose stand-in the user was told of, and put the line away. */
  standIns: string;
  /** So many seconds are counted before a picture of the user is taken. */
  delay: number;
}

const PLACE = 'visavis.stage';
const FRESH: Kept = { corner: 'bottom-right', selfAway: false, worded: 0, standIns: '', delay: 3 };
const CORNERS: readonly Corner[] = ['top-left', 'top-right', 'bottom-left', 'bottom-right'];

export function kept(): Kept {
  try {
    const read = JSON.parse(localStorage.getItem(PLACE) ?? '{}') as Partial<Kept>;
    return {
      corner: CORNERS.find((one) => one === read.corner) ?? FRESH.corner,
      selfAway: read.selfAway === true,
      worded: typeof read.worded === 'number' ? read.worded : 0,
      standIns: typeof read.standIns === 'string' ? read.standIns : '',
      delay: [0, 3, 10].find((one) => one === read.delay) ?? FRESH.delay,
    };
  } catch {
    // Storage may be refused or hold something else: then it begins anew.
    return { ...FRESH };
  }
}

export function keep(now: Kept): void {
  try {
    localStorage.setItem(PLACE, JSON.stringify(now));
  } catch {
    // Not remembered, then.
  }
}
