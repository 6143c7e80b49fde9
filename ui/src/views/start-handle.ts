/** Taking a handle: each keystroke is answered, most of them without the server. */
import { html, nothing } from 'lit-html';
import type { Page } from '../page';
import { back, claim, typeHandle } from '../acts/start';
import { faultOf, spelled, suggestions } from '../model/handle';
import { secondsUntil, seconds } from '../model/times';
import { explain, say } from '../text';
import { handleFaultsEn, handleFaultsZh } from '../text/handles';
import { icon } from './icons';
import { errorLine, submits, tick } from './parts';
import { reconnect } from './troubles';
import { live } from 'lit-html/directives/live.js';
import { stepBack } from './start';

export function handleStep(page: Page): unknown {
  const { t } = page;
  const online = page.state?.server.connection.type === 'online';
  return html`<h1>${t.handleTitle}</h1>
    ${online ? form(page) : offline(page)}`;
}

function offline(page: Page): unknown {
  const { t } = page;
  const connection = page.state?.server.connection;
  if (connection?.type !== 'waiting' && connection?.type !== 'stopped') {
    return html`<p class="lead" role="status">${t.connecting}</p>
      <div class="buttons">${stepBack(page, 'server')}</div>`;
  }
  const left = connection.type === 'waiting' ? secondsUntil(connection.retry_at_ms, page.now) : 0;
  return html`${errorLine(page, connection.error)} ${left > 0 ? html`<p class="hint">${t.retryIn(seconds(page.lang, left))}</p>` : nothing}
    <div class="buttons">
      <button type="button" class="primary" data-test="try-again" @click=${() => reconnect(page)}>${t.tryAgain}</button>
      <button type="button" data-test="choose-another" @click=${() => back(page, 'server')}>${t.chooseAnother}</button>
    </div>`;
}

function form(page: Page): unknown {
  const { t } = page;
  const { handle, state, listed } = page.here.start;
  const server = page.state?.server.name;
  const error = page.here.errors.get('claim');
  const blocked = faultOf(handle) !== null || state.is === 'taken' || state.is === 'refused' || page.here.busy.has('claim');
  return html`<p class="lead">${t.handleText}</p>
    <form novalidate @submit=${submits(() => void claim(page))}>
      <div class="field">
        <label for="handle">${t.handle}</label>
        <div class="beside suffixed">
          <input
            id="handle"
            data-test="handle-field"
            dir="ltr"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            aria-describedby="handle-hint"
            aria-invalid=${error || (blocked && handle !== '' && state.is !== 'unasked') ? 'true' : nothing}
            .value=${live(handle)}
            @input=${(event: InputEvent) => typeHandle(page, (event.target as HTMLInputElement).value)}
          />
          ${server ? html`<span class="suffix" dir="ltr">@${server}</span>` : nothing}
        </div>
        ${error ? errorLine(page, error) : nothing}
        <p class="hint ${tone(page)}" id="handle-hint" role="status" data-test="handle-hint" data-state=${hintState(page)}>
          ${hintIcon(page)}<span>${hint(page)}</span>
        </p>
      </div>
      ${ideas(page)}
      ${tick({
        test: 'listed',
        label: t.listMe,
        hint: t.listMeHint,
        on: listed,
        change: (on) =>
          page.change((here) => {
            here.start.listed = on;
          }),
      })}
      <div class="buttons">
        <button class="primary" data-test="claim" ?disabled=${blocked}>${t.claim}</button>
        ${stepBack(page, 'server')}
      </div>
    </form>`;
}

/** While the first letters are typed a rule not met yet is no fault. */
function early(page: Page): boolean {
  const fault = faultOf(page.here.start.handle);
  return fault === 'empty' || fault === 'too_short';
}

function hintState(page: Page): string {
  const { handle, state } = page.here.start;
  const fault = faultOf(handle);
  return fault ?? (state.is === 'refused' ? state.error.code : state.is);
}

function tone(page: Page): 'good' | 'bad' | '' {
  const { handle, state } = page.here.start;
  if (page.here.errors.has('claim') || early(page)) return '';
  if (faultOf(handle) !== null || state.is === 'taken' || state.is === 'refused') return 'bad';
  return state.is === 'free' || state.is === 'yours' ? 'good' : '';
}

function hintIcon(page: Page): unknown {
  const as = tone(page);
  return as === 'good' ? icon('circleCheck') : as === 'bad' ? icon('circleAlert') : nothing;
}

function hint(page: Page): unknown {
  const { t } = page;
  const { handle, state } = page.here.start;
  if (page.here.errors.has('claim')) return nothing;
  const fault = faultOf(handle);
  if (early(page)) return t.handleRules;
  if (fault !== null) return (page.lang === 'zh' ? handleFaultsZh : handleFaultsEn)[fault];
  switch (state.is) {
    case 'unasked':
    case 'asking':
      return t.handleChecking;
    case 'free':
      return say(t.handleFree, state.handle);
    case 'yours':
      return say(t.handleYours, state.handle);
    case 'taken':
      return say(t.handleTaken, spelled(handle));
    case 'refused':
      return explain(state.error, page.lang);
  }
}

function ideas(page: Page): unknown {
  const { t } = page;
  const { refused, handle } = page.here.start;
  const made = suggestions(page.state?.me?.name ?? '', refused).filter((one) => one !== spelled(handle));
  if (made.length === 0) return nothing;
  return html`<div class="ideas">
    <span id="ideas">${t.suggestions}</span>
    <span role="group" aria-labelledby="ideas"
      >${made.map(
        (one) => html`<button type="button" class="chip" data-test="suggestion" @click=${() => take(page, one)}>${one}</button>`,
      )}</span
    >
  </div>`;
}

function take(page: Page, handle: string): void {
  typeHandle(page, handle);
  page.focus('[data-test=handle-field]');
}
