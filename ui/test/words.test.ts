import { describe, expect, it } from 'vitest';
import type { Contact } from '../src/generated/Contact';
import type { Message } from '../src/generated/Message';
import { fault, type FakeHost } from '../src/host/fake';
import { contact, fewContacts, keyOf, MINUTE, settledState } from '../src/host/fake/people';
import { message } from '../src/host/fake/words';
import { entries } from '../src/model/words';
import { all, click, focused, maybe, NOW, open, press, row, says, settle, the, type } from './screen';

const bo = keyOf('bo');

async function talking(messages: Message[] = []): Promise<FakeHost> {
  const host = await open({ ...settledState(), contacts: fewContacts().map((one) => (one.key === bo ? { ...one, unread: messages.filter((m) => m.unread).length } : one)) });
  host.words.set(bo, messages);
  await click(row('bo'));
  return host;
}

function its(host: FakeHost): Contact {
  const who = host.state.contacts.find((one) => one.key === bo);
  if (!who) throw new Error('Bo is no contact');
  return who;
}

function asked(host: FakeHost, what: string): unknown[] {
  return host.commands.filter((one) => one.type === what);
}

describe('a conversation', () => {
  it('is written in: Enter sends, Shift+Enter begins a line', async () => {
    const host = await talking();
    expect(says('no-words')).toContain('Write to Bo Lindqvist');
    expect((the('send') as HTMLButtonElement).disabled).toBe(true);
    await type('write', 'See you at eight?');
    expect(asked(host, 'typing')).toEqual([{ type: 'typing', key: bo }]);
    the('write').focus();
    await press('Enter', { shiftKey: true });
    expect(asked(host, 'write_message')).toEqual([]);
    await press('Enter');
    expect(asked(host, 'write_message')).toEqual([{ type: 'write_message', key: bo, text: 'See you at eight?', reply_to: null }]);
    expect(says('said')).toBe('See you at eight?');
    expect(the('message').dataset['mark']).toBe('sent');
    expect((the('write') as HTMLTextAreaElement).value).toBe('');
    expect(focused()).toBe('write');
  });

  it('shows how far a message has come', async () => {
    const host = await talking([message(bo, 'one', { mine: true, mark: 'sending' })]);
    const [one] = host.words.get(bo) ?? [];
    for (const [mark, words] of [['sending', 'Waiting'], ['sent', 'Sent'], ['delivered', 'Delivered'], ['read', 'Read']] as const) {
      host.emit({ type: 'message_changed', message: { ...(one as Message), mark } });
      await settle();
      expect(says('message')).toContain(words);
    }
    host.emit({ type: 'message_changed', message: { ...(one as Message), mark: 'failed' } });
    await settle();
    await click('resend');
    expect(asked(host, 'resend_message')).toHaveLength(1);
  });

  it('takes what comes, and tells that it was seen', async () => {
    const host = await talking([message(bo, 'old', { at_ms: NOW - MINUTE })]);
    const who = its(host);
    const comes = message(bo, 'new', { unread: true });
    host.emit({ type: 'message_changed', message: comes });
    host.emit({ type: 'contact_changed', contact: { ...who, unread: 1 } });
    host.emit({ type: 'message_received', key: bo, id: comes.id });
    await settle();
    expect(all('said').map((one) => one.textContent)).toEqual(['old', 'new']);
    expect(asked(host, 'see_messages')).toEqual([{ type: 'see_messages', key: bo }]);
    expect(maybe('toast')).toBeNull();
  });

  it('is announced where it is not shown, and opens where the new begins', async () => {
    const host = await open({ ...settledState(), contacts: fewContacts() });
    const comes = [message(bo, 'before', { at_ms: NOW - MINUTE }), message(bo, 'hello there', { unread: true })];
    host.words.set(bo, comes);
    const who = its(host);
    host.emit({ type: 'contact_changed', contact: { ...who, unread: 1, words: 'hello there', last: { what: 'wrote_from', at_ms: NOW } } });
    host.emit({ type: 'message_received', key: bo, id: comes.at(-1)?.id ?? '' });
    await settle();
    expect(the('unread').dataset['count']).toBe('1');
    expect(row('bo').textContent).toContain('hello there');
    expect(says('toast')).toContain('Bo Lindqvist: hello there');
    await click('toast-act');
    expect(the('contact-view').dataset['handle']).toBe('bo');
    expect(the('first-unread').nextElementSibling?.textContent).toContain('hello there');
    expect(asked(host, 'see_messages')).toHaveLength(1);
    expect(maybe('unread')).toBeNull();
  });

  it('keeps markup as text', async () => {
    const evil = '<img src=x onerror="document.title=1"><b>bold</b>';
    const host = await talking([message(bo, evil), message(bo, 'answer', { quote: { id: '1', mine: false, text: evil, gone: false } })]);
    host.emit({ type: 'message_changed', message: message(bo, 'x', { reactions: { mine: null, theirs: evil } }) });
    await settle();
    expect(the('words').querySelectorAll('img, b, [onerror]')).toHaveLength(0);
    expect(all('said')[0]?.textContent).toBe(evil);
  });

  it('answers, changes, takes back and thinks', async () => {
    const host = await talking([message(bo, 'theirs'), message(bo, 'mine', { mine: true })]);
    const [theirs, mine] = all('message-more');
    await click(theirs ?? '');
    expect(maybe('menu-change')).toBeNull();
    await click('menu-reply');
    expect(says('about')).toContain('Answering theirs');
    await type('write', 'an answer');
    await press('Enter');
    expect(says('quote')).toContain('theirs');

    await click(mine ?? '');
    await click('menu-change');
    expect((the('write') as HTMLTextAreaElement).value).toBe('mine');
    await press('Escape');
    expect(maybe('about')).toBeNull();
    expect((the('write') as HTMLTextAreaElement).value).toBe('');
    await click(mine ?? '');
    await click('menu-change');
    await type('write', 'mine indeed');
    await click('send');
    expect(all('said')[1]?.textContent).toBe('mine indeed');

    await click(theirs ?? '');
    await click(all('react')[0] ?? '');
    expect(says('reactions')).toBe('👍');
    await click(mine ?? '');
    await click('menu-take-back');
    expect(all('message')[1]?.textContent).toContain('Message taken back');
    expect(host.commands.filter((one) => one.type === 'change_message')).toHaveLength(1);
  });

  it('keeps what is half written, and says why it was not sent', async () => {
    const host = await talking();
    await type('write', 'half');
    await click(row('chen'));
    expect((the('write') as HTMLTextAreaElement).value).toBe('');
    await click(row('bo'));
    expect((the('write') as HTMLTextAreaElement).value).toBe('half');
    host.refusals.set('write_message', fault('message_too_long', { most: '8000' }));
    await click('send');
    expect(says('error')).toContain('8000');
    expect((the('write') as HTMLTextAreaElement).value).toBe('half');
    await type('write', 'x'.repeat(8_001));
    expect((the('send') as HTMLButtonElement).disabled).toBe(true);
    expect(says('length')).toBe('8001 of 8000');
  });

  it('shows who types for a while', async () => {
    const host = await talking();
    host.emit({ type: 'typing', key: bo });
    await settle();
    expect(says('typing')).toBe('Bo Lindqvist is typing…');
    await settle(5_000);
    expect(says('typing')).toBe('');
  });

  it('goes back page by page', async () => {
    const host = await talking(Array.from({ length: 45 }, (_, n) => message(bo, `number ${n}`, { at_ms: NOW - (45 - n) * MINUTE })));
    expect(all('said')).toHaveLength(20);
    await click('older');
    await click('older');
    expect(all('said')[0]?.textContent).toBe('number 0');
    expect(maybe('older')).toBeNull();
    expect(asked(host, 'messages')).toHaveLength(3);
  });

  it('opens where the first unseen one is, however far back', async () => {
    const host = await talking(Array.from({ length: 45 }, (_, n) => message(bo, `number ${n}`, { at_ms: NOW - (45 - n) * MINUTE, unread: n >= 10 })));
    expect(all('said').length).toBeGreaterThan(34);
    expect(the('first-unread').nextElementSibling?.textContent).toContain('number 10');
    expect(asked(host, 'see_messages')).toHaveLength(1);
  });

  it('is searched, and goes to what was found', async () => {
    const host = await talking(Array.from({ length: 90 }, (_, n) => message(bo, `number ${n}`, { at_ms: NOW - (90 - n) * MINUTE })));
    await click('open-find');
    expect(focused()).toBe('find');
    await type('find', 'NUMBER 2');
    expect(asked(host, 'search_messages')).toEqual([]);
    await settle(300);
    expect(all('found')).toHaveLength(11);
    await type('find', 'nothing of the kind');
    await settle(300);
    expect(says('found-nothing')).toBe('No message says that.');
    await type('find', 'number 20');
    await settle(300);
    await click('found');
    expect(maybe('find')).toBeNull();
    expect(all('said').map((one) => one.textContent)).toContain('number 20');
    expect(all('said').map((one) => one.textContent)).not.toContain('number 89');
    // What comes meanwhile stands at the end, which is not held.
    host.emit({ type: 'message_changed', message: message(bo, 'late') });
    await settle();
    expect(all('said').at(-1)?.textContent).not.toBe('late');
    await click('newer');
    expect(all('said').at(-1)?.textContent).toBe('number 60');
    await click('open-find');
    await press('Escape');
    expect(maybe('find')).toBeNull();
    expect(focused()).toBe('open-find');
  });

  it('has no place to write where the key has changed', async () => {
    await open({ ...settledState(), contacts: [contact('eve', 'Eve', { key_changed: true })] });
    await click(row('eve'));
    expect(maybe('write')).toBeNull();
    expect(the('key-changed')).toBeTruthy();
  });
});

const at = (day: number, hour: number): number => new Date(2026, 4, day, hour).getTime();

describe('the line of time', () => {
  it('puts calls among words, under their days', () => {
    const words = [message(bo, 'a', { at_ms: at(1, 9) }), message(bo, 'b', { at_ms: at(1, 9) + 1 }), message(bo, 'c', { at_ms: at(2, 9) })];
    const call = (id: string, at_ms: number) => ({ id, key: bo, outgoing: true, picture: true, at_ms, how: 'hung_up' as const, talked_ms: 1 });
    const calls = [call('late', at(2, 12)), call('between', at(1, 12)), call('older', at(0, 1))];
    const shape = (more: boolean): string[] =>
      entries({ of: bo, messages: words, more, later: false, unread: words.at(-1)?.id ?? null }, { of: bo, calls, more: false }).map((one) => (one.is === 'message' ? `${one.message.text}${one.follows ? '+' : ''}` : one.is === 'call' ? one.call.id : one.is));
    expect(shape(true)).toEqual(['day', 'a', 'b+', 'between', 'day', 'new', 'c', 'late']);
    expect(shape(false)).toEqual(['day', 'older', 'day', 'a', 'b+', 'between', 'day', 'new', 'c', 'late']);
  });
});
