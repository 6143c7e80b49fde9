/** A contact's row, and the keys that work in the list of them. */
import { html, nothing } from 'lit-html';
import type { Call } from '../generated/Call';
import type { Contact } from '../generated/Contact';
import type { Page } from '../page';
import { call } from '../acts/calls';
import { show } from '../acts/people';
import { isLive } from '../model/calls';
import { ago, exactly } from '../model/times';
import { icon } from './icons';
import { openContactMenu } from './menu';
import { avatar, presenceWord } from './parts';
import { onePane } from './room';

/** Longer than a double-click takes. */
const DOUBLE_CLICK_MS = 240;

function callLine({ t }: Page, { stage, mine, theirs }: Call): string {
  if (stage.type === 'calling' || stage.type === 'ringing') return t.callingShort;
  return mine.held || theirs.held ? t.onHold : t.inCall;
}

export function contactRow(page: Page, contact: Contact, reached: boolean): unknown {
  const { t } = page;
  const { route } = page.here;
  const current = route.at === 'contact' && (route.key === contact.key || route.handle === contact.handle);
  const on = page.state?.calls.find((one) => one.key === contact.key && isLive(one));
  const fresh = page.here.fresh.has(contact.key);
  return html`<li class="contact ${current ? 'current' : ''} ${fresh || contact.missed + contact.unread > 0 ? 'fresh' : ''} ${contact.last?.what === 'missed' && contact.missed > 0 ? 'has-missed' : ''} ${on ? 'in-call' : ''}" @contextmenu=${(event: MouseEvent) => openMenu(page, contact, event)}>
    <button
      type="button"
      class="contact-button"
      data-test="contact-row"
      data-key=${contact.key}
      data-handle=${contact.handle}
      data-presence=${contact.presence}
      data-last=${contact.last?.what ?? ''}
      aria-current=${current ? 'true' : 'false'}
      tabindex=${reached ? '0' : '-1'}
      @click=${(event: MouseEvent) => select(page, contact, event)}
      @dblclick=${() => doubleClick(page, contact)}
      @focus=${() =>
        page.change((here) => {
          here.row = contact.key;
        })}
    >
      ${avatar(contact, contact.presence)}
      <span class="who">
        <span class="name-line"><bdi class="name" title=${contact.name}>${contact.name}</bdi>${marks(page, contact)}</span>
        <span class="last"><span class="unseen">${presenceWord(page, contact.presence)}. </span>${contact.key_changed ? t.keyChangedShort : on ? callLine(page, on) : page.here.typing.has(contact.key) ? t.typesShort : html`<bdi>${lastLine(page, contact)}</bdi>`}</span>
      </span>
      ${contact.last ? html`<time title=${exactly(page.lang, contact.last.at_ms)}>${ago(page.lang, contact.last.at_ms, page.now) ?? t.now}</time>` : nothing}
      ${contact.missed > 0
        ? html`<span class="badge" data-test="missed" data-count=${contact.missed} title=${t.missedCalls(contact.missed)}>${contact.missed}<span class="unseen">${t.missedCalls(contact.missed)}</span></span>`
        : nothing}
      ${contact.unread > 0
        ? html`<span class="badge words-badge" data-test="unread" data-count=${contact.unread} title=${t.unreadWords(contact.unread)}>${contact.unread > 99 ? '99+' : contact.unread}<span class="unseen">${t.unreadWords(contact.unread)}</span></span>`
        : nothing}
    </button>
    <button
      type="button"
      class="icon-only more"
      data-test="more"
      tabindex="-1"
      aria-haspopup="menu"
      aria-label=${t.moreFor(contact.name)}
      title=${t.more}
      @click=${(event: MouseEvent) => openContactMenu(page, contact.key, event.currentTarget as HTMLElement)}
    >
      ${icon('ellipsis')}
    </button>
  </li>`;
}

export function marks(page: Page, contact: Contact): unknown {
  const { t } = page;
  if (contact.key_changed) {
    return html`<span class="mark danger" data-test="key-changed-mark" title=${t.keyChangedShort}>${icon('triangleAlert')}<span class="unseen">${t.keyChangedShort}</span></span>`;
  }
  return contact.verified
    ? html`<span class="mark" data-test="verified-mark" title=${t.verified}>${icon('shieldCheck')}<span class="unseen">${t.verified}</span></span>`
    : nothing;
}

export function lastLine(page: Page, contact: Contact): string {
  const { t } = page;
  switch (contact.last?.what) {
    case 'added':
      return t.lastAdded;
    case 'waved_to':
      return t.lastWavedTo;
    case 'waved_from':
      return t.lastWavedFrom;
    case 'called_to':
    case 'called_from':
      return t.lastTalked;
    case 'called_in_vain':
      return t.lastCalled;
    case 'missed':
      return t.missedCall;
    case 'offered_to':
      return t.lastOfferedTo;
    case 'offered_from':
      return t.lastOfferedFrom;
    case 'wrote_to':
      return contact.words === null ? t.gone : t.youSaid(contact.words);
    case 'wrote_from':
      return contact.words ?? t.gone;
    case undefined:
      return contact.handle;
  }
}

/** Where the details take the place of the list, the second click of two must not land in them. */
function select(page: Page, contact: Contact, event: MouseEvent): void {
  if (onePane() && event.detail > 0) {
    page.later('select', DOUBLE_CLICK_MS, () => show(page, contact));
  } else {
    show(page, contact);
  }
}

function doubleClick(page: Page, contact: Contact): void {
  page.never('select');
  callRow(page, contact, true);
}

/** Whose key changed is looked at first: no call goes there. */
function callRow(page: Page, contact: Contact, picture: boolean): void {
  if (contact.key_changed) show(page, contact);
  else void call(page, contact.key, picture);
}

function openMenu(page: Page, contact: Contact, event: MouseEvent): void {
  event.preventDefault();
  openContactMenu(page, contact.key, event.currentTarget as HTMLElement, event.button === 2 ? event : undefined);
}

export function rowKeys(page: Page, listed: readonly Contact[], event: KeyboardEvent): void {
  const target = event.target;
  if (!(target instanceof HTMLElement) || event.altKey || event.metaKey || (event.ctrlKey && event.key !== 'Enter')) return;
  const row = target.closest('li')?.querySelector<HTMLElement>('[data-test=contact-row]');
  const at = listed.findIndex((one) => one.key === row?.dataset['key']);
  const contact = listed[at];
  if (!row || !contact) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: listed.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    const next = listed[to];
    if (next) focusRow(page, next.key);
    else if (to < 0) page.focus('[data-test=search]');
  } else if (event.key === 'Enter' && target === row) {
    event.preventDefault();
    if (!event.repeat) callRow(page, contact, !event.ctrlKey);
  } else if (event.key === 'ContextMenu' || event.key === 'F10') {
    event.preventDefault();
    openContactMenu(page, contact.key, row.closest('li') ?? row);
  } else if (event.key === 'ArrowRight' && target === row) {
    row.closest('li')?.querySelector<HTMLElement>('.more')?.focus();
  } else if (event.key === 'ArrowLeft' && target !== row) {
    row.focus();
  }
}

function focusRow(page: Page, key: string): void {
  page.focus(`[data-test=contact-row][data-key="${CSS.escape(key)}"]`);
}
