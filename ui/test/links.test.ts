import { describe, expect, it } from 'vitest';
import { fewContacts, keyOf, settledState } from '../src/host/fake/people';
import { message } from '../src/host/fake/words';
import type { FakeHost } from '../src/host/fake';
import { partsOf, shownAs } from '../src/model/links';
import { all, click, focused, maybe, open, press, row, says, settle, the } from './screen';

const bo = keyOf('bo');

async function talking(...texts: string[]): Promise<FakeHost> {
  const host = await open({ ...settledState(), contacts: fewContacts() });
  host.words.set(bo, texts.map((text) => message(bo, text)));
  await click(row('bo'));
  return host;
}

/** Words as they are, addresses as where they lead. */
function led(text: string): string[] {
  return partsOf(text).map((part) => (typeof part === 'string' ? part : `→${part.href}`));
}

function label(text: string): unknown {
  return partsOf(text).map((part) => (typeof part === 'string' ? part : part.label))[0];
}

describe('an address in a text', () => {
  it.each([
    ['https://example.org', ['→https://example.org/']],
    ['see https://example.org/a?b=1#c now', ['see ', '→https://example.org/a?b=1#c', ' now']],
    ['HTTP://EXAMPLE.org/A', ['→http://example.org/A']],
    ['(see http://example.org/a).', ['(see ', '→http://example.org/a', ').']],
    ['http://example.org/a_(b)', ['→http://example.org/a_(b)']],
    ['(http://example.org/a_(b))!', ['(', '→http://example.org/a_(b)', ')!']],
    ['http://[::1]:8080/x]', ['→http://[::1]:8080/x', ']']],
    ['"https://example.org/", he said', ['"', '→https://example.org/', '", he said']],
    ['看https://example.org/a，好吗', ['看', '→https://example.org/a', '，好吗']],
    ['a https://a.example b https://b.example c', ['a ', '→https://a.example/', ' b ', '→https://b.example/', ' c']],
    ['https://example.org\nnext', ['→https://example.org/', '\nnext']],
  ])('is found as far as it goes: %s', (text, parts) => {
    expect(led(text)).toEqual(parts);
  });

  it.each([
    'example.org', 'www.example.org', 'ana@call.example.org', 'ftp://example.org/', 'javascript:alert(1)', 'JavaScript://%0aalert(1)',
    'data:text/html,<b>x</b>', 'file:///etc/passwd', 'visavis:add/ana', 'view-source+http://example.org', 'xhttp://example.org', 'http://', 'https:///example.org',
    'http://?a', 'http:/example.org', 'http://exa%00mple.org', 'http://example.org:99999/', 'http://[::1', `https://example.org/${'a'.repeat(8_000)}`,
  ])('is not made of anything else: %s', (text) => {
    expect(led(text)).toEqual([text]);
  });

  it('keeps nothing that turns the direction, and nothing that can’t be seen', () => {
    expect(led('https://example.org/\u202egpj.exe')).toEqual(['→https://example.org/', '\u202egpj.exe']);
    expect(led('https://exam\u200bple.org')).toEqual(['→https://exam/', '\u200bple.org']);
    expect(led('https://example.org/a\u0000b')).toEqual(['→https://example.org/a', '\u0000b']);
  });

  it('says where it leads, whatever it was written with', () => {
    expect(label('https://xn--80ak6aa92e.com/login')).toBe('https://xn--80ak6aa92e.com/login');
    expect(label('https://аррӏе.com/login')).toBe('https://xn--80ak6aa92e.com/login');
    expect(label('https://example．org/a')).toBe('https://example.org/a');
    expect(label('https://ex%61mple.org/')).toBe('https://example.org/');
    expect(label('http://3232235777/')).toBe('http://192.168.1.1/');
    expect(label('https://de.example.org/Köln')).toBe('https://de.example.org/Köln');
    expect(partsOf('https://example。org')[0]).toMatchObject({ href: 'https://example/' });
  });

  it('is taken apart, and cut where it is long', () => {
    expect(shownAs('https://bank.example@evil.example:8443/a?b#c')).toEqual({ scheme: 'https://', user: 'bank.example', host: 'evil.example:8443', rest: '/a?b#c', foreign: false });
    expect(shownAs('https://xn--bcher-kva.example/')?.foreign).toBe(true);
    const long = shownAs(`https://example.org/${'a'.repeat(900)}end`)?.rest ?? '';
    expect(long.length).toBeLessThan(130);
    expect(long).toMatch(/^\/a+ … a+end$/);
    for (const other of ['javascript:alert(1)', 'file:///a', 'nothing']) expect(shownAs(other)).toBeNull();
  });

  it('is looked for in one walk, also in texts that are made to be slow', () => {
    for (const text of ['http://'.repeat(1_100), 'http://a'.repeat(1_000), `http://${'a'.repeat(8_000)}`, `http://a${')'.repeat(8_000)}`, `http://a${'(.'.repeat(4_000)}`, 'xhttp://a '.repeat(800), 'http://a.b '.repeat(700)]) {
      expect(partsOf(text).map((part) => (typeof part === 'string' ? part : part.label)).join('')).toBe(text);
    }
    expect(partsOf('http://a.b '.repeat(700)).filter((part) => typeof part !== 'string')).toHaveLength(64);
  });
});

describe('a link in a message', () => {
  it('asks before it opens, and says where it leads', async () => {
    const host = await talking('Look: https://bank.example@аррӏе.com/login.');
    expect(says('said')).toBe('Look: https://bank.example@xn--80ak6aa92e.com/login.');
    expect(the('link').hasAttribute('href')).toBe(false);
    await click('link');
    expect(host.opened).toEqual([]);
    expect(says('link-host')).toBe('xn--80ak6aa92e.com');
    expect(says('true-address')).toBe('https://bank.example@xn--80ak6aa92e.com/login');
    expect(says('link-user')).toContain('before the @');
    expect(maybe('link-foreign')).not.toBeNull();
    await click('copy-this-link');
    expect(host.copied).toBe('https://bank.example@xn--80ak6aa92e.com/login');
    await click('confirm');
    await settle();
    expect(host.opened).toEqual(['https://bank.example@xn--80ak6aa92e.com/login']);
    expect(maybe('question')).toBeNull();
  });

  it('works by keyboard, and can be left', async () => {
    const host = await talking('https://example.org');
    the('link').focus();
    expect(focused()).toBe('link');
    await press('Enter', { repeat: true });
    expect(maybe('question')).toBeNull();
    await press('Enter');
    expect(the('question').dataset['ask']).toBe('link');
    expect(maybe('link-user')).toBeNull();
    await click('cancel');
    expect(host.opened).toEqual([]);
    expect(maybe('question')).toBeNull();
  });

  it('says where nothing opens it', async () => {
    const host = await talking('https://example.org');
    host.noBrowser = true;
    await click('link');
    await click('confirm');
    expect(says('error')).toContain('Nothing here opens that address');
    await click('cancel');
    await click('link');
    expect(maybe('error')).toBeNull();
  });

  it('leaves everything else as text', async () => {
    await talking('javascript:alert(1) <a href="https://example.org/">x</a> data:text/html,x');
    expect(says('said')).toBe('javascript:alert(1) <a href="https://example.org/">x</a> data:text/html,x');
    expect(all('link').map((one) => one.textContent)).toEqual(['https://example.org/']);
    expect(the('words').querySelectorAll('[href]')).toHaveLength(0);
  });
});
