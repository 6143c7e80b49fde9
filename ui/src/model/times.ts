/** Times as people say them. */
import type { Lang } from '../text';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function dayOf(ms: number): number {
  const date = new Date(ms);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / (24 * HOUR);
}

function unit(lang: Lang, count: number, name: string, display: 'narrow' | 'short' | 'long'): string {
  return new Intl.NumberFormat(lang, { style: 'unit', unit: name, unitDisplay: display }).format(count);
}

/** Such as `3 min`. */
export function unitText(lang: Lang, count: number, name: 'second' | 'minute' | 'hour'): string {
  return unit(lang, count, name, 'short');
}

/** `null` means just now. A time ahead of the clock is taken as now: clocks differ. */
export function ago(lang: Lang, at: number, now: number): string | null {
  const since = now - at;
  if (since < MINUTE) return null;
  if (since < HOUR) return unit(lang, Math.floor(since / MINUTE), 'minute', 'short');
  const days = dayOf(now) - dayOf(at);
  if (days === 0) return unit(lang, Math.floor(since / HOUR), 'hour', 'short');
  if (days === 1) return new Intl.RelativeTimeFormat(lang, { numeric: 'auto' }).format(-1, 'day');
  const date = new Date(at);
  if (days < 7) return new Intl.DateTimeFormat(lang, { weekday: 'short' }).format(date);
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(lang, sameYear ? { day: 'numeric', month: 'short' } : { dateStyle: 'medium' }).format(date);
}

/** The whole date and time, for a tooltip. */
export function exactly(lang: Lang, at: number): string {
  return new Intl.DateTimeFormat(lang, { dateStyle: 'full', timeStyle: 'short' }).format(new Date(at));
}

/** A stretch of time in its largest sensible unit. */
export function stretch(lang: Lang, minutes: number): string {
  const length = Math.abs(minutes);
  if (length < 120) return unit(lang, Math.round(length), 'minute', 'long');
  if (length < 48 * 60) return unit(lang, Math.round(length / 60), 'hour', 'long');
  return unit(lang, Math.round(length / (24 * 60)), 'day', 'long');
}

/** Whole seconds until then, never below zero. */
export function secondsUntil(at: number, now: number): number {
  return Math.max(0, Math.ceil((at - now) / 1000));
}

export function seconds(lang: Lang, count: number): string {
  return count < 60 ? unit(lang, count, 'second', 'narrow') : stretch(lang, Math.ceil(count / 60));
}

function two(count: number): string {
  return String(count).padStart(2, '0');
}

/** A running clock: 0:07, 12:03, 1:02:03. */
export function clock(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/** How long something took, to the minute once it took one. */
export function lasted(lang: Lang, ms: number): string {
  if (ms < MINUTE) return unit(lang, Math.max(1, Math.round(ms / 1000)), 'second', 'short');
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 60) return unit(lang, minutes, 'minute', 'short');
  const hours = unit(lang, Math.floor(minutes / 60), 'hour', 'short');
  return minutes % 60 === 0 ? hours : `${hours} ${unit(lang, minutes % 60, 'minute', 'short')}`;
}

export function timeOnly(lang: Lang, at: number): string {
  return new Intl.DateTimeFormat(lang, { timeStyle: 'short' }).format(new Date(at));
}

/** Today, yesterday, a day of the week, or a date. */
export function dayOnly(lang: Lang, at: number, now: number): string {
  const days = dayOf(now) - dayOf(at);
  const date = new Date(at);
  if (days === 0 || days === 1) {
    const day = new Intl.RelativeTimeFormat(lang, { numeric: 'auto' }).format(-days, 'day');
    return `${day.charAt(0).toLocaleUpperCase(lang)}${day.slice(1)}`;
  }
  if (days > 0 && days < 7) return new Intl.DateTimeFormat(lang, { weekday: 'long' }).format(date);
  return new Intl.DateTimeFormat(lang, { dateStyle: 'long' }).format(date);
}

/** The day and the time of day. */
export function dayAndTime(lang: Lang, at: number, now: number): string {
  const date = new Date(at);
  const time = new Intl.DateTimeFormat(lang, { timeStyle: 'short' }).format(date);
  const days = dayOf(now) - dayOf(at);
  if (days === 0 || days === 1) {
    const day = new Intl.RelativeTimeFormat(lang, { numeric: 'auto' }).format(-days, 'day');
    return `${day.charAt(0).toLocaleUpperCase(lang)}${day.slice(1)}${lang === 'zh' ? '' : ','} ${time}`;
  }
  if (days > 0 && days < 7) return `${new Intl.DateTimeFormat(lang, { weekday: 'long' }).format(date)}${lang === 'zh' ? '' : ','} ${time}`;
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  const day = new Intl.DateTimeFormat(lang, sameYear ? { day: 'numeric', month: 'short' } : { dateStyle: 'medium' }).format(date);
  return `${day}${lang === 'zh' ? '' : ','} ${time}`;
}
