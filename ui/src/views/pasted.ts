/** A pasted picture above the place to write: what would go, before it goes. */
import { html, nothing } from 'lit-html';
import type { Contact } from '../generated/Contact';
import type { Page } from '../page';
import { discardPasted, sendPasted } from '../acts/pictures';
import { sizeText } from '../model/files';
import { say } from '../text';
import { icon } from './icons';

export function pastedView(page: Page, contact: Contact): unknown {
  const { t } = page;
  const { pasted } = page.here;
  if (pasted?.of !== contact.key) return nothing;
  const { name, small, bytes } = pasted.kept;
  const busy = page.here.busy.has(`offer ${contact.key}`);
  return html`<div
    class="pasted"
    data-test="pasted"
    role="group"
    aria-labelledby="pasted"
    @keydown=${(event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      event.stopPropagation();
      discardPasted(page);
    }}
  >
    <img src=${small} alt="" />
    <p class="who"><strong id="pasted">${say(t.sendPicture, contact.name)}</strong><span class="muted"><bdi>${name}</bdi> · ${sizeText(page.lang, bytes)}</span></p>
    <div class="buttons">
      <button type="button" data-test="pasted-cancel" @click=${() => discardPasted(page)}>${t.cancel}</button>
      <button type="button" class="primary" data-test="pasted-send" ?disabled=${busy} @click=${() => void sendPasted(page)}>${icon('send')}<span>${t.send}</span></button>
    </div>
  </div>`;
}
