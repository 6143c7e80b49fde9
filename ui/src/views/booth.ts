/** A picture that was taken: how it looks, what is written on it, and where it goes. And the count before one is taken. */
import { html, nothing } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import { ref } from 'lit-html/directives/ref.js';
import type { Filter } from '../generated/Filter';
import type { Booth } from '../here';
import type { PictureKind } from '../host';
import type { Page } from '../page';
import { beginPicture, copyPicture, DELAYS, KINDS, savePicture, sendPicture, setDelay, setLook, stopCounting, wish } from '../acts/booth';
import { drawCaption } from '../stage/caption';
import { say } from '../text';
import { filterNames } from './devices';
import { icon } from './icons';
import { errorLine, tick } from './parts';

const LONGEST = 80;

export function boothSheet(page: Page, close: () => void): unknown {
  const { t, here } = page;
  const { booth } = here;
  if (!booth) return nothing;
  const other = page.state?.contacts.find((one) => one.key === booth.to)?.name ?? '';
  const whose = booth.mine ? t.yourPicture : t.pictureOf(other);
  return html`<div class="inside booth" data-test="booth" data-look=${booth.look}>
    <h2 id="question">${whose}</h2>
    <div class="booth-both">
      <div class="photo" style="aspect-ratio: ${booth.width} / ${booth.height}">
        ${booth.small === null ? html`<span class="photo-wait">${icon('image')}</span>` : html`<img src=${booth.small} alt=${whose} data-test="photo" />`}
        <canvas class="photo-caption" aria-hidden="true" ${ref((canvas) => caption(canvas, booth))}></canvas>
      </div>
      <div class="booth-wishes">
        <div class="field">
          <label for="booth-caption">${t.captionOnPicture}</label>
          <input
            id="booth-caption"
            data-test="caption"
            type="text"
            dir="auto"
            autocomplete="off"
            maxlength=${LONGEST}
            placeholder=${t.captionHint}
            .value=${live(booth.caption)}
            @input=${(event: InputEvent) => wish(page, { caption: (event.target as HTMLInputElement).value })}
          />
        </div>
        <div class="two">${looks(page, booth)} ${kinds(page, booth)}</div>
        ${booth.mine ? tick({ test: 'mirrored', label: t.asInMirror, hint: t.asInMirrorHint, on: booth.mirrored, change: (mirrored) => wish(page, { mirrored }) }) : html`<p class="muted told">${icon('info')}<span>${say(t.theyWereTold, other)}</span></p>`}
        <div class="again">
          <button type="button" data-test="again" @click=${() => again(page, booth, close)}>${icon('camera')}<span>${t.takeAnother}</span></button>
          ${booth.mine ? delays(page) : nothing}
        </div>
      </div>
    </div>
    ${errorLine(page, here.errors.get('booth') ?? here.errors.get(`offer ${booth.to}`))}
    <div class="buttons end">
      <button type="button" data-test="cancel" @click=${close}>${t.close}</button>
      ${act(page, 'copy', 'copied', t.copyPicture, t.copied, copyPicture)} ${act(page, 'save', 'saved', t.savePictureAs, t.saved, savePicture)}
      ${booth.to === null
        ? nothing
        : html`<button type="button" class="primary" data-test="send-picture" ?disabled=${here.busy.has('booth-send')} @click=${() => void send(page, close)}>
            ${icon('send')}<span>${say(t.sendTo, other)}</span>
          </button>`}
    </div>
  </div>`;
}

async function send(page: Page, close: () => void): Promise<void> {
  if (await sendPicture(page)) close();
}

function again(page: Page, { call, mine, to }: Booth, close: () => void): void {
  close();
  beginPicture(page, call, mine, to);
}

function caption(canvas: Element | undefined, { caption: words, width, height }: Booth): void {
  if (canvas instanceof HTMLCanvasElement) drawCaption(canvas, words, width, height);
}

function act(page: Page, test: 'copy' | 'save', how: string, label: string, done: string, run: (page: Page) => Promise<void>): unknown {
  const isDone = page.here.done.has(`booth ${how}`);
  return html`<button type="button" data-test=${`${test}-picture`} ?disabled=${page.here.busy.has('booth')} @click=${() => void run(page)}>
    ${icon(isDone ? 'check' : test === 'copy' ? 'copy' : 'download')}<span aria-live="polite">${isDone ? done : label}</span>
  </button>`;
}

function looks(page: Page, { look }: Booth): unknown {
  return html`<div class="field">
    <label for="booth-look">${page.t.lookOfPhoto}</label>
    <select id="booth-look" data-test="booth-look" @change=${(event: Event) => setLook(page, (event.target as HTMLSelectElement).value as Filter)}>
      ${Object.entries(filterNames(page)).map(([one, name]) => html`<option value=${one} ?selected=${one === look}>${name}</option>`)}
    </select>
  </div>`;
}

function kinds(page: Page, { kind }: Booth): unknown {
  const { t } = page;
  const names: Record<PictureKind, string> = { png: t.kindPng, jpeg: t.kindJpeg, webp: t.kindWebp };
  return html`<div class="field">
    <label for="booth-kind">${t.kindOfFile}</label>
    <select id="booth-kind" data-test="booth-kind" @change=${(event: Event) => wish(page, { kind: (event.target as HTMLSelectElement).value as PictureKind })}>
      ${KINDS.map((one) => html`<option value=${one} ?selected=${one === kind}>${names[one]}</option>`)}
    </select>
  </div>`;
}

function delays(page: Page): unknown {
  const { t } = page;
  const { delay } = page.here.stage.kept;
  return html`<select data-test="delay" aria-label=${t.countdown} title=${t.countdown} @change=${(event: Event) => setDelay(page, Number((event.target as HTMLSelectElement).value))}>
    ${DELAYS.map((one) => html`<option value=${one} ?selected=${one === delay}>${one === 0 ? t.atOnce : t.inSeconds(one)}</option>`)}
  </select>`;
}

/** The count, where the picture that is taken is seen. */
export function countdownView(page: Page, call: string): unknown {
  const { counting } = page.here;
  if (counting?.call !== call) return nothing;
  return html`<div class="booth-count" data-test="countdown">
    <span class="booth-number" role="timer" aria-live="assertive" aria-label=${page.t.pictureIn(counting.left)}>${counting.left}</span>
    <button type="button" class="chip" data-test="stop-counting" @click=${() => stopCounting(page)}>${icon('x')}<span>${page.t.cancel}</span></button>
  </div>`;
}
