/** The left pane: the user, the search, requests and contacts. */
import { html, nothing } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import { repeat } from 'lit-html/directives/repeat.js';
import type { Contact } from '../generated/Contact';
import type { Page } from '../page';
import { openAdd } from '../acts/add';
import { accept, decline, withdraw } from '../acts/people';
import { openSettings } from '../acts/settings';
import { byName, matching } from '../model/contacts';
import { ago, exactly } from '../model/times';
import { cardView } from './card';
import { icon } from './icons';
import { avatar, errorLine, type Presence } from './parts';
import { onePane } from './room';
import { contactRow, rowKeys } from './row';
import { openStatusMenu } from './menu';

export function peopleView(page: Page): unknown {
  const { t } = page;
  const searching = page.here.search.trim() !== '';
  return html`<h1 class="unseen">${t.app}</h1>
    ${own(page)} ${searchField(page)}
    <div class="lists">${searching ? nothing : requests(page)} ${contacts(page)} ${searching ? nothing : sent(page)}</div>
    <div class="foot">
      <button type="button" class="quiet" data-test="add-person" aria-keyshortcuts="Control+N" title="${t.addSomeone} (Ctrl+N)" @click=${() => openAdd(page)}>
        ${icon('userPlus')}<span>${t.add}</span>
      </button>
      <button type="button" class="quiet" data-test="settings" aria-keyshortcuts="Control+," title="${t.settings} (Ctrl+,)" @click=${() => openSettings(page)}>
        ${icon('settings')}<span>${t.settings}</span>
      </button>
    </div>`;
}

function own(page: Page): unknown {
  const { t, state } = page;
  const me = state?.me;
  if (!state || !me) return nothing;
  const online = state.server.connection.type === 'online';
  const seen: Presence = !online || me.status === 'invisible' ? 'offline' : me.status;
  return html`<header class="own">
    <button
      type="button"
      class="own-button"
      data-test="status-menu"
      data-status=${me.status}
      aria-haspopup="menu"
      aria-expanded=${page.here.menu?.of === 'status' ? 'true' : 'false'}
      @click=${(event: MouseEvent) => openStatusMenu(page, event.currentTarget as HTMLElement)}
    >
      ${avatar(me, seen)}
      <span class="who">
        <bdi class="name" title=${me.name}>${me.name}</bdi>
        <span class="last" data-test="connection" data-state=${state.server.connection.type}>${ownLine(page)}</span>
      </span>
      <span class="unseen">${t.changeStatus}</span>
      ${icon('chevronDown')}
    </button>
  </header>`;
}

function ownLine(page: Page): string {
  const { t, state } = page;
  switch (state?.server.connection.type) {
    case 'online':
      return statusWord(page);
    case 'connecting':
      return t.connecting;
    default:
      return t.notConnected;
  }
}

function statusWord(page: Page): string {
  const { t } = page;
  return { online: t.online, away: t.away, busy: t.busy, invisible: t.invisible }[page.state?.me?.status ?? 'online'];
}

function searchField(page: Page): unknown {
  const { t } = page;
  if (page.state?.contacts.length === 0 && page.here.search === '') return nothing;
  return html`<div class="search">
    ${icon('search')}
    <input
      type="search"
      data-test="search"
      dir="auto"
      autocomplete="off"
      spellcheck="false"
      aria-label=${t.searchPeople}
      aria-keyshortcuts="Control+K"
      placeholder=${t.searchPeople}
      .value=${live(page.here.search)}
      @input=${(event: InputEvent) =>
        page.change((here) => {
          here.search = (event.target as HTMLInputElement).value;
        })}
      @keydown=${(event: KeyboardEvent) => searchKeys(page, event)}
    />
    <kbd aria-hidden="true">Ctrl K</kbd>
  </div>`;
}

function searchKeys(page: Page, event: KeyboardEvent): void {
  if (event.key === 'ArrowDown') {
    event.preventDefault();
    page.focus('[data-test=contact-row]');
  } else if (event.key === 'Escape' && page.here.search !== '') {
    event.preventDefault();
    event.stopPropagation();
    page.change((here) => {
      here.search = '';
    });
  }
}

