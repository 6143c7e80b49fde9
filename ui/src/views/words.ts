/** A conversation: what was written and called, and the place to write. */
import { html, nothing } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import { repeat } from 'lit-html/directives/repeat.js';
import type { Contact } from '../generated/Contact';
import type { Page } from '../page';
import { draft, leaveAbout, loadNewer, loadOlder, openSearch, send } from '../acts/words';
import { pickAndOffer } from '../acts/files';
import { paste, pastedPicture } from '../acts/pictures';
import { dayOnly } from '../model/times';
import { entries, type Entry } from '../model/words';
import { say } from '../text';
import { callEntry } from './history';
import { findView } from './find';
import { icon } from './icons';
import { messageView } from './message';
import { errorLine } from './parts';
import { pastedView } from './pasted';
import { transferView } from './transfer';

const LONGEST = 8_000;

export function conversationView(page: Page, contact: Contact): unknown {
  const { t } = page;
  const words = page.here.words?.of === contact.key ? page.here.words : null;
  const all = words ? entries(words, page.here.history, page.state?.transfers) : [];
  const finding = page.here.finding?.of === contact.key ? page.here.finding : null;
  if (finding) return findView(page, contact, finding);
  return html`<section class="conversation" aria-label=${t.conversation}>
    <div class="words" data-test="words" tabindex="0" role="log" aria-label=${t.conversation}>
      ${words?.more
        ? html`<button type="button" class="quiet" data-test="older" ?disabled=${page.here.busy.has('words')} @click=${() => void loadOlder(page)}>
            ${t.showOlder}
          </button>`
        : nothing}
      ${errorLine(page, page.here.errors.get('words'))}
      ${words && all.length === 0 ? html`<p class="muted nothing-yet" data-test="no-words">${say(t.noWords, contact.name)}</p>` : nothing}
      <ol>
        ${repeat(
          all,
          (one) => one.id,
          (one) => entry(page, contact, one),
        )}
      </ol>
      ${words?.later
        ? html`<button type="button" class="quiet" data-test="newer" ?disabled=${page.here.busy.has('words')} @click=${() => void loadNewer(page)}>${t.showNewer}</button>`
        : nothing}
    </div>
    <p class="typing muted" data-test="typing" aria-live="polite">${page.here.typing.has(contact.key) ? say(t.types, contact.name) : nothing}</p>
    ${contact.key_changed ? nothing : writing(page, contact)}
  </section>`;
}

function entry(page: Page, contact: Contact, one: Entry): unknown {
  switch (one.is) {
    case 'day':
      return html`<li class="day"><span>${dayOnly(page.lang, one.at, page.now)}</span></li>`;
    case 'new':
      return html`<li class="day new" data-test="first-unread"><span>${page.t.newWords}</span></li>`;
    case 'call':
      return callEntry(page, contact, one.call);
    case 'transfer':
      return transferView(page, contact, one.transfer);
    case 'message':
      return messageView(page, contact, one.message, one.follows);
  }
}

function writing(page: Page, contact: Contact): unknown {
  const { t } = page;
  const text = page.here.drafts.get(contact.key) ?? '';
  const length = [...text].length;
  const error = page.here.errors.get('write');
  return html`<form
    class="writing"
    @submit=${(event: Event) => {
      event.preventDefault();
      void send(page, contact.key);
    }}
  >
    ${aboutLine(page, contact)} ${pastedView(page, contact)} ${errorLine(page, error, 'write-error')}
    <div class="beside">
      <button type="button" class="quiet icon-only" data-test="open-find" aria-label=${t.findWords} title=${t.findWords} @click=${() => openSearch(page, contact.key)}>${icon('search')}</button>
      <button type="button" class="quiet icon-only" data-test="send-files" aria-label=${t.sendFiles} title=${t.sendFiles} ?disabled=${page.here.busy.has(`offer ${contact.key}`)} @click=${() => void pickAndOffer(page, contact.key)}>${icon('paperclip')}</button>
      <textarea
        id="write"
        data-test="write"
        rows="1"
        dir="auto"
        aria-label=${t.writeTo(contact.name)}
        aria-describedby=${error ? 'write-error' : nothing}
        placeholder=${t.writeTo(contact.name)}
        .value=${live(text)}
        @input=${(event: InputEvent) => draft(page, contact.key, (event.target as HTMLTextAreaElement).value)}
        @keydown=${(event: KeyboardEvent) => keys(page, contact, event)}
        @paste=${(event: ClipboardEvent) => {
          const picture = pastedPicture(event.clipboardData);
          if (!picture) return;
          event.preventDefault();
          void paste(page, contact.key, picture);
        }}
      ></textarea>
      <button type="submit" class="primary icon-only" data-test="send" aria-label=${t.send} title=${`${t.send} (Enter)`} ?disabled=${text.trim() === '' || length > LONGEST}>
        ${icon('send')}
      </button>
    </div>
    ${length > LONGEST - 200 ? html`<p class="hint ${length > LONGEST ? 'bad' : ''}" data-test="length">${t.noteCount(length, LONGEST)}</p>` : nothing}
  </form>`;
}

/** The message that is answered or changed. */
function aboutLine(page: Page, contact: Contact): unknown {
  const { t } = page;
  const { about, words } = page.here;
  const message = about?.of === contact.key ? words?.messages.find((one) => one.id === about.id) : undefined;
  if (!about || !message) return nothing;
  return html`<p class="about" data-test="about" data-to=${about.to}>
    ${icon(about.to === 'change' ? 'pencil' : 'reply')}
    <span class="who"><strong>${about.to === 'change' ? t.changing : t.answering}</strong> <bdi class="quoted">${message.text}</bdi></span>
    <button type="button" class="icon-only" data-test="about-leave" aria-label=${t.cancel} title=${`${t.cancel} (Esc)`} @click=${() => leaveAbout(page)}>${icon('x')}</button>
  </p>`;
}

/** A key that ends the choice of a character is none that sends. */
function keys(page: Page, contact: Contact, event: KeyboardEvent): void {
  if (event.isComposing) return;
  if (event.key === 'Enter' && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) {
    event.preventDefault();
    if (!event.repeat) void send(page, contact.key);
  } else if (event.key === 'Escape' && page.here.about) {
    event.preventDefault();
    event.stopPropagation();
    leaveAbout(page);
  }
}
