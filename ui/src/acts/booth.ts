/** Taking pictures of oneself and of the other, and what becomes of them. */
import type { Filter } from '../generated/Filter';
import type { BoothWish, PictureKind } from '../host';
import type { Booth } from '../here';
import type { Page } from '../page';
import { captionBytes } from '../stage/caption';
import { explain, say } from '../text';
import { offer } from './files';
import { remember } from './devices';
import { stamp } from './pictures';

export const KINDS: readonly PictureKind[] = ['png', 'jpeg', 'webp'];
const ENDINGS: Record<PictureKind, string> = { png: 'png', jpeg: 'jpg', webp: 'webp' };
export const DELAYS: readonly number[] = [0, 3, 10];

/** Takes one at once, or counts down before one of the user. `to`: the contact it could be sent to. */
export function beginPicture(page: Page, call: string, mine: boolean, to: string | null): void {
  stopCounting(page);
  const { delay } = page.here.stage.kept;
  if (mine && delay > 0) return count(page, call, to, delay);
  void takePicture(page, call, mine, to);
}

function count(page: Page, call: string, to: string | null, left: number): void {
  page.change((here) => {
    here.counting = { call, to, left };
  });
  page.later('counting', 1_000, () => {
    if (left > 1) return count(page, call, to, left - 1);
    stopCounting(page);
    void takePicture(page, call, true, to);
  });
}

export function stopCounting(page: Page): void {
  page.never('counting');
  page.change((here) => {
    here.counting = null;
  });
}

/** After each drawing: nobody counts down to a picture that can't be taken any more. */
export function keepCounting(page: Page): void {
  const { counting } = page.here;
  if (!counting) return;
  const call = page.state?.calls.find((one) => one.id === counting.call);
  const seen = call ? call.stage.type === 'on' && call.mine.camera && !call.mine.held : page.here.looks;
  if (!seen) stopCounting(page);
}

async function takePicture(page: Page, call: string, mine: boolean, to: string | null): Promise<void> {
  const reply = await page.ask('take', { type: 'take_picture', call, mine });
  const error = page.here.errors.get('take');
  if (error) page.toast({ id: 'take', bad: true, say: () => explain(error, page.lang), act: null });
  if (reply?.type !== 'picture_taken') return;
  const { id, width, height } = reply;
  // What one sees of oneself is mirrored; the look that it had is in it already.
  leave(page);
  show(page, { back: null, call, mine, to, id, width, height, look: 'none', mirrored: mine, caption: '', kind: 'png', small: null });
}

function show(page: Page, booth: Booth): void {
  page.forget('booth');
  page.untoast('picture-left');
  page.change((here) => {
    here.booth = { ...booth, back: here.question };
    here.question = { ask: 'picture' };
  });
  void refresh(page);
}

/** Fetches what the engine makes of it. */
async function refresh(page: Page): Promise<void> {
  const { booth } = page.here;
  if (!booth) return;
  const { id, look, mirrored } = booth;
  const small = await page.attempt('booth', () => page.host.glancePicture(id, look, mirrored));
  const now = page.here.booth;
  // It may be wished otherwise by now, or be gone.
  if (small === null || now?.id !== id || now.look !== look || now.mirrored !== mirrored) return;
  page.change((here) => {
    here.booth = { ...now, small };
  });
}

export function wish(page: Page, part: Partial<Pick<Booth, 'look' | 'mirrored' | 'caption' | 'kind'>>): void {
  const { booth } = page.here;
  if (!booth) return;
  page.forget('booth');
  page.change((here) => {
    here.booth = { ...booth, ...part };
  });
  if (part.look !== undefined || part.mirrored !== undefined) void refresh(page);
}

export function setLook(page: Page, look: Filter): void {
  wish(page, { look });
}

export function setDelay(page: Page, delay: number): void {
  remember(page, { delay });
}

async function wished(booth: Booth): Promise<BoothWish> {
  const { id, look, mirrored, kind, caption, width, height } = booth;
  return { id, look, mirrored, kind, caption: await captionBytes(caption, width, height) };
}

function name(page: Page): string {
  return page.t.pictureName(stamp(page.now));
}

/** What the file is called says what it is, where that is a kind there is. */
export function kindOf(path: string, otherwise: PictureKind): PictureKind {
  const ending = path.toLowerCase().split('.').pop() ?? '';
  return KINDS.find((one) => one === ending || ENDINGS[one] === ending) ?? otherwise;
}

export async function savePicture(page: Page): Promise<void> {
  const { booth } = page.here;
  if (!booth) return;
  const path = await page.host.pickSaveFile({ title: page.t.savePicture, path: `${name(page)}.${ENDINGS[booth.kind]}` });
  if (path === null) return;
  const saved = await page.attempt('booth', async () => {
    await page.host.savePicture({ ...(await wished(booth)), kind: kindOf(path, booth.kind) }, path);
    return true;
  });
  if (saved) done(page, 'saved');
}

export async function copyPicture(page: Page): Promise<void> {
  const { booth } = page.here;
  if (!booth) return;
  const copied = await page.attempt('booth', async () => {
    await page.host.copyPicture(await wished(booth));
    return true;
  });
  if (copied) done(page, 'copied');
}

function done(page: Page, how: 'saved' | 'copied'): void {
  page.change((here) => {
    if (here.booth) here.booth = { ...here.booth, safe: true };
  });
  page.confirm(`booth ${how}`);
}

/** Whether it goes. */
export async function sendPicture(page: Page): Promise<boolean> {
  const { booth } = page.here;
  const to = booth?.to ?? null;
  if (!booth || to === null || page.here.busy.has('booth-send')) return false;
  page.change((here) => here.busy.add('booth-send'));
  const kept = await page.attempt('booth', async () => page.host.keepTaken(await wished(booth), name(page)));
  const sent = kept !== null && (await offer(page, to, [kept.path]));
  page.change((here) => here.busy.delete('booth-send'));
  if (kept && !sent) void page.host.discardPicture(kept.id).catch(() => {});
  if (!sent) return false;
  const contact = page.state?.contacts.find((one) => one.key === to);
  page.change((here) => {
    if (here.booth) here.booth = { ...here.booth, safe: true };
  });
  page.toast({ id: 'picture-sent', bad: false, say: (t) => say(t.pictureGoes, contact?.name ?? ''), act: null });
  return true;
}

/** Leaves a picture, which can be had back for a while where it is nowhere else; what is asked after it. */
export function leaveBooth(page: Page): Booth['back'] {
  const { booth } = page.here;
  if (!booth) return null;
  if (booth.safe) leave(page);
  else page.toast({ id: 'picture-left', bad: false, say: (t) => t.pictureLeft, act: { label: (t) => t.bringBack, run: () => show(page, booth) } });
  return booth.back;
}

function leave(page: Page): void {
  const { booth } = page.here;
  if (!booth) return;
  void page.host.leavePicture(booth.id).catch(() => {});
  page.change((here) => {
    here.booth = null;
  });
}
