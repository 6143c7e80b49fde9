/** The one screen left where Visavis can't work at all: what happened, and each way out. */
import { html, nothing } from 'lit-html';
import type { ApiError } from '../generated/ApiError';
import type { Code } from '../generated/Code';
import type { Page } from '../page';
import { explain } from '../text';
import { icon } from './icons';
import { importForm } from './import-form';
import { copyButton } from './parts';

const RESTORABLE: ReadonlySet<Code> = new Set(['key_damaged', 'key_missing']);

export function fatalView(page: Page, error: ApiError): unknown {
  const { t } = page;
  const path = error.detail['path'];
  const again = page.here.errors.get('reopen');
  return html`<main class="alone" data-test="fatal" data-code=${error.code}>
    <div class="card">
      <h1>${icon('triangleAlert')}${t.fatalTitle}</h1>
      <p role="alert">${explain(error, page.lang)}</p>
      ${again && again.code !== error.code ? html`<p class="error" role="alert">${explain(again, page.lang)}</p>` : nothing}
      <div class="buttons">
        <button
          type="button"
          class=${RESTORABLE.has(error.code) ? '' : 'primary'}
          data-test="reopen"
          ?disabled=${page.here.busy.has('reopen')}
          @click=${() => void page.ask('reopen', { type: 'reopen' })}
        >
          ${t.tryAgain}
        </button>
        ${path ? copyButton(page, 'path', t.copyPath, path, 'copy-path') : nothing}
      </div>
      ${RESTORABLE.has(error.code)
        ? html`<section>
            <h2>${t.restoreTitle}</h2>
            <p class="muted">${t.restoreText}</p>
            ${importForm(page, t.restore)}
          </section>`
        : nothing}
    </div>
  </main>`;
}

/** Where the engine could not be reached at all. */
export function lostView(page: Page, error: ApiError): unknown {
  return html`<main class="alone" data-test="fatal" data-code=${error.code}>
    <div class="card">
      <h1>${icon('triangleAlert')}${page.t.fatalTitle}</h1>
      <p role="alert">${explain(error, page.lang)}</p>
      <button type="button" class="primary" @click=${() => void page.open()}>${page.t.tryAgain}</button>
    </div>
  </main>`;
}
