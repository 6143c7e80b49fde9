/** Serves a build that holds the fake host, under the app's own content policy, and opens Chromium on it: the one without a
 * window, which takes half the time. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';
import { callSituations } from './call-situations.mjs';
import { checkSituations } from './check-situations.mjs';
import { filesSituations } from './files-situations.mjs';
import { wordsSituations } from './words-situations.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; " +
  "connect-src 'self' ipc: http://ipc.localhost ws://127.0.0.1:*; worker-src 'self' blob:";

export async function withBrowser(use) {
  const outDir = await mkdtemp(join(tmpdir(), 'visavis-page-'));
  let server;
  let browser;
  try {
    await build({ root, mode: 'pictures', logLevel: 'warn', build: { outDir } });
    server = await preview({
      root,
      build: { outDir },
      preview: { host: '127.0.0.1', port: 0, headers: { 'Content-Security-Policy': POLICY } },
    });
    const address = server.resolvedUrls?.local[0];
    if (!address) throw new Error('the server has no address');
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell',
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
    });
    await use(browser, address);
  } finally {
    await browser?.close();
    await server?.close();
    await rm(outDir, { recursive: true, force: true });
  }
}

/** Each situation worth a look: the scenario, and what to do in it first. */
export const situations = [
  { name: 'first-start', fake: 'first-start' },
  {
    name: 'first-start-import',
    fake: 'first-start',
    async go(page) {
      await page.click('[data-test=have-identity]');
      await page.fill('[data-test=import-path]', '/home/ana/nothing.age');
      await page.fill('[data-test=import-passphrase]', 'something long');
      await page.click('[data-test=import]');
      await page.waitForSelector('[data-test=error]');
    },
  },
  { name: 'server', fake: 'closed-server' },
  {
    name: 'server-down',
    fake: 'closed-server',
    async go(page) {
      await page.check('[data-test=server-address]');
      await page.fill('[data-test=address-field]', 'down.example.org');
      await page.click('[data-test=next]');
      await page.waitForSelector('[data-test=choose-another]');
    },
  },
  {
    name: 'closed-server',
    fake: 'closed-server',
    async go(page) {
      await page.check('[data-test=server-address]');
      await page.fill('[data-test=address-field]', 'closed.example.org');
      await page.click('[data-test=next]');
      await page.fill('[data-test=invite-field]', 'old-code');
      await page.click('[data-test=next]');
      await page.waitForSelector('[data-code=invite_invalid]');
    },
  },
  { name: 'handle', fake: 'handle' },
  {
    name: 'handle-free',
    fake: 'handle',
    async go(page) {
      await page.click('[data-test=suggestion]');
      await page.waitForSelector('[data-state=free]');
    },
  },
  {
    name: 'handle-taken',
    fake: 'handle',
    async go(page) {
      await page.fill('[data-test=handle-field]', 'bo');
      await page.waitForSelector('[data-state=taken]');
    },
  },
  { name: 'empty', fake: 'empty' },
  { name: 'contacts', fake: 'contacts' },
  {
    name: 'contact',
    fake: 'contacts',
    async go(page) {
      await page.click('[data-handle=dora]');
      await page.click('[data-test=details]');
      await page.waitForSelector('[data-test=safety-number]');
    },
  },
  {
    name: 'waved',
    fake: 'contacts',
    async go(page) {
      await page.click('[data-handle=bo]');
      await page.press('[data-handle=emil] >> nth=0', 'Enter');
      await page.evaluate(() => {
        const from = window.fake.state.contacts.find((one) => one.handle === 'farah');
        window.fake.emit({ type: 'contact_changed', contact: { ...from, last: { what: 'waved_from', at_ms: Date.now() } } });
        window.fake.emit({ type: 'wave_received', key: from.key, at_ms: Date.now() });
      });
      await page.waitForSelector('[data-test=toast-act]');
    },
  },
  {
    name: 'contact-menu',
    fake: 'contacts',
    async go(page) {
      await page.click('[data-handle=chen]', { button: 'right' });
      await page.waitForSelector('[data-test=menu]');
    },
  },
  {
    name: 'status-menu',
    fake: 'contacts',
    async go(page) {
      await page.click('[data-test=status-menu]');
      await page.waitForSelector('[data-test=menu]');
    },
  },
  {
    name: 'block-question',
    fake: 'contacts',
    async go(page) {
      await page.click('[data-handle=bo]');
      await page.click('[data-test=details]');
      await page.click('[data-test=contact-view] [data-test=block]');
      await page.waitForSelector('[data-test=confirm]');
    },
  },
  {
    name: 'keys',
    fake: 'contacts',
    async go(page) {
      await page.click('[data-handle=bo]');
      await page.keyboard.press('?');
      await page.waitForSelector('dialog');
    },
  },
  { name: 'requests', fake: 'requests' },
  { name: 'offline', fake: 'offline' },
  { name: 'stopped', fake: 'stopped' },
  { name: 'troubles', fake: 'troubles' },
  {
    name: 'key-changed',
    fake: 'key-changed',
    async go(page) {
      await page.click('[data-handle=bo]');
      await page.waitForSelector('[data-test=safety-number]');
    },
  },
  { name: 'key-damaged', fake: 'key-damaged' },
  { name: 'database-newer', fake: 'database-newer' },
  { name: 'long', fake: 'long' },
  {
    name: 'long-contact',
    fake: 'long',
    async go(page) {
      await page.fill('[data-test=search]', 'hohenf');
      await page.click('[data-test=contact-row]');
      await page.click('[data-test=details]');
      await page.waitForSelector('[data-test=safety-number]');
    },
  },
  {
    name: 'add',
    fake: 'requests',
    async go(page) {
      await page.click('[data-test=add-person]');
      await page.waitForSelector('[data-test=directory-row]');
    },
  },
  {
    name: 'add-error',
    fake: 'requests',
    async go(page) {
      await page.click('[data-test=add-person]');
      await page.fill('[data-test=add-field]', 'zoe@other.example.org');
      await page.click('[data-test=send-request]');
      await page.waitForSelector('[data-test=error]');
    },
  },
  {
    name: 'settings',
    fake: 'hosting',
    async go(page) {
      await page.click('[data-test=settings]');
      await page.waitForSelector('.settings-view .qr');
    },
  },
  {
    name: 'settings-end',
    fake: 'hosting',
    async go(page) {
      await page.click('[data-test=settings]');
      await page.fill('[data-test=export-passphrase]', 'short');
      await page.fill('[data-test=export-passphrase-again]', 'other');
      await page.locator('[data-test=version]').scrollIntoViewIfNeeded();
    },
  },
  ...filesSituations,
  ...wordsSituations,
  ...callSituations,
  ...checkSituations,
];

export async function openSituation(browser, address, situation, { lang, theme, width, height, scale }) {
  const context = await browser.newContext({ viewport: situation.size ?? { width, height }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(5_000);
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('request', (request) => {
    if (!request.url().startsWith(address) && !request.url().startsWith('data:')) faults.push(`asked for ${request.url()}`);
  });
  await page.goto(`${address}?fake=${situation.fake}&lang=${lang}&theme=${theme}${situation.window ? `&window=${situation.window}` : ''}`);
  await page.waitForSelector('main');
  if (scale) await page.addStyleTag({ content: `html { font-size: ${scale * 100}% }` });
  await situation.go?.(page);
  return { page, context, faults };
}
