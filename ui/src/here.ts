/** What the page itself holds: where the user is, what is half typed, what is under way. Nothing of it outlives a reload. */
import type { ApiError } from './generated/ApiError';
import type { CallStatistics } from './generated/CallStatistics';
import type { CheckWhat } from './generated/CheckWhat';
import type { DeviceList } from './generated/DeviceList';
import type { Message } from './generated/Message';
import type { ListedPerson } from './generated/ListedPerson';
import type { PastCall } from './generated/PastCall';
import type { QrCode } from './generated/QrCode';
import type { SafetyNumber } from './generated/SafetyNumber';
import type { Filter } from './generated/Filter';
import type { KeptPicture, PictureKind } from './host';
import type { DeviceKind } from './model/calls';
import type { Step } from './model/start';
import type { Words } from './model/words';
import { kept, type Kept } from './stage/kept';
import type { Text } from './text';

export type Route = { at: 'none' } | { at: 'contact'; key: string; handle: string } | { at: 'add' } | { at: 'settings' } | { at: 'check' } | { at: 'call' };

export interface Person {
  key: string;
  handle: string;
  name: string;
}

export type Question = { ask: 'remove' | 'block' | 'accept-key'; person: Person } | { ask: 'server' } | { ask: 'keys' } | { ask: 'picture' } | { ask: 'devices'; key: string | null } | { ask: 'link'; href: string };

interface Spot {
  x: number;
  y: number;
  /** Opens upwards from the spot rather than down. */
  up?: boolean;
  /** Ends here rather than begin at `x`. */
  end?: number;
}

export type Menu = Spot &
  ({ of: 'contact'; key: string } | { of: 'message'; key: string; id: string } | { of: 'status' } | { of: 'device'; kind: DeviceKind } | { of: 'call'; id: string } | { of: 'caller'; id: string });

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

/** How the stage stands. */
export interface Stage {
  /** The stage has the whole window. */
  whole: boolean;
  /** The bar has faded. */
  quiet: boolean;
  /** The call whose microphone is open only while a key is held. */
  talks: string | null;
  /** Words stand under the buttons. */
  worded: boolean;
  statistics: boolean;
  figures: { of: string; are: CallStatistics } | null;
  /** The volume to come back to from silence. */
  loud: number;
  /** The call in which the user speaks and is muted. */
  unheard: string | null;
  kept: Kept;
}

/** A picture that was taken, and how it is wished. */
export interface Booth {
  call: string;
  mine: boolean;
  /** The contact it can be sent to. */
  to: string | null;
  id: string;
  width: number;
  height: number;
  look: Filter;
  mirrored: boolean;
  caption: string;
  kind: PictureKind;
  /** What the engine made of it, small. */
  small: string | null;
  /** It was saved, copied or sent. */
  safe?: boolean;
  /** What was asked when it was taken, and is asked again after it. */
  back: Question | null;
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
  booth: Booth | null;
  /** Before a picture of the user is taken. */
  counting: { call: string; to: string | null; left: number } | null;
  toasts: Toast[];
  /** By the place they are shown at. */
  errors: Map<string, ApiError>;
  busy: Set<string>;
  /** Small confirmations such as "Copied", by place. */
  done: Set<string>;
  /** `stood`: what stood on the page when it was last drawn. */
  start: { back: Step | null; way: 'new' | 'import'; name: string; handle: string; state: HandleState; refused: Set<string>; listed: boolean; stood: string | null };
  server: ServerDraft;
  file: { path: string; passphrase: string; again: string };
  add: { address: string; note: string; query: string; people: ListedPerson[] | null; more: boolean };
  /** The new name while it is edited in the settings. */
  name: string | null;
  card: { of: string; link: string; qr: QrCode } | null;
  safety: { of: string; number: SafetyNumber } | null;
  history: { of: string; calls: PastCall[]; more: boolean } | null;
  words: Words | null;
  /** What is looked for in a conversation. */
  finding: { of: string; text: string; found: Message[] | null; more: boolean } | null;
  /** What is written and not sent yet, by contact. */
  drafts: Map<string, string>;
  /** The message that is answered or changed. */
  about: { of: string; id: string; to: 'answer' | 'change' } | null;
  /** Items of offers that are not wanted, by transfer. */
  unwanted: Map<string, Set<number>>;
  /** Small pictures of transfers, as addresses that hold them; none where there is no picture. */
  small: Map<string, string | null>;
  /** A pasted picture that has not been sent. */
  pasted: { of: string; kept: KeptPicture } | null;
  /** Files are dragged over the window: who would get them, if anybody. */
  drag: { key: string | null } | null;
  /** Who types. */
  typing: Set<string>;
  /** To whom it was said of late that the user types. */
  said: Set<string>;
  /** Details stand in place of the conversation. */
  details: boolean;
  devices: DeviceList | null;
  /** The user looks at themselves, or wants to. */
  looks: boolean;
  /** What of a check went on when the page was last drawn. */
  followed: { step: CheckWhat | null; voice: boolean };
  /** The engine was told that devices are looked at. */
  watches: boolean;
  stage: Stage;
}

export function here(): Here {
  return {
    route: { at: 'none' },
    search: '',
    row: null,
    fresh: new Set(),
    menu: null,
    question: null,
    booth: null,
    counting: null,
    toasts: [],
    errors: new Map(),
    busy: new Set(),
    done: new Set(),
    start: { back: null, way: 'new', name: '', handle: '', state: { is: 'unasked' }, refused: new Set(), listed: false, stood: null },
    server: { kind: 'this', open: false, address: '', invited: false, invite: '' },
    file: { path: '', passphrase: '', again: '' },
    add: { address: '', note: '', query: '', people: null, more: false },
    name: null,
    card: null,
    safety: null,
    history: null,
    words: null,
    finding: null,
    drafts: new Map(),
    about: null,
    unwanted: new Map(),
    small: new Map(),
    pasted: null,
    drag: null,
    typing: new Set(),
    said: new Set(),
    details: false,
    devices: null,
    looks: false,
    followed: { step: null, voice: false },
    watches: false,
    stage: { whole: false, quiet: false, talks: null, worded: true, statistics: false, figures: null, loud: 100, unheard: null, kept: kept() },
  };
}
