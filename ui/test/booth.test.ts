/** Pictures that are taken: of whom, when, how they are wished, and where they go. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { beginPicture, kindOf } from '../src/acts/booth';
import { fault, type FakeHost } from '../src/host/fake';
import { fakeCall } from '../src/host/fake/calls';
import { keyOf } from '../src/host/fake/people';
import { broken } from '../src/stage/caption';
import { asked, having } from './calling';
import { all, click, focused, maybe, open, opened, press, says, settle, the, type } from './screen';

const INK = { measureText: (text: string) => ({ width: text.length * 10 }), fillText: vi.fn(), fillRect: vi.fn(), createLinearGradient: () => ({ addColorStop: () => {} }) };

beforeEach(() => {
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(INK as never);
  vi.spyOn(HTMLCanvasElement.prototype, 'toBlob').mockImplementation((done) => done(new Blob([new Uint8Array([1, 2, 3])])));
});

afterEach(() => vi.restoreAllMocks());

const wide = (text: string): number => text.length * 10;

function choose(test: string, value: string): Promise<void> {
  const field = the(test) as HTMLSelectElement;
  field.value = value;
  field.dispatchEvent(new Event('change', { bubbles: true }));
  return settle();
}

async function inMenu(test: string): Promise<void> {
  await click(the('more', the('stage')));
  await click(test);
}

/** In a call with Bo, of whom a picture was taken. */
async function photographed(): Promise<FakeHost> {
  const host = await open(having(fakeCall('bo')));
  await inMenu('take-theirs');
  return host;
}

describe('a picture of the other', () => {
  it('is taken at once, shown, and they are told', async () => {
    const host = await photographed();
    expect(asked(host, 'take_picture')).toEqual([{ type: 'take_picture', call: fakeCall('bo').id, mine: false }]);
    expect(says('booth')).toContain('was told that you took it.');
    expect((the('photo') as HTMLImageElement).src).toContain('data:');
    expect(maybe('mirrored')).toBeNull();
  });

  it('is saved as the name says, copied, and sent', async () => {
    const host = await photographed();
    await type('caption', 'At the lake');
    await choose('booth-look', 'sepia');
    await choose('booth-kind', 'jpeg');
    await click('save-picture');
    const [saved] = host.booth.went;
    expect(saved?.to).toBe('/home/ana/Picture 2026-05-20 15.00.jpg');
    expect(saved?.wish).toMatchObject({ look: 'sepia', mirrored: false, kind: 'jpeg', caption: new Uint8Array([1, 2, 3]) });
    expect(says('save-picture')).toBe('Saved');
    await click('copy-picture');
    expect(host.booth.went[1]?.to).toBe('clipboard');
    await click('send-picture');
    expect(asked(host, 'offer_files')).toMatchObject([{ key: keyOf('bo'), paths: ['/profile/pasted/0/Picture 2026-05-20 15.00.png'] }]);
    expect(maybe('booth')).toBeNull();
    expect(says('toast')).toContain('The picture is on its way to');
    expect(host.booth.taken.size).toBe(0);
  });

  it('can be had back where it was closed and is nowhere else', async () => {
    const host = await photographed();
    await type('caption', 'Mine');
    await click('cancel');
    expect(says('toast')).toContain('The picture was not kept.');
    await click('toast-act');
    expect((the('caption') as HTMLInputElement).value).toBe('Mine');
    await click('copy-picture');
    await click('cancel');
    expect(maybe('toast')).toBeNull();
    expect(host.booth.taken.size).toBe(0);
  });

  it('says what went wrong, and keeps the picture', async () => {
    const host = await photographed();
    host.booth.refusal = fault('disk_full', { path: '/home/ana/x.png' });
    await click('save-picture');
    expect(the('error').dataset['code']).toBe('disk_full');
    await click('save-picture');
    expect(maybe('error')).toBeNull();
    expect(host.booth.went).toHaveLength(1);
  });

  it('says why there is none', async () => {
    const host = await open(having(fakeCall('bo')));
    host.refusals.set('take_picture', fault('no_picture'));
    await press('p');
    expect(maybe('booth')).toBeNull();
    expect(says('toast')).toBe('There is no picture to take: turn the camera on, and try again.');
  });
});

