/** Situations to look at, chosen by the address: `?fake=contacts&lang=zh&theme=dark`. */
import type { State } from '../../generated/State';
import type { ApiError } from '../../generated/ApiError';
import type { Transfer } from '../../generated/Transfer';
import { item, transfer } from './files';
import { FakeHost, fault } from '../fake';
import { callScenarios } from './call-scenarios';
import { checkScenarios } from './check';
import { pastCalls, testDevices } from './calls';
import { fakeDoor } from './door-here';
import { someWords } from './word-scenarios';
import { USUAL_DEVICES, contact, DAY, emptyState, fewContacts, HOUR, keyOf, manyContacts, MINUTE, settledState } from './people';

const SERVER = { server: 'call.example.org' };

function requests(): Pick<State, 'incoming' | 'outgoing'> {
  const now = Date.now();
  return {
    incoming: [
      { key: keyOf('ivo'), handle: 'ivo', name: 'Ivo Petrov', note: 'Hi Ana, we met at the choir on Tuesday. Is this you?', at_ms: now - 5 * MINUTE },
      { key: keyOf('jun'), handle: 'jun', name: '李俊', note: '', at_ms: now - 3 * HOUR },
    ],
    outgoing: [
      { key: keyOf('lea'), handle: 'lea', at_ms: now - 2 * DAY },
      { key: keyOf('oskar'), handle: 'oskar', at_ms: now - 20 * MINUTE },
    ],
  };
}

const DAMAGED = '/home/ana/.local/share/visavis/identity.key';

export const scenarios: Record<string, () => State> = {
  'first-start': emptyState,
  handle: () => {
    const settled = settledState();
    return { ...settled, me: settled.me && { ...settled.me, handle: null, address: null } };
  },
  empty: settledState,
  contacts: () => ({ ...settledState(), contacts: fewContacts() }),
  requests: () => ({ ...settledState(), contacts: fewContacts(), ...requests() }),
  offline: () => {
    const settled = settledState();
    const connection = { type: 'waiting', error: fault('server_down', SERVER), retry_at_ms: Date.now() + 4_000 } as const;
    return { ...settled, contacts: fewContacts().map((one) => ({ ...one, presence: 'offline' as const })), server: { ...settled.server, connection } };
  },
  stopped: () => {
    const settled = settledState();
    return { ...settled, contacts: fewContacts(), server: { ...settled.server, connection: { type: 'stopped', error: fault('replaced') } as const } };
  },
  'key-changed': () => ({
    ...settledState(),
    contacts: fewContacts().map((one) => (one.handle === 'bo' ? { ...one, verified: false, key_changed: true } : one)),
  }),
  'key-damaged': () => ({ ...emptyState(), fatal: fault('key_damaged', { path: DAMAGED }) }),
  'database-newer': () => ({ ...emptyState(), fatal: fault('database_newer', { path: '/home/ana/.local/share/visavis/visavis.db', found: '9', known: '7' }) }),
  'closed-server': () => {
    const settled = settledState();
    return { ...emptyState(), me: settled.me && { ...settled.me, handle: null, address: null } };
  },
  troubles: () => ({
    ...settledState(),
    contacts: fewContacts(),
    troubles: [fault('clock_off', { minutes: '187' }), fault('server_lied', { handle: 'gus' })],
  }),
  hosting: () => ({
    ...settledState(),
    contacts: fewContacts(),
    blocked: [contact('spam', 'Total Bargain')],
    server: {
      choice: { type: 'this_computer', open: true } as const,
      name: null,
      connection: { type: 'online' } as const,
      hosting: { open: true, addresses: ['ws://192.168.1.20:8440', 'ws://10.0.0.7:8440'] },
    },
  }),
  devices: () => ({
    ...settledState(),
    contacts: fewContacts(),
    settings: { ...settledState().settings, devices: { ...USUAL_DEVICES, camera: 'camera:Logi Brio 500@usb-0000:00:14.0-3', microphone: 'test:tone?hz=1000', volume: 65 } },
  }),
  'no-devices': () => ({ ...settledState(), contacts: fewContacts() }),
  missed: () => ({
    ...settledState(),
    contacts: fewContacts().map((one) => {
      if (one.handle === 'bo') return { ...one, missed: 2, last: { what: 'missed' as const, at_ms: Date.now() - 3 * MINUTE } };
      if (one.handle === 'chen') return { ...one, last: { what: 'called_to' as const, at_ms: Date.now() - DAY } };
      return one.handle === 'dora' ? { ...one, last: { what: 'called_in_vain' as const, at_ms: Date.now() - 2 * HOUR } } : one;
    }),
  }),
  words: () => ({
    ...settledState(),
    contacts: fewContacts().map((one) => {
      if (one.handle === 'bo') return { ...one, unread: 1, words: 'Here I am.', last: { what: 'wrote_from' as const, at_ms: Date.now() - 10_000 } };
      return one.handle === 'dora' ? { ...one, words: 'Good night, and thank you for everything!', last: { what: 'wrote_to' as const, at_ms: Date.now() - DAY } } : one;
    }),
  }),
  files: () => ({
    ...settledState(),
    contacts: fewContacts(),
    transfers: someFiles(keyOf('bo'), Date.now()),
  }),
  ...callScenarios,
  ...checkScenarios,
  long: () => ({ ...settledState(), contacts: manyContacts(), ...requests() }),
};

