/** An engine in memory, for looking at the page and for its tests: it answers as the real one does, at once. */
import type { ApiError } from '../generated/ApiError';
import type { Code } from '../generated/Code';
import type { Command } from '../generated/Command';
import type { DeviceList } from '../generated/DeviceList';
import type { Event } from '../generated/Event';
import type { Filter } from '../generated/Filter';
import type { Message } from '../generated/Message';
import type { PastCall } from '../generated/PastCall';
import type { Reply } from '../generated/Reply';
import type { ServerChoice } from '../generated/ServerChoice';
import type { State } from '../generated/State';
import type { Update } from '../generated/Update';
import type { BoothWish, Drag, FileChoice, Host, KeptPicture, PictureDoor } from '../host';
import { faultOf, spelled } from '../model/handle';
import { liveCall } from '../model/calls';
import { reduce } from '../model';
import { FakeBooth } from './fake/booth';
import { answerAboutCalls, realDevices } from './fake/calls';
import { answerAboutCheck } from './fake/check';
import { answerAboutFiles, fakeSmall } from './fake/files';
import { answerAboutWords } from './fake/words';
import { contact, emptyState, fakeQr, keyOf, LISTED } from './fake/people';

const DONE: Reply = { type: 'done' };
const PAGE = 6;

export function fault(code: Code, detail: Record<string, string> = {}): ApiError {
  return { code, message: code, detail };
}

export class FakeHost implements Host {
  readonly commands: Command[] = [];
  readonly files = new Map<string, string>([['/home/ana/identity.age', 'correct horse']]);
  /** Errors to answer the next command of a type with. */
  readonly refusals = new Map<Command['type'], ApiError>();
  copied = '';
  picked: string | null = '/home/ana/identity.age';
  pickedFiles: string[] = [];
  pickedFolder: string | null = null;
  readonly revealed: [string, string, number | null][] = [];
  readonly opened: string[] = [];
  readonly pasted = new Set<string>();
  /** The picture on the system's clipboard, where the web view shows none of it. */
  clipboard: Uint8Array | null = null;
  noBrowser = false;
  readonly booth = new FakeBooth();
  shownProgress: number | null = null;
  /** As if the system dragged files over the window. */
  drag: (drag: Drag) => void = () => {};
  subscriptions = 0;
  devices: DeviceList = realDevices();
  readonly past = new Map<string, PastCall[]>();
  readonly words = new Map<string, Message[]>();
  /** Where pictures come from; nowhere unless given. */
  door: PictureDoor | null = null;
  invites = new Set(['welcome-1']);
  #listener: ((update: Update) => void) | null = null;
  #seq = 1;
  #state: State;

