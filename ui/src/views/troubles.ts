/** Lines at the top: what is wrong with the connection or the computer, and the way out. */
import { html, nothing } from 'lit-html';
import type { ApiError } from '../generated/ApiError';
import type { Code } from '../generated/Code';
import type { Page } from '../page';
import { openCheck } from '../acts/check';
import { openSettings } from '../acts/settings';
import { stepOf } from '../model/start';
import { secondsUntil, seconds } from '../model/times';
import { explain, explainPlainly, say } from '../text';
import { icon } from './icons';

const UNREACHED: ReadonlySet<Code> = new Set(['server_down', 'server_silent', 'server_unknown', 'connection_lost', 'silent', 'too_slow']);

export function troublesView(page: Page, connection = true): unknown {
  const { state } = page;
  if (!state) return nothing;
  return html`<div class="troubles">
    ${connection ? connectionLine(page) : nothing} ${state.troubles.map((trouble) => troubleLine(page, trouble))}
  </div>`;
}

function troubleLine(page: Page, trouble: ApiError): unknown {
  return html`<div class="trouble warning" role="alert" data-test="trouble" data-code=${trouble.code}>
    ${icon('triangleAlert')}
    <p>${explain(trouble, page.lang)}</p>
    <button
      type="button"
      class="icon-only"
      data-test="dismiss"
      aria-label=${page.t.dismiss}
      title=${page.t.dismiss}
      @click=${() => void page.ask('trouble', { type: 'dismiss_trouble', trouble })}
    >
      ${icon('x')}
    </button>
  </div>`;
}

/** The common case in few words; the rest is one hover away. */
function why(page: Page, error: ApiError): unknown {
  const server = error.detail['server'];
  return UNREACHED.has(error.code) && server ? say(page.t.cantReach, server) : explain(error, page.lang);
}

function connectionLine(page: Page): unknown {
  const { t } = page;
  const connection = page.state?.server.connection;
  if (connection?.type === 'waiting') {
    const left = secondsUntil(connection.retry_at_ms, page.now);
    return html`<div class="trouble warning wraps" data-test="trouble" data-code=${connection.error.code}>
      ${icon('cloudOff')}
      <p>
        <span role="alert" title=${explainPlainly(connection.error, page.lang)}>${why(page, connection.error)}</span>
        <span class="countdown">${left > 0 ? t.retryIn(seconds(page.lang, left)) : t.retryNow}</span>
      </p>
      <span class="buttons">
        ${checkButton(page)}
        <button type="button" data-test="try-now" @click=${() => reconnect(page)}>${t.tryNow}</button>
      </span>
    </div>`;
  }
  if (connection?.type === 'stopped') {
    const elsewhere = connection.error.code === 'replaced';
    return html`<div class="trouble danger" role="alert" data-test="trouble" data-code=${connection.error.code}>
      ${icon('circleAlert')}
      <p>${explain(connection.error, page.lang)}</p>
      <button type="button" data-test="try-now" @click=${() => reconnect(page)}>${elsewhere ? t.useHere : t.tryAgain}</button>
      ${elsewhere || page.here.route.at === 'settings'
        ? nothing
        : html`<button type="button" data-test="trouble-settings" @click=${() => openSettings(page)}>${t.serverSettings}</button>`}
    </div>`;
  }
  return nothing;
}

/** Only where there are panes to show it in. */
function checkButton(page: Page): unknown {
  if (page.here.route.at === 'check' || !page.state || stepOf(page.state) !== null) return nothing;
  return html`<button type="button" class="quiet" data-test="open-check" @click=${() => openCheck(page)}>${page.t.checkConnection}</button>`;
}

export function reconnect(page: Page): void {
  void page.ask('reconnect', { type: 'reconnect' });
}
