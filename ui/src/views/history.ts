/** The calls that were with a contact. */
import { html, nothing } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { Contact } from '../generated/Contact';
import type { PastCall } from '../generated/PastCall';
import type { Page } from '../page';
import { call, loadHistory } from '../acts/calls';
import { outcomeOf, type Outcome } from '../model/calls';
import { dayAndTime, exactly, lasted } from '../model/times';
import { icon, type Icon } from './icons';
import { errorLine } from './parts';

export function historyView(page: Page, contact: Contact): unknown {
  const { t } = page;
  const held = page.here.history?.of === contact.key ? page.here.history : null;
  return html`<section class="history" aria-labelledby="history" data-test="history">
    <h2 id="history">${t.calls}</h2>
    ${errorLine(page, page.here.errors.get('history'))}
    ${held === null
      ? nothing
      : held.calls.length === 0
        ? html`<p class="muted" data-test="no-calls">${t.noCalls}</p>`
        : html`<ul>
            ${repeat(
              held.calls,
              (one) => one.id,
              (one) => callEntry(page, contact, one),
            )}
          </ul>`}
    ${held?.more
      ? html`<button type="button" class="quiet" data-test="history-more" ?disabled=${page.here.busy.has('history')} @click=${() => void loadHistory(page, contact.key, held.calls.at(-1)?.id ?? null)}>
          ${t.showMore}
        </button>`
      : nothing}
  </section>`;
}

function words(page: Page, one: PastCall, outcome: Outcome): string {
  const { t } = page;
  switch (outcome) {
    case 'talked':
      return one.outgoing ? t.youCalled : t.calledYou;
    case 'missed':
      return t.missedCall;
    case 'declined':
      return one.outgoing ? t.wasDeclined : t.declinedByYou;
    case 'no_answer':
      return t.noAnswer;
    case 'cancelled':
      return t.cancelledByYou;
    case 'busy':
      return t.wasBusy;
    case 'away':
      return t.wasAway;
    case 'elsewhere':
      return t.elsewhere;
    case 'failed':
      return t.notConnectedCall;
  }
}

/** A call as it stands in the list of calls, and among words. */
export function callEntry(page: Page, contact: Contact, one: PastCall): unknown {
  const { t } = page;
  const outcome = outcomeOf(one);
  const sign: Icon = outcome === 'missed' ? 'phoneMissed' : one.outgoing ? 'arrowUpRight' : 'arrowDownLeft';
  const kind = one.picture ? t.videoCall : t.voiceCall;
  const back = one.outgoing ? t.callAgain : t.callBack;
  return html`<li class="past ${outcome}" data-test="past-call" data-how=${one.how} data-outgoing=${one.outgoing}>
    ${icon(sign)}
    <span class="who">
      <span class="past-what">${words(page, one, outcome)}</span>
      <span class="last">${kind}${one.talked_ms === null ? nothing : ` · ${lasted(page.lang, one.talked_ms)}`}</span>
    </span>
    <time title=${exactly(page.lang, one.at_ms)}>${dayAndTime(page.lang, one.at_ms, page.now)}</time>
    ${contact.key_changed
      ? nothing
      : html`<button type="button" class="icon-only" data-test="call-back" aria-label="${back}: ${kind}" title=${back} @click=${() => void call(page, contact.key, one.picture)}>
          ${icon(one.picture ? 'video' : 'phone')}
        </button>`}
  </li>`;
}
