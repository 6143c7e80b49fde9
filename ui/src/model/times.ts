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
