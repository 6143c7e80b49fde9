/** Brings a page up on a host. */
import type { Host } from './host';
import { onKey } from './keys';
import { onCallKeyUp } from './keys-call';
import type { Sign } from './model';
import type { State } from './generated/State';
import { ringing, staged } from './model/calls';
import { allTogether } from './model/files';
import { stepOf } from './model/start';
import { Page } from './page';
import { keepCounting } from './acts/booth';
import { call, nameOf, stopTalking } from './acts/calls';
import { loadDevices, takeDevices } from './acts/devices';
import { drag, showFiles } from './acts/files';
import { follow } from './acts/follow';
import { loadSmall } from './acts/pictures';
import { loadSafety, show, shown, wave } from './acts/people';
import { keepCheck } from './acts/check';
import { keepPreview } from './acts/preview';
import { loadCard } from './acts/settings';
import { focusStep, keepKeyboard } from './acts/start';
import { see, takeMessage, takeTyping, toEnd } from './acts/words';
import { say } from './text';
import { view } from './views/frame';
import { keys as ringKeys, ringWindow } from './views/incoming';
import { onRoomChanged } from './views/room';

/** So long after the last word. */
const UNHEARD_MS = 4_000;

export async function startPage(host: Host, root: HTMLElement): Promise<Page> {
  const page = new Page(host, root, view);
  page.onDrawn = () => {
    watchCall(page);
    keepKeyboard(page);
    keepCounting(page);
    keepPreview(page);
    keepCheck(page);
    loadSmall(page);
    showTitle(page);
  };
  page.onUnheard = (call) => sayUnheard(page, call);
  page.onSign = (sign) => showSign(page, sign);
  page.onState = (before, after) => {
    if (after.me?.address) void loadCard(page);
    if (stepOf(after) === null && (!before || stepOf(before) !== null)) void loadDevices(page);
    follow(page, before, after);
    showProgress(page, before, after);
    const contact = shown(page);
    if (contact && before && before.contacts.find((one) => one.key === contact.key)?.key_changed !== contact.key_changed) {
      void loadSafety(page, contact.key);
    }
  };
  const keys = (event: KeyboardEvent): void => onKey(page, event);
  const keyUp = (event: KeyboardEvent): void => onCallKeyUp(page, event);
  // A window that loses the keyboard never hears the key go up.
  const lost = (): void => stopTalking(page);
  // What came while nobody looked is seen when somebody does.
  const looked = (): void => {
    const contact = shown(page);
    if (contact && !page.here.details) see(page, contact.key);
  };
  const screen = (): void => {
    // The system has its own ways to leave it.
    page.change((here) => {
      if (!document.fullscreenElement) here.stage.whole = false;
    });
  };
  document.addEventListener('keydown', keys);
  document.addEventListener('keyup', keyUp);
  document.addEventListener('fullscreenchange', screen);
  window.addEventListener('blur', lost);
  document.addEventListener('visibilitychange', looked);
  page.atClose(() => {
    document.removeEventListener('keydown', keys);
    document.removeEventListener('keyup', keyUp);
    document.removeEventListener('fullscreenchange', screen);
    window.removeEventListener('blur', lost);
    document.removeEventListener('visibilitychange', looked);
  });
  page.atClose(onRoomChanged(() => page.change()));
  page.atClose(await host.onDrag((event) => drag(page, event)));
  await page.open();
  if (page.state && (page.state.me === null || page.state.fatal)) focusStep(page);
  return page;
}

/** The small window that rings: the same engine, one card. */
export async function startRing(host: Host, root: HTMLElement): Promise<Page> {
  const page = new Page(host, root, ringWindow);
  const since = new Map<string, number>();
  const keys = (event: KeyboardEvent): void => {
    const [call] = ringing(page.state?.calls ?? []);
    if (!call) return;
    ringKeys(page, event, since.get(call.id) ?? 0);
  };
  page.onDrawn = () => {
    const rings = ringing(page.state?.calls ?? []);
    for (const one of rings) if (!since.has(one.id)) since.set(one.id, performance.now());
    document.title = rings[0] ? page.t.callsName(nameOf(page, rings[0])) : page.t.app;
  };
  document.addEventListener('keydown', keys);
  page.atClose(() => document.removeEventListener('keydown', keys));
  await page.open();
  return page;
}

