/** The user's own picture and sound, and the watch over devices: both last as long as a place that shows them. */
import type { Page } from '../page';
import { carded } from '../model/calls';

/** The call by which the preview is known. */
export const PREVIEW = 'preview';

/** Where the user's own picture can be looked at now. */
export type PreviewPlace = 'settings' | 'question' | 'incoming';

export function previewPlace(page: Page): PreviewPlace | null {
  const { here, state } = page;
  if (state?.me && carded(state.calls)) return 'incoming';
  if (here.question?.ask === 'devices') return 'question';
  return here.route.at === 'settings' && here.question === null ? 'settings' : null;
}

export function openPreview(page: Page): void {
  page.change((here) => {
    here.looks = true;
  });
  void page.ask('preview', { type: 'open_preview' });
}

export function closePreview(page: Page): void {
  page.change((here) => {
    here.looks = false;
  });
  void page.ask('preview', { type: 'close_preview' });
}

/** After each drawing: what is shown nowhere any more is closed. */
export function keepPreview(page: Page): void {
  const place = previewPlace(page);
  const { here, state } = page;
  // A picture of it is in front, after which it is looked at again.
  const behind = here.question?.ask === 'picture' && here.booth?.call === PREVIEW;
  if (here.looks && place === null && !behind) closePreview(page);
  const watches = here.looks || place === 'settings' || place === 'question' || here.menu?.of === 'device';
  if (state?.me && watches !== here.watches) {
    here.watches = watches;
    void page.host.dispatch({ type: 'watch_devices', on: watches }).catch(() => undefined);
  }
}

export function testSpeaker(page: Page): void {
  void page.ask('speaker', { type: 'test_speaker' });
}
