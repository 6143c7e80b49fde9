/** Situations of conversations worth a look. */
async function bo(page) {
  await page.click('[data-handle=bo]');
  await page.waitForSelector('[data-test=message]');
}

/** A message of Bo's that says this. */
async function boWrites(page, text) {
  await page.evaluate((text) => {
    const { key } = window.fake.state.contacts.find((one) => one.handle === 'bo');
    const held = window.fake.words.get(key);
    held.push({ ...held.at(-1), id: 'with a link', mine: false, mark: null, text, quote: null, at_ms: Date.now() });
  }, text);
  await bo(page);
}

const LONG = `https://example.org/${'a-rather-long-way/'.repeat(14)}to-the-end.html?with=more&and=more`;
const POSING = 'https://bank.example.com@аррӏе.com/login';

export const wordsSituations = [
  { name: 'words', fake: 'words', go: bo },
  {
    name: 'words-none',
    fake: 'contacts',
    async go(page) {
      await page.click('[data-handle=gus]');
      await page.waitForSelector('[data-test=no-words]');
    },
  },
  {
    name: 'words-menu',
    fake: 'words',
    async go(page) {
      await bo(page);
      await page.locator('[data-test=message-more]').last().focus();
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-test=menu]');
    },
  },
  {
    name: 'words-answer',
    fake: 'words',
    async go(page) {
      await bo(page);
      await page.locator('[data-test=message-more]').nth(2).focus();
      await page.keyboard.press('Enter');
      await page.click('[data-test=menu-reply]');
      await page.fill('[data-test=write]', 'One line.\nAnother line, which is rather longer than the first one was and so has to be broken somewhere.\nA third.');
      await page.evaluate(() => window.fake.emit({ type: 'typing', key: window.fake.state.contacts.find((one) => one.handle === 'bo').key }));
      await page.waitForSelector('[data-test=about]');
    },
  },
  {
    name: 'words-too-long',
    fake: 'words',
    async go(page) {
      await bo(page);
      await page.fill('[data-test=write]', 'so many words '.repeat(600));
      await page.waitForSelector('[data-test=length]');
    },
  },
  {
    name: 'words-link',
    fake: 'words',
    async go(page) {
      await boWrites(page, `The way there: ${LONG}. Or ${POSING}, if you must.`);
      await page.locator('[data-test=link]').last().focus();
    },
  },
  {
    name: 'words-link-long',
    fake: 'words',
    async go(page) {
      await boWrites(page, LONG);
      await page.locator('[data-test=link]').last().click();
      await page.waitForSelector('[data-test=true-address]');
    },
  },
  {
    name: 'words-link-posing',
    fake: 'words',
    async go(page) {
      await boWrites(page, POSING);
      await page.locator('[data-test=link]').last().focus();
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-test=link-user]');
    },
  },
  {
    name: 'words-find',
    fake: 'words',
    async go(page) {
      await bo(page);
      await page.click('[data-test=open-find]');
      await page.fill('[data-test=find]', 'e');
      await page.waitForSelector('[data-test=found]');
    },
  },
  {
    name: 'words-come',
    fake: 'words',
    async go(page) {
      await page.evaluate(() => {
        const from = window.fake.state.contacts.find((one) => one.handle === 'chen');
        window.fake.emit({ type: 'contact_changed', contact: { ...from, unread: 3, words: '明天见！', last: { what: 'wrote_from', at_ms: Date.now() } } });
        window.fake.emit({ type: 'message_received', key: from.key, id: '1' });
      });
      await page.waitForSelector('[data-test=toast]');
    },
  },
];
