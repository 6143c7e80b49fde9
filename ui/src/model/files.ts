/** Transfers of files as they are read: sizes, what is left, and where they stand in a conversation. */
import type { Transfer } from '../generated/Transfer';
import type { Lang } from '../text';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** Such as `3.2 GB`: as people count, in thousands. */
export function sizeText(lang: Lang, bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  const digits = step === 0 || value >= 100 ? 0 : 1;
  return new Intl.NumberFormat(lang, { style: 'unit', unit: UNITS[step] ?? 'byte', unitDisplay: 'short', maximumFractionDigits: digits }).format(value);
}

/** From 0 to 100; never 100 before all is there. */
export function percent({ done, bytes, stage }: Transfer): number {
  if (stage.type === 'done') return 100;
  return bytes === 0 ? 0 : Math.min(99, Math.floor((done / bytes) * 100));
}

export function isOver({ stage: { type } }: Transfer): boolean {
  return type === 'done' || type === 'declined' || type === 'cancelled';
}

/** Those with someone, from older to newer. */
export function transfersWith(transfers: readonly Transfer[], key: string): Transfer[] {
  return transfers.filter((one) => one.key === key).toSorted((a, b) => a.at_ms - b.at_ms);
}

/** Of all that go now, together, from 0 to 1; none where nothing goes. */
export function allTogether(transfers: readonly Transfer[]): number | null {
  const going = transfers.filter((one) => one.stage.type === 'running');
  const bytes = going.reduce((sum, one) => sum + one.bytes, 0);
  return bytes === 0 ? null : going.reduce((sum, one) => sum + one.done, 0) / bytes;
}
