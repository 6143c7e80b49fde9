/** The user's own picture and meter, off until they are opened: in the settings, before a call, and while one rings. */
import { html, nothing } from 'lit-html';
import { ref } from 'lit-html/directives/ref.js';
import type { Page } from '../page';
import { beginPicture } from '../acts/booth';
import { closePreview, openPreview, PREVIEW, previewPlace, type PreviewPlace } from '../acts/preview';
import { troubledKind } from '../model/calls';
import { explain } from '../text';
import { countdownView } from './booth';
import { named } from './call-lines';
import { icon } from './icons';
import { errorLine } from './parts';

/** A frame for the picture, with what is wrong under it. */
export function previewBox(page: Page, place: PreviewPlace): unknown {
  const { t, state } = page;
  const preview = state?.preview ?? null;
  // Of several places that could show it, the one in front does: a picture has one canvas.
  const open = page.here.looks && preview !== null && previewPlace(page) === place;
  const drawn = open ? page.pictures.drawn(PREVIEW, 'mine') : null;
  return html`<div class="preview">
    <div class="preview-picture ${drawn ? 'there' : ''}" data-test="preview" data-open=${open} data-width=${drawn?.width ?? 0} data-height=${drawn?.height ?? 0}>
      ${open ? html`<canvas role="img" aria-label=${t.yourPicture} ${ref(page.pictures.box(PREVIEW, 'mine'))}></canvas>` : nothing}
      ${open
        ? html`${drawn ? nothing : html`<span class="preview-wait">${icon('video')}</span>`}
            ${countdownView(page, PREVIEW)}
            <button type="button" class="chip" data-test="preview-close" @click=${() => closePreview(page)}>${icon('eyeOff')}<span>${t.closePreview}</span></button>
            ${drawn ? html`<button type="button" class="chip photograph" data-test="take-mine" @click=${() => beginPicture(page, PREVIEW, true, contactOf(page))}>${icon('camera')}<span>${t.takeMine}</span></button>` : nothing}`
        : html`<button type="button" data-test="preview-open" ?disabled=${page.here.busy.has('preview')} @click=${() => openPreview(page)}>${icon('eye')}<span>${t.openPreview}</span></button>
            <p class="muted">${t.previewHint}</p>`}
    </div>
    <span class="level" role="img" aria-label=${t.microphoneLevel} data-test="preview-level"><i data-meter="mine" data-call=${PREVIEW}></i></span>
    ${open ? preview.troubles.map((trouble) => troubleOf(page, trouble)) : nothing} ${errorLine(page, page.here.errors.get('preview'))}
  </div>`;
}

function troubleOf(page: Page, trouble: import('../generated/ApiError').ApiError): unknown {
  const kind = troubledKind(trouble.detail, page.here.devices);
  return html`<div class="preview-trouble" data-test="preview-trouble" data-code=${trouble.code}>
    ${icon('triangleAlert')}
    <p role="alert">${explain(named(page, trouble, kind), page.lang)}</p>
    <button type="button" class="quiet" data-test="preview-again" ?disabled=${page.here.busy.has('preview')} @click=${() => openPreview(page)}>${page.t.tryAgain}</button>
  </div>`;
}

/** Who is about to be called. */
function contactOf(page: Page): string | null {
  const { question } = page.here;
  return question?.ask === 'devices' ? question.key : null;
}

/** A line while it rings, which becomes the picture when it is wanted. */
export function previewFold(page: Page): unknown {
  const { t, here } = page;
  if (here.looks && previewPlace(page) === 'incoming') return previewBox(page, 'incoming');
  return html`<button type="button" class="quiet preview-fold" data-test="preview-open" @click=${() => openPreview(page)}>${icon('eye')}<span>${t.lookFirst}</span></button>`;
}
