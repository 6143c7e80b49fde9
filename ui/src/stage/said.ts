/** What the page and its worker say to each other about pictures. */

export type Whose = 'mine' | 'theirs';

export type ToWorker =
  | { say: 'door'; url: string | null }
  | { say: 'watch'; call: string | null }
  | { say: 'view'; view: number; call: string; whose: Whose; width: number; height: number; canvas: OffscreenCanvas }
  | { say: 'size'; view: number; width: number; height: number }
  | { say: 'gone'; view: number }
  | { say: 'hidden'; hidden: boolean };

export type FromWorker =
  /** Asks for the door's address: for each connection anew, since a token may be good for one. */
  | { say: 'knock' }
  /** The first picture of a view, and each of another size. */
  | { say: 'drawn'; view: number; number: number; width: number; height: number }
  | { say: 'levels'; call: string; mine: number; theirs: number; unheard: boolean }
  /** How many messages made no sense, now and then. */
  | { say: 'dropped'; count: number };
