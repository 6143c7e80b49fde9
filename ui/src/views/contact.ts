/** The right pane on one contact. */
import { html, nothing } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import type { Contact } from '../generated/Contact';
import type { Page } from '../page';
import { call, showStage } from '../acts/calls';
import { loadSafety, setDetails, setVerified, wave } from '../acts/people';
import { choose } from '../acts/settings';
import { isLive } from '../model/calls';
import { addressOf } from '../model/contacts';
import { sizeText } from '../model/files';
import { ago, exactly } from '../model/times';
import { say } from '../text';
import { historyView } from './history';
import { devicesWith } from './devices';
import { icon } from './icons';
import { avatar, copyButton, errorLine, presenceWord, qr, tick } from './parts';
import { lastLine, marks } from './row';
import { conversationView } from './words';

export function contactView(page: Page, contact: Contact): unknown {
  const { t, state } = page;
  const live = state?.calls.some((one) => one.key === contact.key && isLive(one)) === true;
  // What can be pressed stands still: it comes once the room above it is known.
  const settled = page.here.history?.of === contact.key || page.here.errors.has('history');
  const calling = page.here.busy.has(`call ${contact.key}`);
  const address = state ? addressOf(state, contact.handle) : contact.handle;
  const { details } = page.here;
  return html`<article class="contact-view ${details ? '' : 'talking'}" data-test="contact-view" data-handle=${contact.handle}>
    <header class="head">
      ${avatar(contact, contact.presence, details ? 'big' : '')}
      <div class="who">
        <h1><bdi class="name" title=${contact.name}>${contact.name}</bdi>${marks(page, contact)}</h1>
        <p class="sub">
          <span class="presence-word ${contact.presence}" data-test="presence">${presenceWord(page, contact.presence)}</span>
          ${contact.last && details
            ? html`<span class="muted"> · ${lastLine(page, contact)} · <time title=${exactly(page.lang, contact.last.at_ms)}>${ago(page.lang, contact.last.at_ms, page.now) ?? t.now}</time></span>`
            : nothing}
        </p>
        ${details
          ? html`<p class="copyable"><bdi class="address" title=${address}>${address}</bdi>${copyButton(page, 'address', t.copyAddress, address, 'copy-contact-address', false)}</p>`
          : nothing}
      </div>
      ${contact.key_changed
        ? nothing
        : html`<div class="buttons reach">
            ${live
              ? html`<button type="button" class="primary" data-test="to-stage" @click=${() => showStage(page)}>${icon('phone')}<span>${t.backToCall}</span></button>`
              : html`<button type="button" class="primary" data-test="call-video" title=${`${t.videoCall} (Enter)`} ?disabled=${calling} @click=${() => void call(page, contact.key, true)}>
                    ${icon('video')}<span>${t.videoCall}</span>
                  </button>
                  <button type="button" data-test="call-voice" title=${`${t.voiceCall} (Ctrl+Enter)`} ?disabled=${calling} @click=${() => void call(page, contact.key, false)}>
                    ${icon('phone')}<span>${t.voiceCall}</span>
                  </button>`}
            <button type="button" data-test="wave" title=${t.wave} ?disabled=${page.here.busy.has(`wave ${contact.key}`)} @click=${() => void wave(page, contact)}>${icon('hand')}<span>${t.wave}</span></button>
            <button type="button" data-test="details" title=${details ? t.conversation : t.details} @click=${() => setDetails(page, !details)}>
              ${icon(details ? 'messageCircle' : 'info')}<span>${details ? t.conversation : t.details}</span>
            </button>
          </div>`}
    </header>
    ${contact.key_changed ? alarm(page, contact) : nothing} ${details ? (settled ? below(page, contact) : nothing) : conversationView(page, contact)}
  </article>`;
}

function below(page: Page, contact: Contact): unknown {
  const { t } = page;
  return html`${historyView(page, contact)} ${taking(page, contact)} ${devicesWith(page, contact)} ${safety(page, contact)}
    <div class="last-buttons">
      <button type="button" class="quiet danger" data-test="remove" @click=${() => ask(page, 'remove', contact)}>
        ${icon('userMinus')}<span>${t.removeContact}</span>
      </button>
      <button type="button" class="quiet danger" data-test="block" @click=${() => ask(page, 'block', contact)}>
        ${icon('ban')}<span>${t.block}</span>
      </button>
    </div>`;
}

