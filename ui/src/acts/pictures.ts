/** Pictures beside words: small ones of files that go and come, and those that are pasted to be sent. */
import type { Page } from '../page';
import { asApiError } from '../model';
import { transfersWith } from '../model/files';
import { showsPicture } from '../model/kinds';
import { explain } from '../text';
import { offer } from './files';
import { shown } from './people';
import { keepEnd } from './words';

/** The shell takes none that is larger. */
const LARGEST = 32 * 1024 * 1024;
/** So many small ones are held; then the oldest goes. */
const HELD = 60;
/** Of a conversation, the newest. */
const LOOKED_AT = 40;

export function smallKey(key: string, id: string): string {
  return `${key} ${id}`;
}

/** Asks for the small pictures that the open conversation has room for, one after the other. */
export function loadSmall(page: Page): void {
  const contact = shown(page);
  if (!contact || page.here.busy.has('small')) return;
  const cards = transfersWith(page.state?.transfers ?? [], contact.key).slice(-LOOKED_AT);
  const next = cards.findLast((one) => showsPicture(one) && !page.here.small.has(smallKey(one.key, one.id)));
  if (!next) return;
  page.here.busy.add('small');
  page.host
    .thumbnail(next.key, next.id, 0)
    .catch(() => null)
    .then((address) => {
      page.here.busy.delete('small');
      keepEnd(page);
      page.change(({ small }) => {
        small.set(smallKey(next.key, next.id), address);
        const [oldest] = small.keys();
        if (small.size > HELD && oldest !== undefined) small.delete(oldest);
      });
    });
}

/** It can’t be decoded here after all: the ordinary card is shown. */
export function forgetSmall(page: Page, key: string, id: string): void {
  page.change(({ small }) => small.set(smallKey(key, id), null));
}

/** A picture on the clipboard, where there are no words that could be meant. Some web views show the page nothing of it. */
export function pastedPicture(data: DataTransfer | null): File | 'unseen' | null {
  if (!data || data.types.includes('text/plain')) return null;
  const file = [...data.files].find((one) => one.type.startsWith('image/'));
  return file ?? (data.files.length === 0 ? 'unseen' : null);
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** A moment as it stands in names of files. */
export function stamp(now: number): string {
  const at = new Date(now);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}.${two(at.getMinutes())}`;
}

/** Gives it a file, and shows it before it goes. */
export async function paste(page: Page, key: string, picture: File | 'unseen'): Promise<void> {
  if (page.here.busy.has('paste')) return;
  const refused = (say: () => unknown): void => page.toast({ id: 'paste', bad: true, say, act: null });
  if (picture !== 'unseen' && picture.size > LARGEST) return refused(() => page.t.noPicture);
  page.change((here) => here.busy.add('paste'));
  try {
    const name = page.t.pictureName(stamp(page.now));
    const kept =
      picture === 'unseen' ? await page.host.copiedPicture(name) : await page.host.keepPicture(name, new Uint8Array(await picture.arrayBuffer()));
    if (!kept) return;
    const before = page.here.pasted;
    keepEnd(page);
    page.change((here) => {
      here.pasted = { of: key, kept };
    });
    if (before) void page.host.discardPicture(before.kept.id).catch(() => {});
    page.focus('[data-test=pasted-send]');
  } catch (thrown) {
    const error = asApiError(thrown);
    refused(() => (error.code === 'nothing_to_send' ? page.t.noPicture : explain(error, page.lang)));
  } finally {
    page.change((here) => here.busy.delete('paste'));
  }
}

export async function sendPasted(page: Page): Promise<void> {
  const { pasted } = page.here;
  if (!pasted || !(await offer(page, pasted.of, [pasted.kept.path]))) return;
  leave(page);
}

export function discardPasted(page: Page): void {
  const { pasted } = page.here;
  if (!pasted) return;
  void page.host.discardPicture(pasted.kept.id).catch(() => {});
  leave(page);
}

function leave(page: Page): void {
  page.change((here) => {
    here.pasted = null;
  });
  page.focus('[data-test=write]');
}
