/** People who live in memory only. */
import type { DeviceChoice } from '../../generated/DeviceChoice';
import type { Contact } from '../../generated/Contact';
import type { LastWhat } from '../../generated/LastWhat';
import type { QrCode } from '../../generated/QrCode';
import type { State } from '../../generated/State';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A key for a handle: the same one each time. */
export function keyOf(handle: string): string {
  let sum = 7;
  let key = '';
  while (key.length < 43) {
    for (const letter of handle) sum = (sum * 31 + letter.charCodeAt(0) + key.length) >>> 0;
    key += 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'[sum % 64];
  }
  return key;
}

export function contact(handle: string, name: string, part: Partial<Contact> = {}): Contact {
  return { key: keyOf(handle), handle, name, presence: 'offline', verified: false, key_changed: false, last: null, missed: 0, unread: 0, words: null, ...part };
}

function last(what: LastWhat, before: number): { last: Contact['last'] } {
  return { last: { what, at_ms: Date.now() - before } };
}

export function fewContacts(): Contact[] {
  return [
    contact('bo', 'Bo Lindqvist', { presence: 'online', verified: true, ...last('waved_to', 3 * MINUTE) }),
    contact('chen', '陈晓雨', { presence: 'away', ...last('waved_from', 2 * HOUR) }),
    contact('dora', 'Dóra Kiss', { presence: 'busy', ...last('added', DAY) }),
    contact('emil', 'Émile Durand', { presence: 'offline', verified: true, ...last('waved_to', 4 * DAY) }),
    contact('farah', 'فرح حداد', { presence: 'online', ...last('waved_from', 12 * DAY) }),
    contact('gus', 'Gus', { presence: 'offline', ...last('added', 200 * DAY) }),
  ];
}

const FIRST = 'Aino Bram Carla Dev Elif Femi Greta Hugo Ines Jonas Kaya Liam Mira Nils Olga Petra Quinn Rosa Sami Tara Uwe Vera Wim Xenia Yara Zoe'.split(' ');
const LAST = 'Abbas Berg Costa Diaz Egede Farkas Gruber Holm Ito Jansen Kovač Lund Marin Novak'.split(' ');
const PRESENCES = ['online', 'away', 'busy', 'offline', 'offline'] as const;

export function manyContacts(): Contact[] {
  const long = contact(
    'maximiliane.von.und.zu.hohenfels',
    'Maximiliane Wilhelmina Charlotte von und zu Hohenfels-Wolkenburg',
    { presence: 'online', verified: true, ...last('waved_from', 30_000) },
  );
  const many = Array.from({ length: 120 }, (_, index) => {
    const first = FIRST[index % FIRST.length] ?? '';
    const surname = LAST[(index * 5 + Math.floor(index / 26)) % LAST.length] ?? '';
    return contact(`${first}${index}`.toLowerCase(), `${first} ${surname}`, {
      presence: PRESENCES[(index * 7) % 5] ?? 'offline',
      verified: index % 9 === 0,
      ...last(index % 3 === 0 ? 'waved_from' : 'added', (index + 1) * 5 * HOUR),
    });
  });
  return [long, ...many];
}

/** Those who can be found on the fake server, beyond the contacts. */
export const LISTED = [
  ['hana', 'Hana Sato'],
  ['ivo', 'Ivo Petrov'],
  ['jun', '李俊'],
  ['kofi', 'Kofi Mensah'],
  ['lea', 'Léa Martin'],
  ['milo', 'Milo'],
  ['noor', 'Noor de Vries'],
  ['oskar', 'Oskar Nowak'],
  ['pia', 'Pia Rossi'],
  ['ravi', 'Ravi Iyer'],
] as const;

/** Nothing chosen, and everything done as a rule is. */
export const USUAL_DEVICES: DeviceChoice = {
  camera: null,
  microphone: null,
  speaker: null,
  volume: 100,
  picture: null,
  filter: 'none',
  filter_out: false,
  treatment: { gain: 100, echo: true, noise: 'standard', level: true },
};

export function emptyState(): State {
  return {
    fatal: null,
    me: null,
    server: { choice: null, name: null, connection: { type: 'idle' }, hosting: null },
    contacts: [],
    incoming: [],
    outgoing: [],
    blocked: [],
    calls: [],
    transfers: [],
    settings: { language: 'system', theme: 'system', devices: USUAL_DEVICES, devices_with: [], hide_reading: false, downloads: null, accept_always: [] },
    preview: null,
    check: null,
    troubles: [],
  };
}

export function settledState(): State {
  return {
    ...emptyState(),
    me: {
      key: keyOf('ana'),
      name: 'Ana Silva',
      handle: 'ana',
      address: 'ana@call.example.org',
      status: 'online',
      listed: false,
      key_place: 'keychain',
    },
    server: {
      choice: { type: 'address', address: 'call.example.org' },
      name: 'call.example.org',
      connection: { type: 'online' },
      hosting: null,
    },
  };
}

/** Looks like a code to scan, but holds nothing. */
export function fakeQr(text: string): QrCode {
  const size = 29;
  const eye = (x: number, y: number): boolean | null => {
    for (const [left, top] of [[0, 0], [size - 7, 0], [0, size - 7]] as const) {
      const across = x - left;
      const down = y - top;
      if (across < -1 || across > 7 || down < -1 || down > 7) continue;
      const ring = Math.max(Math.abs(across - 3), Math.abs(down - 3));
      return ring === 3 || ring <= 1;
    }
    return null;
  };
  let sum = 1;
  for (const letter of text) sum = (Math.imul(sum, 33) + letter.charCodeAt(0)) >>> 0;
  const rows = Array.from({ length: size }, (_, y) =>
    Array.from({ length: size }, (__, x) => {
      sum = (Math.imul(sum, 1664525) + 1013904223) >>> 0;
      return (eye(x, y) ?? sum >>> 31 === 1) ? '1' : '0';
    }).join(''),
  );
  return { size, rows };
}
