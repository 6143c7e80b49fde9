import { render } from 'lit-html';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Call } from '../src/generated/Call';
import { FakeHost } from '../src/host/fake';
import { fakeCall } from '../src/host/fake/calls';
import { fewContacts, settledState } from '../src/host/fake/people';
import type { Page } from '../src/page';
import { startRing } from '../src/start-page';
import { press, settle } from './screen';

let root: HTMLElement;
let page: Page | null = null;

beforeEach(() => {
  root = document.createElement('div');
  document.body.replaceChildren(root);
});

afterEach(() => {
  vi.restoreAllMocks();
  page?.close();
  page = null;
  render(null, root);
});

async function ring(...calls: Call[]): Promise<FakeHost> {
  const state = settledState();
  const host = new FakeHost({ ...state, settings: { ...state.settings, language: 'en' }, contacts: fewContacts(), calls });
  page = await startRing(host, root);
  await settle();
  return host;
}

const incoming = fakeCall('bo', { outgoing: false, stage: { type: 'incoming' } });

it('shows nothing while nothing rings', async () => {
  const host = await ring(fakeCall('chen'));
  expect(root.textContent?.trim()).toBe('');
  await press('Enter');
  await press('Escape');
  expect(host.commands).toEqual([]);
});

it('shows who calls, also while another call is on, and goes empty when it is over', async () => {
  const host = await ring(fakeCall('chen'), incoming);
  expect(root.querySelector('[data-test=incoming]')?.textContent).toContain('Bo Lindqvist');
  expect(document.title).toBe('Bo Lindqvist calls');
  host.emit({ type: 'calls_changed', calls: [fakeCall('chen')] });
  await settle();
  expect(root.textContent?.trim()).toBe('');
  expect(document.title).toBe('Visavis');
});

it('has the keys of the card', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000);
  const host = await ring(incoming);
  await press('Enter');
  expect(host.commands).toEqual([]);
  clock.mockReturnValue(1_400);
  await press('Enter');
  expect(host.commands).toEqual([{ type: 'answer', id: incoming.id, picture: true }]);
  host.emit({ type: 'calls_changed', calls: [incoming] });
  await settle();
  await press('Escape');
  expect(host.commands.at(-1)).toEqual({ type: 'decline', id: incoming.id });
});
