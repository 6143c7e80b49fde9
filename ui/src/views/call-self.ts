/** The user's own picture: in a corner, mirrored, to be moved by pointer or arrows, or put away. */
import { html, nothing } from 'lit-html';
import { ref } from 'lit-html/directives/ref.js';
import type { Call } from '../generated/Call';
import type { Page } from '../page';
import { remember } from '../acts/devices';
import type { Corner } from '../stage/kept';
import { icon } from './icons';

export function selfView(page: Page, call: Call): unknown {
  const { t } = page;
  const { kept } = page.here.stage;
  if (!call.mine.camera || call.mine.held || kept.selfAway) return nothing;
  const drawn = page.pictures.drawn(call.id, 'mine');
  return html`<div
    class="self ${kept.corner} ${drawn ? 'there' : ''}"
    data-test="self"
    data-corner=${kept.corner}
    data-width=${drawn?.width ?? 0}
    data-height=${drawn?.height ?? 0}
    role="group"
    tabindex="0"
    aria-label=${t.selfHint}
    @keydown=${(event: KeyboardEvent) => keys(page, event)}
    @pointerdown=${(event: PointerEvent) => grab(page, event)}
  >
    <canvas role="img" aria-label=${t.yourPicture} ${ref(page.pictures.box(call.id, 'mine'))}></canvas>
    ${drawn ? nothing : html`<span class="self-wait">${icon('video')}</span>`}
    <button type="button" class="icon-only" data-test="self-away" aria-label=${t.hideSelf} title=${t.hideSelf} @click=${() => putAway(page)}>${icon('eyeOff')}</button>
  </div>`;
}

function putAway(page: Page): void {
  remember(page, { selfAway: true });
  page.focus('[data-test=stage]');
}

function corner(top: boolean, left: boolean): Corner {
  return `${top ? 'top' : 'bottom'}-${left ? 'left' : 'right'}`;
}

function keys(page: Page, event: KeyboardEvent): void {
  if (event.target !== event.currentTarget || event.ctrlKey || event.altKey || event.metaKey) return;
  const now = page.here.stage.kept.corner;
  const top = now.startsWith('top');
  const left = now.endsWith('left');
  const to = { ArrowUp: corner(true, left), ArrowDown: corner(false, left), ArrowLeft: corner(top, true), ArrowRight: corner(top, false) }[event.key];
  if (!to) return;
  event.preventDefault();
  remember(page, { corner: to });
}

/** Follows the pointer, and goes to the nearest corner when let go. */
function grab(page: Page, event: PointerEvent): void {
  if (event.button !== 0 || (event.target as Element).closest('button')) return;
  const tile = event.currentTarget as HTMLElement;
  const { clientX, clientY, pointerId } = event;
  tile.setPointerCapture(pointerId);
  const move = (to: PointerEvent): void => {
    tile.classList.add('dragged');
    tile.style.transform = `translate(${to.clientX - clientX}px, ${to.clientY - clientY}px)`;
  };
  const drop = (to: PointerEvent): void => {
    tile.removeEventListener('pointermove', move);
    tile.removeEventListener('pointerup', drop);
    tile.removeEventListener('pointercancel', drop);
    const moved = tile.classList.contains('dragged');
    const box = tile.getBoundingClientRect();
    tile.classList.remove('dragged');
    tile.style.transform = '';
    const stage = tile.closest('.stage')?.getBoundingClientRect();
    if (!moved || !stage || to.type === 'pointercancel') return;
    const above = box.top + box.height / 2 < stage.top + stage.height / 2;
    remember(page, { corner: corner(above, box.left + box.width / 2 < stage.left + stage.width / 2) });
  };
  tile.addEventListener('pointermove', move);
  tile.addEventListener('pointerup', drop);
  tile.addEventListener('pointercancel', drop);
}
