/** What the tests of calls have in common. */
import type { Call } from '../src/generated/Call';
import type { Command } from '../src/generated/Command';
import type { State } from '../src/generated/State';
import type { FakeHost } from '../src/host/fake';
import { fakeCall } from '../src/host/fake/calls';
import { fewContacts, settledState } from '../src/host/fake/people';

export const id = fakeCall('bo').id;

export function having(...calls: Call[]): State {
  return { ...settledState(), contacts: fewContacts(), calls };
}

export function asked(host: FakeHost, type: Command['type']): Command[] {
  return host.commands.filter((one) => one.type === type);
}

export function incoming(handle: string, picture = true): Call {
  return fakeCall(handle, { outgoing: false, picture, stage: { type: 'incoming' } });
}
