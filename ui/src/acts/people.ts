/** What the user does with people: contacts, requests, blocks. */
import type { Contact } from '../generated/Contact';
import type { Person, Route } from '../here';
import type { Page } from '../page';
import { staged } from '../model/calls';
import { found } from '../model/contacts';
import { dismiss, loadHistory, seeMissed } from './calls';
import { explain, say } from '../text';
import { loadWords } from './words';

export function go(page: Page, route: Route): void {
  // Whoever leaves the stage has read how the call ended.
  const over = page.here.route.at === 'call' && route.at !== 'call' && page.state ? staged(page.state.calls) : null;
  if (over?.stage.type === 'ended') dismiss(page, over);
  page.change((here) => {
    here.route = route;
    here.menu = null;
  });
}

export function shown(page: Page): Contact | null {
  const { route } = page.here;
  return route.at === 'contact' && page.state ? found(page.state, route.key, route.handle) : null;
}

export function show(page: Page, contact: Contact): void {
  page.change((here) => {
    here.row = contact.key;
    here.fresh.delete(contact.key);
  });
  go(page, { at: 'contact', key: contact.key, handle: contact.handle });
  page.change((here) => {
    here.details = contact.key_changed;
    if (here.about?.of !== contact.key) here.about = null;
    if (here.finding?.of !== contact.key) here.finding = null;
  });
  // What these say is in front of the user now, and they would lie over the place to write.
  for (const what of ['files', 'words', 'wave from', 'missed']) page.untoast(`${what} ${contact.key}`);
  void loadWords(page, contact.key);
  void loadSafety(page, contact.key);
  void loadHistory(page, contact.key);
  if (contact.missed > 0) seeMissed(page, contact.key);
}

export function showDetails(page: Page, contact: Contact): void {
  if (shown(page)?.key !== contact.key) show(page, contact);
  setDetails(page, true);
}

export function setDetails(page: Page, details: boolean): void {
  page.change((here) => {
    here.details = details;
  });
}

export async function loadSafety(page: Page, key: string): Promise<void> {
  const reply = await page.ask('safety', { type: 'safety_number', key });
  if (reply?.type !== 'safety_number') return;
  page.change((here) => {
    here.safety = { of: key, number: { groups: reply.groups, qr: reply.qr } };
  });
}

export async function wave(page: Page, contact: Contact): Promise<void> {
  const place = `wave ${contact.key}`;
  if (page.here.busy.has(place)) return;
  page.untoast(place);
  const reply = await page.ask(place, { type: 'wave', key: contact.key });
  page.change((here) => here.fresh.delete(contact.key));
  if (reply?.type === 'waved') {
    const { delivered } = reply;
    page.toast({
      id: place,
      bad: false,
      say: (t) => say(delivered ? t.waveArrived : t.waveWaits, contact.name),
      act: null,
    });
  } else {
    failed(page, place, contact.key_changed ? () => show(page, contact) : null);
  }
}

/** Shows an error of a place that has no line of its own. */
function failed(page: Page, place: string, details: (() => void) | null = null): void {
  const error = page.here.errors.get(place);
  if (!error) return;
  page.toast({
    id: place,
    bad: true,
    say: () => explain(error, page.lang),
    act: details && { label: (t) => t.details, run: details },
  });
}

/** Where the focus goes when the row that had it is answered and gone. */
function focusNextRow(page: Page): void {
  page.focus('[data-test=request-row] button', '[data-test=contact-row]', '[data-test=search]', '[data-test=add-person]');
}

/** What is answered needs no sign any more. */
function answered(page: Page, key: string): void {
  page.untoast(`request ${key}`);
  focusNextRow(page);
}

export async function accept(page: Page, key: string): Promise<void> {
  if (await page.ask(`request ${key}`, { type: 'accept_request', key })) answered(page, key);
}

export async function decline(page: Page, key: string): Promise<void> {
  if (await page.ask(`request ${key}`, { type: 'decline_request', key })) answered(page, key);
}

export async function withdraw(page: Page, key: string): Promise<void> {
  if (await page.ask(`sent ${key}`, { type: 'withdraw_request', key })) {
    page.focus('[data-test=withdraw]', '[data-test=contact-row]', '[data-test=search]', '[data-test=add-person]');
  }
}

export async function remove(page: Page, person: Person): Promise<void> {
  if (!(await page.ask('question', { type: 'remove_contact', key: person.key }))) return;
  gone(page);
  page.toast({ id: 'gone', bad: false, say: (t) => say(t.removed, person.name), act: null });
}

export async function block(page: Page, person: Person): Promise<void> {
  if (!(await page.ask('question', { type: 'block', key: person.key }))) return;
  gone(page);
  page.toast({
    id: 'gone',
    bad: false,
    say: (t) => say(t.blockedNow, person.name),
    act: { label: (t) => t.unblock, run: () => void unblock(page, person.key) },
  });
}

function gone(page: Page): void {
  page.change((here) => {
    here.question = null;
    if (here.route.at === 'contact') here.route = { at: 'none' };
  });
  page.focus('[data-test=contact-row][tabindex="0"]', '[data-test=search]', '[data-test=add-person]');
}

export async function unblock(page: Page, key: string): Promise<void> {
  const place = `unblock ${key}`;
  if (!(await page.ask(place, { type: 'unblock', key }))) failed(page, place);
}

export function setVerified(page: Page, contact: Contact, verified: boolean): void {
  void page.ask('verify', { type: 'set_verified', key: contact.key, verified });
}

export async function acceptKey(page: Page, person: Person): Promise<void> {
  if (!(await page.ask('question', { type: 'accept_changed_key', key: person.key }))) return;
  page.change((here) => {
    here.question = null;
    here.safety = null;
  });
  const contact = shown(page);
  if (contact) show(page, contact);
  page.focus('[data-test=contact-view] [data-test=call-video]', '[data-test=search]');
  page.toast({ id: 'key', bad: false, say: (t) => say(t.keyAccepted, person.name), act: null });
}