function requests(page: Page): unknown {
  const { t } = page;
  const incoming = page.state?.incoming ?? [];
  if (incoming.length === 0) return nothing;
  return html`<section aria-labelledby="requests">
    <h2 id="requests" data-test="requests">${t.requests(incoming.length)}</h2>
    <ul>
      ${repeat(
        incoming,
        (one) => one.key,
        (one) => {
          const busy = page.here.busy.has(`request ${one.key}`);
          const name = one.name || one.handle;
          const person = { key: one.key, handle: one.handle, name };
          return html`<li class="request" data-test="request-row" data-handle=${one.handle}>
            <div class="person">
              ${avatar(person)}
              <span class="who">
                <bdi class="name" title=${name}>${name}</bdi>
                <bdi class="last" title=${one.handle}>${one.handle}</bdi>
              </span>
              <time title=${exactly(page.lang, one.at_ms)}>${ago(page.lang, one.at_ms, page.now) ?? t.now}</time>
            </div>
            ${one.note ? html`<p class="note" dir="auto">${one.note}</p>` : nothing} ${errorLine(page, page.here.errors.get(`request ${one.key}`))}
            <div class="buttons small">
              <button type="button" class="primary" data-test="accept" aria-label=${t.acceptName(name)} ?disabled=${busy} @click=${() => void accept(page, one.key)}>${t.accept}</button>
              <button type="button" data-test="decline" aria-label=${t.declineName(name)} ?disabled=${busy} @click=${() => void decline(page, one.key)}>${t.decline}</button>
              <button
                type="button"
                class="quiet"
                data-test="block"
                aria-label=${t.blockName(name)}
                ?disabled=${busy}
                @click=${() =>
                  page.change((here) => {
                    here.question = { ask: 'block', person };
                  })}
              >
                ${t.block}
              </button>
            </div>
          </li>`;
        },
      )}
    </ul>
  </section>`;
}

function contacts(page: Page): unknown {
  const { t, state } = page;
  if (!state) return nothing;
  const all = state.contacts;
  if (all.length === 0) {
    return html`<div class="no-one">
      <p>${t.noOneShort}</p>
      ${onePane()
        ? html`<p>${t.noOneText}</p>
            <button type="button" class="primary" @click=${() => openAdd(page)}>${t.addSomeone}</button>
            ${cardView(page)}`
        : nothing}
    </div>`;
  }
  const listed = byName(matching(all, page.here.search), page.lang);
  if (listed.length === 0) return html`<p class="nothing" role="status">${t.noMatch}</p>`;
  const reached = tabbed(page, listed);
  return html`<section aria-labelledby="contacts">
    <h2 id="contacts">${t.contacts}</h2>
    <p class="unseen" id="row-keys">${t.rowKeys}</p>
    <ul aria-labelledby="contacts" aria-describedby="row-keys" data-test="contacts" @keydown=${(event: KeyboardEvent) => rowKeys(page, listed, event)}>
      ${repeat(
        listed,
        (one) => one.key,
        (one) => contactRow(page, one, one.key === reached),
      )}
    </ul>
  </section>`;
}

/** Tab reaches one row: the one used last, else the first. */
function tabbed(page: Page, listed: readonly Contact[]): string | undefined {
  return (listed.find((one) => one.key === page.here.row) ?? listed[0])?.key;
}

function sent(page: Page): unknown {
  const { t } = page;
  const outgoing = page.state?.outgoing ?? [];
  if (outgoing.length === 0) return nothing;
  return html`<section aria-labelledby="sent">
    <h2 id="sent">${t.sent(outgoing.length)}</h2>
    <ul>
      ${repeat(
        outgoing,
        (one) => one.key,
        (one) => html`<li class="sent" data-test="sent-row" data-handle=${one.handle}>
          <div class="person">
            ${avatar({ key: one.key, name: one.handle })}
            <span class="who">
              <bdi class="name" title=${one.handle}>${one.handle}</bdi>
              <span class="last">${t.asked} · ${ago(page.lang, one.at_ms, page.now) ?? t.now}</span>
            </span>
            <button
              type="button"
              class="quiet"
              data-test="withdraw"
              aria-label=${t.withdrawName(one.handle)}
              ?disabled=${page.here.busy.has(`sent ${one.key}`)}
              @click=${() => void withdraw(page, one.key)}
            >
              ${t.withdraw}
            </button>
          </div>
          ${errorLine(page, page.here.errors.get(`sent ${one.key}`))}
        </li>`,
      )}
    </ul>
  </section>`;
}