/** One card of each kind. */
function someFiles(key: string, now: number): Transfer[] {
  const photos = item('Photos from the long walk along the coast in May', 730_000_000, { files: 212, preview: ['2026/harbour.jpg', '2026/lighthouse.jpg'] });
  const at = (minutes: number): { at_ms: number } => ({ at_ms: now - minutes * MINUTE });
  const folder = '/home/ana/Downloads';
  const full: ApiError = { code: 'no_room', message: '', detail: { path: folder, needs: '730000000', has: '12000000' } };
  return [
    transfer(key, [item('minutes.pdf', 182_000, { place: 'minutes (1).pdf' })], { ...at(90), stage: { type: 'done' }, done: 182_000, folder }),
    transfer(key, [item('draft.odt', 48_000)], { ...at(80), mine: true, stage: { type: 'declined' } }),
    transfer(key, [photos], { ...at(70), stage: { type: 'stopped' }, done: 718_000_000, folder, problem: full }),
    transfer(key, [item('backup.tar', 4_200_000_000)], { ...at(60), mine: true, stage: { type: 'paused', by_me: false }, done: 1_900_000_000 }),
    transfer(key, [item('talk.mp4', 880_000_000)], { ...at(9), mine: true, stage: { type: 'running' }, done: 370_000_000, per_second: 48_300_000, left_s: 11 }),
    transfer(key, [photos, item('list.txt', 900), item('map.png', 2_400_000)], at(1)),
  ];
}

export function fakeFromAddress(search: string): FakeHost {
  const query = new URLSearchParams(search);
  const name = query.get('fake') ?? 'contacts';
  const made = Object.hasOwn(scenarios, name) ? scenarios[name] : undefined;
  const state: State = made ? made() : settledState();
  const lang = query.get('lang');
  const theme = query.get('theme');
  const host = new FakeHost({
    ...state,
    settings: {
      ...state.settings,
      language: lang === 'zh' || lang === 'en' ? lang : 'system',
      theme: theme === 'dark' || theme === 'light' ? theme : 'system',
    },
  });
  if (name === 'no-devices') host.devices = testDevices();
  for (const one of ['bo', 'chen']) host.past.set(keyOf(one), pastCalls(one, Date.now()));
  if (name === 'words') host.words.set(keyOf('bo'), someWords(Date.now()));
  host.door = fakeDoor();
  // For trying things by hand from the console.
  Object.assign(window, { fake: host });
  return host;
}
