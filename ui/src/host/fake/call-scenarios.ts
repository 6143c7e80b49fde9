/** Situations of calls to look at: `?fake=call-video`. */
import type { Call } from '../../generated/Call';
import type { CallEnd } from '../../generated/CallEnd';
import type { State } from '../../generated/State';
import type { ApiError } from '../../generated/ApiError';
import { endedCall, fakeCall } from './calls';
import { fewContacts, manyContacts, settledState } from './people';

function withCalls(...calls: Call[]): () => State {
  return () => ({ ...settledState(), contacts: fewContacts(), calls });
}

function trouble(code: ApiError['code'], detail: Record<string, string>): ApiError {
  return { code, message: code, detail };
}

const LONG = 'maximiliane.von.und.zu.hohenfels';
const QUIET = { microphone: true, camera: false, held: false };
const rings = { type: 'incoming' } as const;

const ends: [CallEnd, number | null][] = [
  ['hung_up', 12 * 60_000],
  ['cancelled', null],
  ['declined', null],
  ['busy', null],
  ['no_answer', null],
  ['away', null],
  ['unconnected', null],
  ['lost', 95_000],
];

export const callScenarios: Record<string, () => State> = {
  'call-calling': withCalls(fakeCall('bo', { stage: { type: 'calling' }, theirs: QUIET })),
  'call-ringing': withCalls(fakeCall('bo', { stage: { type: 'ringing' }, theirs: QUIET })),
  'call-connecting': withCalls(fakeCall('bo', { stage: { type: 'connecting' }, theirs: QUIET })),
  'call-video': withCalls(fakeCall('bo')),
  'call-voice': withCalls(fakeCall('bo', { picture: false })),
  'call-camera-off': withCalls(fakeCall('bo', { theirs: { microphone: false, camera: false, held: false } })),
  'call-muted': withCalls(fakeCall('bo', { mine: { microphone: false, camera: false, held: false }, theirs: { microphone: false, camera: true, held: false } })),
  'call-poor': withCalls(fakeCall('bo', { quality: { type: 'poor' } })),
  'call-reconnecting': withCalls(fakeCall('bo', { quality: { type: 'reconnecting', since_ms: Date.now() - 4_300 } })),
  'call-held': withCalls(fakeCall('bo', { mine: { microphone: true, camera: true, held: true } })),
  'call-held-by-them': withCalls(fakeCall('bo', { theirs: { microphone: true, camera: true, held: true } })),
  'call-waiting': withCalls(fakeCall('bo'), fakeCall('chen', { outgoing: false, stage: rings })),
  'call-two': withCalls(fakeCall('bo', { mine: { microphone: true, camera: true, held: true } }), fakeCall('chen', { outgoing: false })),
  'call-device-trouble': withCalls(
    fakeCall('bo', {
      mine: { microphone: true, camera: false, held: false },
      troubles: [trouble('device_busy', { device: 'camera:0' }), trouble('device_stalled', { device: 'mic:0' })],
    }),
  ),
  'call-incoming-video': withCalls(fakeCall('bo', { outgoing: false, stage: rings })),
  'call-long': () => ({ ...settledState(), contacts: manyContacts().slice(0, 8), calls: [fakeCall(LONG, { id: 'long', quality: { type: 'poor' }, theirs: { microphone: false, camera: true, held: false } })] }),
  'call-incoming-long': () => ({ ...settledState(), contacts: manyContacts().slice(0, 8), calls: [fakeCall(LONG, { id: 'long', outgoing: false, stage: rings })] }),
  'call-incoming-voice': withCalls(fakeCall('chen', { outgoing: false, picture: false, stage: rings })),
  ...Object.fromEntries(ends.map(([how, talked]) => [`call-ended-${how}`, withCalls(endedCall('bo', how, talked))])),
};
