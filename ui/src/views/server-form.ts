/** Where to meet: the choice of a server, at the first start and in the settings. */
import { html, nothing } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import type { Code } from '../generated/Code';
import type { ServerDraft } from '../here';
import type { Page } from '../page';
import { aboutInvite, choiceOf, chooseServer } from '../acts/start';
import { icon, type Icon } from './icons';
import { errorLine, field, submits, tick } from './parts';
import { stepBack } from './start';

/** The server may work the next time, or another may work now. */
const UNREACHED: ReadonlySet<Code> = new Set([
  'server_unknown',
  'server_down',
  'server_silent',
  'server_foreign',
  'connection_lost',
  'port_taken',
  'hosting_failed',
  'server_full',
  'going_down',
  'not_connected',
]);

export function serverStep(page: Page): unknown {
  const { t } = page;
  const busy = page.here.busy.has('server');
  const error = page.here.errors.get('server');
  const unreached = error !== undefined && UNREACHED.has(error.code);
  return html`<h1>${t.serverTitle}</h1>
    <p class="lead">${t.serverText}</p>
    <form novalidate @submit=${submits(() => void chooseServer(page))}>
      ${serverFields(page)}
      <div class="buttons">
        ${unreached
          ? html`<button class="primary" data-test="try-again">${t.tryAgain}</button>
              <button type="button" data-test="choose-another" @click=${() => another(page)}>${t.chooseAnother}</button>`
          : html`<button class="primary" data-test="next" ?disabled=${busy || choiceOf(page) === null}>${busy ? t.connecting : t.next}</button>`}
        ${stepBack(page, 'name')}
      </div>
    </form>`;
}

export function serverFields(page: Page): unknown {
  const { t } = page;
  const draft = page.here.server;
  const error = page.here.errors.get('server');
  return html`<fieldset class="choices">
      <legend class="unseen">${t.serverTitle}</legend>
      ${choice(page, 'this', 'server-this-computer', 'monitor', t.thisComputer, t.thisComputerHint)}
      ${draft.kind === 'this'
        ? html`<div class="under">
            ${tick({
              test: 'open-to-network',
              label: t.openToNetwork,
              hint: t.openToNetworkHint,
              on: draft.open,
              change: (open) => set(page, { open }),
            })}
          </div>`
        : nothing}
      ${choice(page, 'address', 'server-address', 'globe', t.serverByAddress, t.serverByAddressHint)}
      ${draft.kind === 'address'
        ? html`<div class="under">
            ${field(page, {
              id: 'address',
              test: 'address-field',
              label: t.serverAddress,
              value: draft.address,
              placeholder: 'call.example.org',
              error: aboutInvite(error?.code) ? undefined : error,
              input: (address) => set(page, { address, invited: false, invite: '' }),
            })}
          </div>`
        : nothing}
    </fieldset>
    ${draft.invited
      ? field(page, {
          id: 'invite',
          test: 'invite-field',
          label: t.inviteCode,
          value: draft.invite,
          error,
          input: (invite) => {
            page.forget('server');
            page.change((here) => {
              here.server.invite = invite;
            });
          },
        })
      : nothing}
    ${draft.kind === 'this' && !draft.invited ? errorLine(page, error) : nothing}`;
}

function choice(page: Page, kind: ServerDraft['kind'], test: string, sign: Icon, label: string, hint: string): unknown {
  return html`<label class="choice">
    <input
      type="radio"
      name="server"
      data-test=${test}
      .checked=${live(page.here.server.kind === kind)}
      @change=${() => {
        set(page, { kind, invited: false });
        if (kind === 'address') page.focus('[data-test=address-field]');
      }}
    />
    ${icon(sign)}
    <span>${label}<small>${hint}</small></span>
  </label>`;
}

function set(page: Page, part: Partial<ServerDraft>): void {
  page.forget('server');
  page.change((here) => {
    Object.assign(here.server, part);
  });
}

function another(page: Page): void {
  set(page, { kind: 'address', address: '', invited: false, invite: '' });
  page.focus('[data-test=address-field]');
}
