/** Looking for something that was said: the messages that hold it, newest first. */
import { html, nothing } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import type { Contact } from '../generated/Contact';
import type { Message } from '../generated/Message';
import type { Page } from '../page';
import { find, goToMessage, leaveSearch, look } from '../acts/words';
import { dayAndTime, exactly } from '../model/times';
import { icon } from './icons';
import { errorLine } from './parts';

export function findView(page: Page, contact: Contact, { text, found, more }: { text: string; found: Message[] | null; more: boolean }): unknown {
  const { t } = page;
  return html`<section
    class="conversation finding"
    aria-label=${t.findWords}
    @keydown=${(event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      leave(page);
    }}
  >
    <div class="find-line">
      <div class="search boxed">
        ${icon('search')}
        <input
          type="search"
          data-test="find"
          dir="auto"
          autocomplete="off"
          spellcheck="false"
          aria-label=${t.findWords}
          placeholder=${t.findWords}
          .value=${live(text)}
          @input=${(event: InputEvent) => find(page, (event.target as HTMLInputElement).value)}
        />
      </div>
      <button type="button" class="icon-only" data-test="find-leave" aria-label=${t.close} title=${`${t.close} (Esc)`} @click=${() => leave(page)}>${icon('x')}</button>
    </div>
    ${errorLine(page, page.here.errors.get('find'))}
    <div class="words" aria-live="polite">
      ${found?.length === 0 ? html`<p class="muted nothing-yet" data-test="found-nothing">${t.foundNothing}</p>` : nothing}
      <ul>
        ${(found ?? []).map((one) => line(page, contact, one))}
      </ul>
      ${more ? html`<button type="button" class="quiet" data-test="find-more" ?disabled=${page.here.busy.has('find')} @click=${() => void look(page, found?.at(-1)?.id ?? null)}>${t.showMore}</button>` : nothing}
    </div>
  </section>`;
}

function line(page: Page, contact: Contact, one: Message): unknown {
  return html`<li>
    <button type="button" class="found" data-test="found" @click=${() => void goToMessage(page, one)}>
      <span class="who">
        <strong><bdi>${one.mine ? page.t.you : contact.name}</bdi></strong>
        <bdi class="quoted">${one.text}</bdi>
      </span>
      <time title=${exactly(page.lang, one.at_ms)}>${dayAndTime(page.lang, one.at_ms, page.now)}</time>
    </button>
  </li>`;
}

function leave(page: Page): void {
  leaveSearch(page);
  page.focus('[data-test=open-find]');
}
