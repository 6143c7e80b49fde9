import { describe, expect, it } from 'vitest';
import { contact, fewContacts, keyOf, settledState } from '../src/host/fake/people';
import { fault } from '../src/host/fake';
import { all, click, doubleClick, focused, maybe, open, press, row, says, settle, the, type } from './screen';

const incoming = [{ key: keyOf('ivo'), handle: 'ivo', name: 'Ivo Petrov', note: 'From the choir', at_ms: Date.now() }];

function withContacts(): Parameters<typeof open>[0] {
  return { ...settledState(), contacts: fewContacts() };
}

async function waveAt(handle: string): Promise<void> {
  row(handle).focus();
  await press('F10', { shiftKey: true });
  await click('menu-wave');
}

describe('a wave', () => {
  it('goes from the menu, and says that it arrived', async () => {
    const host = await open(withContacts());
    await waveAt('bo');
    expect(host.commands.filter((one) => one.type === 'wave')).toEqual([{ type: 'wave', key: keyOf('bo') }]);
    expect(says('toast')).toContain('Bo Lindqvist has your wave.');
    expect(the('toast').closest('[aria-live=polite]')).toBeTruthy();
    expect(row('bo').dataset['last']).toBe('waved_to');
    await settle(6_000);
    expect(maybe('toast')).toBeNull();
  });

  it('goes from the contact, and waits for who is offline', async () => {
    const host = await open(withContacts());
    await click(row('gus'));
    await click('wave');
    expect(host.commands.filter((one) => one.type === 'wave')).toHaveLength(1);
    expect(says('toast')).toContain('Gus is offline. Your wave waits for them.');
  });

  it('that fails says why', async () => {
    const host = await open(withContacts());
    host.refusals.set('wave', fault('rate_limited', { seconds: '9' }));
    await waveAt('bo');
    expect(says('toast')).toContain('That was too fast. Try again in 9s.');
  });

  it('that comes is shown, announced, and can be answered', async () => {
    const host = await open(withContacts());
    host.emit({ type: 'wave_received', key: keyOf('bo'), at_ms: Date.now() });
    await settle();
    expect(says('toast')).toContain('Bo Lindqvist waves at you');
    expect(row('bo').closest('li')?.classList.contains('fresh')).toBe(true);
    await click('toast-act');
    expect(host.commands.at(-1)).toEqual({ type: 'wave', key: keyOf('bo') });
    expect(row('bo').closest('li')?.classList.contains('fresh')).toBe(false);
    expect(says('toast')).toContain('has your wave');
  });
});

describe('the list', () => {
  it('is walked by arrows, and Tab reaches one row', async () => {
    await open(withContacts());
    expect(all('contact-row').filter((one) => one.tabIndex === 0)).toHaveLength(1);
    the('search').focus();
    await press('ArrowDown');
    expect(document.activeElement).toBe(row('bo'));
    await press('ArrowDown');
    expect(document.activeElement).toBe(row('dora'));
    expect(row('dora').tabIndex).toBe(0);
    expect(row('bo').tabIndex).toBe(-1);
    await press('End');
    expect(document.activeElement).toBe(all('contact-row').at(-1));
    await press('Home');
    await press('ArrowUp');
    expect(focused()).toBe('search');
  });

  it('has a menu by keyboard, which gives the focus back', async () => {
    await open(withContacts());
    row('bo').focus();
    await press('F10', { shiftKey: true });
    expect(focused()).toBe('menu-call-video');
    await press('ArrowUp');
    expect(focused()).toBe('menu-block');
    await press('Escape');
    expect(maybe('menu')).toBeNull();
    expect(document.activeElement).toBe(row('bo'));
    await press('ContextMenu');
    await click('menu-details');
    expect(the('contact-view').dataset['handle']).toBe('bo');
  });

  it('is searched with Ctrl+K', async () => {
    await open({ ...withContacts(), incoming });
    await press('k', { ctrlKey: true });
    expect(focused()).toBe('search');
    await type('search', 'émile');
    expect(all('contact-row').map((one) => one.dataset['handle'])).toEqual(['emil']);
    await press('Escape');
    expect(all('contact-row')).toHaveLength(6);
  });

  it('keeps markup in names as text', async () => {
    const evil = '<img src=x onerror="document.title=1">';
    await open({
      ...settledState(),
      contacts: [contact('evil', evil, { presence: 'online' })],
      incoming: [{ key: keyOf('ivo'), handle: 'ivo', name: evil, note: evil, at_ms: 1 }],
      troubles: [fault('server_lied', { handle: evil })],
    });
    await waveAt('evil');
    await click(row('evil'));
    await click('details');
    await click(the('block', the('contact-view')));
    expect(document.querySelectorAll('img, [onerror]')).toHaveLength(0);
    expect(row('evil').querySelector('.name')?.textContent).toBe(evil);
    for (const place of ['toast', 'trouble', 'request-row', 'question']) expect(says(place)).toContain('<img src=x');
  });
});

