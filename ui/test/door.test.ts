import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Door, type Socket } from '../src/stage/door';
import { frameOf, HEAD, type Frame } from '../src/stage/frame';
import type { FromWorker } from '../src/stage/said';

interface Head {
  view?: number;
  number?: number;
  width?: number;
  height?: number;
  flags?: number;
  taken?: bigint;
  reserved?: bigint;
  more?: number;
}

function message({ view = 1, number = 7, width = 4, height = 2, flags = 0, taken = 123_456n, reserved = 0n, more = 0 }: Head = {}): ArrayBuffer {
  const data = new ArrayBuffer(HEAD + (width * height * 3) / 2 + more);
  const head = new DataView(data);
  head.setUint32(0, view, true);
  head.setUint32(4, number, true);
  head.setUint16(8, width, true);
  head.setUint16(10, height, true);
  head.setUint32(12, flags, true);
  head.setBigUint64(16, taken, true);
  head.setBigUint64(24, reserved, true);
  new Uint8Array(data, HEAD).fill(9);
  return data;
}

describe('a picture', () => {
  it('is read from its head and planes', () => {
    const frame = frameOf(message({ view: 3, number: 41, width: 640, height: 360 }));
    expect(frame).toMatchObject({ view: 3, number: 41, width: 640, height: 360, taken: 123_456 });
    expect(frame?.planes.length).toBe(640 * 360 * 1.5);
    expect(frame?.planes[0]).toBe(9);
  });

  it.each<[string, unknown]>([
    ['text', 'hello'],
    ['nothing', new ArrayBuffer(0)],
    ['half a head', new ArrayBuffer(HEAD - 1)],
    ['too long', message({ more: 1 })],
    ['too short', message().slice(0, -1)],
    ['an odd width', message({ width: 3 })],
    ['an odd height', message({ height: 3 })],
    ['no width', message({ width: 0 })],
    ['a width beyond all screens', message({ width: 8194, height: 2 })],
    ['flags from the future', message({ flags: 1 })],
    ['something in reserve', message({ reserved: 1n })],
  ])('is not made of %s', (_, data) => {
    expect(frameOf(data)).toBeNull();
  });
});

class FakeSocket implements Socket {
  binaryType = '';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly sent: unknown[] = [];
  closed = false;

  constructor(readonly url: string) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
  }
}

let sockets: FakeSocket[];
let told: FromWorker[];
let drawn: [string, Frame][];
let refuse: boolean;
let door: Door<string>;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  told = [];
  drawn = [];
  refuse = false;
  door = new Door<string>({
    connect(url) {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket;
    },
    draw(canvas, frame) {
      if (refuse) throw new Error('no');
      drawn.push([canvas, frame]);
    },
    tell: (said) => told.push(said),
  });
});

afterEach(() => vi.useRealTimers());

function last(): FakeSocket {
  const socket = sockets.at(-1);
  if (!socket) throw new Error('nothing was opened');
  return socket;
}

function see(view: number, whose: 'mine' | 'theirs' = 'theirs', width = 640, height = 360): void {
  door.hear({ say: 'view', view, call: 'c1', whose, width, height, canvas: `canvas ${view}` });
}

function views(): unknown {
  return last().sent.findLast((one) => (one as { type: string }).type === 'views');
}

/** One view, and a connection for it. */
function opened(): FakeSocket {
  see(1);
  expect(told).toEqual([{ say: 'knock' }]);
  door.hear({ say: 'door', url: 'ws://127.0.0.1:1/pictures?token=a' });
  last().onopen?.();
  return last();
}

