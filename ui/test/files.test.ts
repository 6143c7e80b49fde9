import { describe, expect, it } from 'vitest';
import type { Transfer } from '../src/generated/Transfer';
import { fault, type FakeHost } from '../src/host/fake';
import { item, transfer } from '../src/host/fake/files';
import { fewContacts, keyOf, settledState } from '../src/host/fake/people';
import { message } from '../src/host/fake/words';
import { kindOfName } from '../src/model/kinds';
import { allTogether, percent, sizeText } from '../src/model/files';
import { entries } from '../src/model/words';
import { all, click, maybe, NOW, open, row, says, settle, the } from './screen';

const bo = keyOf('bo');

async function talking(transfers: Transfer[] = []): Promise<FakeHost> {
  const host = await open({ ...settledState(), contacts: fewContacts(), transfers });
  await click(row('bo'));
  return host;
}

function three(): Transfer {
  return transfer(bo, [item('a.txt', 10), item('Photos', 5_000, { files: 3, preview: ['x.jpg'] }), item('c.txt', 30)]);
}

function asked(host: FakeHost, what: string): unknown[] {
  return host.commands.filter((one) => one.type === what);
}

describe('files in a conversation', () => {
  it('are offered by a dialog, and the card says how far they are', async () => {
    const host = await talking();
    host.pickedFiles = ['/home/ana/talk.mp4'];
    await click('send-files');
    expect(asked(host, 'offer_files')).toEqual([{ type: 'offer_files', key: bo, paths: ['/home/ana/talk.mp4'] }]);
    expect(says('transfer')).toContain('talk.mp4');
    expect(says('transfer-stage')).toBe('Waiting for Bo Lindqvist to accept');
    const [one] = host.state.transfers;
    if (!one) throw new Error('nothing was offered');
    host.emit({ type: 'transfer_changed', transfer: { ...one, stage: { type: 'running' }, done: 840_000, per_second: 200_000, left_s: 6 } });
    await settle();
    expect(says('transfer-stage')).toBe('42 % · 200 kB/s · 6 sec left');
    expect(the('transfer-bar').getAttribute('aria-valuenow')).toBe('42');
    expect(host.shownProgress).toBeCloseTo(0.42);
    expect(document.title).toBe('42 % · Visavis');
    host.emit({ type: 'transfer_changed', transfer: { ...one, stage: { type: 'waiting' }, done: 840_000 } });
    await settle();
    expect(says('transfer-stage')).toBe('42 %, waiting for the network');
    expect(host.shownProgress).toBeNull();
    expect(document.title).toBe('Visavis');
    host.emit({ type: 'transfer_changed', transfer: { ...one, stage: { type: 'done' }, done: 2_000_000 } });
    await settle();
    expect(says('transfer-stage')).toBe('Bo Lindqvist has it all.');
    expect(maybe('transfer-open')).toBeNull();
    await click('transfer-forget');
    expect(all('transfer')).toHaveLength(0);
  });

  it('are not offered where nothing was chosen, and a refusal is said', async () => {
    const host = await talking();
    await click('send-files');
    expect(asked(host, 'offer_files')).toEqual([]);
    host.pickedFiles = ['/home/ana/gone'];
    host.refusals.set('offer_files', fault('file_missing', { path: '/home/ana/gone' }));
    await click('send-files');
    expect(says('toast')).toContain('/home/ana/gone');
  });

  it('are taken: all, some, elsewhere, or not', async () => {
    let host = await talking([three()]);
    expect(says('transfer-stage')).toBe('Bo Lindqvist wants to send you files');
    expect(says('transfer')).toContain('5 files');
    await click('transfer-accept');
    expect(asked(host, 'accept_files')).toMatchObject([{ items: null, folder: null }]);
    expect(the('transfer').dataset['stage']).toBe('running');

    host = await talking([three()]);
    const boxes = all('want') as HTMLInputElement[];
    expect(boxes.map((box) => box.checked)).toEqual([true, true, true]);
    boxes[1]?.click();
    await settle();
    host.pickedFolder = '/mnt/disk';
    await click('transfer-accept-in');
    expect(asked(host, 'accept_files')).toMatchObject([{ items: [0, 2], folder: '/mnt/disk' }]);

    host = await talking([three()]);
    for (const box of all('want') as HTMLInputElement[]) box.click();
    await settle();
    expect((the('transfer-accept') as HTMLButtonElement).disabled).toBe(true);
    host.pickedFolder = null;
    await click('transfer-decline');
    expect(asked(host, 'accept_files')).toEqual([]);
    expect(says('transfer-stage')).toBe('You declined.');
  });

  it('stop and go on, and say what keeps them', async () => {
    const one = transfer(bo, [item('big', 1_000)], { stage: { type: 'running' }, done: 500, folder: '/d' });
    const host = await talking([one]);
    await click('transfer-pause');
    expect(says('transfer-stage')).toBe('50 %, paused');
    await click('transfer-resume');
    host.emit({ type: 'transfer_changed', transfer: { ...one, stage: { type: 'stopped' }, problem: fault('no_room', { path: '/d' }) } });
    await settle();
    expect(says('transfer-problem')).toContain('too little room');
    host.pickedFolder = '/e';
    await click('transfer-resume-in');
    expect(asked(host, 'resume_transfer').at(-1)).toMatchObject({ folder: '/e' });
    await click('transfer-cancel');
    expect(says('transfer-stage')).toBe('You ended this.');
  });

  it('are shown when they are there', async () => {
    const one = transfer(bo, [item('a.txt', 10, { place: 'a (1).txt' })], { stage: { type: 'done' }, done: 10, folder: '/home/ana/Downloads', lost: 1 });
    const host = await talking([one]);
    expect(says('transfer')).toContain('a (1).txt');
    expect(says('transfer-stage')).toBe('Saved in /home/ana/Downloads');
    expect(says('transfer-lost')).toContain('1 file did not come');
    await click('transfer-open');
    await click('transfer-show');
    expect(host.revealed).toEqual([[bo, one.id, 0], [bo, one.id, null]]);
  });

  it('have names that are text and nothing else', async () => {
    await talking([transfer(bo, [item('<img src=x onerror=alert(1)>', 10), item('b', 1)])]);
    expect(the('transfer').querySelector('img')).toBeNull();
    expect(says('transfer')).toContain('<img src=x onerror=alert(1)>');
  });
});

