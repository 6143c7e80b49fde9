/** An address in a message, and the question before it is opened: where it really leads. */
import { html, nothing } from 'lit-html';
import type { Page } from '../page';
import { openLink } from '../acts/links';
import { shownAs, type Link } from '../model/links';
import { icon } from './icons';
import { copyButton, submits } from './parts';

/** It has no `href`, so nothing that the web view does with links by itself can follow it. */
export function linkView(page: Page, link: Link): unknown {
  const ask = (): void =>
    page.change((here) => {
      here.question = { ask: 'link', href: link.href };
    });
  return html`<bdi dir="ltr"><a class="link" role="link" tabindex="0" data-test="link" @click=${ask} @keydown=${(event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.repeat) return;
    event.preventDefault();
    ask();
  }}>${link.label}</a></bdi>`;
}

export function linkQuestion(page: Page, href: string, close: () => void): unknown {
  const { t } = page;
  const shown = shownAs(href);
  if (!shown) return nothing;
  return html`<form method="dialog" class="inside" @submit=${submits(() => void openLink(page, href).then((opened) => opened && close()))}>
    <h2 id="question">${t.openLinkTitle}</h2>
    <p class="true-address" dir="ltr" data-test="true-address"><span class="muted">${shown.scheme}${shown.user === '' ? nothing : `${shown.user}@`}</span><strong data-test="link-host">${shown.host}</strong><span class="muted">${shown.rest}</span></p>
    <p>${t.openLinkText}</p>
    ${shown.user === '' ? nothing : caution(t.linkUser, 'link-user')} ${shown.foreign ? caution(t.linkForeign, 'link-foreign') : nothing}
    ${page.here.errors.has('link') ? html`<p class="error" role="alert" data-test="error">${icon('circleAlert')}<span>${t.linkNotOpened}</span></p>` : nothing}
    <div class="buttons end">
      <button type="button" data-test="cancel" @click=${close}>${t.cancel}</button>
      ${copyButton(page, 'link', t.copyLink, href, 'copy-this-link')}
      <button class="primary" data-test="confirm" ?disabled=${page.here.busy.has('link')}>${t.openFile}</button>
    </div>
  </form>`;
}

function caution(words: string, test: string): unknown {
  return html`<p class="caution" data-test=${test}>${icon('triangleAlert')}<span>${words}</span></p>`;
}
