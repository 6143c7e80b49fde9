import { describe, expect, it } from 'vitest';
// @ts-expect-error a script without types
import { templatesIn, wordsIn } from '../scripts/strings.mjs';

const words = (code: string): string[] => (templatesIn(code) as string[]).flatMap((one) => wordsIn(one) as string[]);

describe('words in views', () => {
  it('are found', () => {
    expect(words('x = html`<p>Hello ${name}</p>`')).toEqual(['Hello']);
    expect(words('x = html`<p>${a ? html`<b>你好</b>` : nothing}</p>`')).toEqual(['你好']);
    expect(words('x = html`<button title="Close it"></button>`')).toEqual(['title="Close it"']);
  });

  it('are not mistaken for what is none', () => {
    expect(words("x = html`<p class=\"name\" data-test=${'a b'}>${t.hello}: ${say(t.x, `of ${y}`)}</p>`")).toEqual([]);
    expect(words("const it = 'plain words'; // html`words`\n/* html`more` */ const r = /`html`/;")).toEqual([]);
    expect(words('x = html`<kbd>Enter</kbd> ${{ a: { b: `c` } }}`')).toEqual([]);
  });
});
