import { Channel, invoke } from '@tauri-apps/api/core';
import { listen, TauriEvent } from '@tauri-apps/api/event';
import { open, save } from '@tauri-apps/plugin-dialog';
import type { Command } from '../generated/Command';
import type { Filter } from '../generated/Filter';
import type { Reply } from '../generated/Reply';
import type { Update } from '../generated/Update';
import type { BoothWish, Drag, FileChoice, Host, KeptPicture, PictureDoor } from '../host';

interface Dragged {
  /** In the screen's pixels. */
  position: { x: number; y: number };
}

export class TauriHost implements Host {
  dispatch(command: Command): Promise<Reply> {
    return invoke<Reply>('dispatch', { command });
  }

  async subscribe(listener: (update: Update) => void): Promise<() => void> {
    const channel = new Channel<Update>();
    let open = true;
    channel.onmessage = (update) => {
      if (open) listener(update);
    };
    await invoke('subscribe', { channel });
    return () => {
      open = false;
    };
  }

  pickFile({ title, path }: FileChoice): Promise<string | null> {
    return open({ title, multiple: false, directory: false, ...(path && { defaultPath: path }) });
  }

  pickSaveFile({ title, path }: FileChoice): Promise<string | null> {
    return save({ title, ...(path && { defaultPath: path }) });
  }

  async pickFiles(title: string): Promise<string[]> {
    return (await open({ title, multiple: true, directory: false })) ?? [];
  }

  pickFolder(title: string): Promise<string | null> {
    return open({ title, multiple: false, directory: true });
  }

  async onDrag(listener: (drag: Drag) => void): Promise<() => void> {
    const at = ({ position }: Dragged): { x: number; y: number } => ({ x: position.x / devicePixelRatio, y: position.y / devicePixelRatio });
    const ends = await Promise.all([
      listen<Dragged>(TauriEvent.DRAG_ENTER, ({ payload }) => listener({ type: 'over', ...at(payload) })),
      listen<Dragged>(TauriEvent.DRAG_OVER, ({ payload }) => listener({ type: 'over', ...at(payload) })),
      listen<Dragged & { paths: string[] }>(TauriEvent.DRAG_DROP, ({ payload }) => listener({ type: 'drop', ...at(payload), paths: payload.paths })),
      listen(TauriEvent.DRAG_LEAVE, () => listener({ type: 'leave' })),
    ]);
    return () => {
      for (const end of ends) end();
    };
  }

  async reveal(key: string, id: string, item: number | null): Promise<void> {
    await invoke('reveal', { key, id, item });
  }

  thumbnail(key: string, id: string, item: number): Promise<string | null> {
    return invoke<string | null>('thumbnail', { key, id, item });
  }

  async keepPicture(name: string, bytes: Uint8Array): Promise<KeptPicture> {
    return invoke('keep_picture', headed(name, bytes));
  }

  glancePicture(id: string, look: Filter, mirrored: boolean): Promise<string> {
    return invoke<string>('picture_glance', { id, look, mirrored });
  }

  async savePicture(wish: BoothWish, path: string): Promise<void> {
    await invoke('picture_save', wished(wish, path));
  }

  async copyPicture(wish: BoothWish): Promise<void> {
    const left = await invoke<ArrayBuffer>('picture_copy', wished(wish, ''));
    // Where the shell can't, the web view can.
    if (left.byteLength > 0) await navigator.clipboard.write([new ClipboardItem({ 'image/png': new Blob([left], { type: 'image/png' }) })]);
  }

  keepTaken(wish: BoothWish, name: string): Promise<KeptPicture> {
    return invoke('picture_keep', wished(wish, name));
  }

  async leavePicture(id: string): Promise<void> {
    await invoke('picture_leave', { id });
  }

  copiedPicture(name: string): Promise<KeptPicture | null> {
    return invoke('copied_picture', { name });
  }

  async discardPicture(id: string): Promise<void> {
    await invoke('discard_picture', { id });
  }

  async openLink(href: string): Promise<void> {
    await invoke('open_link', { address: href });
  }

  async progress(part: number | null): Promise<void> {
    await invoke('progress', { part });
  }

  pictures(): Promise<PictureDoor | null> {
    return invoke<PictureDoor | null>('pictures');
  }

  async copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Where the web view refuses, as it does some time after a click, the shell may have a way.
      if (!(await invoke<boolean>('copy_text', { text }))) copyBySelection(text);
    }
  }
}

/** A line of text, and bytes behind it. */
function headed(head: string, bytes: Uint8Array): Uint8Array {
  const line = new TextEncoder().encode(`${head}\n`);
  const body = new Uint8Array(line.length + bytes.length);
  body.set(line);
  body.set(bytes, line.length);
  return body;
}

function wished({ caption, ...wish }: BoothWish, to: string): Uint8Array {
  return headed(JSON.stringify({ ...wish, to }), caption ?? new Uint8Array());
}

/** WebKitGTK may refuse the clipboard outside a secure context; a selection can still be copied. */
function copyBySelection(text: string): void {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  if (!copied) throw new Error('the clipboard refused');
}
