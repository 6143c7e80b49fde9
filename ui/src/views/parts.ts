/** Small things that many views are made of. */
import { html, nothing, svg } from 'lit-html';
import { ifDefined } from 'lit-html/directives/if-defined.js';
import { live } from 'lit-html/directives/live.js';
import type { ApiError } from '../generated/ApiError';
import type { QrCode } from '../generated/QrCode';
import type { Page } from '../page';
import { initialsOf, toneOf } from '../model/avatar';
import { QUIET, qrPath } from '../model/qr';
import { explain } from '../text';
import { icon } from './icons';

export type Presence = 'online' | 'away' | 'busy' | 'offline';

/** Initials in the colour of the key, in a ring that shows the presence; the words for it stand beside. */
export function avatar(person: { key: string; name: string }, presence: Presence | null = null, size: 'small' | 'big' | 'huge' | '' = ''): unknown {
  return html`<span class="avatar ${size} tone-${toneOf(person.key)} ${presence ?? ''}" aria-hidden="true"
    ><span class="initials">${initialsOf(person.name)}</span>${presence ? html`<span class="presence"></span>` : nothing}</span
  >`;
}

export function qr(code: QrCode, label: string): unknown {
  const side = code.size + 2 * QUIET;
  return html`<svg class="qr" role="img" aria-label=${label} viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges">
    ${svg`<rect width="100%" height="100%" fill="#fff" /><path d=${qrPath(code)} fill="#000" />`}
  </svg>`;
}

export function errorLine(page: Page, error: ApiError | undefined, id?: string): unknown {
  if (!error) return nothing;
  return html`<p class="error" id=${ifDefined(id)} role="alert" data-test="error" data-code=${error.code}>
    ${icon('circleAlert')}<span>${explain(error, page.lang)}</span>
  </p>`;
}

export interface Field {
  id: string;
  test: string;
  label: string;
  value: string;
  input: (value: string) => void;
  type?: 'text' | 'password' | 'search';
  hint?: unknown;
  placeholder?: string;
  error?: ApiError | undefined;
  maxlength?: number;
  /** Put after the field, in its line. */
  beside?: unknown;
  /** Names and notes may run either way; addresses and codes run left to right. */
  free?: boolean;
  autofocus?: boolean;
}

export function field(page: Page, of: Field): unknown {
  const hintId = of.hint ? `${of.id}-hint` : '';
  const errorId = of.error ? `${of.id}-error` : '';
  return html`<div class="field">
    <label for=${of.id}>${of.label}</label>
    <div class="beside">
      <input
        id=${of.id}
        data-test=${of.test}
        type=${of.type ?? 'text'}
        dir=${of.free ? 'auto' : 'ltr'}
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        maxlength=${ifDefined(of.maxlength)}
        placeholder=${ifDefined(of.placeholder)}
        aria-describedby=${`${errorId} ${hintId}`.trim() || nothing}
        aria-invalid=${of.error ? 'true' : nothing}
        ?autofocus=${of.autofocus ?? false}
        .value=${live(of.value)}
        @input=${(event: InputEvent) => of.input((event.target as HTMLInputElement).value)}
      />
      ${of.beside ?? nothing}
    </div>
    ${errorLine(page, of.error, errorId)} ${of.hint ? html`<p class="hint" id=${hintId}>${of.hint}</p>` : nothing}
  </div>`;
}

export function tick(of: { test: string; label: unknown; hint?: string; on: boolean; change: (on: boolean) => void }): unknown {
  return html`<label class="tick">
    <input
      type="checkbox"
      data-test=${of.test}
      .checked=${live(of.on)}
      @change=${(event: Event) => of.change((event.target as HTMLInputElement).checked)}
    />
    <span><span>${of.label}</span>${of.hint ? html`<small>${of.hint}</small>` : nothing}</span>
  </label>`;
}

/** A button that copies, and says so in its place. */
export function copyButton(page: Page, place: string, label: string, text: string, test: string, worded = true): unknown {
  const done = page.here.done.has(`copy ${place}`);
  if (!worded) {
    return html`<button type="button" class="icon-only" data-test=${test} title=${done ? page.t.copied : label} aria-label=${label} @click=${() => void page.copy(`copy ${place}`, text)}>
      ${icon(done ? 'check' : 'copy')}<span class="unseen" aria-live="polite">${done ? page.t.copied : ''}</span>
    </button>`;
  }
  return html`<button type="button" class="quiet" data-test=${test} @click=${() => void page.copy(`copy ${place}`, text)}>
    ${icon(done ? 'check' : 'copy')}<span aria-live="polite">${done ? page.t.copied : label}</span>
  </button>`;
}

/** Does what a form is for, without leaving the page. */
export function submits(run: () => void): (event: Event) => void {
  return (event) => {
    event.preventDefault();
    run();
  };
}

export function presenceWord(page: Page, presence: Presence): string {
  const { t } = page;
  return { online: t.online, away: t.away, busy: t.busy, offline: t.offline }[presence];
}
