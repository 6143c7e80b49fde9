/** What just happened, in a line that goes away by itself; read out by assistive technology. */
import { html, nothing } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { Toast } from '../here';
import type { Page } from '../page';
import { icon } from './icons';

export function toastsView(page: Page): unknown {
  return html`<div class="toasts" role="status" aria-live="polite">
    ${repeat(
      page.here.toasts,
      (toast) => toast.id,
      (toast) => line(page, toast),
    )}
  </div>`;
}

function line(page: Page, toast: Toast): unknown {
  const { act } = toast;
  const hold = (): void => page.hold(toast);
  const release = (): void => page.release(toast);
  return html`<div
    class="toast ${toast.bad ? 'bad' : ''}"
    data-test="toast"
    @pointerenter=${hold}
    @pointerleave=${release}
    @focusin=${hold}
    @focusout=${release}
  >
    <p>${toast.say(page.t)}</p>
    ${act
      ? html`<button
          type="button"
          class="in-toast"
          data-test="toast-act"
          @click=${() => {
            page.untoast(toast.id);
            act.run();
          }}
        >
          ${act.label(page.t)}
        </button>`
      : nothing}
    <button type="button" class="icon-only in-toast" aria-label=${page.t.close} title=${page.t.close} @click=${() => page.untoast(toast.id)}>
      ${icon('x')}
    </button>
  </div>`;
}
