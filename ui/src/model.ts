/** What the page knows of the engine: one snapshot, kept current by events. Pure; the page draws from it. */
import type { ApiError } from './generated/ApiError';
import type { DeviceList } from './generated/DeviceList';
import type { Contact } from './generated/Contact';
import type { Event } from './generated/Event';
import type { Message } from './generated/Message';
import type { State } from './generated/State';
import type { Update } from './generated/Update';

/** What is worth a sign on the screen, once. */
export type Sign =
  | { what: 'wave'; key: string; name: string; at: number }
  | { what: 'missed'; key: string; name: string; at: number }
  | { what: 'pictured'; key: string; name: string }
  | { what: 'words'; key: string; name: string; words: string }
  | { what: 'typing'; key: string }
  | { what: 'message'; message: Message }
  | { what: 'offered' | 'arrived'; key: string; name: string; id: string }
  | { what: 'devices'; devices: DeviceList }
  | { what: 'request'; key: string; name: string }
  | { what: 'accepted'; key: string; name: string }
  | { what: 'ended'; handle: string; how: 'withdrawn' | 'declined' | 'expired' };

export interface Model {
  /** The number of the last update taken in; none before the first snapshot. */
  seq: number | null;
  /** None before the first snapshot. */
  state: State | null;
  /** An update went missing: nothing more is taken in until a snapshot comes. */
  gap: boolean;
  /** What the last update brought. */
  signs: readonly Sign[];
}

export const nothingYet: Model = { seq: null, state: null, gap: false, signs: [] };

export function reduce(model: Model, update: Update): Model {
  if (update.type === 'snapshot') {
    return { seq: update.seq, state: update.state, gap: false, signs: [] };
  }
  if (model.state === null || model.seq === null) {
    return { ...model, gap: true, signs: [] };
  }
  if (update.seq <= model.seq) {
    return { ...model, signs: [] };
  }
  if (model.gap || update.seq !== model.seq + 1) {
    return { ...model, gap: true, signs: [] };
  }
  return { seq: update.seq, state: change(model.state, update.event), gap: false, signs: signsOf(model.state, update.event) };
}

function change(state: State, event: Event): State {
  switch (event.type) {
    case 'fatal_changed':
      return { ...state, fatal: event.fatal };
    case 'me_changed':
      return { ...state, me: event.me };
    case 'server_changed':
      return { ...state, server: event.server };
    case 'contacts_changed':
      return { ...state, contacts: event.contacts };
    case 'contact_changed':
      return { ...state, contacts: [...without(state.contacts, event.contact.key), event.contact] };
    case 'contact_removed':
      return { ...state, contacts: without(state.contacts, event.key) };
    case 'requests_changed':
      return { ...state, incoming: event.incoming, outgoing: event.outgoing };
    case 'blocked_changed':
      return { ...state, blocked: event.blocked };
    case 'settings_changed':
      return { ...state, settings: event.settings };
    case 'preview_changed':
      return { ...state, preview: event.preview };
    case 'check_changed':
      return { ...state, check: event.check };
    case 'troubles_changed':
      return { ...state, troubles: event.troubles };
    case 'calls_changed':
      return { ...state, calls: event.calls };
    case 'transfers_changed':
      return { ...state, transfers: event.transfers };
    case 'transfer_changed': {
      const { transfer } = event;
      const at = state.transfers.findIndex((one) => one.key === transfer.key && one.id === transfer.id);
      return { ...state, transfers: at < 0 ? [...state.transfers, transfer] : state.transfers.with(at, transfer) };
    }
    case 'transfer_forgotten':
      return { ...state, transfers: state.transfers.filter((one) => one.key !== event.key || one.id !== event.id) };
    case 'devices_changed':
    case 'call_missed':
    case 'files_offered':
    case 'files_arrived':
    case 'message_changed':
    case 'message_received':
    case 'typing':
    case 'picture_taken':
    case 'wave_received':
    case 'request_received':
    case 'request_accepted':
    case 'request_ended':
      return state;
  }
}

/** Whoever is in none of the lists is no one to make a sign about. */
function signsOf(state: State, event: Event): Sign[] {
  const contact = (key: string) => state.contacts.find((one) => one.key === key);
  switch (event.type) {
    case 'wave_received': {
      const from = contact(event.key);
      return from ? [{ what: 'wave', key: from.key, name: from.name, at: event.at_ms }] : [];
    }
    case 'devices_changed':
      return [{ what: 'devices', devices: event.devices }];
    case 'call_missed': {
      const from = contact(event.key);
      return from ? [{ what: 'missed', key: from.key, name: from.name, at: event.at_ms }] : [];
    }
    case 'picture_taken': {
      const by = contact(event.key);
      return by ? [{ what: 'pictured', key: by.key, name: by.name }] : [];
    }
    case 'message_received': {
      const from = contact(event.key);
      return from ? [{ what: 'words', key: from.key, name: from.name, words: from.words ?? '' }] : [];
    }
    case 'files_offered':
    case 'files_arrived': {
      const from = contact(event.key);
      return from ? [{ what: event.type === 'files_offered' ? 'offered' : 'arrived', key: from.key, name: from.name, id: event.id }] : [];
    }
    case 'message_changed':
      return [{ what: 'message', message: event.message }];
    case 'typing':
      return contact(event.key) ? [{ what: 'typing', key: event.key }] : [];
    case 'request_received': {
      const from = state.incoming.find((one) => one.key === event.key);
      return from ? [{ what: 'request', key: from.key, name: from.name || from.handle }] : [];
    }
    case 'request_accepted': {
      const by = contact(event.key);
      return by ? [{ what: 'accepted', key: by.key, name: by.name }] : [];
    }
    case 'request_ended':
      return [{ what: 'ended', handle: event.handle, how: event.how }];
    default:
      return [];
  }
}

function without(contacts: readonly Contact[], key: string): Contact[] {
  return contacts.filter((one) => one.key !== key);
}

/** Whatever a promise was rejected with, as an error that has a sentence. */
export function asApiError(thrown: unknown): ApiError {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
    const { code, message } = thrown as ApiError;
    const detail = (thrown as Partial<ApiError>).detail ?? {};
    return { code, message: String(message), detail };
  }
  return { code: 'internal', message: String(thrown), detail: {} };
}
