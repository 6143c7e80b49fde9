/** The bar of a call: microphone, camera, speaker, more, and End apart from the rest. */
import { html, nothing } from 'lit-html';
import type { Call } from '../generated/Call';
import type { Page } from '../page';
import { hangUp, setCamera, setMicrophone } from '../acts/calls';
import { toggleSilence } from '../acts/devices';
import type { DeviceKind } from '../model/calls';
import { icon, type Icon } from './icons';
import { openCallMenu, openDeviceMenu } from './menu';

interface Control {
  test: string;
  sign: Icon;
  word: string;
  /** What a press does now. */
  does: string;
  key: string;
  on: boolean;
  press: () => void;
  kind: DeviceKind;
  choose: string;
  meter?: unknown;
}

export function callBar(page: Page, call: Call): unknown {
  const { t, state } = page;
  const { mine } = call;
  const talks = page.here.stage.talks === call.id;
  const loud = (state?.settings.devices.volume ?? 100) > 0;
  return html`<div class="bar ${page.here.stage.worded ? 'worded' : ''}" role="group" aria-label=${t.callControls}>
    ${control(page, {
      test: 'mic',
      sign: mine.microphone ? 'mic' : 'micOff',
      word: talks ? t.talking : t.microphone,
      does: mine.microphone ? t.mute : t.unmute,
      key: 'M',
      on: mine.microphone,
      press: () => setMicrophone(page, call.id, talks || !mine.microphone),
      kind: 'microphone',
      choose: t.chooseMicrophone,
      meter: html`<span class="meter" data-meter="mine" data-call=${call.id} aria-hidden="true"><i></i><i></i><i></i></span>`,
    })}
    ${control(page, {
      test: 'camera',
      sign: mine.camera ? 'video' : 'videoOff',
      word: t.camera,
      does: mine.camera ? t.cameraOff : t.cameraOn,
      key: 'V',
      on: mine.camera,
      press: () => setCamera(page, call.id, !mine.camera),
      kind: 'camera',
      choose: t.chooseCamera,
    })}
    ${control(page, {
      test: 'volume',
      sign: loud ? 'volume' : 'volumeOff',
      word: t.speaker,
      does: loud ? t.silence : t.unsilence,
      key: '',
      on: loud,
      press: () => toggleSilence(page),
      kind: 'speaker',
      choose: t.chooseSpeaker,
    })}
    <div class="control">
      <span class="split">
        <button
          type="button"
          class="round"
          data-test="more"
          aria-haspopup="menu"
          aria-expanded=${page.here.menu?.of === 'call'}
          aria-label=${t.more}
          title=${t.more}
          @click=${(event: MouseEvent) => openCallMenu(page, call.id, event.currentTarget as HTMLElement)}
        >
          ${icon('ellipsis')}
        </button>
      </span>
      <span class="word" aria-hidden="true">${t.more}</span>
    </div>
    <div class="control last">
      <span class="split">
        <button
          type="button"
          class="round end"
          data-test="end"
          aria-keyshortcuts="Control+Shift+E"
          aria-label=${t.endCall}
          title=${`${t.endCall} (Ctrl+Shift+E)`}
          ?disabled=${page.here.busy.has('end')}
          @click=${() => hangUp(page, call.id)}
        >
          ${icon('phoneOff')}
        </button>
      </span>
      <span class="word" aria-hidden="true">${t.end}</span>
    </div>
  </div>`;
}

function control(page: Page, of: Control): unknown {
  const { menu } = page.here;
  return html`<div class="control">
    <span class="split ${of.on ? '' : 'off'}">
      <button
        type="button"
        class="round"
        data-test=${of.test}
        aria-pressed=${of.on}
        aria-keyshortcuts=${of.key || nothing}
        aria-label=${of.word}
        title=${of.key ? `${of.does} (${of.key})` : of.does}
        @click=${of.press}
      >
        ${icon(of.sign)}${of.meter ?? nothing}
      </button>
      <button
        type="button"
        class="arrow"
        data-test="${of.test}-choose"
        aria-haspopup="menu"
        aria-expanded=${menu?.of === 'device' && menu.kind === of.kind}
        aria-label=${of.choose}
        title=${of.choose}
        @click=${(event: MouseEvent) => openDeviceMenu(page, of.kind, event.currentTarget as HTMLElement)}
      >
        ${icon('chevronUp')}
      </button>
    </span>
    <span class="word" aria-hidden="true">${of.word}</span>
  </div>`;
}
