/** The page on a fake host, worked as a person would. Time stands still unless told to go on. */
import { render } from 'lit-html';
import { afterEach, beforeEach, vi } from 'vitest';
import type { State } from '../src/generated/State';
import { FakeHost } from '../src/host/fake';
import type { Page } from '../src/page';
import { startPage } from '../src/start-page';

export const NOW = new Date(2026, 4, 20, 15, 0).getTime();

let root: HTMLElement;
let page: Page | null = null;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  root = document.createElement('div');
  document.body.replaceChildren(root);
});

afterEach(() => {
  page?.close();
  page = null;
  render(null, root);
  vi.useRealTimers();
});

/** The page that is open. */
export function opened(): Page {
  if (!page) throw new Error('no page is open');
  return page;
}

export async function open(state: State): Promise<FakeHost> {
  const host = new FakeHost({ ...state, settings: { ...state.settings, language: state.settings.language === 'system' ? 'en' : state.settings.language, theme: 'light' } });
  page = await startPage(host, root);
  await settle();
  return host;
}

/** Lets promises and drawings finish, and so much time pass. */
export async function settle(ms = 0): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await vi.advanceTimersByTimeAsync(0);
  if (ms > 0) {
    await vi.advanceTimersByTimeAsync(ms);
    for (let turn = 0; turn < 5; turn += 1) await vi.advanceTimersByTimeAsync(0);
  }
}

export function all(test: string, within: ParentNode = root): HTMLElement[] {
  return [...within.querySelectorAll<HTMLElement>(`[data-test="${test}"]`)];
}

export function maybe(test: string, within: ParentNode = root): HTMLElement | null {
  return all(test, within)[0] ?? null;
}

export function the(test: string, within: ParentNode = root): HTMLElement {
  const element = maybe(test, within);
  if (!element) throw new Error(`there is no ${test} in: ${root.textContent?.replace(/\s+/g, ' ')}`);
  return element;
}

export function row(handle: string, test = 'contact-row'): HTMLElement {
  const found = all(test).find((one) => one.dataset['handle'] === handle);
  if (!found) throw new Error(`there is no ${test} of ${handle}`);
  return found;
}

export function says(test: string, within: ParentNode = root): string {
  return the(test, within).textContent?.replace(/\s+/g, ' ').trim() ?? '';
}

export async function type(test: string, text: string): Promise<void> {
  const field = the(test) as HTMLInputElement;
  field.focus();
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  await settle();
}

export async function click(target: string | HTMLElement): Promise<void> {
  const element = typeof target === 'string' ? the(target) : target;
  if ((element as HTMLButtonElement).disabled) throw new Error(`${element.dataset['test']} can’t be pressed`);
  element.focus();
  element.click();
  await settle();
}

export async function doubleClick(element: HTMLElement): Promise<void> {
  element.focus();
  element.click();
  element.click();
  element.dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));
  await settle();
}

export async function press(key: string, init: KeyboardEventInit = {}): Promise<KeyboardEvent> {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init });
  (document.activeElement ?? document.body).dispatchEvent(event);
  await settle();
  return event;
}

export function focused(): string | undefined {
  return (document.activeElement as HTMLElement | null)?.dataset['test'];
}
