/** Lines over a call: what is wrong, and who else is on the line; each with its way out. */
import { html, nothing } from 'lit-html';
import type { ApiError } from '../generated/ApiError';
import type { Call } from '../generated/Call';
import type { Page } from '../page';
import { answer, decline, endAndAnswer, hangUp, hold, nameOf, setMicrophone, showStage } from '../acts/calls';
import { tryDevice } from '../acts/devices';
import { openSettings } from '../acts/settings';
import { aside, liveCall, ringing, troubledKind, type DeviceKind } from '../model/calls';
import { clock, seconds } from '../model/times';
import { explain, say } from '../text';
import { icon } from './icons';
import { openDeviceMenu } from './menu';
import { avatar } from './parts';

export function stageLines(page: Page, call: Call, name: string): unknown {
  const { t } = page;
  const { quality } = call;
  return html`<div class="stage-lines">
    ${quality.type === 'reconnecting'
      ? html`<div class="stage-line warning" data-test="reconnecting">
          ${icon('cloudOff')}
          <p><span role="alert">${say(t.reconnecting, name)}</span> <span class="countdown">${t.forSeconds(seconds(page.lang, Math.max(0, Math.floor((page.now - quality.since_ms) / 1000))))}</span></p>
        </div>`
      : nothing}
    ${unheardLine(page, call)} ${call.troubles.map((trouble) => troubleLine(page, call, trouble))} ${othersOnTheLine(page)}
  </div>`;
}

/** Whoever speaks while muted is told, with the way out at hand. */
function unheardLine(page: Page, call: Call): unknown {
  const { t } = page;
  if (page.here.stage.unheard !== call.id || call.mine.microphone) return nothing;
  return html`<div class="stage-line" data-test="unheard">
    ${icon('micOff')}
    <p role="status">${t.youAreMuted}</p>
    <span class="buttons small"><button type="button" data-test="unheard-unmute" @click=${() => setMicrophone(page, call.id, true)}>${t.unmute}</button></span>
  </div>`;
}

function troubleLine(page: Page, call: Call, trouble: ApiError): unknown {
  const { t } = page;
  const kind = troubledKind(trouble.detail, page.here.devices);
  const again = page.here.errors.get('device');
  return html`<div class="stage-line warning" data-test="call-trouble" data-code=${trouble.code} data-kind=${kind ?? ''}>
    ${icon('triangleAlert')}
    <p role="alert">${explain(named(page, again && again.code !== trouble.code ? again : trouble, kind), page.lang)}</p>
    <span class="buttons small">
      <button type="button" data-test="device-again" ?disabled=${page.here.busy.has('device')} @click=${() => tryDevice(page, call.id, kind)}>${t.tryAgain}</button>
      <button
        type="button"
        data-test="device-other"
        @click=${(event: MouseEvent) => (kind ? openDeviceMenu(page, kind, event.currentTarget as HTMLElement) : openSettings(page))}
      >
        ${t.chooseOther}
      </button>
    </span>
  </div>`;
}

/** Says "your camera" rather than an address. */
export function named(page: Page, trouble: ApiError, kind: DeviceKind | null): ApiError {
  if (!kind) return trouble;
  const { t } = page;
  const device = { camera: t.yourCamera, microphone: t.yourMicrophone, speaker: t.yourSpeaker }[kind];
  return { ...trouble, detail: { ...trouble.detail, device } };
}

/** Who calls while a call is on, and who is held. */
export function othersOnTheLine(page: Page): unknown {
  const { t, state } = page;
  if (!state || !liveCall(state.calls)) return nothing;
  return html`${ringing(state.calls).map((one) => {
    const name = nameOf(page, one);
    const busy = page.here.busy.has(`answer ${one.id}`);
    return html`<div class="stage-line call" data-test="waiting" data-call=${one.id} role="group" aria-label=${t.callsName(name)}>
      ${avatar({ key: one.key, name }, null, 'small')}
      <p role="alert">${say(one.picture ? t.callsWithPicture : t.callsWithSound, name)}</p>
      <span class="buttons small">
        <button type="button" class="primary" data-test="waiting-answer" title=${t.answerHolds} ?disabled=${busy} @click=${() => void answer(page, one.id, one.picture)}>${t.answer}</button>
        <button type="button" data-test="waiting-end-answer" ?disabled=${busy} @click=${() => void endAndAnswer(page, one.id, one.picture)}>${t.endAndAnswer}</button>
        <button type="button" class="danger" data-test="waiting-decline" ?disabled=${busy} @click=${() => decline(page, one.id)}>${t.decline}</button>
      </span>
    </div>`;
  })}
  ${aside(state.calls).map((one) => {
    const name = nameOf(page, one);
    return html`<div class="stage-line call" data-test="held" data-call=${one.id}>
      ${icon('pause')}
      <p>${say(t.isHeld, name)}</p>
      <span class="buttons small">
        <button type="button" data-test="held-resume" @click=${() => hold(page, one.id, false)}>${t.switchTo}</button>
        <button type="button" class="danger" data-test="held-end" @click=${() => hangUp(page, one.id)}>${t.end}</button>
      </span>
    </div>`;
  })}`;
}

/** Over the panes, while the call goes on behind something else. */
export function callLine(page: Page): unknown {
  const { t, state } = page;
  const call = state && liveCall(state.calls);
  if (!call || page.here.route.at === 'call') return nothing;
  const name = nameOf(page, call);
  const { stage } = call;
  const words = stage.type === 'on' ? t.inCallWith : stage.type === 'connecting' ? t.connectingTo : t.callingName;
  return html`<div class="trouble call-line" data-test="call-line" data-stage=${stage.type}>
      ${icon(call.picture ? 'video' : 'phone')}
      <p>${say(words, name)} ${stage.type === 'on' ? html`<span class="countdown">${clock(page.now - stage.since_ms)}</span>` : nothing}</p>
      <button type="button" class="primary" data-test="back-to-call" @click=${() => showStage(page)}>${t.backToCall}</button>
      <button type="button" class="danger" data-test="line-end" @click=${() => hangUp(page, call.id)}>${t.end}</button>
    </div>
    <div class="stage-lines in-frame">${othersOnTheLine(page)}</div>`;
}
