/** The user's own address, to say, to send or to scan. */
import { html, nothing } from 'lit-html';
import type { Page } from '../page';
import { copyButton, qr } from './parts';

export function cardView(page: Page, titled = false): unknown {
  const { t, state } = page;
  const address = state?.me?.address;
  if (!address) return nothing;
  const card = page.here.card?.of === address ? page.here.card : null;
  return html`<div class="my-card">
    ${card ? html`<div class="code">${qr(card.qr, t.myQr)}</div>` : nothing}
    <div>
      ${titled ? nothing : html`<p class="muted">${t.myAddress}</p>`}
      <p><bdi class="address strong" data-test="my-address" title=${address}>${address}</bdi></p>
      <div class="buttons small">
        ${copyButton(page, 'my-address', t.copyAddress, address, 'copy-address')} ${card ? copyButton(page, 'my-link', t.copyLink, card.link, 'copy-link') : nothing}
      </div>
      <p class="hint">${t.myCardHint}</p>
    </div>
  </div>`;
}
