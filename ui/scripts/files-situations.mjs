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

/** A card more, made from the last one. */
async function card(page, part) {
  await page.evaluate((part) => {
    const last = window.fake.state.transfers.at(-1);
    const items = part.names.map((name) => ({ ...last.items.at(-1), name, preview: [], files: null, ...part.item }));
    window.fake.emit({ type: 'transfer_changed', transfer: { ...last, id: part.names[0], items, files: items.length, bytes: 2_400_000, at_ms: Date.now(), stage: { type: 'offered' }, ...part.transfer } });
  }, part);
}

async function toEnd(page) {
  await page.evaluate(() => document.querySelector('[data-test=words]').scrollTo({ top: 1e6 }));
}

export const filesSituations = [
  {
    name: 'files-pictures',
    fake: 'files',
    async go(page) {
      await bo(page);
      await card(page, { names: ['The harbour at noon, seen from the hill.jpg'], transfer: { stage: { type: 'done' }, folder: '/home/ana/Downloads' } });
      await card(page, { names: ['own.png'], transfer: { mine: true } });
      await page.waitForFunction(() => document.querySelectorAll('[data-test=thumbnail]').length === 2);
      await toEnd(page);
      await page.locator('[data-test=thumbnail]').last().focus();
    },
  },
  {
    name: 'files-program',
    fake: 'files',
    async go(page) {
      await bo(page);
      await card(page, { names: ['photo.jpg.exe', 'talk.mp4', 'minutes.pdf', 'all.zip'] });
      await page.waitForSelector('[data-test=may-harm]');
      await toEnd(page);
    },
  },
  {
    name: 'files-folder',
    fake: 'files',
    async go(page) {
      await bo(page);
      await page.locator('[data-test=preview] summary').last().focus();
      await page.keyboard.press('Enter');
      await page.waitForSelector('details[open]');
    },
  },
  {
    name: 'files-pasted',
    fake: 'files',
    async go(page) {
      await bo(page);
      await page.evaluate(() => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array([0x89, 0x50, 0x4e, 0x47])], 'image.png', { type: 'image/png' }));
        document.querySelector('[data-test=write]').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
      });
      await page.waitForSelector('[data-test=pasted-send]:focus');
    },
  },
  {
    name: 'files-always',
    fake: 'contacts',
    async go(page) {
      await page.click('[data-handle=bo]');
      await page.click('[data-test=details]');
      await page.check('[data-test=take-files]');
      await page.locator('[data-test=take-most]').focus();
    },
  },
  {
    name: 'files-drop-call',
    fake: 'call-video',
    async go(page) {
      await page.waitForSelector('[data-test=stage]');
      await page.evaluate(() => {
        const at = document.querySelector('[data-test=stage]').getBoundingClientRect();
        window.fake.drag({ type: 'over', x: at.x + at.width / 2, y: at.y + at.height / 2 });
      });
      await page.waitForSelector('[data-test=drop].onto');
    },
  },
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
