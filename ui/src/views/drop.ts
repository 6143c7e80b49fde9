/** Over the whole window while files are dragged over it: who will get them. */
import { html, nothing } from 'lit-html';
import type { Page } from '../page';
import { say } from '../text';
import { icon } from './icons';

export function dropView(page: Page): unknown {
  const { drag } = page.here;
  if (!drag) return nothing;
  const contact = page.state?.contacts.find((one) => one.key === drag.key);
  return html`<div role="status" class="drop ${contact ? 'onto' : ''}" data-test="drop" data-to=${contact?.handle ?? ''}>
    <p>${icon('files')}<span>${contact ? say(page.t.dropFor, contact.name) : page.t.dropOnSomeone}</span></p>
  </div>`;
}