/** Up to so many bytes at once are taken without asking. */
const AMOUNTS = [10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000];
const USUAL_AMOUNT = 1_000_000_000;

function taking(page: Page, contact: Contact): unknown {
  const { t, state } = page;
  const all = state?.settings.accept_always ?? [];
  const most = all.find((one) => one.key === contact.key)?.most ?? null;
  const change = (most: number | null): void => {
    const others = all.filter((one) => one.key !== contact.key);
    choose(page, { accept_always: most === null ? others : [...others, { key: contact.key, most }] });
  };
  // What was chosen elsewhere can stay as it is.
  const amounts = most === null || AMOUNTS.includes(most) ? AMOUNTS : [...AMOUNTS, most].toSorted((a, b) => a - b);
  return html`<section class="taking">
    ${tick({ test: 'take-files', label: say(t.takeFiles, contact.name), hint: t.takeFilesHint, on: most !== null, change: (wanted) => change(wanted ? USUAL_AMOUNT : null) })}
    ${most === null
      ? nothing
      : html`<label class="most"><span>${t.takeMost}</span>
          <select data-test="take-most" @change=${(event: Event) => change(Number((event.target as HTMLSelectElement).value))}>
            ${amounts.map((one) => html`<option value=${one} .selected=${live(one === most)}>${sizeText(page.lang, one)}</option>`)}
          </select>
        </label>`}
  </section>`;
}

function ask(page: Page, what: 'remove' | 'block' | 'accept-key', contact: Contact): void {
  page.change((here) => {
    here.question = { ask: what, person: contact };
  });
}

function alarm(page: Page, contact: Contact): unknown {
  const { t } = page;
  return html`<section class="alarm" role="alert" data-test="key-changed">
    <h2>${icon('triangleAlert')}<span>${say(t.keyChangedTitle, contact.name)}</span></h2>
    <p>${say(t.keyChangedText, contact.name)}</p>
    <p>${say(t.keyChangedDo, contact.name)}</p>
    <div class="buttons">
      <button type="button" class="danger" data-test="accept-key" @click=${() => ask(page, 'accept-key', contact)}>${t.acceptKey}</button>
    </div>
  </section>`;
}

function safety(page: Page, contact: Contact): unknown {
  const { t } = page;
  const held = page.here.safety;
  const number = held?.of === contact.key ? held.number : null;
  const error = page.here.errors.get('safety');
  return html`<section class="safety" aria-labelledby="safety">
    <h2 id="safety">${t.safetyNumber}</h2>
    <p class="muted">${say(t.safetyText, contact.name)}</p>
    ${number
      ? html`<div class="safety-both">
          <ol class="safety-number" data-test="safety-number" aria-label=${t.safetyNumber}>
            ${number.groups.map((group) => html`<li>${group}</li>`)}
          </ol>
          ${qr(number.qr, t.safetyQr)}
        </div>`
      : error
        ? html`${errorLine(page, error)}<button type="button" @click=${() => void loadSafety(page, contact.key)}>${t.tryAgain}</button>`
        : html`<div class="safety-both" aria-hidden="true">
            <ol class="safety-number">
              ${Array.from({ length: 12 }, () => html`<li>${'\u00a0'}</li>`)}
            </ol>
            <span class="qr"></span>
          </div>`}
    ${errorLine(page, page.here.errors.get('verify'))}
    ${contact.key_changed
      ? nothing
      : contact.verified
        ? html`<p class="verified" data-test="verified">
            ${icon('shieldCheck')}<span>${say(t.verifiedText, contact.name)}</span>
            <button type="button" class="quiet" data-test="unverify" @click=${() => setVerified(page, contact, false)}>${t.unverify}</button>
          </p>`
        : html`<button type="button" data-test="mark-verified" ?disabled=${!number} @click=${() => setVerified(page, contact, true)}>
            ${icon('shieldCheck')}<span>${t.numbersMatch}</span>
          </button>`}
  </section>`;
}
