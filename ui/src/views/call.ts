/** The stage: a call that rings there, connects, is on, or has just ended. */
import { html, nothing } from 'lit-html';
import { ref } from 'lit-html/directives/ref.js';
import { repeat } from 'lit-html/directives/repeat.js';
import type { Call } from '../generated/Call';
import type { Page } from '../page';
import { fullScreen, hold, nameOf, setWhole, toggleFullScreen } from '../acts/calls';
import { isLive, staged } from '../model/calls';
import { clock } from '../model/times';
import { say } from '../text';
import { countdownView } from './booth';
import { callBar } from './call-bar';
import { endedView } from './call-end';
import { stageLines } from './call-lines';
import { selfView } from './call-self';
import { statisticsView } from './call-statistics';
import { icon } from './icons';
import { avatar } from './parts';
import { onePane } from './room';
import { stirred } from './stir';

export function stageView(page: Page): unknown {
  const call = page.state && staged(page.state.calls);
  if (!call) return nothing;
  const name = nameOf(page, call);
  const { stage, quality, mine, theirs } = call;
  const quiet = page.here.stage.quiet && pictured(page, call);
  // Not `keyed`, which tells nobody of what it replaces: canvases would be kept for calls that are off the stage.
  return repeat(
    [call],
    ({ id }) => id,
    () => html`<section
      class="stage ${quiet ? 'quiet' : ''} ${page.here.stage.statistics ? 'beside-sheet' : ''}"
      data-test="stage"
      data-stage=${stage.type}
      data-quality=${quality.type}
      data-held=${mine.held ? 'mine' : theirs.held ? 'theirs' : ''}
      data-call=${call.id}
      tabindex="-1"
      aria-label=${page.t.callWith(name)}
      @pointermove=${() => stirred(page)}
      @pointerdown=${() => stirred(page)}
      @focusin=${() => stirred(page)}
    >
      <h1 class="unseen">${page.t.callWith(name)}</h1>
      ${stage.type === 'ended' ? endedView(page, call) : html`${remote(page, call, name)} ${top(page, call, name)} ${selfView(page, call)} ${countdownView(page, call.id)} ${callBar(page, call)} ${statisticsView(page, call)}`}
    </section>`,
  );
}

/** A picture of the other can be had: they show one, and nobody holds. */
function shows(call: Call): boolean {
  const { stage, mine, theirs } = call;
  return (stage.type === 'on' || stage.type === 'connecting') && theirs.camera && !mine.held && !theirs.held;
}

/** The picture is there. */
export function pictured(page: Page, call: Call): boolean {
  return shows(call) && page.pictures.drawn(call.id, 'theirs') !== null;
}

function remote(page: Page, call: Call, name: string): unknown {
  const drawn = page.pictures.drawn(call.id, 'theirs');
  const there = pictured(page, call);
  return html`<div
    class="remote ${there ? 'there' : ''} ${call.quality.type === 'reconnecting' ? 'frozen' : ''}"
    data-test="remote"
    data-camera=${call.theirs.camera ? 'on' : 'off'}
    data-width=${drawn?.width ?? 0}
    data-height=${drawn?.height ?? 0}
  >
    ${shows(call) ? html`<canvas role="img" aria-label=${page.t.pictureOf(name)} ${ref(page.pictures.box(call.id, 'theirs'))}></canvas>` : nothing}
    ${there ? nothing : face(page, call, name)}
  </div>`;
}

/** Who it is, and how far it is, while there is no picture. */
function face(page: Page, call: Call, name: string): unknown {
  const { t } = page;
  return html`<div class="face">
    <span class="sounding" data-meter="theirs" data-call=${call.id}>${avatar({ key: call.key, name }, null, 'huge')}</span>
    <p class="face-name"><bdi>${name}</bdi></p>
    <p class="face-line" role="status">${faceLine(page, call, name)}</p>
    ${call.mine.held ? html`<button type="button" class="primary" data-test="resume" @click=${() => hold(page, call.id, false)}>${icon('play')}<span>${t.resume}</span></button>` : nothing}
  </div>`;
}

function faceLine(page: Page, call: Call, name: string): unknown {
  const { t } = page;
  switch (call.stage.type) {
    case 'calling':
      return say(t.callingName, name);
    case 'ringing':
      return t.ringingThere;
    case 'connecting':
      return t.connecting;
    default:
      if (call.mine.held) return say(t.youHold, name);
      if (call.theirs.held) return say(t.theyHold, name);
      if (call.theirs.camera) return t.pictureComes;
      return call.picture ? say(t.cameraOffOf, name) : nothing;
  }
}

function top(page: Page, call: Call, name: string): unknown {
  const { t } = page;
  const { stage } = call;
  const on = stage.type === 'on';
  const whole = page.here.stage.whole;
  const full = fullScreen();
  return html`<div class="stage-top">
    <header class="stage-head">
      ${on
        ? html`<div class="plate">
            <span class="plate-who"
              ><span class="meter" data-meter="theirs" data-call=${call.id} aria-hidden="true"><i></i><i></i><i></i></span><bdi class="name" title=${name}>${name}</bdi></span
            >
            <span class="clock" role="timer" data-test="clock">${clock(page.now - stage.since_ms)}</span>
            ${call.theirs.microphone ? nothing : mark('micOff', t.theirSoundOff, 'their-mute')}
            ${call.quality.type === 'poor' ? html`<span class="plate-mark weak" data-test="weak">${icon('triangleAlert')}<span>${t.weakNetwork}</span></span>` : nothing}
          </div>`
        : nothing}
      <div class="stage-tools">
        ${onePane()
          ? nothing
          : html`<button
              type="button"
              class="icon-only"
              data-test="whole"
              aria-pressed=${whole}
              aria-keyshortcuts="W"
              aria-label=${whole ? t.showPeople : t.wholeWindow}
              title="${whole ? t.showPeople : t.wholeWindow} (W)"
              @click=${() => setWhole(page, !whole)}
            >
              ${icon(whole ? 'panelLeft' : 'panelLeftClose')}
            </button>`}
        <button
          type="button"
          class="icon-only"
          data-test="full-screen"
          aria-pressed=${full}
          aria-keyshortcuts="F"
          aria-label=${full ? t.leaveFullScreen : t.fullScreen}
          title="${full ? t.leaveFullScreen : t.fullScreen} (F)"
          @click=${() => void toggleFullScreen(page)}
        >
          ${icon(full ? 'minimize' : 'maximize')}
        </button>
      </div>
    </header>
    ${isLive(call) ? stageLines(page, call, name) : nothing}
  </div>`;
}

function mark(sign: 'micOff', label: string, test: string): unknown {
  return html`<span class="plate-mark off" data-test=${test}>${icon(sign)}<span>${label}</span></span>`;
}