describe('what files seem to be', () => {
  it.each([
    ['photo.JPG', 'picture'],
    ['talk.mp4', 'video'],
    ['a.flac', 'sound'],
    ['minutes.pdf', 'document'],
    ['all.tar.gz', 'archive'],
    ['setup.exe', 'program'],
    ['photo.jpg.scr', 'program'],
    ['photo.jpg.exe . ', 'program'],
    ['gpj.\u202eexe', 'program'],
    ['run.ex\u200be', 'program'],
    ['notes.d/README', 'file'],
    ['.exe', 'program'],
    ['exe', 'file'],
    ['', 'file'],
  ])('is told by the name: %j is a %s', (name, kind) => {
    expect(kindOfName(name)).toBe(kind);
  });

  it('is shown before they are taken, and programs with a caution', async () => {
    await talking([transfer(bo, [item('a.png', 10), item('Work', 50, { files: 2, preview: ['x.txt', 'setup.msi'] })])]);
    expect(all('kind', the('transfer')).map((one) => one.dataset['kind'])).toEqual(['picture', 'folder', 'document', 'program']);
    expect(says('preview')).toContain('setup.msi');
    expect(says('may-harm')).toContain('can harm');
    await talking([transfer(bo, [item('a.png', 10), item('b.txt', 50)])]);
    expect(maybe('may-harm')).toBeNull();
    await talking([transfer(bo, [item('setup.exe', 10)], { mine: true })]);
    expect(maybe('may-harm')).toBeNull();
  });
});

