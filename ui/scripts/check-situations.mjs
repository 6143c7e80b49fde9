/** The situations of the check of the connection, each worth a look. */

async function openCheck(page) {
  await page.click('[data-test=settings]');
  await page.click('[data-test=open-check]');
  await page.waitForSelector('[data-test=check-view]');
}

/** Lets the fake engine tell how a check goes. */
async function told(page, change) {
  await page.evaluate((part) => {
    const { check } = window.fake.state;
    const steps = check.steps.map((one) => (part.stages?.[one.what] ? { ...one, stage: part.stages[one.what] } : one));
    window.fake.emit({ type: 'check_changed', check: { ...check, ...part.check, steps } });
  }, change);
}

const good = { type: 'good' };
const early = { camera: good, microphone: good, speaker: good, server: good, network: good, address: good, relay: good, bandwidth: good };

export const checkSituations = [
  {
    name: 'check-way-in',
    fake: 'contacts',
    async go(page) {
      await page.click('[data-test=settings]');
      await page.locator('[data-test=open-check]').scrollIntoViewIfNeeded();
    },
  },
  { name: 'check', fake: 'contacts', go: openCheck },
  {
    name: 'check-camera',
    fake: 'contacts',
    async go(page) {
      await openCheck(page);
      await page.click('[data-test=check-begin]');
      await page.waitForSelector('[data-test=check-picture]:not([data-width="0"])');
    },
  },
  {
    name: 'check-microphone',
    fake: 'contacts',
    async go(page) {
      await openCheck(page);
      await page.click('[data-test=check-begin]');
      await page.waitForSelector('[data-what=camera] [data-test=check-picture]:not([data-width="0"])');
      await told(page, { stages: { camera: good, microphone: { type: 'running' } } });
      await page.waitForSelector('[data-what=microphone] [data-test=check-picture]:not([data-width="0"])');
    },
  },
  {
    name: 'check-echo-step',
    fake: 'contacts',
    async go(page) {
      await openCheck(page);
      await page.click('[data-test=check-begin]');
      await told(page, { stages: { ...early, echo: { type: 'running' } } });
      await page.waitForSelector('[data-whose=theirs]:not([data-width="0"])');
      await page.locator('[data-what=contact]').scrollIntoViewIfNeeded();
    },
  },
  { name: 'check-good', fake: 'check-good', go: openCheck },
  {
    name: 'check-bad',
    fake: 'check-bad',
    async go(page) {
      await openCheck(page);
      await page.waitForSelector('[data-test=check-choose]');
    },
  },
  {
    name: 'check-bad-end',
    fake: 'check-bad',
    async go(page) {
      await openCheck(page);
      await page.locator('[data-test=echo-begin]').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'check-echo',
    fake: 'contacts',
    async go(page) {
      await openCheck(page);
      await page.click('[data-test=echo-begin]');
      const figures = { pictures: 148, width: 1280, height: 720, delay_ms: 172, level: 0.3, round_trip_ms: null, lost_percent: null, kbit_s: null, way: null, address: null, stand_in: null };
      await told(page, { check: { echo: { figures, troubles: [{ code: 'device_missing', message: '', detail: { kind: 'microphone', device: 'mic:0' } }] } } });
      await page.waitForSelector('[data-whose=theirs]:not([data-width="0"])');
      await page.locator('[data-test=echo-end]').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'check-voice',
    fake: 'contacts',
    async go(page) {
      await openCheck(page);
      await page.click('[data-test=voice-begin]');
      await told(page, { check: { recording: { playing: false, ms: 1800, most_ms: 5000, level: 0.2, troubles: [] } } });
      await page.locator('[data-test=voice-end]').scrollIntoViewIfNeeded();
    },
  },
];