describe('requests', () => {
  it('are accepted', async () => {
    const host = await open({ ...withContacts(), incoming });
    expect(says('requests')).toBe('Requests (1)');
    expect(says('request-row')).toContain('From the choir');
    await click('accept');
    expect(maybe('request-row')).toBeNull();
    expect(row('ivo').dataset['presence']).toBe('online');
    expect(focused()).toBe('contact-row');
    expect(host.commands.at(-1)).toEqual({ type: 'accept_request', key: keyOf('ivo') });
  });

  it('are declined, or blocked after a question', async () => {
    const host = await open({ ...withContacts(), incoming });
    await click(the('block', the('request-row')));
    expect(says('question')).toContain('Block Ivo Petrov?');
    await click('cancel');
    expect(maybe('question')).toBeNull();
    await click('decline');
    expect(maybe('request-row')).toBeNull();
    expect(host.commands.at(-1)).toEqual({ type: 'decline_request', key: keyOf('ivo') });
  });

  it('say in their row what went wrong', async () => {
    const host = await open({ ...withContacts(), incoming });
    host.refusals.set('accept_request', fault('not_connected', { server: 'call.example.org' }));
    await click('accept');
    expect(says('error', the('request-row'))).toBe('You’re not connected to call.example.org. Once you are, try again.');
  });

  it('that were sent can be withdrawn', async () => {
    await open({ ...withContacts(), outgoing: [{ key: keyOf('lea'), handle: 'lea', at_ms: 1 }] });
    await click('withdraw');
    expect(maybe('sent-row')).toBeNull();
  });
});

describe('a contact', () => {
  it('shows a safety number, and is verified by it', async () => {
    await open(withContacts());
    await click(row('dora'));
    await click('details');
    expect(the('safety-number').querySelectorAll('li')).toHaveLength(12);
    await click('mark-verified');
    expect(says('verified')).toContain('you and Dóra Kiss compared numbers');
    expect(maybe('verified-mark', row('dora'))).toBeTruthy();
    await click('unverify');
    expect(maybe('verified')).toBeNull();
  });

  it('whose key changed alarms, and goes on with the new key only when told to', async () => {
    await open({ ...settledState(), contacts: [contact('bo', 'Bo', { key_changed: true })] });
    await doubleClick(row('bo'));
    expect(maybe('call-video')).toBeNull();
    expect(says('key-changed')).toContain('The key of Bo has changed');
    expect(maybe('wave')).toBeNull();
    await click('accept-key');
    await click('confirm');
    expect(maybe('key-changed')).toBeNull();
    expect(the('contact-view').dataset['handle']).toBe('bo');
    expect(the('wave')).toBeTruthy();
  });

  it('is removed, or blocked and unblocked', async () => {
    const host = await open(withContacts());
    await click(row('bo'));
    await click('details');
    await click('remove');
    await click('confirm');
    expect(all('contact-row')).toHaveLength(5);
    await click(row('gus'));
    await click('details');
    await click('block');
    await click('confirm');
    expect(host.state.blocked.map((one) => one.handle)).toEqual(['gus']);
    await press(',', { ctrlKey: true });
    await click('unblock');
    expect(host.state.blocked).toEqual([]);
  });
});

describe('adding someone', () => {
  it.each([
    ['nobody.here', 'Nobody here has this handle'],
    ['bo', 'You are contacts already'],
    ['ana', 'This is your own address'],
    ['zoe@other.example', 'This person is on other.example'],
    ['milo', 'They declined not long ago'],
    ['noor', 'Too many of your requests wait'],
    ['what is this', 'This is no address'],
  ])('%s is answered next to the field', async (address, words) => {
    await open(withContacts());
    await press('n', { ctrlKey: true });
    expect(focused()).toBe('add-field');
    await type('add-field', address);
    await click('send-request');
    expect(says('error')).toContain(words);
    expect(focused()).toBe('add-field');
  });

  it('sends a request with a few words', async () => {
    const host = await open(withContacts());
    await click('add-person');
    await type('add-field', ' kofi ');
    await type('note-field', 'Hello!');
    await click('send-request');
    expect(host.commands.at(-1)).toEqual({ type: 'request_contact', address: 'kofi', note: 'Hello!' });
    expect(says('toast')).toContain('Your request is on its way to kofi.');
    expect(row('kofi', 'sent-row')).toBeTruthy();
    await type('add-field', 'kofi');
    await click('send-request');
    expect(says('error')).toContain('You have asked them already');
  });

  it('finds people in the directory, page by page', async () => {
    await open(withContacts());
    await click('add-person');
    expect(all('directory-row')).toHaveLength(6);
    await click('directory-more');
    expect(all('directory-row')).toHaveLength(10);
    expect(maybe('directory-more')).toBeNull();
    await type('directory-search', 'hana');
    await settle(250);
    expect(all('directory-row')).toHaveLength(1);
    await click('directory-add');
    expect(row('hana')).toBeTruthy();
  });

  it('gives out the own address', async () => {
    const host = await open(settledState());
    await click('copy-link');
    expect(host.copied).toMatch(/^visavis:add\/ana@call\.example\.org/);
    expect(says('copy-link')).toBe('Copied');
    await settle(3_000);
    expect(says('copy-link')).toBe('Copy link');
  });
});