describe('the door', () => {
  it('is asked for the views and their sizes', () => {
    const socket = opened();
    expect(socket.url).toBe('ws://127.0.0.1:1/pictures?token=a');
    expect(socket.binaryType).toBe('arraybuffer');
    expect(socket.sent).toEqual([{ type: 'views', views: [{ view: 1, call: 'c1', whose: 'theirs', width: 640, height: 360 }] }]);
    see(2, 'mine', 240, 136);
    expect(views()).toMatchObject({ views: [{ view: 1 }, { view: 2, whose: 'mine', width: 240, height: 136 }] });
    door.hear({ say: 'gone', view: 1 });
    expect(views()).toMatchObject({ views: [{ view: 2 }] });
  });

  it('hears of another size once it has settled, and leaves out what has none', () => {
    const socket = opened();
    for (let width = 641; width < 700; width += 1) door.hear({ say: 'size', view: 1, width, height: 360 });
    expect(socket.sent).toHaveLength(1);
    vi.advanceTimersByTime(80);
    expect(socket.sent).toHaveLength(2);
    expect(views()).toMatchObject({ views: [{ width: 699 }] });
    door.hear({ say: 'size', view: 1, width: 0, height: 0 });
    expect(views()).toEqual({ type: 'views', views: [] });
    door.hear({ say: 'size', view: 1, width: 320, height: 180 });
    expect(views()).toMatchObject({ views: [{ width: 320 }] });
  });

  it('gets an empty list while the page is hidden', () => {
    opened();
    door.hear({ say: 'hidden', hidden: true });
    expect(views()).toEqual({ type: 'views', views: [] });
    see(2);
    expect(views()).toEqual({ type: 'views', views: [] });
    door.hear({ say: 'hidden', hidden: false });
    expect(views()).toMatchObject({ views: [{ view: 1 }, { view: 2 }] });
  });

  it('has each picture drawn, then acknowledged', () => {
    const socket = opened();
    socket.onmessage?.({ data: message({ number: 5 }) });
    expect(drawn.map(([canvas, { number }]) => [canvas, number])).toEqual([['canvas 1', 5]]);
    expect(socket.sent.at(-1)).toEqual({ type: 'drawn', view: 1, number: 5 });
    socket.onmessage?.({ data: message({ number: 6 }) });
    expect(socket.sent.at(-1)).toEqual({ type: 'drawn', view: 1, number: 6 });
  });

  it('tells the page of the first picture and of another size, not of each', () => {
    const socket = opened();
    told.length = 0;
    for (const number of [1, 2, 3]) socket.onmessage?.({ data: message({ number }) });
    socket.onmessage?.({ data: message({ number: 4, width: 8 }) });
    expect(told).toEqual([
      { say: 'drawn', view: 1, number: 1, width: 4, height: 2 },
      { say: 'drawn', view: 1, number: 4, width: 8, height: 2 },
    ]);
  });

  it('drops and counts what makes no sense, and goes on', () => {
    const socket = opened();
    const nonsense = ['{', '"levels"', '{"type":"levels","call":1,"mine":0,"theirs":0}', '{"type":"other"}', message({ more: 2 }), message({ view: 99 }), null];
    for (const data of nonsense) socket.onmessage?.({ data });
    expect(door.dropped).toBe(nonsense.length);
    expect(drawn).toEqual([]);
    expect(socket.sent).toHaveLength(1);
    expect(told.filter((one) => one.say === 'dropped')).toEqual([1, 2, 4].map((count) => ({ say: 'dropped', count })));
    socket.onmessage?.({ data: message() });
    expect(drawn).toHaveLength(1);
  });

  it('is acknowledged also where drawing failed, or the view would stop for good', () => {
    const socket = opened();
    refuse = true;
    socket.onmessage?.({ data: message({ number: 8 }) });
    expect(socket.sent.at(-1)).toEqual({ type: 'drawn', view: 1, number: 8 });
    expect(door.dropped).toBe(1);
    expect(told.some((one) => one.say === 'drawn')).toBe(false);
  });

  it('tells levels, kept within bounds', () => {
    const socket = opened();
    socket.onmessage?.({ data: '{"type":"levels","call":"c1","mine":-1,"theirs":7}' });
    expect(told.at(-1)).toEqual({ say: 'levels', call: 'c1', mine: 0, theirs: 1, unheard: false });
    socket.onmessage?.({ data: '{"type":"levels","call":"c1","mine":0,"theirs":0,"unheard":true}' });
    expect(told.at(-1)).toMatchObject({ say: 'levels', unheard: true });
  });

  it('is opened again, later each time, and told everything anew', () => {
    const first = opened();
    told.length = 0;
    const waits: number[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      last().onclose?.();
      let waited = 0;
      while (waited < 60_000 && !told.some((one) => one.say === 'knock')) {
        vi.advanceTimersByTime(50);
        waited += 50;
      }
      waits.push(waited);
      told.length = 0;
      door.hear({ say: 'door', url: `ws://127.0.0.1:1/pictures?token=${turn}` });
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 4000]);
    last().onopen?.();
    expect(views()).toMatchObject({ views: [{ view: 1 }] });
    first.onmessage?.({ data: message() });
    expect(drawn).toEqual([]);
    last().onmessage?.({ data: message() });
    expect(drawn).toHaveLength(1);
    last().onclose?.();
    vi.advanceTimersByTime(250);
    expect(told.at(-1)).toEqual({ say: 'knock' });
  });

  it('is not opened again once nothing is seen', () => {
    opened();
    last().onclose?.();
    door.hear({ say: 'gone', view: 1 });
    told.length = 0;
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual([]);
    expect(sockets).toHaveLength(1);
  });

  it('is closed when nothing is seen, and held open for the levels of a call', () => {
    const socket = opened();
    door.hear({ say: 'watch', call: 'c1' });
    door.hear({ say: 'gone', view: 1 });
    expect(views()).toEqual({ type: 'views', views: [], levels: 'c1' });
    door.hear({ say: 'hidden', hidden: true });
    expect(views()).toEqual({ type: 'views', views: [] });
    expect(socket.closed).toBe(false);
    door.hear({ say: 'watch', call: null });
    expect(socket.closed).toBe(true);
  });

  it('is left alone where there is none', () => {
    see(1);
    door.hear({ say: 'door', url: null });
    see(2);
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual([{ say: 'knock' }]);
    expect(sockets).toEqual([]);
  });
});
