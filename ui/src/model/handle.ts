/** The rules for handles, as the server has them, so that most answers come while typing; and suggestions. */

export type HandleFault = 'empty' | 'too_short' | 'too_long' | 'odd_character' | 'odd_shape' | 'reserved';

export const LONGEST = 32;

const RESERVED = new Set(
  ('abuse admin administrator everyone help hostmaster info moderator nobody operator postmaster root security ' +
    'server support system team visavis webmaster').split(' '),
);

/** The one spelling of what was typed. */
export function spelled(typed: string): string {
  return typed.trim().replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function faultOf(typed: string): HandleFault | null {
  const handle = spelled(typed);
  if (handle === '') return 'empty';
  if ([...handle].length > LONGEST) return 'too_long';
  if (!/^[a-z0-9._-]+$/.test(handle)) return 'odd_character';
  if (handle.length < 2) return 'too_short';
  if (!/^[a-z]/.test(handle) || /[._-]{2}/.test(handle) || /[._-]$/.test(handle)) return 'odd_shape';
  if (RESERVED.has(handle.replace(/[._-]/g, ''))) return 'reserved';
  return null;
}

const SPELLINGS: Record<string, string> = { ß: 'ss', æ: 'ae', ø: 'o', œ: 'oe', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' };

/** The parts of a name in plain letters; empty for a name in another script. */
function plainParts(name: string): string[] {
  return name
    .toLowerCase()
    .replace(/[ßæøœłđðþı]/g, (letter) => SPELLINGS[letter] ?? '')
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/['’.]/g, '')
    .split(/[^a-z0-9]+/)
    .filter((part) => part !== '');
}

/** Up to four handles made of a name, best first, leaving out those in `not`. */
export function suggestions(name: string, not: ReadonlySet<string> = new Set()): string[] {
  const parts = plainParts(name);
  const first = parts[0];
  if (first === undefined) return [];
  const last = parts.length > 1 ? parts[parts.length - 1] : undefined;
  const made =
    last === undefined
      ? [first, `its.${first}`, `${first}.here`, `hey.${first}`, `${first}.calls`]
      : [first, `${first}.${last}`, `${first}${last}`, `${first}.${last[0]}`, `${first[0]}.${last}`, `${last}.${first}`];
  const good = made.map((one) => one.slice(0, LONGEST).replace(/[._-]+$/, '')).filter((one) => faultOf(one) === null && !not.has(one));
  return [...new Set(good)].slice(0, 4);
}
