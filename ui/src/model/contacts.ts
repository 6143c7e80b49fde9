/** The lists of people as they are shown. */
import type { Contact } from '../generated/Contact';
import type { State } from '../generated/State';
import type { Lang } from '../text';

const collators = new Map<Lang, Intl.Collator>();

function collator(lang: Lang): Intl.Collator {
  let found = collators.get(lang);
  if (!found) {
    found = new Intl.Collator(lang === 'zh' ? 'zh-Hans-u-co-pinyin' : lang, { sensitivity: 'base', numeric: true });
    collators.set(lang, found);
  }
  return found;
}

export function byName(contacts: readonly Contact[], lang: Lang): Contact[] {
  const order = collator(lang);
  return contacts.toSorted((a, b) => order.compare(a.name, b.name) || (a.handle < b.handle ? -1 : 1));
}

function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}+/gu, '').toLocaleLowerCase();
}

/** Those whose name or handle holds every word typed, whatever the accents and case. */
export function matching(contacts: readonly Contact[], query: string): Contact[] {
  const words = folded(query).split(/\s+/u).filter((word) => word !== '');
  if (words.length === 0) return [...contacts];
  return contacts.filter((one) => {
    const text = folded(`${one.name} ${one.handle}`);
    return words.every((word) => text.includes(word));
  });
}

/** A contact by its key; by its handle where the key was replaced by an accepted one. */
export function found(state: State, key: string, handle: string): Contact | null {
  return state.contacts.find((one) => one.key === key) ?? state.contacts.find((one) => one.handle === handle) ?? null;
}

/** What others type to find someone on the user's own server. */
export function addressOf(state: State, handle: string): string {
  return state.server.name === null ? handle : `${handle}@${state.server.name}`;
}
