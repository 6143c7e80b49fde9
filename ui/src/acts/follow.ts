/** Follows the engine's calls: shows the stage when one begins, and puts it away when none is left. */
import type { Call } from '../generated/Call';
import type { State } from '../generated/State';
import type { Page } from '../page';
import { isLive, passedBy, staged } from '../model/calls';
import { say } from '../text';
import { endWords } from '../views/call-end';
import { callAgain, countWorded, dismiss, leaveStage, loadHistory, nameOf, seeMissed, setStatistics, showStage, stopTalking } from './calls';
import { loadDevices } from './devices';
import { shown } from './people';

/** A call that was ended by hanging up needs no answer: its line goes away by itself. */
const OVER_MS = 8_000;

export function follow(page: Page, before: State | null, after: State): void {
  const was = (id: string): Call | undefined => before?.calls.find((one) => one.id === id);
  if (before?.calls !== after.calls) {
    for (const one of after.calls) {
      const then = was(one.id);
      if (isLive(one) && !(then && isLive(then))) began(page);
      if (one.stage.type === 'ended' && then?.stage.type !== 'ended') ended(page, one, before === null);
    }
    if (after.calls.length > 0) page.pictures.warm();
    const stage = staged(after.calls);
    if (page.here.route.at === 'call' && !stage) leaveStage(page, before && staged(before.calls));
    if (!stage || !isLive(stage)) {
      stopTalking(page);
      if (page.here.stage.statistics) setStatistics(page, false);
    }
  }
  aboutShown(page, before, after);
}

function began(page: Page): void {
  countWorded(page);
  if (page.here.route.at !== 'call') showStage(page);
  else page.focus('[data-test=stage]');
  if (!page.here.devices) void loadDevices(page);
}

/** A page that was loaded anew goes on where the last one was. */
function ended(page: Page, one: Call, first: boolean): void {
  if (one.stage.type !== 'ended') return;
  const { how } = one.stage;
  if (passedBy(one)) {
    const contact = page.state?.contacts.find((other) => other.key === one.key);
    // A missed call has its own sign.
    if (contact && (how === 'answered_elsewhere' || how === 'declined_elsewhere')) {
      page.toast({ id: `ended ${one.id}`, bad: false, say: (t) => say(endWords(t, how, false), contact.name), act: null });
    }
    dismiss(page, one);
  } else if (first) {
    showStage(page);
  } else if (page.here.route.at !== 'call') {
    const name = nameOf(page, one);
    page.toast({ id: `ended ${one.id}`, bad: false, say: (t) => say(endWords(t, how, one.outgoing), name), act: { label: (t) => t.callAgain, run: () => callAgain(page, one) } });
    dismiss(page, one);
  } else if (how === 'hung_up') {
    page.later(`over ${one.id}`, OVER_MS, () => {
      const still = page.state?.calls.find((other) => other.id === one.id);
      if (still) dismiss(page, still);
    });
  }
}

/** What is shown of a contact is kept as it is: the calls that were, and that the missed ones are seen. */
function aboutShown(page: Page, before: State | null, after: State): void {
  const contact = shown(page);
  if (!contact) return;
  const then = before?.contacts.find((one) => one.key === contact.key);
  const over = before?.calls.some((one) => one.key === contact.key && one.stage.type !== 'ended' && after.calls.find((other) => other.id === one.id)?.stage.type !== one.stage.type);
  if (over || then?.last?.at_ms !== contact.last?.at_ms) void loadHistory(page, contact.key);
  if (contact.missed > 0 && then?.missed !== contact.missed && !document.hidden) seeMissed(page, contact.key);
}

