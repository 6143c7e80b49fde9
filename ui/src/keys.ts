/** The keys that work everywhere in the window. */
import type { Page } from './page';
import { setWhole } from './acts/calls';
import { openAdd } from './acts/add';
import { openSettings } from './acts/settings';
import { onCallKey } from './keys-call';
import { stepShown } from './acts/start';
import { backToPeople } from './views/frame';
import { onePane } from './views/room';

/** Single keys mean themselves where someone types. */
function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.matches('input:not([type=radio]):not([type=checkbox]), textarea, select') || target.isContentEditable);
}

export function onKey(page: Page, event: KeyboardEvent): void {
  const { state } = page;
  if (event.defaultPrevented || !state || state.fatal || stepShown(page)) return;
  if (onCallKey(page, event, typing(event.target))) return;
  if (page.here.question || page.here.menu || document.querySelector('dialog[open]')) return;
  const control = event.ctrlKey && !event.altKey && !event.shiftKey && !event.metaKey;
  if (control && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    if (onePane()) backToPeople(page);
    setWhole(page, false);
    page.focus('[data-test=search]');
  } else if (control && event.key.toLowerCase() === 'n') {
    event.preventDefault();
    openAdd(page);
  } else if (control && event.key === ',') {
    event.preventDefault();
    openSettings(page);
  } else if (event.key === '?' && !event.ctrlKey && !event.altKey && !event.metaKey && !typing(event.target)) {
    event.preventDefault();
    page.change((here) => {
      here.question = { ask: 'keys' };
    });
  } else if (event.key === 'Escape' && page.here.route.at !== 'none' && page.here.route.at !== 'call') {
    event.preventDefault();
    backToPeople(page);
  }
}
