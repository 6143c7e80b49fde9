/** One message. What it says is text, and is drawn as text. */
import { html, nothing } from 'lit-html';
import type { Contact } from '../generated/Contact';
import type { Mark } from '../generated/Mark';
import type { Message } from '../generated/Message';
import type { Page } from '../page';
import { resend } from '../acts/words';
import { partsOf } from '../model/links';
import { exactly, timeOnly } from '../model/times';
import { icon, type Icon } from './icons';
import { linkView } from './link';
import { openMessageMenu } from './menu';

const SIGNS: Record<Mark, Icon> = { failed: 'circleAlert', sending: 'clock', sent: 'check', delivered: 'checkCheck', read: 'eye' };

export function messageView(page: Page, contact: Contact, message: Message, follows: boolean): unknown {
  const { t } = page;
  const { mine, gone } = message;
  return html`<li class="message ${mine ? 'mine' : 'theirs'} ${follows ? 'follows' : ''} ${gone ? 'gone' : ''}" data-test="message" data-id=${message.id} data-mark=${message.mark ?? ''}>
    <span class="unseen">${mine ? t.youWrote : t.theyWrote(contact.name)}</span>
    <div class="bubble">
      ${message.quote
        ? html`<p class="quote" data-test="quote"><span class="unseen">${t.inAnswerTo}</span><bdi class="quoted">${message.quote.gone ? t.gone : message.quote.text}</bdi></p>`
        : nothing}
      ${gone ? html`<p class="said muted">${t.gone}</p>` : html`<p class="said" dir="auto" data-test="said">${partsOf(message.text).map((part) => (typeof part === 'string' ? part : linkView(page, part)))}</p>`}
      <p class="foot-note">
        <time title=${exactly(page.lang, message.at_ms)}>${timeOnly(page.lang, message.at_ms)}</time>
        ${message.edited && !gone ? html`<span>${t.edited}</span>` : nothing}
        ${message.mark && !gone ? mark(page, message.mark) : nothing}
      </p>
      ${reactions(message)}
    </div>
    ${gone
      ? nothing
      : html`<button type="button" class="icon-only message-more" data-test="message-more" aria-haspopup="menu" aria-label=${t.moreForMessage} title=${t.more} @click=${(event: MouseEvent) => openMessageMenu(page, message, event.currentTarget as HTMLElement)}>
          ${icon('ellipsis')}
        </button>`}
    ${message.mark === 'failed'
      ? html`<p class="failed"><span>${t.notSent}</span><button type="button" class="quiet" data-test="resend" @click=${() => resend(page, message)}>${t.sendAgain}</button></p>`
      : nothing}
  </li>`;
}

function mark({ t }: Page, of: Mark): unknown {
  const words = { failed: t.notSent, sending: t.markSending, sent: t.markSent, delivered: t.markDelivered, read: t.markRead }[of];
  return html`<span class="tick-mark ${of}" title=${words}>${icon(SIGNS[of])}<span class="unseen">${words}</span></span>`;
}

function reactions({ reactions: { mine, theirs } }: Message): unknown {
  const all = [...new Set([theirs, mine].filter((one) => one !== null))];
  if (all.length === 0) return nothing;
  return html`<p class="reactions" data-test="reactions">${all.map((one) => html`<span>${one}${mine === theirs ? ' 2' : nothing}</span>`)}</p>`;
}
