/** How much room there is; the style sheets draw the line at the same width. */
const NARROW = '(max-width: 719px)';

export function onePane(): boolean {
  return window.matchMedia(NARROW).matches;
}

/** Answered by what ends it. */
export function onRoomChanged(run: () => void): () => void {
  const room = window.matchMedia(NARROW);
  room.addEventListener('change', run);
  return () => room.removeEventListener('change', run);
}
