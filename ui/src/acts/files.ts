/** What the user does with files: offering, taking, stopping, going on. */
import type { Command } from '../generated/Command';
import type { Contact } from '../generated/Contact';
import type { Transfer } from '../generated/Transfer';
import type { Drag } from '../host';
import type { Page } from '../page';
import { staged } from '../model/calls';
import { explain } from '../text';
import { go, show, shown } from './people';
import { toEnd } from './words';

async function asked(page: Page, place: string, command: Command): Promise<boolean> {
  const answer = await page.ask(place, command);
  const error = page.here.errors.get(place);
  if (error) page.toast({ id: place, bad: true, say: () => explain(error, page.lang), act: null });
  page.forget(place);
  return answer !== null;
}

/** Whether they are offered now. */
export async function offer(page: Page, key: string, paths: string[]): Promise<boolean> {
  if (paths.length === 0 || !(await asked(page, `offer ${key}`, { type: 'offer_files', key, paths }))) return false;
  toEnd(page);
  return true;
}

export async function pickAndOffer(page: Page, key: string): Promise<void> {
  await offer(page, key, await page.host.pickFiles(page.t.sendFiles));
}

export async function accept(page: Page, { key, id, items }: Transfer, elsewhere: boolean): Promise<void> {
  const folder = elsewhere ? await page.host.pickFolder(page.t.saveIn) : null;
  if (elsewhere && folder === null) return;
  const without = page.here.unwanted.get(id);
  const wanted = without && without.size > 0 ? items.flatMap((_, at) => (without.has(at) ? [] : [at])) : null;
  await asked(page, `transfer ${id}`, { type: 'accept_files', key, id, items: wanted, folder });
}

/** Whether an item of an offer is wanted. */
export function want(page: Page, { id }: Transfer, item: number, wanted: boolean): void {
  page.change((here) => {
    const without = new Set(here.unwanted.get(id));
    if (wanted) without.delete(item);
    else without.add(item);
    here.unwanted.set(id, without);
  });
}

export type Step = 'decline_files' | 'pause_transfer' | 'cancel_transfer' | 'forget_transfer';

export function step(page: Page, type: Step, { key, id }: Transfer): void {
  void asked(page, `transfer ${id}`, { type, key, id });
}

export async function resume(page: Page, { key, id }: Transfer, elsewhere = false): Promise<void> {
  const folder = elsewhere ? await page.host.pickFolder(page.t.saveIn) : null;
  if (elsewhere && folder === null) return;
  await asked(page, `transfer ${id}`, { type: 'resume_transfer', key, id, folder });
}

export function reveal(page: Page, { key, id }: Transfer, item: number | null): void {
  page.host.reveal(key, id, item).catch(() => page.toast({ id: `reveal ${id}`, bad: true, say: (t) => t.notShown, act: null }));
}

/** On whom files would fall there: a row, the call on the stage, the open conversation. */
function target(page: Page, x: number, y: number): Contact | null {
  const contact = (key: string | undefined): Contact | null => page.state?.contacts.find((one) => one.key === key && !one.key_changed) ?? null;
  const row = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-test=contact-row]');
  if (row) return contact(row.dataset['key']);
  if (page.here.route.at === 'call') return contact(page.state ? staged(page.state.calls)?.key : undefined);
  return contact(shown(page)?.key);
}

/** Files are dragged over the window, or dropped. */
export function drag(page: Page, event: Drag): void {
  if (page.state?.me === null || page.state?.fatal) return;
  const onto = event.type === 'leave' ? null : target(page, event.x, event.y);
  page.change((here) => {
    here.drag = event.type === 'over' ? { key: onto?.key ?? null } : null;
  });
  if (event.type !== 'drop' || !onto) return;
  if (page.here.route.at !== 'call' && shown(page)?.key !== onto.key) show(page, onto);
  void offer(page, onto.key, event.paths);
}

/** Shows the conversation with whom files go. */
export function showFiles(page: Page, key: string): void {
  const contact = page.state?.contacts.find((one) => one.key === key);
  if (!contact) return go(page, { at: 'none' });
  show(page, contact);
}
