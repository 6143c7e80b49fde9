/** The menus: over a contact, the user's own name, and the buttons of a call. They are walked by arrows and left by Escape. */
import { html, nothing } from 'lit-html';
import { ref } from 'lit-html/directives/ref.js';
import type { Menu } from '../here';
import type { Page } from '../page';
import { loadDevices } from '../acts/devices';
import type { DeviceKind } from '../model/calls';
import { volumeSlider } from './devices';
import { icon } from './icons';
import { itemsOf, menuName, type Item } from './menu-items';

/** Where the focus was when the menu opened. */
let opener: HTMLElement | null = null;

export function openContactMenu(page: Page, key: string, over: HTMLElement, at?: MouseEvent): void {
  const box = over.getBoundingClientRect();
  open(page, { of: 'contact', key, x: at ? at.clientX : box.right - 12, y: at ? at.clientY : box.top + 12 });
  opener = document.querySelector<HTMLElement>(`[data-test=contact-row][data-key="${CSS.escape(key)}"]`);
}

export function openStatusMenu(page: Page, over: HTMLElement): void {
  if (page.here.menu?.of === 'status') return closeMenu(page);
  const box = over.getBoundingClientRect();
  open(page, { of: 'status', x: box.left + 8, y: box.bottom + 4 });
  opener = over;
}

/** Beside a button: above it where it stands low in the window. */
function beside(over: HTMLElement): { x: number; y: number; up: boolean; end?: number } {
  const box = over.getBoundingClientRect();
  const up = box.top > window.innerHeight / 2;
  const spot = { x: box.left, y: up ? box.top - 8 : box.bottom + 8, up };
  return box.left > window.innerWidth / 2 ? { ...spot, end: box.right } : spot;
}

export function openDeviceMenu(page: Page, kind: DeviceKind, over: HTMLElement): void {
  if (page.here.menu?.of === 'device' && page.here.menu.kind === kind) return closeMenu(page);
  open(page, { of: 'device', kind, ...beside(over) });
  opener = over;
  void loadDevices(page);
}

export function openCallMenu(page: Page, id: string, over: HTMLElement): void {
  if (page.here.menu?.of === 'call') return closeMenu(page);
  open(page, { of: 'call', id, ...beside(over) });
  opener = over;
}

export function openMessageMenu(page: Page, { key, id }: { key: string; id: string }, over: HTMLElement): void {
  open(page, { of: 'message', key, id, ...beside(over) });
  opener = over;
}

export function openCallerMenu(page: Page, id: string, over: HTMLElement): void {
  if (page.here.menu?.of === 'caller') return closeMenu(page);
  open(page, { of: 'caller', id, ...beside(over) });
  opener = over;
}

function open(page: Page, menu: Menu): void {
  page.change((here) => {
    here.menu = menu;
  });
  page.focus('[role=menu] [aria-checked=true]', '[role=menu] button');
}

export function closeMenu(page: Page, focus = true): void {
  const to = opener;
  opener = null;
  page.change((here) => {
    here.menu = null;
  });
  if (focus && to) page.afterDraw(() => to.focus());
}

export function menuView(page: Page): unknown {
  const { menu } = page.here;
  const items = menu ? itemsOf(page, menu) : [];
  if (!menu || items.length === 0) return nothing;
  const speaker = menu.of === 'device' && menu.kind === 'speaker';
  return html`<div class="menu-back" @pointerdown=${() => closeMenu(page)} @contextmenu=${(event: Event) => event.preventDefault()}></div>
    <div class="menu" data-test="menu" ${ref((element) => queueMicrotask(() => place(element, menu)))} @keydown=${(event: KeyboardEvent) => keys(page, event)}>
      ${speaker ? volumeSlider(page, page.state?.settings.devices.volume ?? 100, 'volume-slider') : nothing}
      <div role="menu" aria-label=${menuName(page, menu)}>${groups(page, items)}</div>
    </div>`;
}

/** Items that belong together stand under a word of their own. */
function groups(page: Page, items: readonly Item[]): unknown {
  const names = [...new Set(items.map((one) => one.group ?? ''))];
  return names.map((name) => {
    const of = items.filter((one) => (one.group ?? '') === name).map((one) => line(page, one));
    if (name === '') return of;
    return html`<div role="group" aria-label=${name}><p class="menu-group" aria-hidden="true">${name}</p>${of}</div>`;
  });
}

function line(page: Page, item: Item): unknown {
  return html`<button
    type="button"
    role=${item.checked === undefined ? 'menuitem' : 'menuitemradio'}
    aria-checked=${item.checked ?? nothing}
    aria-keyshortcuts=${item.key ?? nothing}
    class=${item.danger ? 'danger' : ''}
    data-test=${item.test}
    data-uri=${item.uri ?? nothing}
    tabindex="-1"
    @click=${() => {
      closeMenu(page);
      item.run();
    }}
  >
    ${item.sign ? icon(item.sign) : html`<span class="icon"></span>`}<span class="item-label">${item.label}</span>${item.key ? html`<kbd aria-hidden="true">${item.key}</kbd>` : nothing}
  </button>`;
}

/** Keeps the menu inside the window; its size is known once it stands in the page. */
function place(element: Element | undefined, menu: Menu): void {
  if (!(element instanceof HTMLElement)) return;
  const x = Math.max(8, Math.min(menu.end === undefined ? menu.x : menu.end - element.offsetWidth, window.innerWidth - element.offsetWidth - 8));
  const y = Math.max(8, Math.min(menu.up ? menu.y - element.offsetHeight : menu.y, window.innerHeight - element.offsetHeight - 8));
  element.style.left = `${x}px`;
  element.style.top = `${y}px`;
}

function keys(page: Page, event: KeyboardEvent): void {
  const panel = event.currentTarget as HTMLElement;
  const items = [...panel.querySelectorAll<HTMLElement>('[role=menu] button')];
  const slider = panel.querySelector<HTMLElement>('input');
  const at = items.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
  if (event.key === 'Tab' && slider) {
    event.preventDefault();
    (at >= 0 ? slider : (items.find((one) => one.ariaChecked === 'true') ?? items[0]))?.focus();
  } else if (event.key === 'Escape' || event.key === 'Tab') {
    event.preventDefault();
    closeMenu(page);
  } else if (to !== undefined && event.target !== slider) {
    event.preventDefault();
    items[to % items.length]?.focus();
  }
  event.stopPropagation();
}
