import { describe, expect, it } from 'vitest';
import type { Transfer } from '../src/generated/Transfer';
import { fault, type FakeHost } from '../src/host/fake';
import { item, transfer } from '../src/host/fake/files';
import { fewContacts, keyOf, settledState } from '../src/host/fake/people';
import { all, click, focused, maybe, open, press, row, says, settle, the, type } from './screen';

const bo = keyOf('bo');
const PNG = [0x89, 0x50, 0x4e, 0x47];

async function talking(transfers: Transfer[] = []): Promise<FakeHost> {
  const host = await open({ ...settledState(), contacts: fewContacts(), transfers });
  await click(row('bo'));
  return host;
}

/** Pastes; whether the page took it for a picture. */
async function pastes(file: { bytes?: number[]; kind?: string; size?: number; words?: boolean; unseen?: boolean }): Promise<boolean> {
  const picture = new File([new Uint8Array(file.bytes ?? PNG)], 'image.png', { type: file.kind ?? 'image/png' });
  if (file.size !== undefined) Object.defineProperty(picture, 'size', { value: file.size });
  const event = new Event('paste', { bubbles: true, cancelable: true });
  Object.defineProperty(event, 'clipboardData', { value: file.unseen ? { files: [], types: [] } : { files: [picture], types: file.words ? ['text/plain', 'Files'] : ['Files'] } });
  the('write').dispatchEvent(event);
  await settle();
  return event.defaultPrevented;
}

function offers(host: FakeHost): unknown[] {
  return host.commands.filter((one) => one.type === 'offer_files');
}

describe('a pasted picture', () => {
  it('is shown, and goes when that is wanted', async () => {
    const host = await talking();
    await type('write', 'half a sentence');
    expect(await pastes({})).toBe(true);
    expect(says('pasted')).toContain('Send this picture to Bo Lindqvist?');
    expect(says('pasted')).toContain('Picture 2026-05-20 15.00.png');
    expect(the('pasted').querySelector('img')?.src).toMatch(/^data:image\//);
    expect(focused()).toBe('pasted-send');
    expect(offers(host)).toEqual([]);
    await click('pasted-send');
    expect(offers(host)).toEqual([{ type: 'offer_files', key: bo, paths: ['/profile/pasted/0/Picture 2026-05-20 15.00.png'] }]);
    expect(maybe('pasted')).toBeNull();
    expect(host.pasted.size).toBe(1);
    expect(says('transfer')).toContain('Picture 2026-05-20 15.00.png');
    expect((the('write') as HTMLTextAreaElement).value).toBe('half a sentence');
  });

  it('is asked for where the web view shows none of it', async () => {
    const host = await talking();
    // Nothing was copied.
    await pastes({ unseen: true });
    expect(maybe('pasted')).toBeNull();
    expect(maybe('toast')).toBeNull();
    host.clipboard = new Uint8Array(PNG);
    await pastes({ unseen: true });
    expect(says('pasted')).toContain('Picture 2026-05-20 15.00.png');
    await click('pasted-cancel');
    // It can't be decoded.
    host.clipboard = new Uint8Array([1, 2, 3]);
    await pastes({ unseen: true });
    expect(maybe('pasted')).toBeNull();
    expect(all('toast')).toHaveLength(1);
  });

  it('leaves nothing behind where it does not go', async () => {
    const host = await talking();
    await pastes({});
    await press('Escape');
    expect(maybe('pasted')).toBeNull();
    expect(host.pasted.size).toBe(0);
    expect(focused()).toBe('write');
    await pastes({});
    await click('pasted-cancel');
    expect(host.pasted.size).toBe(0);
    expect(offers(host)).toEqual([]);
  });

  it('stays with the one it was pasted for, and until it went', async () => {
    const host = await talking();
    await pastes({});
    await click(row('chen'));
    expect(maybe('pasted')).toBeNull();
    await click(row('bo'));
    host.refusals.set('offer_files', fault('file_missing', { path: '/profile' }));
    await click('pasted-send');
    expect(maybe('pasted')).not.toBeNull();
    expect(says('toast')).toContain('/profile');
  });

  it('is none where it is words, something else, or too much', async () => {
    const host = await talking();
    expect(await pastes({ words: true })).toBe(false);
    expect(await pastes({ kind: 'text/html' })).toBe(false);
    expect(maybe('toast')).toBeNull();
    expect(await pastes({ bytes: [0x3c, 0x73] })).toBe(true);
    expect(says('toast')).toContain('PNG, JPEG, GIF and WebP');
    expect(await pastes({ size: 33 * 1024 * 1024 })).toBe(true);
    expect(maybe('pasted')).toBeNull();
    expect(host.pasted.size).toBe(0);
  });
});

describe('a small picture on a card', () => {
  const done = { stage: { type: 'done' }, folder: '/d' } as const;

  it('stands on own pictures and on those that came, and opens them', async () => {
    const came = transfer(bo, [item('came.jpg', 10, { place: 'came.jpg' })], { ...done, at_ms: 1 });
    const own = transfer(bo, [item('own.png', 10)], { mine: true, at_ms: 2 });
    const host = await talking([came, own]);
    await settle();
    expect(all('thumbnail').map((one) => one.getAttribute('aria-label'))).toEqual(['Open came.jpg', 'Open own.png']);
    await click(all('thumbnail')[1] ?? '');
    expect(host.revealed).toEqual([[bo, own.id, 0]]);
  });

  it('does not stand where there is none: not here yet, broken, several, or something else', async () => {
    await talking([
      transfer(bo, [item('offered.png', 10)]),
      transfer(bo, [item('broken.png', 10)], done),
      transfer(bo, [item('a.png', 10), item('b.png', 10)], done),
      transfer(bo, [item('drawing.svg', 10)], done),
      transfer(bo, [item('folder.png', 10, { files: 2 })], done),
    ]);
    await settle();
    expect(all('transfer')).toHaveLength(5);
    expect(all('thumbnail')).toHaveLength(0);
  });

  it('goes where the web view can not show it', async () => {
    await talking([transfer(bo, [item('own.png', 10)], { mine: true })]);
    await settle();
    the('thumbnail').querySelector('img')?.dispatchEvent(new Event('error'));
    await settle();
    expect(maybe('thumbnail')).toBeNull();
    expect(says('transfer')).toContain('own.png');
  });
});
