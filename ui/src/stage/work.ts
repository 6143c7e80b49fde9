/** Joins a worker's scope to the door, and draws: a `VideoFrame` of the planes, onto the canvas that the page gave. */
import { Door, type Socket } from './door';
import type { Frame } from './frame';
import type { FromWorker, ToWorker } from './said';

/** The part of a worker's scope that is used. */
interface Scope {
  postMessage: (said: FromWorker) => void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

export function work(scope: Scope, connect: (url: string) => Socket): void {
  const tell: (said: FromWorker) => void = scope.postMessage.bind(scope);
  const door = new Door<OffscreenCanvas>({ connect, draw, tell });
  scope.onmessage = ({ data }) => door.hear(data);
}

/** The canvas takes the size of the picture; the style sheet fits it into its place. */
function draw(canvas: OffscreenCanvas, { width, height, taken, planes }: Frame): void {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('the canvas has no context');
  const picture = new VideoFrame(planes, {
    format: 'I420',
    codedWidth: width,
    codedHeight: height,
    timestamp: taken,
    colorSpace: { matrix: 'smpte170m', primaries: 'bt709', transfer: 'bt709', fullRange: false },
  });
  try {
    context.drawImage(picture, 0, 0);
  } finally {
    picture.close();
  }
}
