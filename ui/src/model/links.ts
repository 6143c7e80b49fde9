/**
 * Addresses in what people write. Only `http://` and `https://` that stand there in full are taken for one, and only as
 * far as they are plainly one; everything else stays words. What an address is shown as is where it really leads: the
 * host in ASCII, whatever letters it was written with. Pure, and in time that grows with the length alone.
 */

/** The shell opens none that is longer. */
const LONGEST = 2_048;
/** So many in one text; what comes after stays words. */
const MOST = 64;
/** A part longer than this is cut in its middle. */
const LONG_PART = 120;

export interface Link {
  /** What stands in the text in its place. */
  label: string;
  /** In ASCII, as it is opened. */
  href: string;
}

/** An address taken apart, so that nobody mistakes one part for another. */
export interface Shown {
  scheme: string;
  /** What stands before an @. It is no host, though it may look like one. */
  user: string;
  host: string;
  rest: string;
  /** The host is written with other letters than ASCII ones. */
  foreign: boolean;
}

/** Where an address ends in any case: spaces, quotes, brackets of other scripts, and what can't be seen or turns the direction. */
const STOPS = /[\s\p{C}\p{Z}<>"`\\^{|}“”„«»‹›「」『』【】（）《》〈〉，。、；：！？]/u;
const TRAILING = /[.,;:!?'’*_~…-]/u;
const PAIRS: Record<string, string> = { ')': '(', ']': '[' };

/** The text in its order: words, and addresses. */
export function partsOf(text: string): (string | Link)[] {
  const parts: (string | Link)[] = [];
  const begins = /https?:\/\//gi;
  let from = 0;
  let links = 0;
  for (let found = begins.exec(text); found && links < MOST; found = begins.exec(text)) {
    const end = endOf(text, begins.lastIndex);
    const link = /[a-z0-9+.-]/i.test(text.charAt(found.index - 1)) ? null : linkOf(text.slice(found.index, end));
    // What belongs to an address is not looked through for another one.
    begins.lastIndex = Math.max(end, begins.lastIndex);
    if (!link) continue;
    links += 1;
    if (found.index > from) parts.push(text.slice(from, found.index));
    parts.push(link);
    from = end;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

/** Without the marks and closing brackets that belong to the sentence around it. */
function endOf(text: string, start: number): number {
  const open: Record<string, number> = { '(': 0, '[': 0, ')': 0, ']': 0 };
  let end = start;
  for (const letter of text.slice(start)) {
    if (STOPS.test(letter)) break;
    if (letter in open) open[letter] = (open[letter] ?? 0) + 1;
    end += letter.length;
  }
  for (; end > start; end -= 1) {
    const last = text.charAt(end - 1);
    const pair = PAIRS[last];
    if (pair !== undefined) {
      if ((open[last] ?? 0) <= (open[pair] ?? 0)) break;
      open[last] = (open[last] ?? 0) - 1;
    } else if (!TRAILING.test(last)) break;
  }
  return end;
}

function linkOf(written: string): Link | null {
  if (written.length > LONGEST || /^https?:\/\/(?:[/?#]|$)/i.test(written)) return null;
  const url = parsed(written);
  if (!url || url.href.length > LONGEST) return null;
  const [, scheme = '', authority = '', rest = ''] = /^(https?:\/\/)([^/?#]*)(.*)$/isu.exec(written) ?? [];
  const real = authorityOf(url);
  return { label: authority.toLowerCase() === real.toLowerCase() ? written : `${scheme}${real}${rest}`, href: url.href };
}

function parsed(address: string): URL | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '' ? url : null;
}

function userOf({ username, password }: URL): string {
  return username === '' && password === '' ? '' : `${username}${password === '' ? '' : `:${password}`}`;
}

function authorityOf(url: URL): string {
  const user = userOf(url);
  return user === '' ? url.host : `${user}@${url.host}`;
}

/** How an address is shown to whoever may open it. */
export function shownAs(href: string): Shown | null {
  const url = parsed(href);
  if (!url) return null;
  return {
    scheme: `${url.protocol}//`,
    user: cut(userOf(url)),
    host: url.host,
    rest: cut(`${url.pathname}${url.search}${url.hash}`),
    foreign: url.hostname.split('.').some((part) => part.startsWith('xn--')),
  };
}

function cut(part: string): string {
  return part.length <= LONG_PART ? part : `${part.slice(0, LONG_PART - 40)} … ${part.slice(-36)}`;
}
