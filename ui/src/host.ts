/** The only door from the page to everything outside it. */
import type { Command } from './generated/Command';
import type { Filter } from './generated/Filter';
import type { Reply } from './generated/Reply';
import type { Update } from './generated/Update';

export interface FileChoice {
  title: string;
  /** What the field holds already, or a name to begin with. */
  path: string;
}

/** Where pictures come from: they are too many for the way that everything else takes. */
export interface PictureDoor {
  /** Of a WebSocket on this computer, with a token in it. */
  url: string;
  /** Another worker than the page's own, for a door in memory. */
  worker?: () => Worker | Promise<Worker>;
}

/** Files over the window, in the page's own pixels. */
export type Drag = { type: 'over'; x: number; y: number } | { type: 'drop'; x: number; y: number; paths: string[] } | { type: 'leave' };

/** A pasted picture that has a file now. */
export interface KeptPicture {
  id: string;
  path: string;
  name: string;
  bytes: number;
  /** A small one, as an address that holds it. */
  small: string;
}

export type PictureKind = 'png' | 'jpeg' | 'webp';

/** How a picture that was taken is to be. */
export interface BoothWish {
  id: string;
  look: Filter;
  mirrored: boolean;
  kind: PictureKind;
  /** What is drawn over it, as a PNG of its size. */
  caption: Uint8Array | null;
}

export interface Host {
  /** Rejects with an `ApiError`. */
  dispatch(command: Command): Promise<Reply>;
  /** Resolves to what ends the subscription. */
  subscribe(listener: (update: Update) => void): Promise<() => void>;
  pickFile(choice: FileChoice): Promise<string | null>;
  /** None where the user chose none. */
  pickFiles(title: string): Promise<string[]>;
  pickFolder(title: string): Promise<string | null>;
  pickSaveFile(choice: FileChoice): Promise<string | null>;
  copy(text: string): Promise<void>;
  /** Resolves to what ends it. */
  onDrag(listener: (drag: Drag) => void): Promise<() => void>;
  /** Opens an item of a transfer that is there, or the folder in which it lies. */
  reveal(key: string, id: string, item: number | null): Promise<void>;
  /** A small picture of an item, as an address that holds it; none where it is no picture. */
  thumbnail(key: string, id: string, item: number): Promise<string | null>;
  /** Gives a picture a file by this name; refuses with `nothing_to_send` what is none. */
  keepPicture(name: string, bytes: Uint8Array): Promise<KeptPicture>;
  /** The same with the picture on the system's clipboard; null where there is none, or the web view hands it over itself. */
  copiedPicture(name: string): Promise<KeptPicture | null>;
  /** One that is not sent after all. */
  discardPicture(id: string): Promise<void>;
  /** A picture that was taken, small, as an address that holds it. */
  glancePicture(id: string, look: Filter, mirrored: boolean): Promise<string>;
  savePicture(wish: BoothWish, path: string): Promise<void>;
  copyPicture(wish: BoothWish): Promise<void>;
  /** Gives one a file by this name, to be sent. */
  keepTaken(wish: BoothWish, name: string): Promise<KeptPicture>;
  /** One that is wanted no more. */
  leavePicture(id: string): Promise<void>;
  /** Opens an address of the web in the system's browser. */
  openLink(href: string): Promise<void>;
  /** How far what goes is, from 0 to 1, for the system's own bar. */
  progress(part: number | null): Promise<void>;
  /** An address for one connection; nothing where there are no pictures. */
  pictures(): Promise<PictureDoor | null>;
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
