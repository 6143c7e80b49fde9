/** The situations of calls, each worth a look. */

/** Until the other's picture is drawn, and the own one. */
async function drawn(page) {
  await page.waitForSelector('[data-test=remote]:not([data-width="0"])');
  await page.waitForSelector('[data-test=self]:not([data-width="0"])');
}

const ends = ['hung_up', 'cancelled', 'declined', 'busy', 'no_answer', 'away', 'unconnected', 'lost'];
const plain = ['call-calling', 'call-ringing', 'call-connecting', 'call-voice', 'call-camera-off', 'call-held', 'call-held-by-them', 'call-device-trouble'];
const pictured = ['call-video', 'call-poor', 'call-reconnecting', 'call-waiting', 'call-two'];

export const callSituations = [
  ...plain.map((name) => ({ name, fake: name, go: (page) => page.waitForSelector('[data-test=stage]') })),
  ...pictured.map((name) => ({ name, fake: name, go: drawn })),
  { name: 'call-muted', fake: 'call-muted', go: (page) => page.waitForSelector('[data-test=remote]:not([data-width="0"])') },
  { name: 'call-long', fake: 'call-long', go: drawn },
  { name: 'call-incoming-long', fake: 'call-incoming-long', go: (page) => page.waitForSelector('dialog[open]') },
  { name: 'ring-long', fake: 'call-incoming-long', window: 'ring', size: { width: 420, height: 260 } },
  ...ends.map((how) => ({ name: `call-ended-${how}`, fake: `call-ended-${how}`, go: (page) => page.waitForSelector('[data-test=ended]') })),
  {
    name: 'call-quiet',
    fake: 'call-video',
    async go(page) {
      await drawn(page);
      await page.waitForSelector('.stage.quiet');
    },
  },
  {
    name: 'call-whole',
    fake: 'call-video',
    async go(page) {
      await drawn(page);
      await page.keyboard.press('w');
    },
  },
  {
    name: 'call-statistics',
    fake: 'call-video',
    async go(page) {
      await drawn(page);
      await page.keyboard.press('t');
      await page.waitForSelector('[data-test=statistics] dl');
    },
  },
  {
    name: 'call-more',
    fake: 'call-video',
    async go(page) {
      await drawn(page);
      await page.click('[data-test=stage] [data-test=more]');
      await page.waitForSelector('[data-test=hold]');
    },
  },
  ...['camera', 'mic', 'volume'].map((kind) => ({
    name: `call-choose-${kind}`,
    fake: 'call-video',
    async go(page) {
      await drawn(page);
      await page.click(`[data-test=${kind}-choose]`);
      await page.waitForSelector('[data-test=device][data-uri="null:"]');
    },
  })),
  {
    name: 'call-behind',
    fake: 'call-waiting',
    async go(page) {
      await page.waitForSelector('[data-test=stage]');
      await page.evaluate(() => document.querySelector('[data-handle=dora]')?.click());
      await page.waitForSelector('[data-test=call-line]');
    },
  },
  { name: 'call-incoming-video', fake: 'call-incoming-video', go: (page) => page.waitForSelector('dialog[open]') },
  { name: 'call-incoming-voice', fake: 'call-incoming-voice', go: (page) => page.waitForSelector('dialog[open]') },
  {
    name: 'call-incoming-menu',
    fake: 'call-incoming-video',
    async go(page) {
      await page.click('[data-test=incoming-more]');
      await page.waitForSelector('[data-test=menu-block]');
    },
  },
  { name: 'ring-video', fake: 'call-incoming-video', window: 'ring', size: { width: 420, height: 260 } },
  { name: 'ring-voice', fake: 'call-incoming-voice', window: 'ring', size: { width: 420, height: 260 } },
  {
    name: 'history',
    fake: 'missed',
    async go(page) {
      await page.click('[data-handle=bo]');
      await page.waitForSelector('[data-test=past-call]');
    },
  },
  {
    name: 'preview-incoming',
    fake: 'call-incoming-video',
    async go(page) {
      await page.click('[data-test=preview-open]');
      await page.waitForSelector('[data-test=preview]:not([data-width="0"])');
    },
  },
  {
    name: 'preview-settings',
    fake: 'contacts',
    async go(page) {
      await page.click('[data-test=settings]');
      await page.click('[data-test=preview-open]');
      await page.waitForSelector('[data-test=preview]:not([data-width="0"])');
      await page.locator('[data-test=devices]').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'devices-with',
    fake: 'contacts',
    async go(page) {
      await page.click('[data-handle=bo]');
      await page.click('[data-test=details]');
      await page.click('[data-test=devices-with] summary');
      await page.locator('[data-test=devices-with]').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'preview-trouble',
    fake: 'devices',
    async go(page) {
      await page.click('[data-test=settings]');
      await page.click('[data-test=preview-open]');
      await page.waitForSelector('[data-test=preview-trouble]');
      await page.locator('[data-test=devices]').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'preview-before-call',
    fake: 'contacts',
    async go(page) {
      await page.click('[data-handle=bo]', { button: 'right' });
      await page.click('[data-test=menu-check]');
      await page.click('dialog [data-test=preview-open]');
      await page.waitForSelector('dialog [data-test=preview]:not([data-width="0"])');
    },
  },
  {
    name: 'booth-theirs',
    fake: 'call-video',
    async go(page) {
      await page.locator('[data-test=stage] [data-test=more]').click();
      await page.click('[data-test=take-theirs]');
      await page.fill('[data-test=caption]', 'At the lake, one evening in May');
      await page.selectOption('[data-test=booth-look]', 'sepia');
      await page.waitForSelector('[data-test=photo]');
    },
  },
  {
    name: 'booth-count',
    fake: 'call-video',
    async go(page) {
      await page.locator('[data-test=stage] [data-test=more]').click();
      await page.click('[data-test=take-mine]');
      await page.waitForSelector('[data-test=countdown]');
    },
  },
  {
    name: 'booth-mine',
    fake: 'contacts',
    async go(page) {
      await page.evaluate(() => localStorage.setItem('visavis.stage', '{"delay":0}'));
      await page.reload();
      await page.click('[data-handle=bo]', { button: 'right' });
      await page.click('[data-test=menu-check]');
      await page.click('dialog [data-test=preview-open]');
      await page.click('[data-test=take-mine]');
      await page.waitForSelector('[data-test=photo]');
    },
  },
  { name: 'missed', fake: 'missed' },
  { name: 'no-devices', fake: 'no-devices', go: (page) => page.waitForSelector('[data-test=stand-ins]') },
  {
    name: 'settings-devices',
    fake: 'devices',
    async go(page) {
      await page.click('[data-test=settings]');
      await page.waitForSelector('[data-test=device-camera] option:nth-child(3)', { state: 'attached' });
      await page.locator('[data-test=devices]').scrollIntoViewIfNeeded();
    },
  },
];
