/** The right pane for the settings. */
import { html, nothing } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import { repeat } from 'lit-html/directives/repeat.js';
import type { Language } from '../generated/Language';
import type { Theme } from '../generated/Theme';
import type { Page } from '../page';
import { unblock } from '../acts/people';
import { choose, rename, setListed, setStatus } from '../acts/settings';
import { cardView } from './card';
import { devicesSection } from './devices';
import { icon } from './icons';
import { avatar, errorLine, field, submits, tick } from './parts';
import { identitySection, serverSection } from './settings-deep';

export function settingsView(page: Page): unknown {
  const { t } = page;
  return html`<article class="settings-view">
    <h1 tabindex="-1">${t.settings}</h1>
    <section class="card">
      <h2>${t.profile}</h2>
      ${profile(page)}
    </section>
    <section class="card">
      <h2>${t.myAddress}</h2>
      ${cardView(page, true)}
    </section>
    ${devicesSection(page)}
    <section class="card">
      <h2>${t.lookAndLanguage}</h2>
      ${look(page)}
    </section>
    <section class="card">
      <h2>${t.server}</h2>
      ${serverSection(page)}
    </section>
    <section class="card">
      <h2>${t.identity}</h2>
      ${identitySection(page)}
    </section>
    <section class="card">
      <h2>${t.blockedPeople}</h2>
      ${blocked(page)}
    </section>
    <section class="card">
      <h2>${t.about}</h2>
      <p data-test="version">${t.version(import.meta.env.VISAVIS_VERSION)}</p>
      <p class="muted">${t.aboutText}</p>
      <div class="buttons">
        <button
          type="button"
          data-test="keys"
          @click=${() =>
            page.change((here) => {
              here.question = { ask: 'keys' };
            })}
        >
          ${icon('keyboard')}<span>${t.keys}</span>
        </button>
      </div>
    </section>
  </article>`;
}

function profile(page: Page): unknown {
  const { t, state } = page;
  const me = state?.me;
  if (!state || !me) return nothing;
  const statuses = { online: t.online, away: t.away, busy: t.busy, invisible: t.invisible } as const;
  return html`${naming(page)}
    <div class="field">
      <label for="status">${t.status}</label>
      <select
        id="status"
        data-test="status"
        @change=${(event: Event) => setStatus(page, (event.target as HTMLSelectElement).value as keyof typeof statuses)}
      >
        ${Object.entries(statuses).map(([value, label]) => html`<option value=${value} .selected=${live(me.status === value)}>${label}</option>`)}
      </select>
      ${me.status === 'invisible' ? html`<p class="hint">${t.invisibleHint}</p>` : nothing} ${errorLine(page, page.here.errors.get('status'))}
    </div>
    ${tick({ test: 'listed', label: t.listMe, hint: t.listMeHint, on: me.listed, change: (on) => setListed(page, on) })}
    ${errorLine(page, page.here.errors.get('listed'))}
    ${tick({ test: 'hide-reading', label: t.hideReading, hint: t.hideReadingHint, on: state.settings.hide_reading, change: (on) => choose(page, { hide_reading: on }) })} ${saving(page)}`;
}

/** Where files go that contacts send. */
function saving(page: Page): unknown {
  const { t, state } = page;
  const folder = state?.settings.downloads ?? null;
  return html`<div class="line">
    <span class="line-label">${t.filesGoTo}</span>
    <bdi class="line-value" title=${folder ?? ''} data-test="downloads">${folder ?? t.usualDownloads}</bdi>
    <button type="button" class="quiet" data-test="downloads-change" @click=${() => void chooseDownloads(page)}>${t.change}</button>
  </div>`;
}

async function chooseDownloads(page: Page): Promise<void> {
  const downloads = await page.host.pickFolder(page.t.saveIn);
  if (downloads !== null) choose(page, { downloads });
}

function naming(page: Page): unknown {
  const { t, state } = page;
  const { name } = page.here;
  if (name === null) {
    return html`<div class="line">
      <span class="line-label">${t.yourName}</span>
      <bdi class="line-value strong" title=${state?.me?.name ?? ''} data-test="my-name">${state?.me?.name}</bdi>
      ${page.here.done.has('rename') ? html`<span class="saved" role="status">${icon('check')}${t.saved}</span>` : nothing}
      <button type="button" class="quiet" data-test="rename" @click=${() => startNaming(page)}>${t.change}</button>
    </div>`;
  }
  return html`<form
    novalidate
    @submit=${submits(() => void rename(page))}
    @keydown=${(event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      stopNaming(page);
    }}
  >
    ${field(page, {
      id: 'rename',
      test: 'rename-field',
      label: t.yourName,
      value: name,
      maxlength: 64,
      free: true,
      error: page.here.errors.get('rename'),
      input: (value) => {
        page.forget('rename');
        page.change((here) => {
          here.name = value;
        });
      },
      beside: html`<button class="primary" data-test="rename-save" ?disabled=${name.trim() === '' || page.here.busy.has('rename')}>${t.save}</button>
        <button type="button" @click=${() => stopNaming(page)}>${t.cancel}</button>`,
    })}
  </form>`;
}

function startNaming(page: Page): void {
  page.change((here) => {
    here.name = page.state?.me?.name ?? '';
  });
  page.focus('[data-test=rename-field]');
}

function stopNaming(page: Page): void {
  page.forget('rename');
  page.change((here) => {
    here.name = null;
  });
  page.focus('[data-test=rename]');
}

function look(page: Page): unknown {
  const { t, state } = page;
  if (!state) return nothing;
  // A language is named in itself, so that who can't read the present one finds it.
  const languages: Record<Language, string> = { system: t.asSystem, en: 'English', zh: '简体中文' };
  const themes: Record<Theme, string> = { system: t.asSystem, light: t.light, dark: t.dark };
  return html`<div class="two">
      <div class="field">
        <label for="language">${t.language}</label>
        <select id="language" data-test="language" @change=${(event: Event) => choose(page, { language: (event.target as HTMLSelectElement).value as Language })}>
          ${Object.entries(languages).map(([value, label]) => html`<option value=${value} .selected=${live(state.settings.language === value)}>${label}</option>`)}
        </select>
      </div>
      <div class="field">
        <label for="theme">${t.theme}</label>
        <select id="theme" data-test="theme" @change=${(event: Event) => choose(page, { theme: (event.target as HTMLSelectElement).value as Theme })}>
          ${Object.entries(themes).map(([value, label]) => html`<option value=${value} .selected=${live(state.settings.theme === value)}>${label}</option>`)}
        </select>
      </div>
    </div>
    ${errorLine(page, page.here.errors.get('settings'))}`;
}

function blocked(page: Page): unknown {
  const { t, state } = page;
  const people = state?.blocked ?? [];
  if (people.length === 0) return html`<p class="muted">${t.nobodyBlocked}</p>`;
  return html`<ul class="directory">
    ${repeat(
      people,
      (one) => one.key,
      (one) => html`<li class="listed" data-test="blocked-row" data-handle=${one.handle}>
        <div class="person">
          ${avatar(one)}
          <span class="who">
            <bdi class="name" title=${one.name}>${one.name}</bdi>
            <bdi class="last" title=${one.handle}>${one.handle}</bdi>
          </span>
          <button type="button" data-test="unblock" aria-label=${t.unblockName(one.name)} ?disabled=${page.here.busy.has(`unblock ${one.key}`)} @click=${() => void unblock(page, one.key)}>
            ${t.unblock}
          </button>
        </div>
      </li>`,
    )}
  </ul>`;
}
