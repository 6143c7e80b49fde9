import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Call } from '../src/generated/Call';
import { FakeHost } from '../src/host/fake';
import { fakeCall } from '../src/host/fake/calls';
import { fewContacts, settledState } from '../src/host/fake/people';
import type { Page } from '../src/page';
import { startPage } from '../src/start-page';
import { Pictures } from '../src/stage/pictures';
import type { FromWorker, ToWorker } from '../src/stage/said';

class FakeWorker extends EventTarget {
  readonly heard: ToWorker[] = [];
  readonly handed: unknown[] = [];
  ended = false;

  postMessage(said: ToWorker, hand: unknown[] = []): void {
    this.heard.push(said);
    this.handed.push(...hand);
  }

  terminate(): void {
    this.ended = true;
  }

  say(said: FromWorker): void {
    this.dispatchEvent(new MessageEvent('message', { data: said }));
  }
}

let worker: FakeWorker;
let host: FakeHost;
let pictures: Pictures;
let changes: number;
let levels: unknown[];
let sized: ((entries: unknown[]) => void) | null;

beforeEach(() => {
  vi.useFakeTimers();
  worker = new FakeWorker();
  host = new FakeHost();
  host.door = { url: 'fake:', worker: () => worker as unknown as Worker };
  changes = 0;
  levels = [];
  vi.stubGlobal(
    'ResizeObserver',
    class {
      constructor(run: (entries: unknown[]) => void) {
        sized = run;
      }
      observe(): void {}
      unobserve(): void {}
      disconnect(): void {}
    },
  );
  pictures = new Pictures(
    host,
    () => {
      changes += 1;
    },
    (...all) => levels.push(all),
  );
});

