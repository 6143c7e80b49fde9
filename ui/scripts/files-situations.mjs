/** Situations of files worth a look. */
async function bo(page) {
  await page.click('[data-handle=bo]');
  await page.waitForSelector('[data-test=transfer]');
}

const drag = (page, to) =>
  page.evaluate((handle) => {
    const row = document.querySelector(`[data-test=contact-row][data-handle="${handle}"]`);
    const at = row?.getBoundingClientRect();
    window.fake.drag({ type: 'over', x: at ? at.x + 20 : 5, y: at ? at.y + 10 : 5 });
  }, to);

export const filesSituations = [
  { name: 'files', fake: 'files', go: bo },
  {
    name: 'files-first',
    fake: 'files',
    async go(page) {
      await bo(page);
      await page.evaluate(() => document.querySelector('[data-test=transfer]').scrollIntoView());
    },
  },
  {
    name: 'files-drop',
    fake: 'files',
    async go(page) {
      await drag(page, 'bo');
      await page.waitForSelector('[data-test=drop]');
    },
  },
  {
    name: 'files-drop-nowhere',
    fake: 'files',
    async go(page) {
      await drag(page, 'nobody');
      await page.waitForSelector('[data-test=drop]');
    },
  },
];
