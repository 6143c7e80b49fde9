import { describe, expect, it } from 'vitest';
import { fewContacts, keyOf, settledState } from '../src/host/fake/people';
import { fault } from '../src/host/fake';
import { all, click, focused, maybe, open, press, row, says, settle, the, type } from './screen';

async function choose(test: string, value: string): Promise<void> {
  const select = the(test) as HTMLSelectElement;
  select.value = value;
  select.dispatchEvent(new Event('change', { bubbles: true }));
  await settle();
}

describe('the settings', () => {
  it('change language and theme at once', async () => {
    await open(settledState());
    await click('settings');
    await choose('language', 'zh');
    expect(document.documentElement.lang).toBe('zh-Hans');
    expect(says('settings')).toBe('设置');
    await choose('theme', 'dark');
    expect(document.documentElement.dataset['theme']).toBe('dark');
  });

  it('change the name, the status and the directory', async () => {
    const host = await open(settledState());
    await click('settings');
    await click('rename');
    expect(focused()).toBe('rename-field');
    await type('rename-field', 'Ana S.');
    await click('rename-save');
    expect(says('my-name')).toBe('Ana S.');
    await choose('status', 'invisible');
    await click('listed');
    expect(host.state.me).toMatchObject({ name: 'Ana S.', status: 'invisible', listed: true });
    await click('status-menu');
    expect(focused()).toBe('status-invisible');
    await click('status-busy');
    expect(host.state.me?.status).toBe('busy');
    expect(focused()).toBe('status-menu');
  });

  it('ask before leaving a server with contacts on it', async () => {
    const host = await open({ ...settledState(), contacts: fewContacts() });
    await click('settings');
    expect((the('change-server') as HTMLButtonElement).disabled).toBe(true);
    await click('server-this-computer');
    await click('change-server');
    expect(says('question')).toContain('Your contacts stay with the server you leave.');
    await click('confirm');
    expect(host.commands.filter((one) => one.type === 'use_server')).toEqual([{ type: 'use_server', choice: { type: 'this_computer', open: false }, invite: null }]);
  });

  it('export the identity once both passphrases agree', async () => {
    const host = await open(settledState());
    await click('settings');
    await type('export-path', '/home/ana/identity.age');
    await type('export-passphrase', 'short');
    expect(the('export').matches(':disabled')).toBe(true);
    await type('export-passphrase', 'long enough');
    await type('export-passphrase-again', 'long enouhg');
    expect(the('export').matches(':disabled')).toBe(true);
    await type('export-passphrase-again', 'long enough');
    await click('export');
    expect(says('error')).toContain('/home/ana/identity.age is there already');
    await click('export-choose');
    await click('export');
    expect(says('toast')).toContain('Your identity is exported');
    expect(host.files.size).toBe(2);
    expect((the('export-passphrase') as HTMLInputElement).value).toBe('');
  });
});

describe('lines of trouble', () => {
  it('count down to the next try, which can be now', async () => {
    const settled = settledState();
    const connection = { type: 'waiting', error: fault('server_down', { server: 'call.example.org' }), retry_at_ms: Date.now() + 4_000 } as const;
    const host = await open({ ...settled, server: { ...settled.server, connection } });
    expect(says('trouble')).toContain('Can’t reach call.example.org. Trying again in 4s.');
    await settle(1_000);
    expect(says('trouble')).toContain('in 3s.');
    await settle(5_000);
    expect(says('trouble')).toContain('Trying again…');
    await click('try-now');
    expect(host.commands).toContainEqual({ type: 'reconnect' });
    expect(maybe('trouble')).toBeNull();
    expect(the('connection').dataset['state']).toBe('online');
  });

  it('offer to come back here when signed in elsewhere', async () => {
    const settled = settledState();
    await open({ ...settled, server: { ...settled.server, connection: { type: 'stopped', error: fault('replaced') } } });
    expect(says('trouble')).toContain('signed in with this profile elsewhere');
    expect(says('try-now')).toBe('Use it here');
    await click('try-now');
    expect(maybe('trouble')).toBeNull();
  });

  it('are dismissed one by one', async () => {
    await open({ ...settledState(), troubles: [fault('clock_off', { minutes: '-187' }), fault('storage_full')] });
    expect(says('trouble')).toContain('3 hours behind');
    await click('dismiss');
    expect(all('trouble').map((one) => one.dataset['code'])).toEqual(['storage_full']);
  });
});

describe('keys', () => {
  it('are shown by ?, not while typing and not over a question', async () => {
    await open({ ...settledState(), contacts: fewContacts() });
    the('search').focus();
    await press('?');
    expect(maybe('question')).toBeNull();
    row('bo').focus();
    await press('?');
    expect(the('question').dataset['ask']).toBe('keys');
    await press('n', { ctrlKey: true });
    expect(maybe('add-field')).toBeNull();
    await click('cancel');
    expect(document.activeElement).toBe(row('bo'));
  });

  it('lead back by Escape', async () => {
    await open({ ...settledState(), contacts: fewContacts() });
    await press(',', { ctrlKey: true });
    await press('Escape');
    expect(maybe('language')).toBeNull();
  });
});

describe('updates', () => {
  it('that went missing are fetched anew', async () => {
    const host = await open({ ...settledState(), contacts: fewContacts() });
    host.lose({ contacts: [] });
    expect(all('contact-row')).toHaveLength(6);
    host.emit({ type: 'contact_removed', key: keyOf('nobody') });
    await settle();
    expect(host.subscriptions).toBe(2);
    expect(all('contact-row')).toHaveLength(0);
  });
});
