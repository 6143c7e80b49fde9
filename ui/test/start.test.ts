import { describe, expect, it } from 'vitest';
import { emptyState, fewContacts, settledState } from '../src/host/fake/people';
import { fault } from '../src/host/fake';
import { all, click, focused, maybe, open, says, settle, the, type } from './screen';

async function toHandle(): Promise<Awaited<ReturnType<typeof open>>> {
  const host = await open(emptyState());
  await type('name-field', ' Ana Silva ');
  await click('next');
  await click('next');
  return host;
}

async function at(address: string): Promise<Awaited<ReturnType<typeof open>>> {
  const host = await open({ ...emptyState(), me: { ...settledState().me, handle: null, address: null } as never });
  await click('server-address');
  await type('address-field', address);
  await click('next');
  return host;
}

describe('the first start', () => {
  it('puts the keyboard into the next step, though the news of it comes after the answer', async () => {
    const host = await open({ ...emptyState(), me: { ...settledState().me, handle: null, address: null } as never });
    await click('server-address');
    await type('address-field', 'call.example.org');
    the('address-field').focus();
    host.emit({ type: 'server_changed', server: settledState().server });
    await settle();
    expect(the('start').dataset['step']).toBe('handle');
    expect(focused()).toBe('handle-field');
  });

  it('puts the keyboard into the handle once that can be taken, though the server was not there yet when it was chosen', async () => {
    const { server } = settledState();
    const host = await open({ ...emptyState(), me: { ...settledState().me, handle: null, address: null } as never });
    await click('server-address');
    await type('address-field', 'call.example.org');
    the('address-field').focus();
    host.emit({ type: 'server_changed', server: { ...server, connection: { type: 'connecting' } } });
    await settle();
    expect(focused()).toBe('step-back');
    host.emit({ type: 'server_changed', server });
    await settle();
    expect(focused()).toBe('handle-field');
  });

  it('goes from a name over a server and a handle to the empty list', async () => {
    const host = await open(emptyState());
    expect(the('start').dataset['step']).toBe('name');
    expect(focused()).toBe('name-field');
    expect((the('next') as HTMLButtonElement).disabled).toBe(true);
    await type('name-field', ' Ana Silva ');
    await click('next');

    expect(the('start').dataset['step']).toBe('server');
    await click('open-to-network');
    await click('next');

    expect(the('start').dataset['step']).toBe('handle');
    expect(focused()).toBe('handle-field');
    expect(all('suggestion').map((one) => one.textContent)).toEqual(['ana', 'ana.silva', 'anasilva', 'ana.s']);
    await click(all('suggestion')[1] as HTMLElement);
    expect(says('handle-hint')).toBe('Checking…');
    await settle(300);
    expect(says('handle-hint')).toBe('ana.silva is free.');
    await click('listed');
    await click('claim');

    expect(the('empty')).toBeTruthy();
    expect(the('connection').dataset['state']).toBe('online');
    expect(says('my-address')).toBe('ana.silva');
    expect(host.commands.filter((one) => !['check_handle', 'my_card', 'list_devices'].includes(one.type))).toEqual([
      { type: 'create_identity', name: 'Ana Silva' },
      { type: 'use_server', choice: { type: 'this_computer', open: true }, invite: null },
      { type: 'claim_handle', handle: 'ana.silva' },
      { type: 'set_listed', listed: true },
    ]);
  });

  it('goes on where it was after a restart', async () => {
    const { me } = settledState();
    await open({ ...settledState(), me: me && { ...me, handle: null, address: null } });
    expect(the('start').dataset['step']).toBe('handle');
    await click('step-back');
    expect(the('start').dataset['step']).toBe('server');
    await click('step-back');
    expect(the('start').dataset['step']).toBe('name');
    expect((the('name-field') as HTMLInputElement).value).toBe('Ana Silva');
  });

  it('says next to the field what is wrong with a name', async () => {
    const host = await open(emptyState());
    host.refusals.set('create_identity', fault('name_odd'));
    await type('name-field', 'x');
    await click('next');
    expect(says('error')).toBe('A name needs 1 to 64 characters.');
    expect(the('name-field').getAttribute('aria-invalid')).toBe('true');
    expect(focused()).toBe('name-field');
    await type('name-field', 'xy');
    expect(maybe('error')).toBeNull();
  });
});

