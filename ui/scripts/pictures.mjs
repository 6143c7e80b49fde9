/** Pictures of every situation: `npm run pictures -- FOLDER [part of a name]`. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openSituation, situations, withBrowser } from './browser.mjs';

const [folder, part = ''] = process.argv.slice(2);
if (!folder) {
  console.error('where to? npm run pictures -- FOLDER [part of a name]');
  process.exit(2);
}

const looks = [
  { lang: 'en', theme: 'light', width: 1280, height: 800 },
  { lang: 'zh', theme: 'dark', width: 1280, height: 800 },
  { lang: 'en', theme: 'dark', width: 800, height: 600 },
  { lang: 'zh', theme: 'light', width: 480, height: 600 },
];

await mkdir(folder, { recursive: true });
await withBrowser(async (browser, address) => {
  const jobs = situations.filter(({ name }) => name.includes(part)).flatMap((situation) => looks.map((look) => ({ situation, look })));
  const work = async () => {
    for (let job = jobs.pop(); job; job = jobs.pop()) {
      const { situation, look } = job;
      const file = `${situation.name}-${look.lang}-${look.theme}-${look.width}.png`;
      try {
        const { page, context, faults } = await openSituation(browser, address, situation, look);
        await page.screenshot({ path: join(folder, file) });
        await context.close();
        for (const fault of faults) console.error(`${file}: ${fault}`);
      } catch (error) {
        console.error(`${file}: ${String(error).split('\n')[0]}`);
      }
    }
  };
  await Promise.all([work(), work(), work()]);
});
