/** The check of the connection, and what can be tried by hand beside it: all of it lasts as long as it is looked at. */
import type { Page } from '../page';
import { runningStep } from '../model/check';
import { loadDevices } from './devices';
import { go } from './people';

export function openCheck(page: Page): void {
  page.forget('check', 'check-hand', 'check-report');
  go(page, { at: 'check' });
  page.focus('[data-pane] h1');
  void loadDevices(page);
}

export async function beginCheck(page: Page): Promise<void> {
  page.forget('check-hand', 'check-report');
  await page.ask('check', { type: 'begin_check' });
  page.focus('[data-test=check-stop]');
}

export async function stopCheck(page: Page): Promise<void> {
  await page.ask('check', { type: 'stop_check' });
  page.focus('[data-test=check-begin]');
}

export async function beginEcho(page: Page): Promise<void> {
  await page.ask('check-hand', { type: 'begin_echo' });
  page.focus('[data-test=echo-end]');
}

export async function endEcho(page: Page): Promise<void> {
  await page.ask('check-hand', { type: 'end_echo' });
  page.focus('[data-test=echo-begin]');
}

export async function recordVoice(page: Page): Promise<void> {
  await page.ask('check-hand', { type: 'record_voice' });
  page.focus('[data-test=voice-end]');
}

/** Plays what is recorded so far, or ends what is played. */
export function endRecording(page: Page): void {
  void page.ask('check-hand', { type: 'end_recording' });
}

export async function copyReport(page: Page): Promise<void> {
  const reply = await page.ask('check-report', { type: 'check_report' });
  if (reply?.type === 'check_report') await page.copy('check-copy', reply.text);
}

/** Brings the step that goes on into sight, once; and where something ends by itself, the keyboard stays in its place. */
function follow(page: Page): void {
  const { here } = page;
  const check = here.route.at === 'check' ? (page.state?.check ?? null) : null;
  const what = runningStep(check)?.what ?? null;
  const voice = Boolean(check?.recording);
  const { step, voice: voiced } = here.followed;
  here.followed = { step: what, voice };
  if (!check) return;
  if (what && what !== step) document.querySelector('[data-test=check-step][data-stage=running]')?.scrollIntoView({ block: 'nearest' });
  const lost = document.activeElement === null || document.activeElement === document.body;
  if (lost && step && !what) page.focus('[data-test=check-begin]');
  if (lost && voiced && !voice) page.focus('[data-test=voice-begin]');
}

/** After each drawing: what goes on is followed, and what is shown nowhere any more is ended. */
export function keepCheck(page: Page): void {
  follow(page);
  const check = page.state?.check;
  const { here } = page;
  if (!check || here.route.at === 'check' || here.busy.has('check') || here.busy.has('check-hand')) return;
  if (check.running) void page.ask('check', { type: 'stop_check' });
  if (check.echo) void page.ask('check-hand', { type: 'end_echo' });
  else if (check.recording) void page.ask('check-hand', { type: 'end_recording' });
}
