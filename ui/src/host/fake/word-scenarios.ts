/** A conversation to look at: short and long words, scripts that run either way, all marks. */
import type { Message } from '../../generated/Message';
import { DAY, HOUR, keyOf, MINUTE } from './people';
import { message } from './words';

export function someWords(now: number): Message[] {
  const bo = keyOf('bo');
  const at = (ago: number, text: string, part: Partial<Message> = {}): Message => message(bo, text, { ...part, at_ms: now - ago });
  const question = at(2 * DAY, 'Did you see the heron by the mill?');
  return [
    question,
    at(2 * DAY - MINUTE, 'It stood there for an hour.\nNobody else looked up.'),
    at(2 * DAY - 3 * MINUTE, 'I did! I have a picture somewhere.', { mine: true, quote: { id: question.id, mine: false, text: question.text, gone: false }, reactions: { mine: null, theirs: '🎉' } }),
    at(DAY, '', { gone: true }),
    at(DAY - 2 * MINUTE, 'שלום, נתראה מחר בבוקר? 👋', { mine: true, edited: true }),
    at(DAY - 3 * MINUTE, 'https://example.org/a/very/long/address/that/has/no/room/to/be/broken/anywhere/at/all/but/has/to/be/all/the/same?with=parameters&and=more', { reactions: { mine: '👍', theirs: '👍' } }),
    at(3 * HOUR, '<b>Not bold</b> & "quoted": text is text.'),
    at(3 * HOUR - MINUTE, '明天下午三点在老地方见面，可以吗？我会带上照片，还有上次说的那本书。', { mine: true, mark: 'read' }),
    at(2 * MINUTE, 'On my way.', { mine: true, mark: 'delivered' }),
    at(MINUTE, 'Wait for me at the corner, it will only take a moment longer than I had thought this morning when we talked.', { mine: true, mark: 'sent' }),
    at(30_000, 'There?', { mine: true, mark: 'sending' }),
    at(20_000, 'Hello?', { mine: true, mark: 'failed' }),
    at(10_000, 'Here I am.', { unread: true }),
  ];
}
