import { Channel, invoke } from '@tauri-apps/api/core';
import { open, save } from '@tauri-apps/plugin-dialog';
import type { Command } from '../generated/Command';
import type { Reply } from '../generated/Reply';
import type { Update } from '../generated/Update';
import type { FileChoice, Host, PictureDoor } from '../host';

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

  pictures(): Promise<PictureDoor | null> {
    return invoke<PictureDoor | null>('pictures');
  }

  async copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copyBySelection(text);
    }
  }
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
