/** What the page itself holds: where the user is, what is half typed, what is under way. Nothing of it outlives a reload. */
import type { ApiError } from './generated/ApiError';
import type { ListedPerson } from './generated/ListedPerson';
import type { QrCode } from './generated/QrCode';
import type { SafetyNumber } from './generated/SafetyNumber';
import type { Step } from './model/start';
import type { Text } from './text';

export type Route = { at: 'none' } | { at: 'contact'; key: string; handle: string } | { at: 'add' } | { at: 'settings' };

export interface Person {
  key: string;
  handle: string;
  name: string;
}

export type Question = { ask: 'remove' | 'block' | 'accept-key'; person: Person } | { ask: 'server' } | { ask: 'keys' };

export type Menu = { of: 'contact'; key: string; x: number; y: number } | { of: 'status'; x: number; y: number };

export interface Toast {
  id: string;
  bad: boolean;
  say: (text: Text) => unknown;
  act: { label: (text: Text) => string; run: () => void } | null;
}

export type HandleState =
  | { is: 'unasked' }
  | { is: 'asking' }
  | { is: 'free' | 'taken' | 'yours'; handle: string }
  | { is: 'refused'; error: ApiError };

export interface ServerDraft {
  kind: 'this' | 'address';
  open: boolean;
  address: string;
  /** Asked for once the server said that it needs one. */
  invited: boolean;
  invite: string;
}

export interface Here {
  route: Route;
  search: string;
  /** The row that Tab reaches. */
  row: string | null;
  /** Contacts whose wave was not looked at yet. */
  fresh: Set<string>;
  menu: Menu | null;
  question: Question | null;
  toasts: Toast[];
  /** By the place they are shown at. */
  errors: Map<string, ApiError>;
  busy: Set<string>;
  /** Small confirmations such as "Copied", by place. */
  done: Set<string>;
  start: { back: Step | null; way: 'new' | 'import'; name: string; handle: string; state: HandleState; refused: Set<string>; listed: boolean };
  server: ServerDraft;
  file: { path: string; passphrase: string; again: string };
  add: { address: string; note: string; query: string; people: ListedPerson[] | null; more: boolean };
  /** The new name while it is edited in the settings. */
  name: string | null;
  card: { of: string; link: string; qr: QrCode } | null;
  safety: { of: string; number: SafetyNumber } | null;
}

export function here(): Here {
  return {
    route: { at: 'none' },
    search: '',
    row: null,
    fresh: new Set(),
    menu: null,
    question: null,
    toasts: [],
    errors: new Map(),
    busy: new Set(),
    done: new Set(),
    start: { back: null, way: 'new', name: '', handle: '', state: { is: 'unasked' }, refused: new Set(), listed: false },
    server: { kind: 'this', open: false, address: '', invited: false, invite: '' },
    file: { path: '', passphrase: '', again: '' },
    add: { address: '', note: '', query: '', people: null, more: false },
    name: null,
    card: null,
    safety: null,
  };
}
