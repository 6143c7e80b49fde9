/** Every situation in both themes and three sizes: no fault of accessibility, nothing that sticks out, no outside request. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { openSituation, situations, withBrowser } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const [part = ''] = process.argv.slice(2);
const looks = [
  { lang: 'en', theme: 'light', width: 1280, height: 800 },
  { lang: 'zh', theme: 'dark', width: 1280, height: 800 },
  { lang: 'en', theme: 'dark', width: 800, height: 600 },
  { lang: 'zh', theme: 'light', width: 480, height: 600 },
  { lang: 'en', theme: 'dark', width: 480, height: 600, scale: 2 },
];

let checked = 0;
let faulty = 0;
/** Where each fault was seen. */
const seen = new Map();

/** What is wider than the place it stands in, without being cut on purpose. */
function sticksOut() {
  const faults = [];
  if (document.documentElement.scrollWidth > window.innerWidth) faults.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const element of document.querySelectorAll('body *')) {
    const box = element.getBoundingClientRect();
    const seen = box.width > 1 && box.height > 1 && !element.closest('.unseen');
    if (seen && (box.right > window.innerWidth + 1 || box.left < -1)) faults.push(`sticks out: ${element.outerHTML.slice(0, 120)}`);
    const { overflowX } = getComputedStyle(element);
    if (seen && (overflowX === 'auto' || overflowX === 'scroll') && element.scrollWidth > element.clientWidth + 1) {
      faults.push(`scrolls sideways: ${element.outerHTML.slice(0, 120)}`);
    }
    // Too little room for its own words.
    if (seen && element.matches('button') && element.scrollWidth > element.clientWidth + 1) faults.push(`is too narrow: ${element.outerHTML.slice(0, 160)}`);
  }
  return faults;
}

async function audit(browser, address, situation, look) {
  const { page, context, faults } = await openSituation(browser, address, situation, look);
  faults.push(...(await page.evaluate(sticksOut)));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  for (const violation of violations) {
    for (const node of violation.nodes) faults.push(`${violation.id}: ${node.html.slice(0, 160)} (${node.any[0]?.message ?? violation.help})`);
  }
  await context.close();
  return faults;
}

await withBrowser(async (browser, address) => {
  const jobs = situations.filter(({ name }) => name.includes(part)).flatMap((situation) => looks.map((look) => ({ situation, look })));
  const work = async () => {
    for (let job = jobs.pop(); job; job = jobs.pop()) {
      const { situation, look } = job;
      const faults = await audit(browser, address, situation, look).catch((error) => [String(error).split('\n')[0]]);
      checked += 1;
      if (faults.length === 0) continue;
      faulty += 1;
      const place = `${situation.name} in ${look.lang}, ${look.theme}, ${look.width}x${look.height}${look.scale ? `, text at ${look.scale * 100} %` : ''}`;
      for (const fault of new Set(faults)) {
        const same = fault.replace(/<!--.*?-->/g, '');
        seen.set(same, [...(seen.get(same) ?? []), place]);
      }
    }
  };
  await Promise.all([work(), work(), work()]);
});
for (const [fault, places] of seen) console.error(`${fault}\n  ${places.slice(0, 3).join('; ')}${places.length > 3 ? ` and ${places.length - 3} more` : ''}`);
console.log(`${checked} looked at, ${faulty} with faults`);
process.exitCode = faulty > 0 ? 1 : 0;
