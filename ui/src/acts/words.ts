/** What the user does with words: reading, writing, answering, changing, taking back. */
import type { Message } from '../generated/Message';
import type { Page } from '../page';
import { withMessage } from '../model/words';
import { explain } from '../text';
import { shown } from './people';

const TYPED_MS = 5_000;
const FIND_MS = 250;
/** The engine says it once in two seconds, whatever it is told. */
const SAY_TYPING_MS = 2_500;

/** So many pages of unseen messages are loaded at once at most. */
const UNSEEN_PAGES = 10;

interface Part {
  messages: Message[];
  more: boolean;
}

async function part(page: Page, key: string, before: string | null, after: string | null = null): Promise<Part | null> {
  const answer = await page.ask('words', { type: 'messages', key, before, after });
  return answer?.type === 'messages' ? answer : null;
}

/** The newest, and as many before them as it takes to hold the first that was not seen. */
export async function loadWords(page: Page, key: string): Promise<void> {
  const parts: Part[] = [];
  let first: Message | undefined;
  do {
    const next = await part(page, key, first?.id ?? null);
    if (!next) return;
    parts.unshift(next);
    first = next.messages[0];
  } while (parts[0]?.more && first?.unread && parts.length < UNSEEN_PAGES);
  const messages = parts.flatMap((one) => one.messages);
  const more = parts[0]?.more ?? false;
  const unread = messages.find((one) => one.unread)?.id ?? null;
  page.change((here) => {
    here.words = { of: key, messages, more, later: false, unread };
  });
  toEnd(page);
  if (unread !== null) toMark(page, '[data-test=first-unread]');
  see(page, key);
}

export async function loadOlder(page: Page): Promise<void> {
  const held = page.here.words;
  const first = held?.messages[0];
  if (!held || !first) return;
  const older = await part(page, held.of, first.id);
  if (!older || page.here.words !== held) return;
  // What is read stays where it is.
  const list = document.querySelector('[data-test=words]');
  const below = list ? list.scrollHeight - list.scrollTop : 0;
  page.change((here) => {
    here.words = { ...held, messages: [...older.messages, ...held.messages], more: older.more };
  });
  page.afterDraw(() => list?.scrollTo({ top: list.scrollHeight - below }));
}

export async function loadNewer(page: Page): Promise<void> {
  const held = page.here.words;
  const last = held?.messages.at(-1);
  if (!held || !last) return;
  const newer = await part(page, held.of, null, last.id);
  if (!newer || page.here.words !== held) return;
  page.change((here) => {
    here.words = { ...held, messages: [...held.messages, ...newer.messages], later: newer.more };
  });
}

/** Shows a message among those around it. */
export async function goToMessage(page: Page, message: Message): Promise<void> {
  const { key, id } = message;
  if (page.here.words?.of !== key || !page.here.words.messages.some((one) => one.id === id)) {
    const [before, after] = [await part(page, key, id), await part(page, key, null, id)];
    if (!before || !after) return;
    page.change((here) => {
      here.words = { of: key, messages: [...before.messages, message, ...after.messages], more: before.more, later: after.more, unread: null };
    });
  }
  leaveSearch(page);
  toMark(page, `[data-test=message][data-id="${CSS.escape(id)}"]`);
}

function toMark(page: Page, selector: string): void {
  page.afterDraw(() => document.querySelector(selector)?.scrollIntoView({ block: 'center' }));
}

export function openSearch(page: Page, key: string): void {
  page.change((here) => {
    here.finding = { of: key, text: '', found: null, more: false };
  });
  page.focus('[data-test=find]');
}

export function leaveSearch(page: Page): void {
  page.never('find');
  page.change((here) => {
    here.finding = null;
  });
}

/** Looks a moment after the last letter. */
export function find(page: Page, text: string): void {
  page.change((here) => {
    if (here.finding) here.finding = { ...here.finding, text, found: text.trim() === '' ? null : here.finding.found };
  });
  page.later('find', FIND_MS, () => void look(page, null));
}

export async function look(page: Page, before: string | null): Promise<void> {
  const asked = page.here.finding;
  if (!asked || asked.text.trim() === '') return;
  const answer = await page.ask('find', { type: 'search_messages', key: asked.of, text: asked.text, before });
  if (answer?.type !== 'messages' || page.here.finding?.text !== asked.text || page.here.finding.of !== asked.of) return;
  page.change((here) => {
    const held = before === null ? [] : (asked.found ?? []);
    here.finding = { ...asked, found: [...held, ...answer.messages], more: answer.more };
  });
}

