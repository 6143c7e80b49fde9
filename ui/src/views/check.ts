/** The check of the connection: a line for each thing that is tried, and what can be tried by hand. */
import { html, nothing } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import { ref } from 'lit-html/directives/ref.js';
import type { ApiError } from '../generated/ApiError';
import type { CheckFigures } from '../generated/CheckFigures';
import type { CheckStep } from '../generated/CheckStep';
import type { CheckWhat } from '../generated/CheckWhat';
import type { Page } from '../page';
import { beginCheck, beginEcho, copyReport, endEcho, endRecording, recordVoice, stopCheck } from '../acts/check';
import { openSettings } from '../acts/settings';
import { troubledKind } from '../model/calls';
import { deviceStep, enoughFor, isAtLeast, runningStep, sumOf } from '../model/check';
import { seconds } from '../model/times';
import { explain } from '../text';
import { named } from './call-lines';
import { rate, unit } from './call-statistics';
import { icon, type Icon } from './icons';
import { errorLine } from './parts';

const CHECK = 'check';

export function checkView(page: Page): unknown {
  const { t } = page;
  const check = page.state?.check ?? null;
  const running = check?.running === true;
  const busy = page.here.busy.has('check');
  const tried = (check?.steps.length ?? 0) > 0;
  return html`<article class="check-view" data-test="check-view">
    <h1 tabindex="-1">${t.checkTitle}</h1>
    <section class="card">
      <p class="muted">${t.checkIntro}</p>
      <div class="buttons">
        ${running
          ? html`<button type="button" data-test="check-stop" ?disabled=${busy} @click=${() => void stopCheck(page)}>${icon('x')}<span>${t.checkStop}</span></button>`
          : html`<button type="button" class="primary" data-test="check-begin" ?disabled=${busy} @click=${() => void beginCheck(page)}>
              ${icon('activity')}<span>${tried ? t.checkAgain : t.checkBegin}</span>
            </button>`}
        ${tried && !running ? copyButton(page) : nothing}
      </div>
      ${errorLine(page, page.here.errors.get('check') ?? page.here.errors.get('check-report'))} ${sumLine(page)}
      ${check && tried
        ? html`<ol class="check-steps">
            ${repeat(
              check.steps,
              (step) => step.what,
              (step) => stepLine(page, step),
            )}
          </ol>`
        : nothing}
      ${tried && !running ? html`<p class="hint">${t.checkCopyHint}</p>` : nothing}
    </section>
    <div class="check-hand">
      <section class="card">
        <h2>${t.checkVoice}</h2>
        ${voice(page)}
      </section>
      <section class="card">
        <h2>${t.checkEcho}</h2>
        ${echo(page)}
      </section>
    </div>
    ${errorLine(page, page.here.errors.get('check-hand'))}
  </article>`;
}

function copyButton(page: Page): unknown {
  const done = page.here.done.has('check-copy');
  return html`<button type="button" data-test="check-copy" ?disabled=${page.here.busy.has('check-report')} @click=${() => void copyReport(page)}>
    ${icon(done ? 'check' : 'copy')}<span aria-live="polite">${done ? page.t.copied : page.t.checkCopy}</span>
  </button>`;
}

/** How it came out as a whole; read out as it changes. */
function sumLine(page: Page): unknown {
  const { t } = page;
  const check = page.state?.check ?? null;
  const sum = sumOf(check);
  const step = runningStep(check);
  const number = new Intl.NumberFormat(page.lang);
  const words = {
    nothing: '',
    running: step ? t.checkNowAt(nameOf(page, step.what), nowWords(page, step.what)) : t.checkNow,
    stopped: t.checkStopped,
    good: t.checkAllGood,
    bad: t.checkFound(number.format(sum.is === 'bad' ? sum.count : 0)),
  }[sum.is];
  const sign: Icon | null = sum.is === 'good' ? 'circleCheck' : sum.is === 'bad' ? 'circleAlert' : sum.is === 'stopped' ? 'info' : null;
  return html`<div class="check-sum ${sum.is}">
    <p role="status" data-test="check-sum" data-is=${sum.is}>${sign ? icon(sign) : nothing}<span>${words}</span></p>
    ${sum.is === 'running' ? html`<progress aria-label=${t.checkNow} max=${sum.of} value=${sum.at - 1}></progress>` : nothing}
  </div>`;
}