  constructor(state: State = emptyState()) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  async subscribe(listener: (update: Update) => void): Promise<() => void> {
    this.subscriptions += 1;
    this.#listener = listener;
    listener({ type: 'snapshot', seq: this.#seq, state: this.#state });
    return () => {
      if (this.#listener === listener) this.#listener = null;
    };
  }

  emit(event: Event): void {
    this.#seq += 1;
    const update: Update = { type: 'event', seq: this.#seq, event };
    this.#state = reduce({ seq: this.#seq - 1, state: this.#state, gap: false, signs: [] }, update).state ?? this.#state;
    this.#listener?.(update);
  }

  /** Changes the state without telling, as if updates had been lost on the way. */
  lose(change: Partial<State>): void {
    this.#seq += 1;
    this.#state = { ...this.#state, ...change };
  }

  async pickFile(): Promise<string | null> {
    return this.picked;
  }

  async pickFiles(): Promise<string[]> {
    return this.pickedFiles;
  }

  async pickFolder(): Promise<string | null> {
    return this.pickedFolder;
  }

  async onDrag(listener: (drag: Drag) => void): Promise<() => void> {
    this.drag = listener;
    return () => {
      this.drag = () => {};
    };
  }

  async reveal(key: string, id: string, item: number | null): Promise<void> {
    this.revealed.push([key, id, item]);
  }

  async thumbnail(key: string, id: string, item: number): Promise<string | null> {
    const name = this.#state.transfers.find((one) => one.key === key && one.id === id)?.items[item]?.name ?? '';
    return name.includes('broken') ? null : fakeSmall(name);
  }

  async keepPicture(name: string, bytes: Uint8Array): Promise<KeptPicture> {
    if (bytes[0] !== 0x89) throw fault('nothing_to_send');
    const id = String(this.pasted.size);
    this.pasted.add(id);
    return { id, path: `/profile/pasted/${id}/${name}.png`, name: `${name}.png`, bytes: bytes.length, small: fakeSmall(name) };
  }

  async copiedPicture(name: string): Promise<KeptPicture | null> {
    return this.clipboard ? this.keepPicture(name, this.clipboard) : null;
  }

  async discardPicture(id: string): Promise<void> {
    this.pasted.delete(id);
  }

  glancePicture = (id: string, look: Filter, mirrored: boolean): Promise<string> => this.booth.glance(id, look, mirrored);
  savePicture = (wish: BoothWish, path: string): Promise<void> => this.booth.go(wish, path);
  copyPicture = (wish: BoothWish): Promise<void> => this.booth.go(wish, 'clipboard');
  leavePicture = async (id: string): Promise<void> => void this.booth.taken.delete(id);

  async keepTaken(wish: BoothWish, name: string): Promise<KeptPicture> {
    await this.booth.go(wish, name);
    return this.keepPicture(name, new Uint8Array([0x89]));
  }

  async openLink(href: string): Promise<void> {
    if (this.noBrowser) throw fault('not_now');
    this.opened.push(href);
  }

  async progress(part: number | null): Promise<void> {
    this.shownProgress = part;
  }

  async pickSaveFile({ path }: FileChoice): Promise<string | null> {
    return `/home/ana/${path}`;
  }

  async pictures(): Promise<PictureDoor | null> {
    const call = liveCall(this.#state.calls);
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    const heard = call?.id ?? (this.#state.preview ? 'preview' : this.#state.check ? 'check' : '');
    return this.door && { ...this.door, url: `fake:${heard}:${still ? 1_000 : 100}${call && !call.mine.microphone ? ':muted' : ''}` };
  }

  async copy(text: string): Promise<void> {
    this.copied = text;
  }

  async dispatch(command: Command): Promise<Reply> {
    this.commands.push(command);
    const refusal = this.refusals.get(command.type);
    if (refusal) {
      this.refusals.delete(command.type);
      throw refusal;
    }
    const world = { state: this.#state, devices: this.devices, past: this.past, words: this.words, emit: (event: Event) => this.emit(event), fault };
    return answerAboutCalls(world, command) ?? answerAboutCheck(world, command) ?? answerAboutWords(world, command) ?? answerAboutFiles(world, command) ?? this.#answer(command);
  }

  #answer(command: Command): Reply {
    const state = this.#state;
    switch (command.type) {
      case 'take_picture':
        return this.booth.take();
      case 'create_identity': {
        const name = command.name.trim();
        if (name === '') throw fault('name_odd');
        const me = { key: keyOf(name), name, handle: null, address: null, status: 'online', listed: false, key_place: 'file' } as const;
        this.emit({ type: 'me_changed', me });
        return DONE;
      }
      case 'import_identity': {
        const passphrase = this.files.get(command.path);
        if (passphrase === undefined) throw fault('file_missing', { path: command.path });
        if (passphrase !== command.passphrase) throw fault('passphrase_wrong');
        const me = { key: keyOf('ana'), name: 'Ana Silva', handle: null, address: null, status: 'online', listed: false, key_place: 'file' } as const;
        this.emit({ type: 'fatal_changed', fatal: null });
        this.emit({ type: 'me_changed', me: state.me ?? me });
        return DONE;
      }
      case 'export_identity':
        if ([...command.passphrase].length < 10) throw fault('passphrase_short');
        if (this.files.has(command.path)) throw fault('file_exists', { path: command.path });
        this.files.set(command.path, command.passphrase);
        return DONE;
      case 'reopen':
        if (state.fatal) throw state.fatal;
        return DONE;
      case 'use_server':
        this.#useServer(command.choice, command.invite);
        return DONE;
      case 'check_handle':
        return this.#checkHandle(command.handle);
      case 'claim_handle': {
        const reply = this.#checkHandle(command.handle);
        if (reply.type === 'handle' && reply.check === 'taken') throw fault('handle_taken');
        const handle = spelled(command.handle);
        const { name } = state.server;
        if (state.me) this.emit({ type: 'me_changed', me: { ...state.me, handle, address: name === null ? handle : `${handle}@${name}` } });
        return DONE;
      }
      case 'rename':
      case 'set_status':
      case 'set_listed': {
        if (!state.me) throw fault('no_identity');
        const part = command.type === 'rename' ? { name: command.name } : command.type === 'set_status' ? { status: command.status } : { listed: command.listed };
        this.emit({ type: 'me_changed', me: { ...state.me, ...part } });
        return DONE;
      }
      case 'my_card': {
        const link = `visavis:add/${state.me?.address ?? ''}#${state.me?.key ?? ''}`;
        return { type: 'card', link, qr: fakeQr(link) };
      }
      case 'change_settings':
        this.emit({ type: 'settings_changed', settings: command.settings });
        return DONE;
      case 'reconnect':
        this.emit({ type: 'server_changed', server: { ...state.server, connection: { type: 'online' } } });
        return DONE;
      case 'dismiss_trouble':
        this.emit({ type: 'troubles_changed', troubles: state.troubles.filter((one) => one !== command.trouble) });
        return DONE;
      default:
        return this.#answerAboutPeople(command);
    }
  }

  #answerAboutPeople(command: Command): Reply {
    const state = this.#state;
    const who = 'key' in command ? state.contacts.find((one) => one.key === command.key) : undefined;
    switch (command.type) {
      case 'request_contact':
        return this.#request(command.address);
      case 'withdraw_request':
        this.emit({ type: 'requests_changed', incoming: state.incoming, outgoing: state.outgoing.filter((one) => one.key !== command.key) });
        return DONE;
      case 'accept_request':
      case 'decline_request': {
        const from = state.incoming.find((one) => one.key === command.key);
        if (!from) throw fault('not_found');
        this.emit({ type: 'requests_changed', incoming: state.incoming.filter((one) => one !== from), outgoing: state.outgoing });
        if (command.type === 'accept_request') this.#meet(from.handle, from.name || from.handle);
        return DONE;
      }
      case 'remove_contact':
        this.emit({ type: 'contact_removed', key: command.key });
        return DONE;
      case 'block': {
        const asked = state.incoming.find((one) => one.key === command.key);
        const blocked = who ?? (asked && contact(asked.handle, asked.name));
        if (!blocked) throw fault('not_found');
        if (who) this.emit({ type: 'contact_removed', key: command.key });
        if (asked) this.emit({ type: 'requests_changed', incoming: state.incoming.filter((one) => one !== asked), outgoing: state.outgoing });
        this.emit({ type: 'blocked_changed', blocked: [...state.blocked, { ...blocked, presence: 'offline' }] });
        return DONE;
      }
      case 'unblock': {
        const one = state.blocked.find((blocked) => blocked.key === command.key);
        this.emit({ type: 'blocked_changed', blocked: state.blocked.filter((blocked) => blocked !== one) });
        return DONE;
      }
      case 'search_directory': {
        const query = command.query.toLowerCase();
        const { after } = command;
        const all = LISTED.map(([handle, name]) => ({ key: keyOf(handle), handle: String(handle), name: String(name) }));
        const found = all.filter((one) => `${one.handle} ${one.name}`.toLowerCase().includes(query) && (after === null || one.handle > after));
        return { type: 'directory', people: found.slice(0, PAGE), more: found.length > PAGE };
      }
      case 'wave': {
        if (!who) throw fault('not_a_contact');
        if (who.key_changed) throw fault('key_changed', { name: who.name });
        this.emit({ type: 'contact_changed', contact: { ...who, last: { what: 'waved_to', at_ms: Date.now() } } });
        return { type: 'waved', delivered: who.presence !== 'offline' };
      }
      case 'safety_number': {
        const digits = [...`${command.key}${command.key}`].map((letter) => letter.charCodeAt(0) % 10).join('');
        const groups = Array.from({ length: 12 }, (_, index) => digits.slice(index * 5, index * 5 + 5));
        return { type: 'safety_number', groups, qr: fakeQr(digits) };
      }
      case 'set_verified':
        if (who) this.emit({ type: 'contact_changed', contact: { ...who, verified: command.verified } });
        return DONE;
      case 'accept_changed_key':
        if (!who) throw fault('not_a_contact');
        this.emit({ type: 'contact_removed', key: who.key });
        this.emit({ type: 'contact_changed', contact: { ...who, key: keyOf(`${who.handle} anew`), key_changed: false, verified: false } });
        return DONE;
      default:
        throw fault('not_now');
    }
  }

  #meet(handle: string, name: string): void {
    this.emit({ type: 'contact_changed', contact: contact(handle, name, { presence: 'online', last: { what: 'added', at_ms: Date.now() } }) });
  }

  #useServer(choice: ServerChoice, invite: string | null): void {
    const address = choice.type === 'address' ? choice.address : null;
    const server = { server: address ?? '' };
    if (address !== null && /\s/.test(address)) throw fault('address_odd');
    if (address?.startsWith('nowhere')) throw fault('server_unknown', server);
    if (address?.startsWith('web')) throw fault('server_foreign', server);
    if (address?.startsWith('closed')) {
      if (invite === null) throw fault('invite_required');
      if (!this.invites.has(invite)) throw fault('invite_invalid');
    }
    const open = choice.type === 'this_computer' && choice.open;
    const hosting = choice.type === 'this_computer' ? { open, addresses: open ? ['ws://192.168.1.20:8440', 'ws://10.0.0.7:8440'] : ['localhost:8440'] } : null;
    if (address?.startsWith('down')) {
      const error = fault('server_down', server);
      const connection = { type: 'waiting', error, retry_at_ms: Date.now() + 4_000 } as const;
      this.emit({ type: 'server_changed', server: { choice, name: address, connection, hosting } });
      throw error;
    }
    this.emit({ type: 'server_changed', server: { choice, name: address, connection: { type: 'online' }, hosting } });
  }

  #checkHandle(typed: string): Reply {
    const why = faultOf(typed);
    if (why === 'reserved') throw fault('handle_reserved');
    if (why !== null) throw fault('handle_invalid', { why });
    const handle = spelled(typed);
    if (handle === 'b0') throw fault('handle_look_alike');
    const taken = [...LISTED.map(([one]) => String(one)), 'bo', 'chen'].includes(handle);
    return { type: 'handle', check: taken ? 'taken' : 'free', handle };
  }

  /** Each of them answers in their own way. */
  #request(address: string): Reply {
    const state = this.#state;
    const [, server] = address.split('@');
    if (address === '' || /\s/.test(address)) throw fault('address_odd');
    if (server && server !== state.server.name) throw fault('other_server', { server });
    const handle = spelled(address.replace(/^visavis:add\//, '').replace(/[@#].*$/, ''));
    if (handle === state.me?.handle) throw fault('that_is_you');
    if (state.contacts.some((one) => one.handle === handle)) throw fault('already_contacts');
    if (state.outgoing.some((one) => one.handle === handle)) throw fault('already_requested');
    if (state.blocked.some((one) => one.handle === handle)) throw fault('blocked_by_you');
    if (handle === 'milo') throw fault('declined_recently');
    if (handle === 'noor') throw fault('too_many_pending');
    const listed = LISTED.find(([one]) => one === handle);
    if (!listed && handle !== 'bo') throw fault('not_found');
    const asking = state.incoming.find((one) => one.handle === handle);
    if (asking) {
      this.emit({ type: 'requests_changed', incoming: state.incoming.filter((one) => one !== asking), outgoing: state.outgoing });
      this.#meet(handle, asking.name);
      return { type: 'requested', accepted: true, handle };
    }
    if (handle === 'hana') {
      this.#meet(handle, 'Hana Sato');
      this.emit({ type: 'request_accepted', key: keyOf(handle) });
      return { type: 'requested', accepted: false, handle };
    }
    const outgoing = [{ key: keyOf(handle), handle, at_ms: Date.now() }, ...state.outgoing];
    this.emit({ type: 'requests_changed', incoming: state.incoming, outgoing });
    return { type: 'requested', accepted: false, handle };
  }
}
