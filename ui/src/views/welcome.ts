/** The right pane while nobody is chosen: what to do next. */
import { html } from 'lit-html';
import type { Page } from '../page';
import { openAdd } from '../acts/add';
import { cardView } from './card';
import { icon } from './icons';

export function welcomeView(page: Page): unknown {
  const { t, state } = page;
  if (state && state.contacts.length > 0) {
    return html`<div class="welcome quiet-welcome">
      <p class="muted">${t.pickSomeone}</p>
      <p class="muted"><kbd>?</kbd> ${t.keys}</p>
    </div>`;
  }
  return html`<div class="welcome" data-test="empty">
    <h1>${t.noOneTitle}</h1>
    <p class="muted">${t.noOneText}</p>
    <button type="button" class="primary" @click=${() => openAdd(page)}>${icon('userPlus')}<span>${t.addSomeone}</span></button>
    <div class="card">${cardView(page)}</div>
  </div>`;
}
