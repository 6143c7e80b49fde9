/** The worker's side of the door: one connection, the views asked for, what comes drawn and acknowledged. */
import { frameOf, type Frame } from './frame';
import type { FromWorker, ToWorker, Whose } from './said';

/** The part of a `WebSocket` that is used. */
export interface Socket {
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
}

export interface Around<Canvas> {
  connect: (url: string) => Socket;
  draw: (canvas: Canvas, frame: Frame) => void;
  tell: (said: FromWorker) => void;
}

interface View<Canvas> {
  call: string;
  whose: Whose;
  width: number;
  height: number;
  canvas: Canvas;
  /** Of the last picture drawn. */
  drawn: { width: number; height: number } | null;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4_000;
/** While a window is dragged to another size, not each size is asked for. */
const SIZE_SETTLES_MS = 80;

export class Door<Canvas> {
  /** Messages that made no sense, or came for a view that is gone. */
  dropped = 0;
  readonly #around: Around<Canvas>;
  readonly #views = new Map<number, View<Canvas>>();
  #watched: string | null = null;
  #hidden = false;
  #socket: Socket | null = null;
  #open = false;
  /** What the door was told last; a new connection was told nothing. */
  #told: string | null = null;
  #knocking = false;
  /** There is no door here at all. */
  #none = false;
  #wait = FIRST_WAIT_MS;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #sizing: ReturnType<typeof setTimeout> | null = null;

  constructor(around: Around<Canvas>) {
    this.#around = around;
  }

  hear(said: ToWorker | (Omit<Extract<ToWorker, { say: 'view' }>, 'canvas'> & { canvas: Canvas })): void {
    switch (said.say) {
      case 'door':
        this.#knocking = false;
        this.#none = said.url === null;
        if (said.url !== null) this.#connect(said.url);
        return;
      case 'watch':
        this.#watched = said.call;
        break;
      case 'view': {
        const { view, call, whose, width, height } = said;
        this.#views.set(view, { call, whose, width, height, canvas: said.canvas as Canvas, drawn: null });
        break;
      }
      case 'size': {
        const view = this.#views.get(said.view);
        if (!view) return;
        const appears = tooSmall(view) || tooSmall(said);
        view.width = said.width;
        view.height = said.height;
        if (!appears) {
          this.#sizing ??= setTimeout(() => this.#announce(), SIZE_SETTLES_MS);
          return;
        }
        break;
      }
      case 'gone':
        this.#views.delete(said.view);
        break;
      case 'hidden':
        this.#hidden = said.hidden;
        break;
    }
    this.#settle();
  }

  get #wanted(): boolean {
    return this.#watched !== null || this.#views.size > 0;
  }

  /** Brings the connection in line with what is wanted of it. */
  #settle(): void {
    if (!this.#wanted) {
      this.#close();
      return;
    }
    if (this.#socket) this.#announce();
    else if (!this.#knocking && !this.#none && this.#retry === null) this.#knock();
  }

  #knock(): void {
    this.#knocking = true;
    this.#around.tell({ say: 'knock' });
  }

  #connect(url: string): void {
    if (!this.#wanted || this.#socket) return;
    let socket: Socket;
    try {
      socket = this.#around.connect(url);
    } catch {
      this.#again();
      return;
    }
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      if (this.#socket !== socket) return;
      this.#open = true;
      this.#announce();
    };
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#take(data);
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#open = false;
      this.#told = null;
      if (this.#wanted) this.#again();
    };
    this.#socket = socket;
  }

  #again(): void {
    this.#retry = setTimeout(() => {
      this.#retry = null;
      if (this.#wanted && !this.#socket && !this.#knocking) this.#knock();
    }, this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
  }

  #close(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    this.#wait = FIRST_WAIT_MS;
    const socket = this.#socket;
    this.#socket = null;
    this.#open = false;
    this.#told = null;
    socket?.close();
  }

  #announce(): void {
    if (this.#sizing !== null) clearTimeout(this.#sizing);
    this.#sizing = null;
    if (!this.#socket || !this.#open) return;
    const views = this.#hidden
      ? []
      : [...this.#views].filter(([, one]) => !tooSmall(one)).map(([view, { call, whose, width, height }]) => ({ view, call, whose, width, height }));
    // A call with sound only is heard though nothing of it is seen.
    const levels = this.#hidden ? null : this.#watched;
    const text = JSON.stringify({ type: 'views', views, ...(levels !== null && { levels }) });
    if (text === this.#told) return;
    this.#told = text;
    this.#socket.send(text);
  }

  #take(data: unknown): void {
    if (typeof data === 'string') {
      const levels = levelsOf(data);
      if (!levels) return this.#drop();
      this.#wait = FIRST_WAIT_MS;
      this.#around.tell(levels);
      return;
    }
    const frame = frameOf(data);
    const view = frame && this.#views.get(frame.view);
    if (!frame || !view) return this.#drop();
    this.#wait = FIRST_WAIT_MS;
    try {
      this.#around.draw(view.canvas, frame);
      if (view.drawn?.width !== frame.width || view.drawn.height !== frame.height) {
        view.drawn = { width: frame.width, height: frame.height };
        this.#around.tell({ say: 'drawn', view: frame.view, number: frame.number, ...view.drawn });
      }
    } catch {
      this.#drop();
    }
    // Also where it could not be drawn: two that are never acknowledged would stop the view for good.
    this.#socket?.send(JSON.stringify({ type: 'drawn', view: frame.view, number: frame.number }));
  }

  #drop(): void {
    this.dropped += 1;
    // At 1, 2, 4, 8…: enough to be seen, too few to be a burden.
    if ((this.dropped & (this.dropped - 1)) === 0) this.#around.tell({ say: 'dropped', count: this.dropped });
  }
}

function tooSmall({ width, height }: { width: number; height: number }): boolean {
  return width < 2 || height < 2;
}

function levelsOf(text: string): FromWorker | null {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof said !== 'object' || said === null) return null;
  const { type, call, mine, theirs, unheard } = said as Record<string, unknown>;
  if (type !== 'levels' || typeof call !== 'string' || typeof mine !== 'number' || typeof theirs !== 'number') return null;
  return { say: 'levels', call, mine: within(mine), theirs: within(theirs), unheard: unheard === true };
}

function within(level: number): number {
  return Math.min(1, Math.max(0, level));
}
