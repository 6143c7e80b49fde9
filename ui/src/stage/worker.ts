/** The worker that brings pictures from the app to the canvases, beside the page and never through it. */
import type { Socket } from './door';
import { work } from './work';

work(self as unknown as Parameters<typeof work>[0], (url) => new WebSocket(url) as unknown as Socket);
