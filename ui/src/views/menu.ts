/** The menus: over a contact, and over the user's own name. They are walked by arrows and left by Escape. */
import { html, nothing } from 'lit-html';
import { ref } from 'lit-html/directives/ref.js';
import type { Menu } from '../here';
import type { Page } from '../page';
import { show, wave } from '../acts/people';
import { setStatus } from '../acts/settings';
import { icon, type Icon } from './icons';

interface Item {
  test: string;
  sign: Icon | null;
  label: string;
  danger?: boolean;
  checked?: boolean;
  run: () => void;
}

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
  return html`<div class="menu-back" @pointerdown=${() => closeMenu(page)} @contextmenu=${(event: Event) => event.preventDefault()}></div>
    <div
      class="menu"
      role="menu"
      data-test="menu"
      aria-label=${menu.of === 'status' ? page.t.status : page.t.more}
      ${ref((element) => queueMicrotask(() => place(element, menu)))}
      @keydown=${(event: KeyboardEvent) => keys(page, event)}
    >
      ${items.map(
        (item) => html`<button
          type="button"
          role=${item.checked === undefined ? 'menuitem' : 'menuitemradio'}
          aria-checked=${item.checked ?? nothing}
          class=${item.danger ? 'danger' : ''}
          data-test=${item.test}
          tabindex="-1"
          @click=${() => {
            closeMenu(page);
            item.run();
          }}
        >
          ${item.sign ? icon(item.sign) : html`<span class="icon"></span>`}<span>${item.label}</span>
        </button>`,
      )}
    </div>`;
}

function itemsOf(page: Page, menu: Menu): Item[] {
  const { t, state } = page;
  if (menu.of === 'status') {
    const now = state?.me?.status;
    const words = { online: t.online, away: t.away, busy: t.busy, invisible: t.invisible } as const;
    return (Object.keys(words) as (keyof typeof words)[]).map((status) => ({
      test: `status-${status}`,
      sign: status === now ? 'check' : null,
      label: words[status],
      checked: status === now,
      run: () => setStatus(page, status),
    }));
  }
  const contact = state?.contacts.find((one) => one.key === menu.key);
  if (!contact) return [];
  const ask = (question: 'remove' | 'block') => () =>
    page.change((here) => {
      here.question = { ask: question, person: contact };
    });
  return [
    { test: 'menu-wave', sign: 'hand', label: t.wave, run: () => void wave(page, contact) },
    { test: 'menu-details', sign: 'info', label: t.details, run: () => show(page, contact) },
    { test: 'menu-remove', sign: 'userMinus', label: t.remove, danger: true, run: ask('remove') },
    { test: 'menu-block', sign: 'ban', label: t.block, danger: true, run: ask('block') },
  ];
}

/** Keeps the menu inside the window; its size is known once it stands in the page. */
function place(element: Element | undefined, menu: Menu): void {
  if (!(element instanceof HTMLElement)) return;
  const x = Math.max(8, Math.min(menu.x, window.innerWidth - element.offsetWidth - 8));
  const y = Math.max(8, Math.min(menu.y, window.innerHeight - element.offsetHeight - 8));
  element.style.left = `${x}px`;
  element.style.top = `${y}px`;
}

function keys(page: Page, event: KeyboardEvent): void {
  const items = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('button')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    items[to % items.length]?.focus();
  } else if (event.key === 'Escape' || event.key === 'Tab') {
    event.preventDefault();
    event.stopPropagation();
    closeMenu(page);
  }
}