describe('files that are dragged over the window', () => {
  it('go to the row under them, or to the conversation that is open', async () => {
    const host = await talking();
    const at = row('chen');
    document.elementFromPoint = () => at;
    host.drag({ type: 'over', x: 10, y: 10 });
    await settle();
    expect(the('drop').dataset['to']).toBe('chen');
    host.drag({ type: 'leave' });
    await settle();
    expect(maybe('drop')).toBeNull();
    host.drag({ type: 'drop', x: 10, y: 10, paths: ['/a', '/b'] });
    await settle();
    expect(asked(host, 'offer_files')).toEqual([{ type: 'offer_files', key: keyOf('chen'), paths: ['/a', '/b'] }]);
    expect(the('contact-view').dataset['handle']).toBe('chen');
    document.elementFromPoint = () => null;
    host.drag({ type: 'over', x: 500, y: 10 });
    await settle();
    expect(the('drop').dataset['to']).toBe('chen');
  });

  it('go to whom the call on the stage is with', async () => {
    const host = await talking();
    await click('call-video');
    expect(maybe('stage')).not.toBeNull();
    document.elementFromPoint = () => the('stage');
    host.drag({ type: 'over', x: 500, y: 10 });
    await settle();
    expect(the('drop').dataset['to']).toBe('bo');
    expect(says('drop')).toContain('Bo Lindqvist');
    host.drag({ type: 'drop', x: 500, y: 10, paths: ['/a'] });
    await settle();
    expect(asked(host, 'offer_files')).toEqual([{ type: 'offer_files', key: bo, paths: ['/a'] }]);
    expect(maybe('stage')).not.toBeNull();
  });

  it('go nowhere where nobody is', async () => {
    const host = await open({ ...settledState(), contacts: fewContacts() });
    document.elementFromPoint = () => null;
    host.drag({ type: 'over', x: 1, y: 1 });
    await settle();
    expect(says('drop')).toContain('Drop on a contact');
    host.drag({ type: 'drop', x: 1, y: 1, paths: ['/a'] });
    await settle();
    expect(asked(host, 'offer_files')).toEqual([]);
  });
});

describe('a sign for files', () => {
  it('leads to the conversation', async () => {
    const host = await open({ ...settledState(), contacts: fewContacts() });
    const one = transfer(bo, [item('a', 1)]);
    host.emit({ type: 'transfer_changed', transfer: one });
    host.emit({ type: 'files_offered', key: bo, id: one.id });
    await settle();
    expect(says('toast')).toContain('Bo Lindqvist wants to send you files');
    await click('toast-act');
    expect(all('transfer')).toHaveLength(1);
  });

  it('goes away where the conversation is opened by other means', async () => {
    const host = await open({ ...settledState(), contacts: fewContacts() });
    const one = transfer(bo, [item('a', 1)]);
    host.emit({ type: 'transfer_changed', transfer: one });
    host.emit({ type: 'files_offered', key: bo, id: one.id });
    await settle();
    expect(all('toast')).toHaveLength(1);
    (document.querySelector(`[data-test=contact-row][data-key="${bo}"]`) as HTMLElement).click();
    await settle();
    expect(all('transfer')).toHaveLength(1);
    expect(all('toast')).toHaveLength(0);
  });
});

describe('what is chosen once', () => {
  it('holds for all files, or for one contact', async () => {
    const host = await talking();
    await click('details');
    await click('take-files');
    expect(host.state.settings.accept_always).toEqual([{ key: bo, most: 1_000_000_000 }]);
    expect(says('contact-view')).toContain('Always save files from Bo Lindqvist');
    const most = the('take-most') as HTMLSelectElement;
    expect(most.value).toBe('1000000000');
    most.value = '10000000';
    most.dispatchEvent(new Event('change', { bubbles: true }));
    await settle();
    expect(host.state.settings.accept_always).toEqual([{ key: bo, most: 10_000_000 }]);
    host.emit({ type: 'settings_changed', settings: { ...host.state.settings, accept_always: [{ key: bo, most: 5_000_000 }] } });
    await settle();
    expect((the('take-most') as HTMLSelectElement).value).toBe('5000000');
    await click('take-files');
    expect(host.state.settings.accept_always).toEqual([]);
  });
});

describe('numbers of files', () => {
  it('are said as people count', () => {
    expect([0, 999, 1_000, 1_550_000, 123_456_789, 4.2e12].map((bytes) => sizeText('en', bytes))).toEqual(['0 byte', '999 byte', '1 kB', '1.6 MB', '123 MB', '4.2 TB']);
    const one = transfer(bo, [item('a', 1_000)], { stage: { type: 'running' }, done: 999 });
    expect(percent(one)).toBe(99);
    expect(percent({ ...one, done: 1_000 })).toBe(99);
    expect(percent({ ...one, stage: { type: 'done' } })).toBe(100);
    expect(allTogether([])).toBeNull();
  });

  it('stand among words by their time', () => {
    const words = { of: bo, messages: [message(bo, 'before', { at_ms: NOW - 2_000 }), message(bo, 'after', { at_ms: NOW })], more: false, later: false, unread: null };
    const files = [transfer(bo, [item('a', 1)], { at_ms: NOW - 1_000 }), transfer(keyOf('chen'), [item('b', 1)], { at_ms: NOW - 1_000 })];
    expect(entries(words, null, files).map((one) => one.is)).toEqual(['day', 'message', 'transfer', 'message']);
  });
});
