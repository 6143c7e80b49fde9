import { beforeEach, expect, it, vi } from 'vitest';
import { settledState } from '../src/host/fake/people';
import { TauriHost } from '../src/host/tauri';
import type { Update } from '../src/generated/Update';

const { invoke, channels } = vi.hoisted(() => ({ invoke: vi.fn(), channels: [] as { onmessage?: (update: unknown) => void }[] }));

vi.mock('@tauri-apps/api/core', () => ({
  invoke,
  Channel: class {
    onmessage?: (update: unknown) => void;
    constructor() {
      channels.push(this);
    }
  },
}));
vi.mock('@tauri-apps/plugin-dialog', () => ({
  open: async (options: object) => JSON.stringify(options),
  save: async (options: object) => JSON.stringify(options),
}));

beforeEach(() => {
  invoke.mockReset();
  channels.length = 0;
});

it('asks by one command', async () => {
  invoke.mockResolvedValue({ type: 'done' });
  await expect(new TauriHost().dispatch({ type: 'reopen' })).resolves.toEqual({ type: 'done' });
  expect(invoke).toHaveBeenCalledWith('dispatch', { command: { type: 'reopen' } });
});

it('listens on one channel, until it is ended', async () => {
  const taken: Update[] = [];
  const end = await new TauriHost().subscribe((update) => taken.push(update));
  expect(invoke).toHaveBeenCalledWith('subscribe', { channel: channels[0] });
  const update: Update = { type: 'snapshot', seq: 1, state: settledState() };
  channels[0]?.onmessage?.(update);
  end();
  channels[0]?.onmessage?.(update);
  expect(taken).toEqual([update]);
});

it('asks where pictures come from', async () => {
  invoke.mockResolvedValue({ url: 'ws://127.0.0.1:4711/pictures?token=t' });
  await expect(new TauriHost().pictures()).resolves.toEqual({ url: 'ws://127.0.0.1:4711/pictures?token=t' });
  expect(invoke).toHaveBeenCalledWith('pictures');
});

it('picks files where the field points', async () => {
  const host = new TauriHost();
  expect(await host.pickFile({ title: 't', path: '' })).toBe('{"title":"t","multiple":false,"directory":false}');
  expect(await host.pickSaveFile({ title: 't', path: '/p' })).toBe('{"title":"t","defaultPath":"/p"}');
});

it('copies by the shell where the web view refuses', async () => {
  vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('no'));
  invoke.mockResolvedValue(true);
  await new TauriHost().copy('ana@call.example.org');
  expect(invoke).toHaveBeenCalledWith('copy_text', { text: 'ana@call.example.org' });
});

it('copies by a selection where the shell can’t either, and says so where that fails too', async () => {
  const host = new TauriHost();
  vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('no'));
  invoke.mockResolvedValue(false);
  let copied = '';
  document.execCommand = () => {
    copied = document.querySelector('textarea')?.value ?? '';
    return true;
  };
  await host.copy('ana@call.example.org');
  expect(copied).toBe('ana@call.example.org');
  expect(document.querySelector('textarea')).toBeNull();
  document.execCommand = () => false;
  await expect(host.copy('x')).rejects.toThrow('refused');
});