describe('the choice of a server', () => {
  it('asks a closed server’s newcomers for the code', async () => {
    const host = await at('closed.example.org');
    expect(says('error')).toContain('by invite code');
    expect(focused()).toBe('invite-field');
    await type('invite-field', 'wrong');
    await click('next');
    expect(says('error')).toContain('unknown, used up or expired');
    await type('invite-field', 'welcome-1');
    await click('next');
    expect(the('start').dataset['step']).toBe('handle');
    expect(host.commands.at(-1)).toMatchObject({ type: 'use_server', invite: 'welcome-1' });
  });

  it('offers to try again or choose another where nothing answers', async () => {
    const host = await at('down.example.org');
    expect(says('error')).toContain('Nothing answers at down.example.org');
    expect(the('start').dataset['step']).toBe('server');
    await click('try-again');
    expect(host.commands.filter((one) => one.type === 'use_server')).toHaveLength(2);
    await click('choose-another');
    expect(maybe('error')).toBeNull();
    expect(focused()).toBe('address-field');
    await type('address-field', 'call.example.org');
    await click('next');
    expect(the('start').dataset['step']).toBe('handle');
  });

  it('shows what keeps the handle waiting, with ways out', async () => {
    const settled = settledState();
    const connection = { type: 'waiting', error: fault('server_down', { server: 'call.example.org' }), retry_at_ms: Date.now() + 4_000 } as const;
    const host = await open({ ...settled, me: { ...settled.me, handle: null, address: null } as never, server: { ...settled.server, connection } });
    expect(says('error')).toContain('Nothing answers at call.example.org');
    await click('try-again');
    expect(host.commands.at(-1)).toEqual({ type: 'reconnect' });
    expect(the('handle-field')).toBeTruthy();
  });
});

describe('the handle', () => {
  it.each([
    ['a', 'too_short', '2 to 32 characters'],
    ['1ana', 'odd_shape', 'Begin with a letter'],
    ['ana silva', 'odd_character', 'Only a to z'],
    ['admin', 'reserved', 'kept back'],
  ])('%s is answered without the server', async (handle, state, words) => {
    const host = await toHandle();
    await type('handle-field', handle);
    await settle(1_000);
    expect(the('handle-hint').dataset['state']).toBe(state);
    expect(says('handle-hint')).toContain(words);
    expect((the('claim') as HTMLButtonElement).disabled).toBe(true);
    expect(host.commands.some((one) => one.type === 'check_handle')).toBe(false);
  });

  it.each([
    ['bo', 'taken', 'bo is taken. Choose another.'],
    ['b0', 'handle_look_alike', 'This looks too much like somebody else’s handle. Choose one that can’t be mistaken.'],
    ['Maria', 'free', 'maria is free.'],
  ])('%s is answered by the server', async (handle, state, words) => {
    const host = await toHandle();
    await type('handle-field', handle.slice(0, 2));
    await settle(100);
    await type('handle-field', handle);
    await settle(300);
    expect(the('handle-hint').dataset['state']).toBe(state);
    expect(says('handle-hint')).toBe(words);
    expect(host.commands.filter((one) => one.type === 'check_handle')).toHaveLength(1);
  });

  it('that was taken meanwhile is said so', async () => {
    const host = await toHandle();
    host.refusals.set('claim_handle', fault('handle_taken'));
    await type('handle-field', 'maria');
    await settle(300);
    await click('claim');
    expect(says('error')).toBe('Somebody else has this handle. Choose another.');
  });
});

describe('an identity from a file', () => {
  it('is taken in with its passphrase', async () => {
    await open(emptyState());
    await click('have-identity');
    await click('import-choose');
    expect((the('import-path') as HTMLInputElement).value).toBe('/home/ana/identity.age');
    await type('import-passphrase', 'wrong');
    await click('import');
    expect(says('error')).toContain('does not open the file');
    expect(focused()).toBe('import-passphrase');
    await type('import-passphrase', 'correct horse');
    await click('import');
    expect(the('start').dataset['step']).toBe('server');
  });
});

describe('what keeps Visavis from working', () => {
  it('is said, and a damaged key can be restored', async () => {
    const host = await open({ ...settledState(), contacts: fewContacts(), fatal: fault('key_damaged', { path: '/home/ana/key' }) });
    expect(says('fatal')).toContain('The file with your key is damaged: /home/ana/key.');
    await click('reopen');
    expect(the('fatal')).toBeTruthy();
    await type('import-path', '/home/ana/identity.age');
    await type('import-passphrase', 'correct horse');
    await click('import');
    expect(host.state.fatal).toBeNull();
    expect(all('contact-row')).toHaveLength(6);
  });

  it('has no way to restore where no key is damaged', async () => {
    await open({ ...settledState(), fatal: fault('folder_in_use', { path: '/home/ana' }) });
    expect(maybe('import')).toBeNull();
    expect(says('fatal')).toContain('Another Visavis is using this data');
  });
});