afterEach(() => {
  pictures.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function canvas(): HTMLCanvasElement {
  const made = document.createElement('canvas');
  made.transferControlToOffscreen = vi.fn(() => ({ off: true }) as unknown as OffscreenCanvas);
  return made;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await vi.advanceTimersByTimeAsync(0);
}

it('hands each canvas over once, with its size', async () => {
  const box = canvas();
  const put = pictures.box('c1', 'theirs');
  expect(pictures.box('c1', 'theirs')).toBe(put);
  put(box);
  sized?.([{ target: box, contentRect: { width: 640.4, height: 360 } }]);
  await settle();
  expect(worker.heard.find((one) => one.say === 'view')).toMatchObject({ view: 1, call: 'c1', whose: 'theirs', width: 640, height: 360 });
  expect(worker.handed).toEqual([{ off: true }]);
  sized?.([{ target: box, contentRect: { width: 800, height: 450 }, devicePixelContentBoxSize: [{ inlineSize: 1600, blockSize: 900 }] }]);
  expect(worker.heard.at(-1)).toEqual({ say: 'size', view: 1, width: 1600, height: 900 });
  pictures.box('c1', 'mine')(canvas());
  expect(box.transferControlToOffscreen).toHaveBeenCalledTimes(1);
  put(undefined);
  expect(worker.heard.at(-1)).toEqual({ say: 'gone', view: 1 });
});

it('opens one door, however slowly the worker comes and whatever is shown meanwhile', async () => {
  const came: (() => void)[] = [];
  const made = vi.fn(() => new Promise<Worker>((done) => came.push(() => done(worker as unknown as Worker))));
  host.door = { url: 'fake:', worker: made };
  const asked = vi.spyOn(host, 'pictures');
  pictures.warm();
  await settle();
  pictures.box('c1', 'mine')(canvas());
  pictures.watch('c1');
  await settle();
  expect([asked.mock.calls.length, made.mock.calls.length]).toEqual([1, 1]);
  came[0]?.();
  await settle();
  expect(worker.heard.map((one) => one.say)).toEqual(['watch', 'view']);
  worker.say({ say: 'knock' });
  await settle();
  expect(worker.heard.at(-1)).toEqual({ say: 'door', url: 'fake::100' });
  expect(asked).toHaveBeenCalledTimes(1);
});

it('knows what was drawn while it is shown', async () => {
  const put = pictures.box('c1', 'theirs');
  put(canvas());
  await settle();
  expect(pictures.drawn('c1', 'theirs')).toBeNull();
  worker.say({ say: 'drawn', view: 1, number: 3, width: 640, height: 360 });
  expect(pictures.drawn('c1', 'theirs')).toEqual({ number: 3, width: 640, height: 360 });
  expect(changes).toBe(1);
  put(undefined);
  await settle();
  expect(pictures.drawn('c1', 'theirs')).toBeNull();
  expect(changes).toBe(2);
  worker.say({ say: 'drawn', view: 1, number: 4, width: 640, height: 360 });
  expect(pictures.drawn('c1', 'theirs')).toBeNull();
});

it('answers each knock with an address, the first with the one it has', async () => {
  const asked = vi.spyOn(host, 'pictures');
  pictures.watch('c1');
  await settle();
  worker.say({ say: 'knock' });
  expect(worker.heard.at(-1)).toEqual({ say: 'door', url: 'fake::100' });
  expect(asked).toHaveBeenCalledTimes(1);
  worker.say({ say: 'knock' });
  await settle();
  expect(asked).toHaveBeenCalledTimes(2);
});

it('asks again where the app could not say', async () => {
  const asked = vi.spyOn(host, 'pictures').mockRejectedValueOnce(new Error('not yet'));
  pictures.watch('c1');
  await settle();
  expect(worker.heard).toEqual([]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked).toHaveBeenCalledTimes(2);
  expect(worker.heard).toContainEqual({ say: 'watch', call: 'c1' });
});

it('tells when the page is hidden, and passes levels on', async () => {
  pictures.watch('c1');
  await settle();
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  document.dispatchEvent(new Event('visibilitychange'));
  expect(worker.heard.at(-1)).toEqual({ say: 'hidden', hidden: true });
  hidden.mockRestore();
  const said = { say: 'levels', call: 'c1', mine: 0.1, theirs: 0.2, unheard: true } as const;
  worker.say(said);
  expect(levels).toEqual([[said]]);
  worker.say({ say: 'dropped', count: 4 });
  expect(pictures.dropped).toBe(4);
  pictures.close();
  expect(worker.ended).toBe(true);
});

it('does without where there are none', async () => {
  host.door = null;
  pictures.box('c1', 'theirs')(canvas());
  pictures.watch('c1');
  await settle();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(worker.heard).toEqual([]);
});

it('hands each canvas over once, and lets go of those that are gone, when calls take turns', async () => {
  const root = document.createElement('div');
  document.body.replaceChildren(root);
  vi.stubGlobal('ResizeObserver', undefined);
  const given = new Set<unknown>();
  vi.spyOn(HTMLCanvasElement.prototype, 'transferControlToOffscreen').mockImplementation(function (this: HTMLCanvasElement) {
    if (given.has(this)) throw new Error('handed over twice');
    given.add(this);
    return {} as OffscreenCanvas;
  });
  let page: Page | null = null;
  const held = { microphone: true, camera: true, held: true };
  const [bo, chen] = [fakeCall('bo'), fakeCall('chen', { outgoing: false })];
  const state = { ...settledState(), contacts: fewContacts(), calls: [bo] };
  host = new FakeHost(state);
  host.door = { url: 'fake:', worker: () => worker as unknown as Worker };
  page = await startPage(host, root);
  page.change((here) => {
    here.route = { at: 'call' };
  });
  const turn = async (calls: Call[]): Promise<void> => {
    host.emit({ type: 'calls_changed', calls });
    for (let again = 0; again < 3; again += 1) {
      page?.change();
      await vi.advanceTimersByTimeAsync(50);
    }
  };
  for (let again = 0; again < 2; again += 1) {
    await turn([{ ...bo, mine: held }, chen]);
    await turn([bo, { ...chen, mine: held }]);
  }
  const views = worker.heard.filter((said) => said.say === 'view').map((said) => said.view);
  const gone = worker.heard.filter((said) => said.say === 'gone').map((said) => said.view);
  expect(root.querySelectorAll('canvas')).toHaveLength(2);
  expect(views.length - gone.length).toBe(2);
  expect(given.size).toBe(views.length);
  page.close();
});
