/** Shows how loud each side is. Ten times a second: straight to the elements, without drawing the page. */

import type { Levels } from './pictures';

export function showLevels({ call, mine, theirs }: Levels): void {
  for (const meter of document.querySelectorAll<HTMLElement>('[data-meter]')) {
    if (meter.dataset['call'] !== call) continue;
    const level = meter.dataset['meter'] === 'mine' ? mine : theirs;
    // What is heard as half as loud is a tenth of the power: the square root shows it better.
    meter.style.setProperty('--level', Math.sqrt(level).toFixed(2));
  }
}
