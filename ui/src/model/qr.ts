/** A code to scan, as the path of an SVG: one rectangle for each run of dark modules. */
import type { QrCode } from '../generated/QrCode';

/** Scanners need this much white around. */
export const QUIET = 4;

export function qrPath({ rows }: QrCode): string {
  let path = '';
  rows.forEach((row, y) => {
    for (const run of row.matchAll(/1+/g)) {
      path += `M${run.index + QUIET} ${y + QUIET}h${run[0].length}v1h-${run[0].length}z`;
    }
  });
  return path;
}
