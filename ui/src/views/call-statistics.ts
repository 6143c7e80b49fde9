/** The sheet of figures of a call, in plain words. */
import { html, nothing } from 'lit-html';
import type { Call } from '../generated/Call';
import type { CallStatistics } from '../generated/CallStatistics';
import type { PictureStatistics } from '../generated/PictureStatistics';
import type { SoundStatistics } from '../generated/SoundStatistics';
import type { Page } from '../page';
import { nameOf, setStatistics } from '../acts/calls';
import { say } from '../text';
import { icon } from './icons';

export function statisticsView(page: Page, call: Call): unknown {
  const { t } = page;
  if (!page.here.stage.statistics) return nothing;
  const { figures } = page.here.stage;
  const name = nameOf(page, call);
  return html`<aside class="sheet" data-test="statistics" aria-labelledby="statistics">
    <header>
      <h2 id="statistics">${t.statistics}</h2>
      <button type="button" class="icon-only" data-test="statistics-close" aria-label=${t.close} title="${t.close} (T)" @click=${() => setStatistics(page, false)}>${icon('x')}</button>
    </header>
    ${figures?.of === call.id ? sheet(page, figures.are, name) : html`<p class="muted" role="status">${t.measuring}</p>`}
  </aside>`;
}

type Row = [string, unknown] | null;

function rows(title: unknown, list: Row[]): unknown {
  const there = list.filter((one) => one !== null);
  if (there.length === 0) return nothing;
  return html`<section>
    <h3>${title}</h3>
    <dl>
      ${there.map(([what, value]) => html`<div><dt>${what}</dt><dd>${value}</dd></div>`)}
    </dl>
  </section>`;
}

function sheet(page: Page, are: CallStatistics, name: string): unknown {
  const { t } = page;
  const ms = (value: number | null): string | null => (value === null ? null : unit(page, value, 'millisecond', 0));
  const trip = ms(are.round_trip_ms);
  const way = are.relayed === null ? null : are.relayed ? t.wayRelayed : t.wayStraight;
  return html`${rows(t.connection, [
    way === null ? null : [t.way, html`${way}${are.transport ? html` <span class="muted">${are.transport.toUpperCase()}</span>` : nothing}`],
    trip === null ? null : [t.roundTrip, trip],
    are.available_kbit_s === null ? null : [t.room, rate(page, are.available_kbit_s)],
    are.lip_sync_ms === null ? null : [t.lipSync, lipSync(page, are.lip_sync_ms)],
  ])}
  ${rows(say(t.pictureFrom, name), picture(page, are.picture_in))} ${rows(say(t.soundFrom, name), sound(page, are.sound_in))}
  ${rows(t.yourPicture, picture(page, are.picture_out))} ${rows(t.yourSound, sound(page, are.sound_out))}`;
}

function picture(page: Page, of: PictureStatistics | null): Row[] {
  const { t } = page;
  if (!of) return [];
  return [
    [t.size, `${of.width} × ${of.height}`],
    [t.perSecond, number(page, of.fps, 0)],
    [t.rate, html`${rate(page, of.kbit_s)} <span class="muted">${of.codec}</span>`],
    [t.lost, percent(page, of.lost_percent)],
    of.delay_ms === null ? null : [t.delay, unit(page, of.delay_ms, 'millisecond', 0)],
    [t.resent, number(page, of.resent, 0)],
    [t.wholeAsked, number(page, of.keyframes_asked, 0)],
  ];
}

function sound(page: Page, of: SoundStatistics | null): Row[] {
  const { t } = page;
  if (!of) return [];
  return [
    [t.rate, html`${rate(page, of.kbit_s)} <span class="muted">${of.codec}</span>`],
    [t.lost, percent(page, of.lost_percent)],
    of.delay_ms === null ? null : [t.delay, unit(page, of.delay_ms, 'millisecond', 0)],
    of.concealed_ms === 0 ? null : [t.concealed, unit(page, of.concealed_ms / 1000, 'second', 1)],
    [t.loudness, percent(page, of.level * 100)],
  ];
}

function lipSync(page: Page, ms: number): string {
  const { t } = page;
  if (Math.abs(ms) < 1) return t.together;
  const by = unit(page, Math.abs(ms), 'millisecond', 0);
  return ms > 0 ? t.pictureLater(by) : t.pictureEarlier(by);
}

function number(page: Page, value: number, digits: number): string {
  return new Intl.NumberFormat(page.lang, { maximumFractionDigits: digits }).format(value);
}

export function unit(page: Page, value: number, name: string, digits: number): string {
  return new Intl.NumberFormat(page.lang, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits }).format(value);
}

function percent(page: Page, value: number): string {
  return new Intl.NumberFormat(page.lang, { style: 'percent', maximumFractionDigits: value < 10 ? 1 : 0 }).format(value / 100);
}

export function rate(page: Page, kbit: number): string {
  return kbit < 1000 ? page.t.kbits(number(page, kbit, 0)) : page.t.mbits(number(page, kbit / 1000, 1));
}
