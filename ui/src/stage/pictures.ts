/** The page's side of pictures: hands canvases to the worker, tells it what is seen how large, and hears of levels. */
import type { Host, PictureDoor } from '../host';
import type { FromWorker, ToWorker, Whose } from './said';

export interface Drawn {
  number: number;
  width: number;
  height: number;
}

export type Levels = Extract<FromWorker, { say: 'levels' }>;

interface Box {
  view: number;
  call: string;
  whose: Whose;
  canvas: HTMLCanvasElement;
  /** The worker has the canvas; it can be handed over only once. */
  given: boolean;
  width: number;
  height: number;
}

const RETRY_MS = 2_000;

export class Pictures {
  /** Messages of the door that made no sense. */
  dropped = 0;
  readonly #host: Host;
  readonly #changed: () => void;
  readonly #levels: (levels: Levels) => void;
  readonly #boxes = new Map<number, Box>();
  readonly #drawn = new Map<string, Drawn>();
  readonly #refs = new Map<string, (element: Element | undefined) => void>();
  #last = 0;
  #worker: Worker | null = null;
  #opening = false;
  #none = false;
  /** An address that no connection has used yet. */
  #fresh: string | null = null;
  #closed = false;
  #watched: string | null = null;
  #observer: ResizeObserver | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(host: Host, changed: () => void, levels: (levels: Levels) => void) {
    this.#host = host;
    this.#changed = changed;
    this.#levels = levels;
    document.addEventListener('visibilitychange', this.#visibility);
  }

  /** The last picture drawn of one side of a call, while it is shown. */
  drawn(call: string, whose: Whose): Drawn | null {
    return this.#drawn.get(`${call} ${whose}`) ?? null;
  }

  /** Goes on a canvas of a template; the same function each time, so that the canvas stays. */
  box(call: string, whose: Whose): (element: Element | undefined) => void {
    const name = `${call} ${whose}`;
    let ref = this.#refs.get(name);
    if (!ref) {
      let view: number | null = null;
      const same = (element: Element | undefined): void => {
        if (view !== null) this.#remove(view);
        view = element instanceof HTMLCanvasElement ? this.#add(element, call, whose) : null;
        // A canvas that takes another's place is told of as gone and come: it is still the same function's.
        if (view === null) this.#refs.delete(name);
        else this.#refs.set(name, same);
      };
      ref = same;
      this.#refs.set(name, ref);
    }
    return ref;
  }

  /** Has the worker ready before the first picture comes. */
  warm(): void {
    void this.#open();
  }

  /** The call whose levels are wanted, also where no picture is. */
  watch(call: string | null): void {
    if (call === this.#watched) return;
    this.#watched = call;
    if (call !== null) void this.#open();
    this.#tell({ say: 'watch', call });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    document.removeEventListener('visibilitychange', this.#visibility);
    this.#observer?.disconnect();
    this.#worker?.terminate();
    this.#worker = null;
    this.#boxes.clear();
  }

  readonly #visibility = (): void => this.#tell({ say: 'hidden', hidden: document.hidden });

  #add(canvas: HTMLCanvasElement, call: string, whose: Whose): number {
    this.#last += 1;
    const view = this.#last;
    this.#boxes.set(view, { view, call, whose, canvas, given: false, width: 0, height: 0 });
    if (typeof ResizeObserver === 'function') {
      this.#observer ??= new ResizeObserver((entries) => this.#resized(entries));
      this.#observer.observe(canvas);
    }
    void this.#open();
    this.#give();
    return view;
  }

  #remove(view: number): void {
    const box = this.#boxes.get(view);
    if (!box) return;
    this.#boxes.delete(view);
    this.#observer?.unobserve(box.canvas);
    // Not now: this runs in the middle of a drawing.
    if (this.#drawn.delete(`${box.call} ${box.whose}`)) queueMicrotask(this.#changed);
    if (box.given) this.#tell({ say: 'gone', view });
  }

  #resized(entries: readonly ResizeObserverEntry[]): void {
    for (const { target, contentRect, devicePixelContentBoxSize } of entries) {
      const box = [...this.#boxes.values()].find((one) => one.canvas === target);
      if (!box) continue;
      const exact = devicePixelContentBoxSize?.[0];
      const width = Math.round(exact?.inlineSize ?? contentRect.width * window.devicePixelRatio);
      const height = Math.round(exact?.blockSize ?? contentRect.height * window.devicePixelRatio);
      if (width === box.width && height === box.height) continue;
      box.width = width;
      box.height = height;
      if (box.given) this.#tell({ say: 'size', view: box.view, width, height });
    }
  }

  async #open(): Promise<void> {
    if (this.#worker || this.#opening || this.#none || this.#closed) return;
    // Until the worker is there: a second one would have the canvases of the first, or the first its connection.
    this.#opening = true;
    try {
      await this.#start();
    } finally {
      this.#opening = false;
    }
  }

  async #start(): Promise<void> {
    const door = await this.#ask();
    if (!door || this.#closed) return;
    const worker = await (door.worker ?? defaultWorker)();
    if (this.#closed) return worker.terminate();
    this.#fresh = door.url;
    this.#worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#hear(data));
    if (document.hidden) this.#visibility();
    this.#tell({ say: 'watch', call: this.#watched });
    this.#give();
  }

  /** Asks for the door; where that fails, again after a while. */
  async #ask(): Promise<PictureDoor | null> {
    try {
      const door = await this.#host.pictures();
      this.#none = door === null;
      return door;
    } catch {
      this.#retry = setTimeout(() => void (this.#worker ? this.#answer() : this.#open()), RETRY_MS);
      return null;
    }
  }

  async #answer(): Promise<void> {
    const fresh = this.#fresh;
    this.#fresh = null;
    if (fresh !== null) return this.#tell({ say: 'door', url: fresh });
    const door = await this.#ask();
    if (door || this.#none) this.#tell({ say: 'door', url: door?.url ?? null });
  }

  /** Hands over the canvases that the worker does not have yet. */
  #give(): void {
    if (!this.#worker) return;
    for (const box of this.#boxes.values()) {
      if (box.given) continue;
      box.given = true;
      const canvas = box.canvas.transferControlToOffscreen();
      const { view, call, whose, width, height } = box;
      this.#worker.postMessage({ say: 'view', view, call, whose, width, height, canvas } satisfies ToWorker, [canvas]);
    }
  }

  #tell(said: ToWorker): void {
    this.#worker?.postMessage(said);
  }

  #hear(said: FromWorker): void {
    switch (said.say) {
      case 'knock':
        void this.#answer();
        return;
      case 'drawn': {
        const box = this.#boxes.get(said.view);
        if (!box) return;
        const { number, width, height } = said;
        this.#drawn.set(`${box.call} ${box.whose}`, { number, width, height });
        this.#changed();
        return;
      }
      case 'levels':
        this.#levels(said);
        return;
      case 'dropped':
        this.dropped = said.count;
    }
  }
}

async function defaultWorker(): Promise<Worker> {
  const { default: StageWorker } = await import('./worker?worker');
  return new StageWorker({ name: 'stage' });
}
