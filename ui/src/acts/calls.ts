/** What the user does with calls. */
import type { Call } from '../generated/Call';
import type { Page } from '../page';
import { callerOf, isLive, liveCall, staged } from '../model/calls';
import { explain } from '../text';
import { remember } from './devices';
import { go, show } from './people';

/** As many calls get words under their buttons as it takes to know them. */
const WORDED_CALLS = 3;

/** Shows a call's stage, and gives it the keys. */
export function showStage(page: Page): void {
  go(page, { at: 'call' });
  page.focus('[data-test=stage]');
}

/** An error of a call goes where the user is: on the stage it has a line, elsewhere it is a toast. */
async function asked(page: Page, place: string, command: Parameters<Page['ask']>[1]): Promise<boolean> {
  if (await page.ask(place, command)) return true;
  const error = page.here.errors.get(place);
  // What is over already needs no word.
  if (error && error.code !== 'no_such_call') page.toast({ id: place, bad: true, say: () => explain(error, page.lang), act: null });
  page.forget(place);
  return false;
}

export async function call(page: Page, key: string, picture: boolean): Promise<void> {
  const place = `call ${key}`;
  const already = page.state?.calls.find((one) => one.key === key && isLive(one));
  if (already) return showStage(page);
  if (page.here.busy.has(place)) return;
  if (page.state?.contacts.find((one) => one.key === key)?.missed) seeMissed(page, key);
  if (await asked(page, place, { type: 'call', key, picture })) showStage(page);
}

export async function answer(page: Page, id: string, picture: boolean): Promise<void> {
  if (page.here.busy.has(`answer ${id}`)) return;
  if (await asked(page, `answer ${id}`, { type: 'answer', id, picture })) showStage(page);
}

/** Ends the call that is on, then answers. */
export async function endAndAnswer(page: Page, id: string, picture: boolean): Promise<void> {
  const on = page.state && liveCall(page.state.calls);
  if (on && !(await asked(page, 'end', { type: 'hang_up', id: on.id }))) return;
  await answer(page, id, picture);
}

export function decline(page: Page, id: string): void {
  if (!page.here.busy.has(`answer ${id}`)) void asked(page, `answer ${id}`, { type: 'decline', id });
}

export function hangUp(page: Page, id: string): void {
  void asked(page, 'end', { type: 'hang_up', id });
}

export function hold(page: Page, id: string, held: boolean): void {
  void asked(page, 'hold', { type: 'hold', id, held });
}

export function setMicrophone(page: Page, id: string, on: boolean): void {
  page.change((here) => {
    here.stage.talks = null;
  });
  void asked(page, 'microphone', { type: 'set_microphone', id, on });
}

export function setCamera(page: Page, id: string, on: boolean): void {
  void asked(page, 'camera', { type: 'set_camera', id, on });
}

/** Opens a muted microphone while a key is held. */
export function talk(page: Page, of: Call): void {
  if (of.mine.microphone || page.here.stage.talks !== null) return;
  page.change((here) => {
    here.stage.talks = of.id;
  });
  void asked(page, 'microphone', { type: 'set_microphone', id: of.id, on: true });
}

export function stopTalking(page: Page): void {
  const id = page.here.stage.talks;
  if (id === null) return;
  page.change((here) => {
    here.stage.talks = null;
  });
  if (page.state?.calls.some((one) => one.id === id && isLive(one))) void asked(page, 'microphone', { type: 'set_microphone', id, on: false });
}

export function callAgain(page: Page, of: Call): void {
  void call(page, of.key, of.picture);
}

/** Puts an ended call away, and goes back to the person it was with. */
export function closeCall(page: Page, of: Call): void {
  leaveStage(page, of);
}

export function leaveStage(page: Page, of: { key: string } | null): void {
  leaveWhole(page);
  if (page.here.route.at !== 'call') return;
  const contact = of && page.state?.contacts.find((one) => one.key === of.key);
  if (contact) show(page, contact);
  else go(page, { at: 'none' });
  page.focus('[data-test=call-video]', '[data-test=contact-row][tabindex="0"]', '[data-test=search]');
}

/** Takes an ended call from the list without a word. */
export function dismiss(page: Page, of: Call): void {
  void page.ask(`close ${of.id}`, { type: 'dismiss_call', id: of.id }).then(() => page.forget(`close ${of.id}`));
}

export function leaveWhole(page: Page): void {
  if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
  page.change((here) => {
    here.stage.whole = false;
    here.stage.statistics = false;
  });
}

export function setWhole(page: Page, whole: boolean): void {
  if (!whole && document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
  page.change((here) => {
    here.stage.whole = whole;
  });
}

export function fullScreen(): boolean {
  return Boolean(document.fullscreenElement);
}

/** The whole document, not the stage alone: menus and questions have to be seen there too. */
export async function toggleFullScreen(page: Page): Promise<void> {
  if (document.fullscreenElement) return setWhole(page, false);
  setWhole(page, true);
  try {
    await document.documentElement.requestFullscreen();
  } catch {
    // Refused: the whole window is what there is, then.
  }
}

export function setStatistics(page: Page, open: boolean): void {
  page.change((here) => {
    here.stage.statistics = open;
    if (!open) here.stage.figures = null;
  });
  if (open) void pollStatistics(page);
  else page.never('statistics');
}

async function pollStatistics(page: Page): Promise<void> {
  const of = page.state && staged(page.state.calls);
  if (!page.here.stage.statistics || !of || !isLive(of)) return;
  const reply = await page.ask('statistics', { type: 'call_statistics', id: of.id });
  if (!page.here.stage.statistics) return;
  if (reply?.type === 'call_statistics') {
    const { type: _, ...are } = reply;
    page.change((here) => {
      here.stage.figures = { of: of.id, are };
    });
  }
  page.later('statistics', 1_000, () => void pollStatistics(page));
}

/** Words under the buttons for the first calls; counted when one begins. */
export function countWorded(page: Page): void {
  const { worded } = page.here.stage.kept;
  page.change(({ stage }) => {
    stage.worded = worded < WORDED_CALLS;
  });
  if (worded < WORDED_CALLS) remember(page, { worded: worded + 1 });
}

export function seeMissed(page: Page, key: string): void {
  const place = `missed ${key}`;
  if (page.here.busy.has(place)) return;
  void page.ask(place, { type: 'see_missed_calls', key }).then(() => page.forget(place));
}

export async function loadHistory(page: Page, key: string, before: string | null = null): Promise<void> {
  const reply = await page.ask('history', { type: 'call_history', key, before });
  if (reply?.type !== 'call_history') return;
  page.change((here) => {
    const held = before !== null && here.history?.of === key ? here.history.calls : [];
    here.history = { of: key, calls: [...held, ...reply.calls], more: reply.more };
  });
}

export function nameOf(page: Page, of: { key: string }): string {
  return (page.state && callerOf(page.state, of).name) || page.t.someone;
}