describe('a picture of oneself', () => {
  it('is taken after a count, as in a mirror', async () => {
    const host = await open(having(fakeCall('bo')));
    await press('P', { shiftKey: true });
    expect(says('countdown')).toContain('3');
    await settle(1_000);
    expect(says('countdown')).toContain('2');
    expect(asked(host, 'take_picture')).toEqual([]);
    await settle(2_000);
    expect(asked(host, 'take_picture')).toEqual([{ type: 'take_picture', call: fakeCall('bo').id, mine: true }]);
    expect((the('mirrored') as HTMLInputElement).checked).toBe(true);
    await click('mirrored');
    await click('copy-picture');
    expect(host.booth.went[0]?.wish).toMatchObject({ mirrored: false, caption: null });
  });

  it('is not taken where the count is stopped, or nothing is seen any more', async () => {
    const host = await open(having(fakeCall('bo')));
    await press('P', { shiftKey: true });
    await press('Escape');
    await press('P', { shiftKey: true });
    await click('stop-counting');
    await press('P', { shiftKey: true });
    await press('v');
    expect(maybe('countdown')).toBeNull();
    await settle(5_000);
    expect(asked(host, 'take_picture')).toEqual([]);
  });

  it('is taken at once where that is wished, and again', async () => {
    const host = await open(having(fakeCall('bo')));
    await press('P', { shiftKey: true });
    await settle(3_000);
    await choose('delay', '0');
    await click('again');
    expect(asked(host, 'take_picture')).toHaveLength(2);
    expect(the('booth')).toBeTruthy();
  });
});

describe('a picture of oneself beside any call', () => {
  it('leads back to what was asked before, and another can be taken', async () => {
    const host = await open(having());
    opened().here.stage.kept.delay = 0;
    opened().change((here) => {
      here.question = { ask: 'devices', key: keyOf('bo') };
    });
    await settle();
    await click('preview-open');
    beginPicture(opened(), 'preview', true, keyOf('bo'));
    await settle();
    expect(the('question').dataset['ask']).toBe('picture');
    expect(asked(host, 'close_preview')).toEqual([]);
    await click('again');
    expect(asked(host, 'take_picture')).toHaveLength(2);
    expect(the('question').dataset['ask']).toBe('picture');
    await click(the('cancel', the('booth')));
    expect(the('question').dataset['ask']).toBe('devices');
    expect(the('preview').dataset['open']).toBe('true');
  });

  it('is taken in the settings, where the picture is seen again after it', async () => {
    const host = await open(having());
    opened().here.stage.kept.delay = 0;
    await press(',', { ctrlKey: true });
    await click('preview-open');
    beginPicture(opened(), 'preview', true, null);
    await settle();
    expect(maybe('send-picture')).toBeNull();
    await click(the('cancel', the('booth')));
    expect(maybe('question')).toBeNull();
    expect([the('preview').dataset['open'], asked(host, 'close_preview').length]).toEqual(['true', 0]);
  });
});

it('puts the keyboard back where it was', async () => {
  await open(having(fakeCall('bo')));
  the('mic').focus();
  await press('p');
  await click(the('cancel', the('booth')));
  expect(focused()).toBe('mic');
});

it('says who took a picture of the user', async () => {
  const host = await open(having(fakeCall('bo')));
  host.emit({ type: 'picture_taken', key: keyOf('bo') });
  await settle();
  expect(says('toast')).toContain('has taken a picture of you.');
});

it('offers no picture of what is not seen', async () => {
  await open(having({ ...fakeCall('bo'), theirs: { microphone: true, camera: false, held: false } }));
  await click(the('more', the('stage')));
  expect([maybe('take-theirs'), maybe('take-mine') === null]).toEqual([null, false]);
  expect(all('take-mine')).toHaveLength(1);
});

describe('a caption', () => {
  it('stands in two lines at most', () => {
    expect(broken('a walk by the lake', 200, wide)).toEqual(['a walk by the lake']);
    expect(broken('a walk by the lake', 100, wide)).toEqual(['a walk by', 'the lake']);
    expect(broken('one two three four five', 80, wide)).toEqual(['one two', 'three…']);
    expect(broken('w'.repeat(30), 100, wide)).toEqual([`${'w'.repeat(9)}…`]);
  });

  it('breaks between the signs of languages without spaces', () => {
    expect(broken('我们今天在湖边散步', 50, wide).join('')).toBe('我们今天在湖边散步');
  });
});

it('takes the kind of file from its name, where that says one', () => {
  expect([kindOf('/a/b.JPG', 'png'), kindOf('/a/b.jpeg', 'png'), kindOf('/a/b.webp', 'png'), kindOf('/a/b', 'webp'), kindOf('/a/b.gif', 'jpeg')]).toEqual(['jpeg', 'jpeg', 'webp', 'webp', 'jpeg']);
});
