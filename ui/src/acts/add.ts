/** Asking someone to become a contact. */
import type { Page } from '../page';
import { say } from '../text';
import { go } from './people';

const SEARCH_AFTER_MS = 250;

export function openAdd(page: Page): void {
  page.forget('add', 'directory');
  page.change((here) => {
    here.add = { ...here.add, address: '', note: '' };
  });
  go(page, { at: 'add' });
  page.focus('[data-test=add-field]');
  void searchDirectory(page);
}

export async function sendRequest(page: Page): Promise<void> {
  const { address, note } = page.here.add;
  const reply = await page.ask('add', { type: 'request_contact', address: address.trim(), note: note.trim() });
  if (reply?.type !== 'requested') return page.focus('[data-test=add-field]');
  asked(page, reply.handle, reply.accepted);
  page.change((here) => {
    here.add.address = '';
    here.add.note = '';
  });
  page.focus('[data-test=add-field]');
}

export async function requestListed(page: Page, key: string, handle: string): Promise<void> {
  // A note goes along unless it is meant for the address typed beside it.
  const { address, note } = page.here.add;
  const reply = await page.ask(`ask ${key}`, { type: 'request_contact', address: handle, note: address.trim() === '' ? note.trim() : '' });
  if (reply?.type !== 'requested') return;
  asked(page, reply.handle, reply.accepted);
}

function asked(page: Page, handle: string, accepted: boolean): void {
  page.toast({ id: 'asked', bad: false, say: (t) => say(accepted ? t.acceptedAtOnce : t.requestSent, handle), act: null });
}

export function typeQuery(page: Page, query: string): void {
  page.change((here) => {
    here.add.query = query;
  });
  page.later('directory', SEARCH_AFTER_MS, () => void searchDirectory(page));
}

export async function searchDirectory(page: Page, after: string | null = null): Promise<void> {
  const { query } = page.here.add;
  const reply = await page.ask('directory', { type: 'search_directory', query: query.trim(), after });
  if (reply?.type !== 'directory' || page.here.add.query !== query) return;
  page.change((here) => {
    here.add.people = after === null ? reply.people : [...(here.add.people ?? []), ...reply.people];
    here.add.more = reply.more;
  });
}
