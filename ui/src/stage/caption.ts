/** A line of words on a picture: at its foot, light on a shade, so that it can be read on anything. */

const LINES = 2;

/** Draws it, in the picture's own size; nothing where there are no words. */
export function drawCaption(canvas: HTMLCanvasElement, words: string, width: number, height: number): void {
  canvas.width = width;
  canvas.height = height;
  const to = canvas.getContext('2d');
  if (!to || words.trim() === '') return;
  const size = Math.max(14, Math.round(Math.min(height / 12, width / 16)));
  to.font = `600 ${size}px system-ui, 'Noto Sans', 'Noto Sans CJK SC', sans-serif`;
  const lines = broken(words.trim(), width - 2 * size, (text) => to.measureText(text).width);
  const step = size * 1.25;
  const top = height - lines.length * step - size * 1.4;
  const shade = to.createLinearGradient(0, top, 0, height);
  shade.addColorStop(0, 'rgb(0 0 0 / 0%)');
  shade.addColorStop(0.45, 'rgb(0 0 0 / 55%)');
  shade.addColorStop(1, 'rgb(0 0 0 / 75%)');
  to.fillStyle = shade;
  to.fillRect(0, top, width, height - top);
  to.fillStyle = '#fff';
  to.textAlign = 'center';
  to.textBaseline = 'alphabetic';
  lines.forEach((line, at) => to.fillText(line, width / 2, height - size * 0.75 - (lines.length - 1 - at) * step));
}

/** Words in lines that fit; what doesn't fit into the last is cut off, with a sign that it is. */
export function broken(words: string, room: number, widthOf: (text: string) => number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of pieces(words)) {
    if (line === '' || widthOf((line + piece).trimEnd()) <= room) line += piece;
    else {
      lines.push(line.trim());
      line = piece.trimStart();
    }
  }
  lines.push(line.trim());
  const kept = lines.slice(0, LINES);
  if (lines.length > LINES) kept[LINES - 1] = `${kept[LINES - 1]}…`;
  return kept.map((one) => cut(one, room, widthOf));
}

/** Where a line may end: between words, and between the signs of languages without spaces. */
function pieces(words: string): string[] {
  return [...new Intl.Segmenter(undefined, { granularity: 'word' }).segment(words)].map(({ segment }) => segment);
}

function cut(line: string, room: number, widthOf: (text: string) => number): string {
  if (widthOf(line) <= room) return line;
  const signs = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(line.replace(/…$/, ''))].map(({ segment }) => segment);
  while (signs.length > 1 && widthOf(`${signs.join('')}…`) > room) signs.pop();
  return `${signs.join('')}…`;
}

/** As a PNG that can be seen through; null where there are no words. */
export async function captionBytes(words: string, width: number, height: number): Promise<Uint8Array | null> {
  if (words.trim() === '') return null;
  const canvas = document.createElement('canvas');
  drawCaption(canvas, words, width, height);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (!blob) throw new Error('the caption could not be drawn');
  return new Uint8Array(await blob.arrayBuffer());
}