/** The system's own bar shows how far all that goes is. */
function showProgress(page: Page, before: State | null, after: State): void {
  const now = allTogether(after.transfers);
  if (now !== (before && allTogether(before.transfers))) void page.host.progress(now);
}

/** The same in the title, for whoever looks at other windows. */
function showTitle(page: Page): void {
  const now = allTogether(page.state?.transfers ?? []);
  const title = now === null ? page.t.app : page.t.titleGoing(Math.min(99, Math.floor(now * 100)));
  if (document.title !== title) document.title = title;
}

/** Levels are wanted of the call on the stage, while it is seen. */
function watchCall(page: Page): void {
  const call = page.state && page.here.route.at === 'call' ? staged(page.state.calls) : null;
  const heard = call && (call.stage.type === 'on' || call.stage.type === 'connecting');
  page.pictures.watch(heard ? call.id : page.here.looks ? 'preview' : null);
}

/** For as long as it is so, and a moment longer. */
function sayUnheard(page: Page, call: string): void {
  if (page.here.stage.unheard !== call) {
    page.change((here) => {
      here.stage.unheard = call;
    });
  }
  page.later('unheard', UNHEARD_MS, () =>
    page.change((here) => {
      here.stage.unheard = null;
    }),
  );
}

function showSign(page: Page, sign: Sign): void {
  switch (sign.what) {
    case 'wave': {
      const from = page.state?.contacts.find((one) => one.key === sign.key);
      if (!from) return;
      if (shown(page)?.key !== sign.key) page.change((here) => here.fresh.add(sign.key));
      page.toast({
        id: `wave from ${sign.key}`,
        bad: false,
        say: (t) => say(t.wavesAtYou, sign.name),
        act: { label: (t) => t.waveBack, run: () => void wave(page, from) },
      });
      return;
    }
    case 'missed':
      page.toast({
        id: `missed ${sign.key}`,
        bad: false,
        say: (t) => say(t.youMissed, sign.name),
        act: { label: (t) => t.callBack, run: () => void call(page, sign.key, true) },
      });
      return;
    case 'pictured':
      page.toast({ id: `pictured ${sign.key}`, bad: false, say: (t) => say(t.theyTookYours, sign.name), act: null });
      return;
    case 'offered':
    case 'arrived':
      if (shown(page)?.key === sign.key && !page.here.details) return toEnd(page);
      page.toast({
        id: `files ${sign.key}`,
        bad: false,
        say: (t) => say(sign.what === 'offered' ? t.wantsToSend : t.filesArrived, sign.name),
        act: { label: (t) => t.showWords, run: () => showFiles(page, sign.key) },
      });
      return;
    case 'devices':
      return takeDevices(page, sign.devices);
    case 'message':
      return takeMessage(page, sign.message);
    case 'typing':
      return takeTyping(page, sign.key);
    case 'words': {
      const from = page.state?.contacts.find((one) => one.key === sign.key);
      if (!from) return;
      if (shown(page)?.key === sign.key && !page.here.details) return see(page, sign.key);
      page.toast({
        id: `words ${sign.key}`,
        bad: false,
        say: (t) => t.wroteYou(sign.name, sign.words),
        act: { label: (t) => t.showWords, run: () => show(page, from) },
      });
      return;
    }
    case 'request':
      page.toast({ id: `request ${sign.key}`, bad: false, say: (t) => say(t.wantsContact, sign.name), act: null });
      return;
    case 'accepted':
      page.toast({ id: `accepted ${sign.key}`, bad: false, say: (t) => say(t.isContactNow, sign.name), act: null });
      return;
    case 'ended':
      if (sign.how === 'withdrawn') return;
      page.toast({ id: `ended ${sign.handle}`, bad: false, say: (t) => say(sign.how === 'declined' ? t.declinedYours : t.expiredYours, sign.handle), act: null });
  }
}
