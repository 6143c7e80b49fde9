/**
 * Two promises about words: each one in `text/` is used, and none stands in a view.
 * The types already say that every language has the same ones.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesUnder(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

/** The text of each `html` and `svg` template, with a mark in place of each expression. */
export function templatesIn(code) {
  const templates = [];
  let at = 0;

  function skipString(quote) {
    at += 1;
    while (at < code.length && code[at] !== quote) at += code[at] === '\\' ? 2 : 1;
    at += 1;
  }

  function template(kept) {
    let text = '';
    at += 1;
    while (at < code.length && code[at] !== '`') {
      if (code[at] === '\\') {
        text += code.slice(at, at + 2);
        at += 2;
      } else if (code.startsWith('${', at)) {
        at += 2;
        plain('}');
        text += '\0';
      } else {
        text += code[at];
        at += 1;
      }
    }
    at += 1;
    if (kept) templates.push(text);
  }

  /** Goes on to the brace that closes the expression, or to the end. */
  function plain(end) {
    let depth = 0;
    while (at < code.length) {
      const char = code[at];
      if (char === end && depth === 0) {
        at += 1;
        return;
      }
      if (code.startsWith('//', at)) at = (code.indexOf('\n', at) + 1 || code.length + 1) - 1;
      else if (code.startsWith('/*', at)) at = code.indexOf('*/', at) + 2;
      else if (char === '`') template(/\b(?:html|svg)$/.test(code.slice(Math.max(0, at - 5), at)));
      else if (char === '/' && /[(,=:[!&|?{};\n]\s*$/.test(code.slice(Math.max(0, at - 8), at)))
        at += /^\/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[\n])+\//.exec(code.slice(at))?.[0].length ?? 1;
      else if (char === "'" || char === '"') skipString(char);
      else {
        if (char === '{') depth += 1;
        if (char === '}') depth -= 1;
        at += 1;
      }
    }
  }

  plain('\n\0');
  return templates;
}

const SPOKEN = /\b(aria-label|aria-description|title|placeholder|alt)=(?:"([^"]*)"|'([^']*)')/g;

/** Words that a template says by itself. */
export function wordsIn(template) {
  const words = [];
  for (const [, attribute, double, single] of template.matchAll(SPOKEN)) {
    const said = (double ?? single ?? '').replaceAll('\0', '').replace(/\(Ctrl\+.\)/g, '');
    if (/\p{L}{2,}/u.test(said)) words.push(`${attribute}="${said}"`);
  }
  const text = template
    .replace(/<(kbd)\b[^>]*>[^<]*<\/\1>/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('\0', ' ');
  for (const [word] of text.matchAll(/\p{L}{2,}/gu)) words.push(word);
  return words;
}

function check() {
  const src = fileURLToPath(new URL('../src', import.meta.url));
  const faults = [];
  const files = filesUnder(src).filter((path) => !path.includes('/generated/') && !path.includes('/host/'));
  const views = files.filter((path) => !path.includes('/text/'));
  const code = views.map((path) => readFileSync(path, 'utf8')).join('\n');

  for (const file of ['en.ts', 'files-en.ts', 'words-en.ts']) {
    const english = readFileSync(join(src, 'text', file), 'utf8');
    for (const [, key] of english.matchAll(/^ {2}(\w+):/gm)) {
      if (!new RegExp(`\\b(?:t|words)\\.${key}\\b`).test(code)) faults.push(`text/${file}: nothing uses “${key}”`);
    }
  }
  for (const path of views) {
    for (const template of templatesIn(readFileSync(path, 'utf8'))) {
      for (const word of wordsIn(template)) faults.push(`${relative(src, path)}: words in a view: ${word}`);
    }
  }
  return faults;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const faults = check();
  for (const fault of faults) console.error(fault);
  process.exit(faults.length > 0 ? 1 : 0);
}
