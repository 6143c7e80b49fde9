/** Words that live in memory only: the other side gets, reads and answers when a scenario says so. */
import type { ApiError } from '../../generated/ApiError';
import type { Code } from '../../generated/Code';
import type { Command } from '../../generated/Command';
import type { Event } from '../../generated/Event';
import type { Message } from '../../generated/Message';
import type { Reply } from '../../generated/Reply';
import type { State } from '../../generated/State';

const PAGE = 20;

export interface World {
  state: State;
  words: Map<string, Message[]>;
  emit: (event: Event) => void;
  fault: (code: Code, detail?: Record<string, string>) => ApiError;
}

let count = 0;

export function message(key: string, text: string, part: Partial<Message> = {}): Message {
  count += 1;
  const mine = part.mine ?? false;
  return {
    id: count.toString(16).padStart(32, '0'),
    key,
    mine,
    text,
    at_ms: Date.now(),
    quote: null,
    edited: false,
    gone: false,
    mark: mine ? 'read' : null,
    unread: false,
    reactions: { mine: null, theirs: null },
    ...part,
  };
}

/** The answer to a command about words; none to any other. */
export function answerAboutWords(world: World, command: Command): Reply | null {
  const { words, emit, fault } = world;
  const held = (key: string): Message[] => words.get(key) ?? [];
  const put = (one: Message): void => {
    const all = held(one.key);
    const at = all.findIndex((other) => other.id === one.id);
    words.set(one.key, at < 0 ? [...all, one] : all.with(at, one));
    emit({ type: 'message_changed', message: one });
  };
  const change = (key: string, id: string, part: Partial<Message>): Reply => {
    const one = held(key).find((other) => other.id === id && !other.gone);
    if (!one) throw fault('no_such_message');
    put({ ...one, ...part });
    return { type: 'done' };
  };
  switch (command.type) {
    case 'write_message': {
      if (command.text.trim() === '') throw fault('message_empty');
      if ([...command.text].length > 8_000) throw fault('message_too_long', { most: '8000' });
      const answered = held(command.key).find((one) => one.id === command.reply_to);
      const quote = answered ? { id: answered.id, mine: answered.mine, text: answered.text, gone: answered.gone } : null;
      const one = message(command.key, command.text, { mine: true, mark: 'sent', quote });
      put(one);
      return { type: 'written', id: one.id };
    }
    case 'change_message':
      return change(command.key, command.id, { text: command.text, edited: true });
    case 'take_back_message':
      return change(command.key, command.id, { text: '', gone: true });
    case 'resend_message':
      return change(command.key, command.id, { mark: 'sending' });
    case 'react': {
      const one = held(command.key).find((other) => other.id === command.id);
      return change(command.key, command.id, { reactions: { mine: command.emoji, theirs: one?.reactions.theirs ?? null } });
    }
    case 'typing':
      return { type: 'done' };
    case 'see_messages': {
      words.set(
        command.key,
        held(command.key).map((one) => ({ ...one, unread: false })),
      );
      const who = world.state.contacts.find((one) => one.key === command.key);
      if (who) emit({ type: 'contact_changed', contact: { ...who, unread: 0 } });
      return { type: 'done' };
    }
    case 'messages': {
      const all = held(command.key);
      if (command.before === null && command.after !== null) {
        const from = all.findIndex((one) => one.id === command.after) + 1;
        return { type: 'messages', messages: all.slice(from, from + PAGE), more: all.length > from + PAGE };
      }
      const until = command.before === null ? all.length : Math.max(0, all.findIndex((one) => one.id === command.before));
      const from = Math.max(0, until - PAGE);
      return { type: 'messages', messages: all.slice(from, until), more: from > 0 };
    }
    case 'search_messages': {
      const all = command.key === null ? [...words.values()].flat() : held(command.key);
      const found = all.filter((one) => one.text.toLowerCase().includes(command.text.trim().toLowerCase()));
      const newest = found.toReversed();
      const from = command.before === null ? 0 : newest.findIndex((one) => one.id === command.before) + 1;
      return { type: 'messages', messages: newest.slice(from, from + PAGE), more: newest.length > from + PAGE };
    }
    default:
      return null;
  }
}
