import { describe, expect, it } from 'vitest';
import type { Settings } from '../src/generated/Settings';
import type { Event } from '../src/generated/Event';
import type { State } from '../src/generated/State';
import { fakeCall } from '../src/host/fake/calls';
import { contact, keyOf, settledState, USUAL_DEVICES } from '../src/host/fake/people';
import { asApiError, nothingYet, reduce, type Model } from '../src/model';

const bo = contact('bo', 'Bo');
const chen = contact('chen', 'Chen');

function having(part: Partial<State> = {}): Model {
  return reduce(nothingYet, { type: 'snapshot', seq: 7, state: { ...settledState(), contacts: [bo], ...part } });
}

function after(event: Event, part: Partial<State> = {}): Model {
  return reduce(having(part), { type: 'event', seq: 8, event });
}

describe('an event replaces its part of the state', () => {
  const error = { code: 'clock_off', message: '', detail: {} } as const;
  const server = { choice: null, name: 'x.example', connection: { type: 'idle' }, hosting: null } as const;
  const incoming = [{ key: chen.key, handle: 'chen', name: 'Chen', note: '', at_ms: 1 }];
  const outgoing = [{ key: chen.key, handle: 'chen', at_ms: 1 }];
  const settings: Settings = { language: 'zh', theme: 'dark', devices: { ...USUAL_DEVICES, speaker: 'null:', volume: 40 }, devices_with: [], hide_reading: true, downloads: null, accept_always: [] };
  const calls = [fakeCall('bo')];
  const cases: [Event, Partial<State>][] = [
    [{ type: 'fatal_changed', fatal: error }, { fatal: error }],
    [{ type: 'me_changed', me: null }, { me: null }],
    [{ type: 'server_changed', server }, { server }],
    [{ type: 'contacts_changed', contacts: [chen] }, { contacts: [chen] }],
    [{ type: 'contact_changed', contact: chen }, { contacts: [bo, chen] }],
    [{ type: 'contact_changed', contact: { ...bo, name: 'Bob' } }, { contacts: [{ ...bo, name: 'Bob' }] }],
    [{ type: 'contact_removed', key: bo.key }, { contacts: [] }],
    [{ type: 'requests_changed', incoming, outgoing }, { incoming, outgoing }],
    [{ type: 'blocked_changed', blocked: [chen] }, { blocked: [chen] }],
    [{ type: 'settings_changed', settings }, { settings }],
    [{ type: 'calls_changed', calls }, { calls }],
    [{ type: 'troubles_changed', troubles: [error] }, { troubles: [error] }],
    [{ type: 'preview_changed', preview: { troubles: [error] } }, { preview: { troubles: [error] } }],
  ];
  it.each(cases)('%j', (event, part) => {
    const before = having();
    const model = after(event);
    expect(model).toEqual({ seq: 8, gap: false, signs: [], state: { ...before.state, ...part } });
  });
});

describe('what is worth a sign', () => {
  it('is said once, by name', () => {
    const wave = after({ type: 'wave_received', key: bo.key, at_ms: 5 });
    expect(wave.signs).toEqual([{ what: 'wave', key: bo.key, name: 'Bo', at: 5 }]);
    const next = reduce(wave, { type: 'event', seq: 9, event: { type: 'troubles_changed', troubles: [] } });
    expect(next.signs).toEqual([]);
  });

  it('tells of a missed call', () => {
    expect(after({ type: 'call_missed', key: bo.key, at_ms: 5 }).signs).toEqual([{ what: 'missed', key: bo.key, name: 'Bo', at: 5 }]);
  });

  it('names who asks by the handle where there is no name', () => {
    const incoming = [{ key: chen.key, handle: 'chen', name: '', note: '', at_ms: 1 }];
    expect(after({ type: 'request_received', key: chen.key }, { incoming }).signs).toEqual([{ what: 'request', key: chen.key, name: 'chen' }]);
  });

  it('tells of answers to requests', () => {
    expect(after({ type: 'request_accepted', key: bo.key }).signs).toEqual([{ what: 'accepted', key: bo.key, name: 'Bo' }]);
    expect(after({ type: 'request_ended', handle: 'lea', how: 'declined' }).signs).toEqual([{ what: 'ended', handle: 'lea', how: 'declined' }]);
  });

  it('is nothing from someone who is in no list', () => {
    for (const type of ['wave_received', 'request_received', 'request_accepted'] as const) {
      expect(after({ type, key: keyOf('stranger'), at_ms: 1 } as Event).signs).toEqual([]);
    }
  });
});

describe('numbers', () => {
  const gone: Event = { type: 'contact_removed', key: bo.key };

  it('that skip are a gap: nothing is taken in until a snapshot comes', () => {
    const gap = reduce(having(), { type: 'event', seq: 9, event: gone });
    expect(gap).toMatchObject({ gap: true, seq: 7, state: { contacts: [bo] } });
    expect(reduce(gap, { type: 'event', seq: 8, event: gone })).toMatchObject({ gap: true, state: { contacts: [bo] } });
    expect(reduce(gap, { type: 'snapshot', seq: 9, state: { ...settledState(), contacts: [] } })).toMatchObject({ gap: false, seq: 9, state: { contacts: [] } });
  });

  it('that are not above the snapshot were in it already', () => {
    expect(reduce(having(), { type: 'event', seq: 7, event: gone })).toMatchObject({ gap: false, seq: 7, state: { contacts: [bo] } });
  });

  it('before any snapshot are a gap', () => {
    expect(reduce(nothingYet, { type: 'event', seq: 1, event: gone })).toMatchObject({ gap: true, state: null });
  });
});

describe('whatever was thrown', () => {
  it('becomes an error that has a sentence', () => {
    expect(asApiError({ code: 'not_found', message: 'no', detail: { a: 'b' } })).toEqual({ code: 'not_found', message: 'no', detail: { a: 'b' } });
    expect(asApiError('the door is shut')).toEqual({ code: 'internal', message: 'the door is shut', detail: {} });
    expect(asApiError(new Error('oh'))).toMatchObject({ code: 'internal' });
  });
});