/** The end of the conversation is where the eye is. */
export function toEnd(page: Page): void {
  page.afterDraw(() => {
    const list = document.querySelector('[data-test=words]');
    list?.scrollTo({ top: list.scrollHeight });
  });
}

/** Whoever was at the end stays there, whatever grows below. */
export function keepEnd(page: Page): void {
  const list = document.querySelector('[data-test=words]');
  if (!list || list.scrollHeight - list.scrollTop - list.clientHeight < 80) toEnd(page);
}

/** What is on the screen is seen, while somebody can look at it. */
export function see(page: Page, key: string): void {
  const contact = page.state?.contacts.find((one) => one.key === key);
  const place = `see ${key}`;
  if (!contact || contact.unread === 0 || document.hidden || shown(page)?.key !== key || page.here.busy.has(place)) return;
  void page.ask(place, { type: 'see_messages', key }).then(() => page.forget(place));
}

/** A message is new or has changed. */
export function takeMessage(page: Page, message: Message): void {
  const { words } = page.here;
  if (words?.of !== message.key) return;
  const isNew = !words.messages.some((one) => one.id === message.id);
  if (isNew && message.mine) toEnd(page);
  else keepEnd(page);
  page.change((here) => {
    here.words = withMessage(words, message);
    if (!message.mine) here.typing.delete(message.key);
  });
}

export function takeTyping(page: Page, key: string): void {
  page.change((here) => here.typing.add(key));
  page.later(`typing ${key}`, TYPED_MS, () => page.change((here) => here.typing.delete(key)));
}

export function draft(page: Page, key: string, text: string): void {
  keepEnd(page);
  page.change((here) => {
    here.drafts.set(key, text);
  });
  if (text.trim() === '' || page.here.said.has(key)) return;
  page.here.said.add(key);
  page.later(`say typing ${key}`, SAY_TYPING_MS, () => page.here.said.delete(key));
  void page.ask(`typing ${key}`, { type: 'typing', key }).then(() => page.forget(`typing ${key}`));
}

/** Sends what is written, or changes the message that is being changed. */
export async function send(page: Page, key: string): Promise<void> {
  const text = page.here.drafts.get(key) ?? '';
  if (text.trim() === '' || page.here.busy.has('write')) return;
  const { about } = page.here;
  const mine = about?.of === key ? about : null;
  const reply =
    mine?.to === 'change'
      ? await page.ask('write', { type: 'change_message', key, id: mine.id, text })
      : await page.ask('write', { type: 'write_message', key, text, reply_to: mine?.id ?? null });
  if (!reply) return;
  page.change((here) => {
    if (here.drafts.get(key) === text) here.drafts.delete(key);
    here.about = null;
    if (here.words?.of === key) here.words = { ...here.words, unread: null };
  });
  // Whoever writes is at the end.
  if (page.here.words?.of === key && page.here.words.later) void loadWords(page, key);
  page.focus('[data-test=write]');
}

export function reply(page: Page, message: Message): void {
  about(page, message, 'answer');
}

export function change(page: Page, message: Message): void {
  page.change((here) => {
    here.drafts.set(message.key, message.text);
  });
  about(page, message, 'change');
}

function about(page: Page, message: Message, to: 'answer' | 'change'): void {
  keepEnd(page);
  page.change((here) => {
    here.about = { of: message.key, id: message.id, to };
  });
  page.focus('[data-test=write]');
}

export function leaveAbout(page: Page): void {
  page.change((here) => {
    if (here.about?.to === 'change') here.drafts.delete(here.about.of);
    here.about = null;
  });
  page.focus('[data-test=write]');
}

async function asked(page: Page, place: string, command: Parameters<Page['ask']>[1]): Promise<void> {
  if (await page.ask(place, command)) return;
  const error = page.here.errors.get(place);
  if (error) page.toast({ id: place, bad: true, say: () => explain(error, page.lang), act: null });
  page.forget(place);
}

export function takeBack(page: Page, { key, id }: Message): void {
  void asked(page, 'take back', { type: 'take_back_message', key, id });
}

export function resend(page: Page, { key, id }: Message): void {
  void asked(page, 'resend', { type: 'resend_message', key, id });
}

/** The same again takes it back. */
export function react(page: Page, message: Message, emoji: string): void {
  const { key, id } = message;
  void asked(page, 'react', { type: 'react', key, id, emoji: message.reactions.mine === emoji ? null : emoji });
}
