/** The only door from the page to everything outside it. */
import type { Command } from './generated/Command';
import type { Reply } from './generated/Reply';
import type { Update } from './generated/Update';

export interface FileChoice {
  title: string;
  /** What the field holds already, or a name to begin with. */
  path: string;
}

export interface Host {
  /** Rejects with an `ApiError`. */
  dispatch(command: Command): Promise<Reply>;
  /** Resolves to what ends the subscription. */
  subscribe(listener: (update: Update) => void): Promise<() => void>;
  pickFile(choice: FileChoice): Promise<string | null>;
  pickSaveFile(choice: FileChoice): Promise<string | null>;
  copy(text: string): Promise<void>;
}

export async function openHost(): Promise<Host> {
  // The fake is for looking and testing: the condition is a constant in a production build, so it stays out.
  if (import.meta.env.MODE !== 'production' && !('__TAURI_INTERNALS__' in window)) {
    const { fakeFromAddress } = await import('./host/fake/scenarios');
    return fakeFromAddress(location.search);
  }
  const { TauriHost } = await import('./host/tauri');
  return new TauriHost();
}
