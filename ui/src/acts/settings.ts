/** The user's own things. */
import type { Settings } from '../generated/Settings';
import type { Page } from '../page';
import { loadDevices } from './devices';
import { useServer } from './start';
import { go } from './people';

export function openSettings(page: Page, at = '[data-pane] h1'): void {
  const choice = page.state?.server.choice ?? null;
  page.forget('rename', 'server', 'export', 'listed');
  page.change((here) => {
    here.name = null;
    here.file = { path: '', passphrase: '', again: '' };
    here.server = {
      kind: choice?.type === 'address' ? 'address' : 'this',
      open: choice?.type === 'this_computer' && choice.open,
      address: choice?.type === 'address' ? choice.address : '',
      invited: false,
      invite: '',
    };
  });
  go(page, { at: 'settings' });
  page.focus(at);
  void loadDevices(page);
}

export async function rename(page: Page): Promise<void> {
  const name = page.here.name?.trim();
  if (name === undefined) return;
  if (name === page.state?.me?.name || (await page.ask('rename', { type: 'rename', name }))) {
    page.change((here) => {
      here.name = null;
    });
    page.confirm('rename');
    page.focus('[data-test=rename]');
  } else {
    page.focus('[data-test=rename-field]');
  }
}

export function setStatus(page: Page, status: 'online' | 'away' | 'busy' | 'invisible'): void {
  void page.ask('status', { type: 'set_status', status });
}

export function setListed(page: Page, listed: boolean): void {
  void page.ask('listed', { type: 'set_listed', listed });
}

export function choose(page: Page, part: Partial<Settings>): void {
  if (!page.state) return;
  void page.ask('settings', { type: 'change_settings', settings: { ...page.state.settings, ...part } });
}

/** The server that was typed is another than the one in use. */
export function serverDiffers(page: Page): boolean {
  const choice = page.state?.server.choice;
  const { kind, open, address } = page.here.server;
  if (!choice) return true;
  if (choice.type === 'this_computer') return kind !== 'this' || open !== choice.open;
  return kind !== 'address' || address.trim() !== choice.address;
}

/** Contacts stay with their server, so leaving one is asked about; opening this computer to others is not leaving. */
export function changeServer(page: Page): void {
  const leaves = page.here.server.kind !== 'this' || page.state?.server.choice?.type !== 'this_computer';
  if (leaves && page.state && page.state.contacts.length > 0) {
    page.change((here) => {
      here.question = { ask: 'server' };
    });
  } else {
    void reallyChangeServer(page);
  }
}

export async function reallyChangeServer(page: Page): Promise<void> {
  page.change((here) => {
    here.question = null;
  });
  if (await useServer(page)) page.confirm('server');
  page.focus('[data-test=invite-field]', '[data-test=address-field]', '[data-test=server-this-computer]', 'main input');
}

export function exportIdentityReady(page: Page): boolean {
  const { path, passphrase, again } = page.here.file;
  return path.trim() !== '' && [...passphrase].length >= 10 && passphrase === again;
}

export async function exportIdentity(page: Page): Promise<void> {
  if (!exportIdentityReady(page)) return;
  const { path, passphrase } = page.here.file;
  if (!(await page.ask('export', { type: 'export_identity', path: path.trim(), passphrase }))) return;
  page.change((here) => {
    here.file = { path: '', passphrase: '', again: '' };
  });
  page.toast({ id: 'export', bad: false, say: (t) => t.exported, act: null });
}

export async function loadCard(page: Page): Promise<void> {
  const of = page.state?.me?.address;
  if (!of || page.here.card?.of === of || page.here.busy.has('card')) return;
  const reply = await page.ask('card', { type: 'my_card' });
  if (reply?.type !== 'card') return;
  page.change((here) => {
    here.card = { of, link: reply.link, qr: reply.qr };
  });
}

export async function pick(page: Page, how: 'open' | 'save'): Promise<void> {
  const { path } = page.here.file;
  const choice =
    how === 'open'
      ? await page.host.pickFile({ title: page.t.importTitle, path: path.trim() })
      : await page.host.pickSaveFile({ title: page.t.exportTitle, path: path.trim() || 'visavis-identity.age' });
  if (choice === null) return;
  page.change((here) => {
    here.file.path = choice;
  });
}
