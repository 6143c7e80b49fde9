/** The bar fades once the pointer has been still for a while over a picture. */
import type { Page } from '../page';

const STILL_MS = 3_000;

export function stirred(page: Page): void {
  if (page.here.stage.quiet) {
    page.change((here) => {
      here.stage.quiet = false;
    });
  }
  page.later('still', STILL_MS, () => still(page));
}

function still(page: Page): void {
  // A menu hangs on the bar, and what has the keys must be seen.
  const held = page.here.menu !== null || document.querySelector('.bar:hover, .bar :focus-visible, .stage-tools :focus-visible') !== null;
  if (held) return stirred(page);
  page.change((here) => {
    here.stage.quiet = true;
  });
}
