/** The keys of a call. Single ones do nothing while someone types, with a modifier held, or over a dialog or menu. */
import type { Page } from './page';
import { beginPicture, stopCounting } from './acts/booth';
import { closeCall, hangUp, setCamera, setMicrophone, setStatistics, setWhole, showStage, stopTalking, talk, toggleFullScreen } from './acts/calls';
import { isLive, liveCall, staged } from './model/calls';
import { stirred } from './views/stir';

/** Space means something to these where they are focused. */
const TAKES_SPACE = 'button, a[href], summary, [role=menuitem], [role=menuitemradio], [role=button]';

/** Whether the key was one of the call's. */
export function onCallKey(page: Page, event: KeyboardEvent, typing: boolean): boolean {
  const call = page.state && liveCall(page.state.calls);
  const covered = page.here.question !== null || page.here.menu !== null || document.querySelector('dialog[open]') !== null;
  if (call && event.ctrlKey && event.shiftKey && !event.altKey && !event.metaKey && event.key.toLowerCase() === 'e') {
    event.preventDefault();
    if (!event.repeat) hangUp(page, call.id);
    return true;
  }
  if (covered || typing || event.ctrlKey || event.altKey || event.metaKey) return false;
  if (call && event.key.toLowerCase() === 'p' && page.here.route.at === 'call') {
    event.preventDefault();
    if (!event.repeat) beginPicture(page, call.id, event.shiftKey, call.key);
    return true;
  }
  if (event.shiftKey) return false;
  if (event.key === 'Escape') return leave(page, event);
  if (!call) return false;
  const { target } = event;
  if (event.key === ' ') {
    if (target instanceof Element && target.matches(TAKES_SPACE)) return false;
    event.preventDefault();
    if (!event.repeat) talk(page, call);
    return true;
  }
  const act = {
    m: () => setMicrophone(page, call.id, page.here.stage.talks === call.id || !call.mine.microphone),
    v: () => setCamera(page, call.id, !call.mine.camera),
    f: () => {
      if (page.here.route.at !== 'call') showStage(page);
      void toggleFullScreen(page);
    },
    w: () => setWhole(page, !page.here.stage.whole),
    t: () => setStatistics(page, !page.here.stage.statistics),
  }[event.key.toLowerCase()];
  // Over another view than the stage only what is heard and seen has keys.
  if (!act || (page.here.route.at !== 'call' && /^[wt]$/i.test(event.key))) return false;
  event.preventDefault();
  if (!event.repeat) {
    act();
    stirred(page);
  }
  return true;
}

export function onCallKeyUp(page: Page, event: KeyboardEvent): void {
  if (event.key === ' ') stopTalking(page);
}

/** Leaves the count, the sheet, then the full screen, then the whole window; never the call, unless it is over. */
function leave(page: Page, event: KeyboardEvent): boolean {
  if (page.here.route.at !== 'call') return false;
  const call = page.state && staged(page.state.calls);
  if (!call) return false;
  event.preventDefault();
  if (page.here.counting) stopCounting(page);
  else if (!isLive(call)) closeCall(page, call);
  else if (page.here.stage.statistics) setStatistics(page, false);
  else if (document.fullscreenElement || page.here.stage.whole) setWhole(page, false);
  return true;
}
