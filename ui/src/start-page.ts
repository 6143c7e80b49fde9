/** Brings a page up on a host. */
import type { Host } from './host';
import { onKey } from './keys';
import type { Sign } from './model';
import { Page } from './page';
import { loadSafety, shown, wave } from './acts/people';
import { loadCard } from './acts/settings';
import { focusStep } from './acts/start';
import { say } from './text';
import { view } from './views/frame';
import { onRoomChanged } from './views/room';

export async function startPage(host: Host, root: HTMLElement): Promise<Page> {
  const page = new Page(host, root, view);
  page.onSign = (sign) => showSign(page, sign);
  page.onState = (before, after) => {
    if (after.me?.address) void loadCard(page);
    const contact = shown(page);
    if (contact && before && before.contacts.find((one) => one.key === contact.key)?.key_changed !== contact.key_changed) {
      void loadSafety(page, contact.key);
    }
  };
  const keys = (event: KeyboardEvent): void => onKey(page, event);
  document.addEventListener('keydown', keys);
  page.atClose(() => document.removeEventListener('keydown', keys));
  page.atClose(onRoomChanged(() => page.change()));
  await page.open();
  if (page.state && (page.state.me === null || page.state.fatal)) focusStep(page);
  return page;
}

function showSign(page: Page, sign: Sign): void {
  switch (sign.what) {
    case 'wave': {
      const from = page.state?.contacts.find((one) => one.key === sign.key);
      if (!from) return;
      if (shown(page)?.key !== sign.key) page.change((here) => here.fresh.add(sign.key));
      page.toast({
        id: `wave from ${sign.key}`,
        bad: false,
        say: (t) => say(t.wavesAtYou, sign.name),
        act: { label: (t) => t.waveBack, run: () => void wave(page, from) },
      });
      return;
    }
    case 'request':
      page.toast({ id: `request ${sign.key}`, bad: false, say: (t) => say(t.wantsContact, sign.name), act: null });
      return;
    case 'accepted':
      page.toast({ id: `accepted ${sign.key}`, bad: false, say: (t) => say(t.isContactNow, sign.name), act: null });
      return;
    case 'ended':
      if (sign.how === 'withdrawn') return;
      page.toast({ id: `ended ${sign.handle}`, bad: false, say: (t) => say(sign.how === 'declined' ? t.declinedYours : t.expiredYours, sign.handle), act: null });
  }
}
