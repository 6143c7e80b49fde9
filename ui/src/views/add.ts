/** The right pane for adding someone: by address, from the directory, or by giving out one's own. */
import { html, nothing } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import { repeat } from 'lit-html/directives/repeat.js';
import type { ListedPerson } from '../generated/ListedPerson';
import type { Page } from '../page';
import { requestListed, searchDirectory, sendRequest, typeQuery } from '../acts/add';
import { show } from '../acts/people';
import { cardView } from './card';
import { icon } from './icons';
import { avatar, errorLine, field, submits } from './parts';

const NOTE = 200;
const COUNT_FROM = 140;

export function addView(page: Page): unknown {
  const { t } = page;
  return html`<article class="add-view">
    <h1>${t.addSomeone}</h1>
    <section class="card">
      <h2>${t.byAddress}</h2>
      ${byAddress(page)}
    </section>
    <section class="card" aria-labelledby="directory">
      <h2 id="directory">${t.directory}</h2>
      ${directory(page)}
    </section>
    <section class="card">
      <h2>${t.shareYours}</h2>
      ${cardView(page)}
    </section>
  </article>`;
}

function byAddress(page: Page): unknown {
  const { t } = page;
  const { address, note } = page.here.add;
  const error = page.here.errors.get('add');
  const aboutNote = error?.code === 'note_too_long';
  const length = [...note].length;
  return html`<form novalidate @submit=${submits(() => void sendRequest(page))}>
    ${field(page, {
      id: 'add-address',
      test: 'add-field',
      label: t.theirAddress,
      value: address,
      placeholder: t.addressExample,
      error: aboutNote ? undefined : error,
      input: (value) => {
        page.forget('add');
        page.change((here) => {
          here.add.address = value;
        });
      },
    })}
    ${field(page, {
      id: 'add-note',
      test: 'note-field',
      label: t.note,
      value: note,
      free: true,
      hint: length >= COUNT_FROM ? html`<span class=${length > NOTE ? 'over' : ''}>${t.noteCount(length, NOTE)}</span>` : t.noteHint,
      error: aboutNote ? error : undefined,
      input: (value) => {
        page.forget('add');
        page.change((here) => {
          here.add.note = value;
        });
      },
    })}
    <div class="buttons">
      <button class="primary" data-test="send-request" ?disabled=${address.trim() === '' || page.here.busy.has('add')}>${t.sendRequest}</button>
    </div>
  </form>`;
}

function directory(page: Page): unknown {
  const { t } = page;
  const { query, people, more } = page.here.add;
  const last = people?.at(-1);
  return html`<div class="search boxed">
      ${icon('search')}
      <input
        type="search"
        data-test="directory-search"
        dir="auto"
        autocomplete="off"
        spellcheck="false"
        aria-label=${t.searchDirectory}
        placeholder=${t.searchDirectory}
        .value=${live(query)}
        @input=${(event: InputEvent) => typeQuery(page, (event.target as HTMLInputElement).value)}
      />
    </div>
    ${errorLine(page, page.here.errors.get('directory'))}
    ${page.here.errors.has('directory')
      ? html`<div class="buttons small"><button type="button" @click=${() => void searchDirectory(page)}>${t.tryAgain}</button></div>`
      : nothing}
    ${people && people.length === 0 ? html`<p class="muted" role="status">${query.trim() === '' ? t.directoryEmpty : t.noMatch}</p>` : nothing}
    <ul class="directory">
      ${repeat(
        people ?? [],
        (one) => one.key,
        (one) => personRow(page, one),
      )}
    </ul>
    ${more && last
      ? html`<button type="button" data-test="directory-more" ?disabled=${page.here.busy.has('directory')} @click=${() => void searchDirectory(page, last.handle)}>${t.showMore}</button>`
      : nothing}`;
}

function personRow(page: Page, person: ListedPerson): unknown {
  const name = person.name || person.handle;
  return html`<li class="listed" data-test="directory-row" data-handle=${person.handle}>
    <div class="person">
      ${avatar({ key: person.key, name })}
      <span class="who">
        <bdi class="name" title=${name}>${name}</bdi>
        <bdi class="last" title=${person.handle}>${person.handle}</bdi>
      </span>
      ${standing(page, person, name)}
    </div>
    ${errorLine(page, page.here.errors.get(`ask ${person.key}`) ?? page.here.errors.get(`request ${person.key}`))}
  </li>`;
}

/** How the user stands with someone in the directory, or the button to ask them. */
function standing(page: Page, person: ListedPerson, name: string): unknown {
  const { t, state } = page;
  if (person.key === state?.me?.key) return html`<span class="muted">${t.you}</span>`;
  const contact = state?.contacts.find((one) => one.key === person.key);
  if (contact) return html`<button type="button" class="quiet" aria-label=${t.showName(name)} @click=${() => show(page, contact)}>${t.isContact}</button>`;
  if (state?.outgoing.some((one) => one.key === person.key)) return html`<span class="muted">${t.asked}</span>`;
  if (state?.incoming.some((one) => one.key === person.key)) {
    return html`<button
      type="button"
      class="primary"
      data-test="directory-accept"
      aria-label=${t.acceptName(name)}
      ?disabled=${page.here.busy.has(`request ${person.key}`)}
      @click=${() => void page.ask(`request ${person.key}`, { type: 'accept_request', key: person.key })}
    >
      ${t.accept}
    </button>`;
  }
  return html`<button
    type="button"
    data-test="directory-add"
    aria-label=${t.addName(name)}
    ?disabled=${page.here.busy.has(`ask ${person.key}`)}
    @click=${() => void requestListed(page, person.key, person.handle)}
  >
    ${t.add}
  </button>`;
}
