/** The first start, and what it shares with the settings: the choice of a server. */
import type { Code } from '../generated/Code';
import type { ServerChoice } from '../generated/ServerChoice';
import type { Page } from '../page';
import { asApiError } from '../model';
import { faultOf, spelled } from '../model/handle';
import { stepOf, type Step } from '../model/start';

const CHECK_AFTER_MS = 300;
const AFTER_START = '[data-test=add-person]';

export function stepShown(page: Page): Step | null {
  if (!page.state) return null;
  const due = stepOf(page.state);
  const { back } = page.here.start;
  // Going back is only for those who are not through yet.
  return due !== null && due !== 'name' && back !== null ? back : due;
}

export function back(page: Page, to: Step | null): void {
  page.forget('name', 'server', 'claim', 'import');
  page.change((here) => {
    here.start.back = to;
  });
  focusStep(page);
}

export function focusStep(page: Page): void {
  page.focus('main input:not([type=radio]):not([type=checkbox])', 'main input:checked', 'main button');
}

/** What of the first start stands on the page; none once it is behind. */
function standing(page: Page): string | null {
  const step = stepShown(page);
  return step && `${step} ${page.state?.server.connection.type === 'online'}`;
}

/** Where the keyboard was in what has gone, it goes on in what stands there now, whatever the news that changed it. */
export function keepKeyboard(page: Page): void {
  const now = standing(page);
  const before = page.here.start.stood;
  page.here.start.stood = now;
  if (now === before || before === null || document.activeElement !== document.body) return;
  if (now === null) page.focus(AFTER_START);
  else focusStep(page);
}

export async function giveName(page: Page): Promise<void> {
  const me = page.state?.me;
  const name = page.here.start.name.trim();
  const done =
    me && name === me.name
      ? true
      : await page.ask('name', me ? { type: 'rename', name } : { type: 'create_identity', name });
  if (!done) return page.focus('[data-test=name-field]');
  page.change((here) => {
    here.start.back = null;
  });
  focusStep(page);
}

export async function importIdentity(page: Page): Promise<void> {
  const { path, passphrase } = page.here.file;
  const done = await page.ask('import', { type: 'import_identity', path: path.trim(), passphrase });
  if (!done) {
    const wrong = page.here.errors.get('import')?.code === 'passphrase_wrong';
    return page.focus(wrong ? '[data-test=import-passphrase]' : '[data-test=import-path]');
  }
  page.change((here) => {
    here.file = { path: '', passphrase: '', again: '' };
  });
  focusStep(page);
}

/** The choice as it is typed; none while there is nothing to try. */
export function choiceOf(page: Page): ServerChoice | null {
  const { kind, open, address } = page.here.server;
  if (kind === 'this') return { type: 'this_computer', open };
  return address.trim() === '' ? null : { type: 'address', address: address.trim() };
}

const INVITE: ReadonlySet<Code> = new Set(['invite_required', 'invite_invalid']);

export function aboutInvite(code: Code | undefined): boolean {
  return code !== undefined && INVITE.has(code);
}

/** Whether the server took the user in. */
export async function useServer(page: Page): Promise<boolean> {
  const choice = choiceOf(page);
  if (!choice) {
    page.focus('[data-test=address-field]');
    return false;
  }
  const { invited, invite } = page.here.server;
  page.change((here) => {
    // The step stays until the answer, also where the choice is already noted.
    here.start.back = 'server';
  });
  const done = await page.ask('server', { type: 'use_server', choice, invite: (invited && invite.trim()) || null });
  if (done) {
    page.change((here) => {
      here.start.back = null;
      here.server.invited = false;
      here.server.invite = '';
    });
    return true;
  }
  if (aboutInvite(page.here.errors.get('server')?.code)) {
    page.change((here) => {
      here.server.invited = true;
    });
    page.focus('[data-test=invite-field]');
  }
  return false;
}

export async function chooseServer(page: Page): Promise<void> {
  if (await useServer(page)) focusStep(page);
}

export function typeHandle(page: Page, typed: string): void {
  page.forget('claim');
  page.change((here) => {
    here.start.handle = typed;
    here.start.state = { is: 'unasked' };
  });
  if (faultOf(typed) !== null) return page.never('handle');
  page.later('handle', CHECK_AFTER_MS, () => void checkHandle(page));
}

export async function checkHandle(page: Page): Promise<void> {
  const asked = page.here.start.handle;
  page.change((here) => {
    here.start.state = { is: 'asking' };
  });
  let state: typeof page.here.start.state;
  try {
    const reply = await page.host.dispatch({ type: 'check_handle', handle: asked });
    state = reply.type === 'handle' ? { is: reply.check, handle: reply.handle } : { is: 'unasked' };
  } catch (thrown) {
    state = { is: 'refused', error: asApiError(thrown) };
  }
  // An answer to what is no longer typed says nothing.
  if (page.here.start.handle !== asked) return;
  page.change((here) => {
    here.start.state = state;
    if (state.is === 'taken' || state.is === 'refused') here.start.refused.add(spelled(asked));
  });
}

export async function claim(page: Page): Promise<void> {
  const { handle, listed } = page.here.start;
  if (faultOf(handle) !== null) return page.focus('[data-test=handle-field]');
  page.never('handle');
  if (!(await page.ask('claim', { type: 'claim_handle', handle }))) return page.focus('[data-test=handle-field]');
  if (listed) await page.ask('listed', { type: 'set_listed', listed });
  page.focus(AFTER_START);
}