const SIGNS = { waiting: 'clock', running: 'activity', good: 'circleCheck', bad: 'circleAlert', skipped: 'info' } as const;

function stepLine(page: Page, step: CheckStep): unknown {
  const { what, stage } = step;
  const device = deviceStep(what);
  const picture = stage.type !== 'running' ? null : what === 'echo' ? 'theirs' : what === 'camera' || what === 'microphone' ? 'mine' : null;
  return html`<li class="check-step ${stage.type}" data-test="check-step" data-what=${what} data-stage=${stage.type}>
    ${icon(SIGNS[stage.type])}
    <div class="check-words">
      <p class="check-name"><strong>${nameOf(page, what)}</strong> <span class="check-figure" data-test="check-figure">${figureOf(page, step)}</span></p>
      <p class=${stage.type === 'bad' ? 'check-bad' : 'muted'} data-test="check-text">${wordsOf(page, step)}</p>
      ${stage.type !== 'waiting' && stage.type !== 'running' && step.figures.stand_in ? html`<p class="check-note" data-test="check-stand-in">${page.t.checkStandIn}</p>` : nothing}
      ${picture ? pictureOf(page, picture) : nothing}
      ${device && stage.type === 'bad'
        ? html`<button type="button" class="quiet" data-test="check-choose" @click=${() => openSettings(page, `[data-test=device-${device}]`)}>${page.t.checkChooseDevice}</button>`
        : nothing}
    </div>
  </li>`;
}

function nameOf(page: Page, what: CheckWhat): string {
  const { t } = page;
  return {
    camera: t.camera,
    microphone: t.microphone,
    speaker: t.speaker,
    server: t.server,
    network: t.checkNetwork,
    address: t.checkAddress,
    relay: t.checkRelay,
    bandwidth: t.checkBandwidth,
    echo: t.checkEcho,
    contact: t.checkContact,
  }[what];
}

function wordsOf(page: Page, { what, stage, figures }: CheckStep): unknown {
  const { t } = page;
  switch (stage.type) {
    case 'waiting':
      return page.state?.check?.running ? nothing : t.checkNotTried;
    case 'running':
      return nowWords(page, what);
    case 'bad':
      return troubleText(page, stage.error);
    case 'skipped':
      // What is wrong with the relay is said at the relay.
      return what === 'bandwidth' && /relay/.test(stage.why.code) ? t.checkNeedsRelay : troubleText(page, stage.why);
    case 'good':
      return goodWords(page, what, figures);
  }
}

function nowWords({ t }: Page, what: CheckWhat): string {
  const all: Partial<Record<CheckWhat, string>> = { camera: t.checkNowCamera, microphone: t.checkNowMicrophone, speaker: t.checkNowSpeaker, echo: t.checkNowEcho };
  return all[what] ?? t.measuring;
}

function goodWords(page: Page, what: CheckWhat, figures: CheckFigures): string {
  const { t } = page;
  switch (what) {
    case 'camera':
      return t.checkCameraGood;
    case 'microphone':
      return t.checkMicrophoneGood;
    case 'speaker':
      return t.checkSpeakerGood;
    case 'server':
      return t.checkServerGood;
    case 'network':
      return t.checkNetworkGood;
    case 'address':
      return figures.address === 'private' ? t.checkAddressPrivate : t.checkAddressGood;
    case 'relay':
      return t.checkRelayGood;
    case 'bandwidth':
      return { sharp: t.checkBandwidthSharp, usual: t.checkBandwidthUsual, small: t.checkBandwidthSmall }[enoughFor(figures.kbit_s ?? 0)];
    case 'echo':
      return t.checkEchoGood;
    case 'contact':
      return t.checkContactGood;
  }
}

function troubleText(page: Page, error: ApiError): unknown {
  return explain(named(page, error, troubledKind(error.detail, page.here.devices)), page.lang);
}

