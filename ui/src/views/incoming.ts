/** A call that rings: a card over the window, or the whole of a small window of its own. */
import { html, nothing } from 'lit-html';
import { ref } from 'lit-html/directives/ref.js';
import { repeat } from 'lit-html/directives/repeat.js';
import type { Call } from '../generated/Call';
import type { Page } from '../page';
import { answer, decline, nameOf } from '../acts/calls';
import { carded, ringing } from '../model/calls';
import { icon } from './icons';
import { menuView, openCallerMenu } from './menu';
import { avatar } from './parts';
import { previewFold } from './preview';
import { questionView } from './question';
import { marks } from './row';

/** Someone who types when it begins to ring must not answer by the next Enter. */
const GRACE_MS = 400;

export function incomingView(page: Page): unknown {
  const call = page.state && carded(page.state.calls);
  if (!call) return nothing;
  const since = performance.now();
  return repeat(
    [call],
    ({ id }) => id,
    () => html`<dialog
      class="incoming"
      data-test="incoming"
      data-call=${call.id}
      data-picture=${call.picture}
      aria-labelledby="caller"
      aria-describedby="caller-kind"
      ${ref(opens)}
      @cancel=${(event: Event) => {
        event.preventDefault();
        decline(page, call.id);
      }}
      @keydown=${(event: KeyboardEvent) => keys(page, event, openedAt.get(event.currentTarget as Element) ?? since)}
    >
      <div class="ring" tabindex="-1" autofocus>${card(page, call)} ${call.picture ? previewFold(page) : nothing}</div>
      ${page.here.menu?.of === 'caller' ? menuView(page) : nothing}
    </dialog>`,
  );
}

/** The window that rings, beside the main one. */
export function ringWindow(page: Page): unknown {
  const call = page.state && (ringing(page.state.calls)[0] ?? null);
  if (!call) return nothing;
  return html`<main class="ring alone-ring" data-test="incoming" data-call=${call.id} data-picture=${call.picture} aria-labelledby="caller" aria-describedby="caller-kind">
      <h1 class="unseen">${page.t.callsName(nameOf(page, call))}</h1>
      ${card(page, call)} ${page.here.menu?.of === 'caller' ? menuView(page) : nothing}
    </main>
    ${questionView(page)}`;
}

const openedAt = new WeakMap<Element, number>();
/** Kept stable, so that it runs once for each card. */
function opens(element: Element | undefined): void {
  if (!(element instanceof HTMLDialogElement) || openedAt.has(element)) return;
  openedAt.set(element, performance.now());
  queueMicrotask(() => {
    if (element.isConnected && !element.open) element.showModal();
  });
}

/** Enter answers with what was offered, Escape declines; a focused button keeps its own Enter. */
export function keys(page: Page, event: KeyboardEvent, since: number): void {
  const call = page.state && ringing(page.state.calls)[0];
  if (!call || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || page.here.menu || page.here.question) return;
  if (event.key === 'Enter' && !(event.target instanceof HTMLButtonElement)) {
    event.preventDefault();
    if (!event.repeat && performance.now() - since >= GRACE_MS) void answer(page, call.id, call.picture);
  } else if (event.key === 'Escape') {
    event.preventDefault();
    if (!event.repeat) decline(page, call.id);
  }
  event.stopPropagation();
}

function card(page: Page, call: Call): unknown {
  const { t } = page;
  const name = nameOf(page, call);
  const contact = page.state?.contacts.find((one) => one.key === call.key);
  const busy = page.here.busy.has(`answer ${call.id}`);
  const kind = call.picture ? t.videoCall : t.voiceCall;
  return html`<div class="ring-who">
      <span class="ringing">${avatar({ key: call.key, name }, null, 'big')}</span>
      <span class="who">
        <h2 id="caller"><bdi class="name" title=${name}>${name}</bdi>${contact ? marks(page, contact) : nothing}</h2>
        <p class="muted" id="caller-kind">${icon(call.picture ? 'video' : 'phone')}<span>${kind}</span></p>
      </span>
      <button
        type="button"
        class="icon-only"
        data-test="incoming-more"
        aria-haspopup="menu"
        aria-label=${t.moreFor(name)}
        title=${t.more}
        @click=${(event: MouseEvent) => openCallerMenu(page, call.id, event.currentTarget as HTMLElement)}
      >
        ${icon('ellipsis')}
      </button>
    </div>
    <div class="ring-buttons">
      <button type="button" class="danger filled" data-test="decline" title=${`${t.decline} (Esc)`} ?disabled=${busy} @click=${() => decline(page, call.id)}>
        ${icon('phoneOff')}<span>${t.decline}</span>
      </button>
      <button type="button" class=${call.picture ? '' : 'primary'} data-test="answer-sound" title=${call.picture ? nothing : enter(t.answerSound)} ?disabled=${busy} @click=${() => void answer(page, call.id, false)}>
        ${icon('phone')}<span>${t.answerSound}</span>
      </button>
      <button type="button" class=${call.picture ? 'primary' : ''} data-test="answer-video" title=${call.picture ? enter(t.answerVideo) : nothing} ?disabled=${busy} @click=${() => void answer(page, call.id, true)}>
        ${icon('video')}<span>${t.answerVideo}</span>
      </button>
    </div>`;
}

function enter(what: string): string {
  return `${what} (Enter)`;
}
