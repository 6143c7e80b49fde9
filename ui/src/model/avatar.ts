/** Initials on a colour made from the key. */

export const TONES = 12;

export function toneOf(key: string): number {
  let sum = 2166136261;
  for (let at = 0; at < key.length; at += 1) {
    sum = Math.imul(sum ^ key.charCodeAt(at), 16777619);
  }
  // Keys that differ little shall still differ in colour.
  sum = Math.imul(sum ^ (sum >>> 15), 2246822507);
  return ((sum ^ (sum >>> 13)) >>> 0) % TONES;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The first letters of the first and the last word; of names without spaces, such as Chinese ones, the last character. */
export function initialsOf(name: string): string {
  const words = name
    .split(/\s+/u)
    .map((word) => word.replace(/^[^\p{L}\p{N}\p{Extended_Pictographic}]+/u, ''))
    .filter((word) => word !== '');
  const first = words[0];
  if (first === undefined) return '?';
  if (/^\p{Script=Han}+$/u.test(first)) return [...first].slice(-1).join('');
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  return [first, last]
    .map((word) => (word === undefined ? '' : ([...graphemes.segment(word)][0]?.segment ?? '')))
    .join('')
    .toLocaleUpperCase();
}