/** The figures of a step that matter, shortly. */
function figureOf(page: Page, { what, figures }: CheckStep): unknown {
  const { t } = page;
  const percent = new Intl.NumberFormat(page.lang, { style: 'percent', maximumFractionDigits: 1 });
  const speed = (kbit_s: number): string => {
    const words = rate(page, kbit_s);
    return what === 'bandwidth' && isAtLeast(kbit_s) ? t.checkOrMore(words) : words;
  };
  const { kbit_s, round_trip_ms, lost_percent, delay_ms, width, height, address, way } = figures;
  const all = [
    kbit_s === null ? null : speed(kbit_s),
    round_trip_ms === null ? null : unit(page, round_trip_ms, 'millisecond', 0),
    lost_percent === null ? null : t.checkLost(percent.format(lost_percent / 100)),
    delay_ms === null ? null : t.checkDelay(unit(page, delay_ms, 'millisecond', 0)),
    width && height ? `${width}\u00a0×\u00a0${height}` : null,
    address === null || address === 'private' ? null : address,
    way === null ? null : way.toUpperCase(),
  ];
  return all.filter((one) => one !== null).join(' · ');
}

function pictureOf(page: Page, whose: 'mine' | 'theirs'): unknown {
  const { t } = page;
  const drawn = page.pictures.drawn(CHECK, whose);
  return html`<div class="preview check-preview">
    <div class="preview-picture ${whose} ${drawn ? 'there' : ''}" data-open="true" data-test="check-picture" data-whose=${whose} data-width=${drawn?.width ?? 0}>
      <canvas role="img" aria-label=${whose === 'mine' ? t.yourPicture : t.checkEchoPicture} ${ref(page.pictures.box(CHECK, whose))}></canvas>
      ${drawn ? nothing : html`<span class="preview-wait">${icon('video')}</span>`}
    </div>
    <span class="level" role="img" aria-label=${t.microphoneLevel}><i data-meter=${whose} data-call=${CHECK}></i></span>
  </div>`;
}

function voice(page: Page): unknown {
  const { t } = page;
  const check = page.state?.check ?? null;
  const recording = check?.recording ?? null;
  if (!recording) {
    return html`<p class="muted">${t.checkVoiceHint}</p>
      <div class="buttons">
        <button type="button" data-test="voice-begin" ?disabled=${!mayTry(page)} @click=${() => void recordVoice(page)}>${icon('mic')}<span>${t.checkVoiceBegin}</span></button>
      </div>`;
  }
  const { playing, ms, most_ms, level } = recording;
  const left = Math.max(0, Math.ceil((most_ms - ms) / 1000));
  return html`<p role="status" data-test="voice" data-playing=${playing}>${playing ? t.checkVoicePlays : t.checkVoiceRecords(seconds(page.lang, left))}</p>
    <span class="level" role="img" aria-label=${t.microphoneLevel}><i style="--level: ${Math.sqrt(level).toFixed(2)}"></i></span>
    ${troubles(page, recording.troubles)}
    <div class="buttons">
      <button type="button" data-test="voice-end" @click=${() => endRecording(page)}>${icon(playing ? 'x' : 'play')}<span>${playing ? t.checkStop : t.checkVoicePlay}</span></button>
    </div>`;
}

function echo(page: Page): unknown {
  const { t } = page;
  const call = page.state?.check?.echo ?? null;
  if (!call) {
    return html`<p class="muted">${t.checkEchoHint}</p>
      <div class="buttons">
        <button type="button" data-test="echo-begin" ?disabled=${!mayTry(page)} @click=${() => void beginEcho(page)}>${icon('video')}<span>${t.checkEchoBegin}</span></button>
      </div>`;
  }
  const figure = figureOf(page, { what: 'echo', stage: { type: 'running' }, figures: call.figures });
  return html`${pictureOf(page, 'theirs')}
    <p class="muted" data-test="echo-figure">${figure || t.checkEchoComing}</p>
    ${troubles(page, call.troubles)}
    <div class="buttons">
      <button type="button" class="danger" data-test="echo-end" @click=${() => void endEcho(page)}>${icon('phoneOff')}<span>${t.checkEchoEnd}</span></button>
    </div>`;
}

/** While a check goes on it has the devices. */
function mayTry(page: Page): boolean {
  return runningStep(page.state?.check ?? null) === null && !page.here.busy.has('check-hand') && !page.here.busy.has('check');
}

function troubles(page: Page, all: readonly ApiError[]): unknown {
  return all.map((one) => html`<p class="error" role="alert" data-test="check-trouble" data-code=${one.code}>${icon('circleAlert')}<span>${troubleText(page, one)}</span></p>`);
}
