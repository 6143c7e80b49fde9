/** The far side of the door, in memory: it sends painted pictures of the size asked for, at most two unacknowledged. */
import { HEAD } from '../../stage/frame';
import type { Socket } from '../../stage/door';
import type { Whose } from '../../stage/said';
import { LOOKS, paint, toI420 } from './picture';

interface Wanted {
  view: number;
  call: string;
  whose: Whose;
  width: number;
  height: number;
}

const MOST_UNACKNOWLEDGED = 2;
const WIDEST = 960;

export class FakeSocket implements Socket {
  binaryType = '';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly #call: string;
  readonly #timer: ReturnType<typeof setInterval>;
  #views: Wanted[] = [];
  #number = 0;
  readonly #waiting = new Map<number, number>();

  readonly #muted: boolean;

  /** The address names the call whose levels are told, the milliseconds between two pictures, and whether the user speaks while muted. */
  constructor(url: string) {
    const [, call = '', period = '100', muted = ''] = url.split(':');
    this.#call = call;
    this.#muted = muted !== '';
    this.#timer = setInterval(() => this.#send(), Number(period));
    queueMicrotask(() => this.onopen?.());
  }

  send(text: string): void {
    const said = JSON.parse(text) as { type: 'views'; views: Wanted[] } | { type: 'drawn'; view: number; number: number };
    if (said.type === 'views') {
      this.#views = said.views;
      this.#waiting.clear();
      this.#send();
    } else {
      this.#waiting.set(said.view, Math.max(0, (this.#waiting.get(said.view) ?? 0) - 1));
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #send(): void {
    const seconds = performance.now() / 1000;
    const level = (shift: number): number => Math.max(0, Math.sin(seconds * 5.3 + shift) * 0.3 + Math.sin(seconds * 1.3 + shift) * 0.2);
    this.onmessage?.({ data: JSON.stringify({ type: 'levels', call: this.#call, mine: this.#muted ? 0 : level(2), theirs: level(0), unheard: this.#muted }) });
    for (const one of this.#views) {
      const waiting = this.#waiting.get(one.view) ?? 0;
      if (waiting >= MOST_UNACKNOWLEDGED) continue;
      this.#waiting.set(one.view, waiting + 1);
      this.#number += 1;
      this.onmessage?.({ data: frame(one, this.#number, seconds) });
    }
  }
}

/** A picture of 16 to 9 that fits into the view. */
function frame({ view, whose, width, height }: Wanted, number: number, seconds: number): ArrayBuffer {
  const fit = Math.min(WIDEST, width, (height * 16) / 9);
  const wide = Math.max(2, Math.floor(fit / 2) * 2);
  const high = Math.max(2, Math.floor((fit * 9) / 32) * 2);
  const context = new OffscreenCanvas(wide, high).getContext('2d', { willReadFrequently: true });
  const data = new ArrayBuffer(HEAD + (wide * high * 3) / 2);
  const head = new DataView(data);
  head.setUint32(0, view, true);
  head.setUint32(4, number, true);
  head.setUint16(8, wide, true);
  head.setUint16(10, high, true);
  head.setBigUint64(16, BigInt(Math.round(seconds * 1e6)), true);
  if (context) {
    paint(context, wide, high, seconds, LOOKS[whose]);
    toI420(context.getImageData(0, 0, wide, high), new Uint8Array(data, HEAD));
  }
  return data;
}
