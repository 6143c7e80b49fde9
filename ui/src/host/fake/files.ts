/** Files that go in memory only: they are there, or go on, when a scenario says so. */
import type { Command } from '../../generated/Command';
import type { Reply } from '../../generated/Reply';
import type { Transfer } from '../../generated/Transfer';
import type { TransferItem } from '../../generated/TransferItem';
import type { World } from './words';

let count = 0;

export function item(name: string, bytes: number, part: Partial<TransferItem> = {}): TransferItem {
  return { name, place: null, bytes, files: null, preview: [], wanted: true, ...part };
}

export function transfer(key: string, items: TransferItem[], part: Partial<Transfer> = {}): Transfer {
  count += 1;
  const those = items.filter((one) => one.wanted);
  return {
    id: `f${count.toString(16).padStart(31, '0')}`,
    key,
    mine: false,
    at_ms: Date.now(),
    items,
    files: those.reduce((sum, one) => sum + (one.files ?? 1), 0),
    bytes: those.reduce((sum, one) => sum + one.bytes, 0),
    stage: { type: 'offered' },
    done: 0,
    per_second: null,
    left_s: null,
    folder: null,
    problem: null,
    lost: 0,
    ...part,
  };
}

/** A picture for a file of this name. */
export function fakeSmall(name: string): string {
  const turn = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 360;
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="400"><rect width="640" height="400" fill="hsl(${turn} 40% 70%)"/><circle cx="470" cy="110" r="50" fill="#fff8d8"/><path d="M0 400 220 150 400 330 480 250 640 400Z" fill="hsl(${turn} 45% 30%)"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(drawing)}`;
}

/** The answer to a command about files; none to any other. */
export function answerAboutFiles(world: World, command: Command): Reply | null {
  const { state, emit, fault } = world;
  const change = (key: string, id: string, part: Partial<Transfer>): Reply => {
    const one = state.transfers.find((other) => other.key === key && other.id === id);
    if (!one) throw fault('no_such_transfer');
    emit({ type: 'transfer_changed', transfer: { ...one, ...part } });
    return { type: 'done' };
  };
  switch (command.type) {
    case 'offer_files': {
      const items = command.paths.map((path) => item(path.split('/').at(-1) ?? path, 2_000_000));
      const one = transfer(command.key, items, { mine: true });
      emit({ type: 'transfer_changed', transfer: one });
      return { type: 'offered', id: one.id };
    }
    case 'accept_files': {
      const one = state.transfers.find((other) => other.id === command.id);
      const items = (one?.items ?? []).map((other, at) => ({ ...other, wanted: command.items?.includes(at) ?? true }));
      const bytes = items.reduce((sum, other) => sum + (other.wanted ? other.bytes : 0), 0);
      return change(command.key, command.id, { items, bytes, stage: { type: 'running' }, folder: command.folder ?? '/home/ana/Downloads' });
    }
    case 'decline_files':
      return change(command.key, command.id, { stage: { type: 'declined' } });
    case 'pause_transfer':
      return change(command.key, command.id, { stage: { type: 'paused', by_me: true } });
    case 'resume_transfer':
      return change(command.key, command.id, { stage: { type: 'running' }, problem: null });
    case 'cancel_transfer':
      return change(command.key, command.id, { stage: { type: 'cancelled', by_me: true } });
    case 'forget_transfer':
      change(command.key, command.id, {});
      emit({ type: 'transfer_forgotten', key: command.key, id: command.id });
      return { type: 'done' };
    default:
      return null;
  }
}
