/** Taking an identity from a file, at the first start and where the key is damaged. */
import { html } from 'lit-html';
import type { Code } from '../generated/Code';
import type { Page } from '../page';
import { pick } from '../acts/settings';
import { importIdentity } from '../acts/start';
import { icon } from './icons';
import { errorLine, field, submits } from './parts';

const ABOUT_PASSPHRASE: ReadonlySet<Code> = new Set(['passphrase_wrong', 'passphrase_short']);
const ABOUT_FILE: ReadonlySet<Code> = new Set(['file_missing', 'not_an_export', 'permission_denied', 'disk_failed']);

export function importForm(page: Page, label: string, beside: unknown = ''): unknown {
  const { t } = page;
  const { path, passphrase } = page.here.file;
  const error = page.here.errors.get('import');
  const aboutPassphrase = error && ABOUT_PASSPHRASE.has(error.code) ? error : undefined;
  const aboutFile = error && ABOUT_FILE.has(error.code) ? error : undefined;
  return html`<form novalidate @submit=${submits(() => void importIdentity(page))}>
    ${field(page, {
      id: 'import-path',
      test: 'import-path',
      label: t.file,
      value: path,
      error: aboutFile,
      input: (value) => type(page, { path: value }),
      beside: html`<button type="button" data-test="import-choose" @click=${() => void pick(page, 'open')}>
        ${icon('folderOpen')}<span>${t.choose}</span>
      </button>`,
    })}
    ${field(page, {
      id: 'import-passphrase',
      test: 'import-passphrase',
      label: t.passphrase,
      type: 'password',
      value: passphrase,
      error: aboutPassphrase,
      hint: t.importPassphraseHint,
      input: (value) => type(page, { passphrase: value }),
    })}
    ${aboutFile || aboutPassphrase ? '' : errorLine(page, error)}
    <div class="buttons">
      <button class="primary" data-test="import" ?disabled=${page.here.busy.has('import') || path.trim() === '' || passphrase === ''}>${label}</button>
      ${beside}
    </div>
  </form>`;
}

function type(page: Page, part: { path?: string; passphrase?: string }): void {
  page.forget('import');
  page.change((here) => {
    Object.assign(here.file, part);
  });
}
