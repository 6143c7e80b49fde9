/** Every word on the screen, in each language; what people wrote is put in apart, never as part of the words. */
import { html } from 'lit-html';
import type { ApiError } from './generated/ApiError';
import type { Language } from './generated/Language';
import { en } from './text/en';
import { errorsEn } from './text/errors-en';
import { errorsZh } from './text/errors-zh';
import { zh } from './text/zh';
import type { Detail, ErrorText } from './text/errors';

export type Lang = 'en' | 'zh';
export type Text = typeof en;

const TEXTS: Record<Lang, Text> = { en, zh };
const ERRORS: Record<Lang, ErrorText> = { en: errorsEn, zh: errorsZh };

export function textIn(lang: Lang): Text {
  return TEXTS[lang];
}

/** The first language of the system that the page has. */
export function langOf(choice: Language, system: readonly string[]): Lang {
  if (choice !== 'system') return choice;
  for (const one of system) {
    if (/^zh\b/i.test(one)) return 'zh';
    if (/^en\b/i.test(one)) return 'en';
  }
  return 'en';
}

// Stand-ins for names while a sentence is put together; what they stand for is never looked through for them.
const STAND_IN = 0xe000;

function mark(index: number): string {
  return String.fromCharCode(STAND_IN + index);
}

function filled(sentence: string, names: readonly string[]): unknown[] {
  return sentence.split(/([\ue000-\ue00f])/).map((part) => {
    const name = part.length === 1 ? names[part.charCodeAt(0) - STAND_IN] : undefined;
    return name === undefined ? part : html`<bdi>${name}</bdi>`;
  });
}

/** A sentence with names in it, each kept from turning the direction of the words around it. */
export function say(sentence: (...names: string[]) => string, ...names: string[]): unknown[] {
  return filled(sentence(...names.map((_, index) => mark(index))), names);
}

/** What happened and what to do about it. */
export function explain(error: ApiError, lang: Lang): unknown[] {
  const { sentence, names } = sentenceOf(error, lang);
  return filled(sentence, names);
}

/** The same for where only plain text can stand, such as a tooltip. */
export function explainPlainly(error: ApiError, lang: Lang): string {
  const { sentence, names } = sentenceOf(error, lang);
  return sentence.replace(/[\ue000-\ue00f]/g, (stand) => names[stand.charCodeAt(0) - STAND_IN] ?? '');
}

function sentenceOf(error: ApiError, lang: Lang): { sentence: string; names: string[] } {
  const texts = ERRORS[lang];
  const names: string[] = [];
  const named = (name: string, otherwise: string): string => {
    const value = error.detail[name];
    if (!value) return otherwise;
    names.push(value);
    return mark(names.length - 1);
  };
  const { fallback } = texts;
  const detail: Detail = {
    server: named('server', fallback.server),
    name: named('name', fallback.name),
    handle: named('handle', fallback.handle),
    path: named('path', fallback.path),
    reason: named('reason', fallback.reason),
    device: named('device', fallback.device),
    port: error.detail['port'] ?? '',
    most: error.detail['most'] ?? '',
    why: error.detail['why'] ?? '',
    what: error.detail['what'] ?? '',
    minutes: Number(error.detail['minutes'] ?? 0),
    seconds: Number(error.detail['seconds'] ?? 0),
  };
  const sentence = texts.codes[error.code];
  // A later engine may know codes that this page does not.
  return sentence ? { sentence: sentence(detail), names } : { sentence: error.message, names: [] };
}
