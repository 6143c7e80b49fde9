/** A conversation as it is read: messages, calls and files in one line of time, under the days on which they were. */
import type { Message } from '../generated/Message';
import type { PastCall } from '../generated/PastCall';
import type { Transfer } from '../generated/Transfer';

export interface Words {
  /** With whom. */
  of: string;
  /** From older to newer. */
  messages: readonly Message[];
  /** Whether there are older ones. */
  more: boolean;
  /** Whether there are newer ones, which are not held. */
  later: boolean;
  /** The first that was not seen when the conversation was opened. */
  unread: string | null;
}

export type Entry =
  | { is: 'day'; id: string; at: number }
  | { is: 'new'; id: string }
  | { is: 'message'; id: string; message: Message; follows: boolean }
  | { is: 'call'; id: string; call: PastCall }
  | { is: 'transfer'; id: string; transfer: Transfer };

/** What stands among messages by its time. */
type Beside = { at: number } & ({ is: 'call'; id: string; call: PastCall } | { is: 'transfer'; id: string; transfer: Transfer });

/** Messages of one author so close together stand as one. */
const TOGETHER_MS = 5 * 60_000;

function day(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

/** Messages keep their order; calls and files stand before the first message that was written after them. */
export function entries(words: Words, calls: { of: string; calls: readonly PastCall[]; more: boolean } | null, transfers: readonly Transfer[] = []): Entry[] {
  const oldest = words.more ? (words.messages[0]?.at_ms ?? 0) : 0;
  const newest = words.later ? (words.messages.at(-1)?.at_ms ?? 0) : Infinity;
  const talks: Beside[] = (calls?.of === words.of ? calls.calls : []).map((call) => ({ is: 'call', id: `call ${call.id}`, at: call.at_ms, call }));
  const files: Beside[] = transfers.filter((one) => one.key === words.of).map((transfer) => ({ is: 'transfer', id: `transfer ${transfer.id}`, at: transfer.at_ms, transfer }));
  const waiting = [...talks, ...files].filter(({ at }) => at >= oldest && at <= newest).toSorted((a, b) => a.at - b.at);
  const all: Entry[] = [];
  let last: Message | null = null;
  let today = '';
  const under = (at: number): void => {
    if (day(at) === today) return;
    today = day(at);
    last = null;
    all.push({ is: 'day', id: `day ${today} ${all.length}`, at });
  };
  const besideUntil = (at: number): void => {
    while (waiting[0] && waiting[0].at <= at) {
      const one = waiting.shift() as Beside;
      under(one.at);
      last = null;
      all.push(one);
    }
  };
  for (const message of words.messages) {
    besideUntil(message.at_ms);
    under(message.at_ms);
    if (message.id === words.unread) {
      last = null;
      all.push({ is: 'new', id: 'new' });
    }
    const before: Message | null = last;
    const follows = before !== null && follow(before, message);
    all.push({ is: 'message', id: message.id, message, follows });
    last = message;
  }
  besideUntil(Infinity);
  return all;
}

function follow(before: Message, message: Message): boolean {
  return before.mine === message.mine && !before.gone && !message.gone && message.at_ms - before.at_ms < TOGETHER_MS;
}

/** The messages with one that is new or changed: a new one stands at the end, if the end is held. */
export function withMessage(words: Words, message: Message): Words {
  const at = words.messages.findIndex((one) => one.id === message.id);
  if (at < 0 && words.later) return words;
  const messages = at < 0 ? [...words.messages, message] : words.messages.with(at, message);
  return { ...words, messages };
}
