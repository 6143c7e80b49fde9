/** The settings that reach deeper: the server, and the identity itself. */
import { html, nothing } from 'lit-html';
import type { Page } from '../page';
import { changeServer, exportIdentity, exportIdentityReady, pick, serverDiffers } from '../acts/settings';
import { openCheck } from '../acts/check';
import { choiceOf } from '../acts/start';
import { icon } from './icons';
import { copyButton, errorLine, field, submits } from './parts';
import { serverFields } from './server-form';
import { reconnect } from './troubles';

const SHORTEST_PASSPHRASE = 10;

export function serverSection(page: Page): unknown {
  const { t, state } = page;
  if (!state) return nothing;
  const { connection, name } = state.server;
  const words = { idle: t.notConnected, connecting: t.connecting, online: t.connected, waiting: t.notConnected, stopped: t.notConnected }[connection.type];
  const off = connection.type === 'waiting' || connection.type === 'stopped';
  const busy = page.here.busy.has('server');
  return html`<div class="line">
      <span class="dot ${connection.type}" aria-hidden="true"></span>
      <bdi class="line-value strong" data-test="server-name" title=${name ?? t.thisComputer}>${name ?? t.thisComputer}</bdi>
      <span class="muted">${words}</span>
      ${off ? html`<button type="button" class="quiet" data-test="reconnect" @click=${() => reconnect(page)}>${t.reconnect}</button>` : nothing}
    </div>
    ${hosting(page)}
    <div class="buttons">
      <button type="button" data-test="open-check" @click=${() => openCheck(page)}>${icon('activity')}<span>${t.checkConnection}</span></button>
    </div>
    <form novalidate @submit=${submits(() => changeServer(page))}>
      ${serverFields(page)}
      <div class="buttons">
        <button data-test="change-server" class=${serverDiffers(page) ? 'primary' : ''} ?disabled=${busy || !serverDiffers(page) || choiceOf(page) === null}>
          ${busy ? t.connecting : t.useServer}
        </button>
        ${page.here.done.has('server') ? html`<span class="saved" role="status">${icon('check')}${t.saved}</span>` : nothing}
      </div>
    </form>`;
}

function hosting(page: Page): unknown {
  const { t, state } = page;
  const host = state?.server.hosting;
  if (!host) return nothing;
  return html`<p class="muted">${host.open ? t.hostingOpen : t.hostingClosed}</p>
    ${host.open
      ? html`<ul class="plain">
          ${host.addresses.map(
            (address) => html`<li class="copyable" data-test="hosting-address">
              <bdi class="address" title=${address}>${address}</bdi>${copyButton(page, `host ${address}`, t.copyAddress, address, 'copy-hosting')}
            </li>`,
          )}
        </ul>`
      : nothing}`;
}

export function identitySection(page: Page): unknown {
  const { t, state } = page;
  const { path, passphrase, again } = page.here.file;
  const error = page.here.errors.get('export');
  const short = passphrase !== '' && [...passphrase].length < SHORTEST_PASSPHRASE;
  const differ = again !== '' && again !== passphrase && !passphrase.startsWith(again);
  const type = (part: Partial<typeof page.here.file>): void => {
    page.forget('export');
    page.change((here) => {
      Object.assign(here.file, part);
    });
  };
  return html`<p>${state?.me?.key_place === 'keychain' ? t.keyInKeychain : t.keyInFile}</p>
    <h3>${t.exportTitle}</h3>
    <p class="muted">${t.exportText}</p>
    <form novalidate @submit=${submits(() => void exportIdentity(page))}>
      ${field(page, {
        id: 'export-path',
        test: 'export-path',
        label: t.file,
        value: path,
        error: error?.code === 'passphrase_short' ? undefined : error,
        input: (value) => type({ path: value }),
        beside: html`<button type="button" data-test="export-choose" @click=${() => void pick(page, 'save')}>
          ${icon('folderOpen')}<span>${t.choose}</span>
        </button>`,
      })}
      <div class="two">
        ${field(page, {
          id: 'export-passphrase',
          test: 'export-passphrase',
          label: t.passphrase,
          type: 'password',
          value: passphrase,
          hint: short ? html`<span class="over">${t.passphraseShort}</span>` : t.passphraseHint,
          input: (value) => type({ passphrase: value }),
        })}
        ${field(page, {
          id: 'export-again',
          test: 'export-passphrase-again',
          label: t.passphraseAgain,
          type: 'password',
          value: again,
          hint: differ ? html`<span class="over">${t.passphraseDiffers}</span>` : nothing,
          input: (value) => type({ again: value }),
        })}
      </div>
      ${error?.code === 'passphrase_short' ? errorLine(page, error) : nothing}
      <div class="buttons">
        <button data-test="export" ?disabled=${!exportIdentityReady(page) || page.here.busy.has('export')}>${t.export}</button>
      </div>
    </form>`;
}
