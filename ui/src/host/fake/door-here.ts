/** The door of the fake host, for pages in a browser. */
import type { PictureDoor } from '../../host';
// oxlint-disable-next-line import/default -- Vite makes it
import FakeWorker from './worker?worker';

export function fakeDoor(): PictureDoor {
  return { url: 'fake:', worker: () => new FakeWorker() };
}
