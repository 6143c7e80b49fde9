/** How a call ended, in words, and what can be done now. */
import { html, nothing } from 'lit-html';
import type { Call } from '../generated/Call';
import type { CallEnd } from '../generated/CallEnd';
import type { Page } from '../page';
import { openCheck } from '../acts/check';
import { callAgain, closeCall, nameOf } from '../acts/calls';
import { lasted } from '../model/times';
import { say, type Text } from '../text';
import { icon } from './icons';
import { avatar } from './parts';

type Sentence = (name: string) => string;

function plain(words: string): Sentence {
  return () => words;
}

/** Told from the user's own side. */
export function endWords(t: Text, how: CallEnd, outgoing: boolean): Sentence {
  switch (how) {
    case 'hung_up':
      return plain(t.endedHungUp);
    case 'cancelled':
      return outgoing ? plain(t.endedCancelled) : t.youMissed;
    case 'declined':
      return outgoing ? t.endedDeclined : t.youDeclined;
    case 'busy':
      return outgoing ? t.endedBusy : t.youMissed;
    case 'no_answer':
      return outgoing ? t.endedNoAnswer : t.youMissed;
    case 'away':
      return outgoing ? t.endedAway : t.youMissed;
    case 'answered_elsewhere':
      return plain(t.answeredElsewhere);
    case 'declined_elsewhere':
      return plain(t.declinedElsewhere);
    case 'unconnected':
      return t.endedUnconnected;
    case 'lost':
      return t.endedLost;
  }
}

export function endedView(page: Page, call: Call): unknown {
  const { t } = page;
  if (call.stage.type !== 'ended') return nothing;
  const { how, talked_ms: talked } = call.stage;
  const name = nameOf(page, call);
  const contact = page.state?.contacts.find((one) => one.key === call.key);
  return html`<div class="face ended" data-test="ended" data-how=${how}>
    ${avatar({ key: call.key, name }, null, 'huge')}
    <p class="face-name"><bdi>${name}</bdi></p>
    <p class="face-line" role="status">${say(endWords(t, how, call.outgoing), name)}</p>
    ${talked === null ? nothing : html`<p class="face-more">${t.talkedFor(lasted(page.lang, talked))}</p>`}
    <div class="buttons">
      ${contact && !contact.key_changed
        ? html`<button type="button" class="primary" data-test="call-again" ?disabled=${page.here.busy.has(`call ${call.key}`)} @click=${() => callAgain(page, call)}>
            ${icon(call.picture ? 'video' : 'phone')}<span>${t.callAgain}</span>
          </button>`
        : nothing}
      ${how === 'unconnected' || how === 'lost'
        ? html`<button type="button" data-test="open-check" @click=${() => openCheck(page)}>${icon('activity')}<span>${t.checkConnection}</span></button>`
        : nothing}
      <button type="button" data-test="close-call" @click=${() => closeCall(page, call)}>${t.close}</button>
    </div>
  </div>`;
}
