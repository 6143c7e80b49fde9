/** The few questions that deserve to be asked before something is done; and the sheet of keys. */
import { html, nothing } from 'lit-html';
import { ref } from 'lit-html/directives/ref.js';
import type { Question } from '../here';
import type { Page } from '../page';
import { call } from '../acts/calls';
import { leaveBooth } from '../acts/booth';
import { acceptKey, block, remove } from '../acts/people';
import { reallyChangeServer } from '../acts/settings';
import { say } from '../text';
import { boothSheet } from './booth';
import { devicesSheet } from './devices';
import { icon } from './icons';
import { linkQuestion } from './link';
import { errorLine, submits } from './parts';

let opener: HTMLElement | null = null;

export function closeQuestion(page: Page): void {
  const back = page.here.question?.ask === 'picture' ? leaveBooth(page) : null;
  if (back) {
    page.change((here) => {
      here.question = back;
    });
    return page.focus('dialog [data-test=take-mine]');
  }
  const to = opener;
  opener = null;
  page.forget('question', 'link');
  page.change((here) => {
    here.question = null;
  });
  if (to) page.afterDraw(() => to.focus());
}

export function questionView(page: Page): unknown {
  const { question } = page.here;
  if (!question) return nothing;
  return html`<dialog
    data-test="question"
    data-ask=${question.ask}
    aria-labelledby="question"
    ${ref(whenPlaced)}
    @cancel=${(event: Event) => {
      event.preventDefault();
      closeQuestion(page);
    }}
    @click=${(event: MouseEvent) => {
      if (event.target === event.currentTarget) closeQuestion(page);
    }}
  >
    ${question.ask === 'devices' ? devicesQuestion(page, question.key) : question.ask === 'keys' ? keysSheet(page) : question.ask === 'picture' ? boothSheet(page, () => closeQuestion(page)) : question.ask === 'link' ? linkQuestion(page, question.href, () => closeQuestion(page)) : confirmation(page, question)}
  </dialog>`;
}

/** The element is handed over before it stands in the page. */
function whenPlaced(element: Element | undefined): void {
  if (element instanceof HTMLDialogElement) queueMicrotask(() => openDialog(element));
}

function openDialog(element: HTMLDialogElement): void {
  if (element.open || !element.isConnected) return;
  const { activeElement } = document;
  opener = activeElement instanceof HTMLElement ? activeElement : null;
  element.showModal();
}

function confirmation(page: Page, question: Exclude<Question, { ask: 'keys' | 'link' | 'devices' | 'picture' }>): unknown {
  const { t } = page;
  const { title, text, yes, danger, run } = words(page, question);
  return html`<form method="dialog" class="inside" @submit=${submits(run)}>
    <h2 id="question">${title}</h2>
    <p>${text}</p>
    ${errorLine(page, page.here.errors.get('question'))}
    <div class="buttons end">
      <button type="button" data-test="cancel" @click=${() => closeQuestion(page)}>${t.cancel}</button>
      <button class=${danger ? 'danger filled' : 'primary'} data-test="confirm" ?disabled=${page.here.busy.has('question')}>${yes}</button>
    </div>
  </form>`;
}

interface Words {
  title: unknown;
  text: unknown;
  yes: string;
  danger: boolean;
  run: () => void;
}

/** Before a call: how one looks and sounds. */
function devicesQuestion(page: Page, key: string | null): unknown {
  const { t } = page;
  const to = (picture: boolean) => () => {
    closeQuestion(page);
    if (key !== null) void call(page, key, picture);
  };
  return html`<div class="inside wide-question">
    <h2 id="question">${t.checkDevices}</h2>
    ${devicesSheet(page, 'question')}
    <div class="buttons end">
      <button type="button" data-test="cancel" @click=${() => closeQuestion(page)}>${t.close}</button>
      ${key === null
        ? nothing
        : html`<button type="button" data-test="check-call-voice" @click=${to(false)}>${icon('phone')}<span>${t.voiceCall}</span></button>
            <button type="button" class="primary" data-test="check-call-video" @click=${to(true)}>${icon('video')}<span>${t.videoCall}</span></button>`}
    </div>
  </div>`;
}

function words(page: Page, question: Exclude<Question, { ask: 'keys' | 'link' | 'devices' | 'picture' }>): Words {
  const { t } = page;
  switch (question.ask) {
    case 'remove': {
      const { person } = question;
      return { title: say(t.removeTitle, person.name), text: say(t.removeText, person.name), yes: t.remove, danger: true, run: () => void remove(page, person) };
    }
    case 'block': {
      const { person } = question;
      return { title: say(t.blockTitle, person.name), text: say(t.blockText, person.name), yes: t.block, danger: true, run: () => void block(page, person) };
    }
    case 'accept-key': {
      const { person } = question;
      return { title: say(t.acceptKeyTitle, person.name), text: say(t.acceptKeyText, person.name), yes: t.acceptKey, danger: true, run: () => void acceptKey(page, person) };
    }
    case 'server':
      return { title: t.changeServerTitle, text: t.changeServerText, yes: t.changeServer, danger: false, run: () => void reallyChangeServer(page) };
  }
}

function keysSheet(page: Page): unknown {
  const { t } = page;
  const keys: [string[], string][] = [
    [['Ctrl', 'K'], t.searchPeople],
    [['Ctrl', 'N'], t.addSomeone],
    [['Ctrl', ','], t.settings],
    [['↑', '↓'], t.keyWalk],
    [['Enter'], t.keyCall],
    [['Ctrl', 'Enter'], t.keyCallSound],
    [['Shift', 'F10'], t.keyMenu],
    [['Esc'], t.keyEscape],
    [['?'], t.keys],
  ];
  const inCall: [string[], string][] = [
    [['M'], t.microphone],
    [['V'], t.camera],
    [['Space'], t.keyTalk],
    [['F'], t.fullScreen],
    [['W'], t.wholeWindow],
    [['P'], t.takeTheirs],
    [['Shift', 'P'], t.takeMine],
    [['T'], t.statistics],
    [['Ctrl', 'Shift', 'E'], t.endCall],
  ];
  return html`<div class="inside">
    <h2 id="question">${t.keys}</h2>
    <div class="keys-both">
      ${keyList(keys)}
      <div class="inside">
        <h3>${t.inCall}</h3>
        ${keyList(inCall)}
      </div>
    </div>
    <div class="buttons end">
      <button type="button" autofocus data-test="cancel" @click=${() => closeQuestion(page)}>${icon('check')}${t.close}</button>
    </div>
  </div>`;
}

function keyList(keys: readonly [string[], string][]): unknown {
  return html`<dl class="keys">
    ${keys.map(([combination, what]) => html`<div><dt>${combination.map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${what}</dd></div>`)}
  </dl>`;
}
