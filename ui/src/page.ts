/** Joins host, model and views: takes updates in, runs commands, and draws after every change. */
import { render } from 'lit-html';
import type { ApiError } from './generated/ApiError';
import type { Command } from './generated/Command';
import type { Reply } from './generated/Reply';
import type { State } from './generated/State';
import type { Update } from './generated/Update';
import { here, type Here, type Toast } from './here';
import type { Host } from './host';
import { asApiError, nothingYet, reduce, type Model, type Sign } from './model';
import { showLevels } from './stage/meters';
import { Pictures } from './stage/pictures';
import { langOf, textIn, type Lang, type Text } from './text';

const TOAST_MS = 6_000;
const TOAST_WITH_BUTTON_MS = 15_000;
const TOASTS = 3;

export class Page {
  model: Model = nothingYet;
  here: Here = here();
  /** Set where not even a first snapshot could be had. */
  lost: ApiError | null = null;
  readonly pictures: Pictures;
  /** Told of each sign and of each new state; set by whoever starts the page. */
  onSign: (sign: Sign) => void = () => {};
  onState: (before: State | null, after: State) => void = () => {};
  /** Told while the user speaks and is muted. */
  onUnheard: (call: string) => void = () => {};
  /** After each drawing. */
  onDrawn: () => void = () => {};

  readonly #view: (page: Page) => unknown;
  readonly #root: HTMLElement;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #drawing = false;
  #after: (() => void)[] = [];
  readonly #closing: (() => void)[] = [];
  #unsubscribe: (() => void) | null = null;
  #subscribing = false;

  constructor(
    readonly host: Host,
    root: HTMLElement,
    view: (page: Page) => unknown,
  ) {
    this.#root = root;
    this.#view = view;
    this.pictures = new Pictures(
      host,
      () => this.change(),
      (levels) => {
        showLevels(levels);
        if (levels.unheard) this.onUnheard(levels.call);
      },
    );
  }

  get state(): State | null {
    return this.model.state;
  }

  get lang(): Lang {
    return langOf(this.state?.settings.language ?? 'system', navigator.languages);
  }

  get t(): Text {
    return textIn(this.lang);
  }

  get now(): number {
    return Date.now();
  }

  async open(): Promise<void> {
    if (this.#subscribing) return;
    this.#subscribing = true;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    try {
      this.#unsubscribe = await this.host.subscribe((update) => this.take(update));
      this.lost = null;
    } catch (thrown) {
      this.lost = asApiError(thrown);
    } finally {
      this.#subscribing = false;
      this.change();
    }
    if (this.lost === null && this.model.gap) await this.open();
  }

  /** Runs when the page is closed. */
  atClose(run: () => void): void {
    this.#closing.push(run);
  }

  close(): void {
    for (const run of this.#closing) run();
    this.pictures.close();
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  take(update: Update): void {
    const before = this.model.state;
    this.model = reduce(this.model, update);
    if (this.model.gap) void this.open();
    const after = this.model.state;
    if (after !== null && after !== before) this.onState(before, after);
    for (const sign of this.model.signs) this.onSign(sign);
    this.change();
  }

  /** Changes what the page holds, and draws once all changes of this moment are made. */
  change(edit?: (here: Here) => void): void {
    edit?.(this.here);
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      this.draw();
    });
  }

  draw(): void {
    const root = document.documentElement;
    root.lang = this.lang === 'zh' ? 'zh-Hans' : 'en';
    root.dataset['theme'] = this.state?.settings.theme ?? 'system';
    root.dataset['connection'] = this.state?.server.connection.type ?? 'idle';
    render(this.#view(this), this.#root);
    this.onDrawn();
    const after = this.#after;
    this.#after = [];
    for (const run of after) run();
    // Countdowns and clocks need every second; "3 min" does not.
    const waiting = this.state?.server.connection.type === 'waiting' || this.state?.calls.some((one) => one.stage.type === 'on') === true;
    this.later('tick', waiting ? 1_000 - (this.now % 1_000) : 30_000, () => this.change());
  }

  /** Runs once the next drawing is done. */
  afterDraw(run: () => void): void {
    this.#after.push(run);
    this.change();
  }

  /** Focuses the first of these that is there. */
  focus(...selectors: string[]): void {
    this.afterDraw(() => {
      const target = selectors.map((one) => this.#root.querySelector<HTMLElement>(one)).find((one) => one !== null);
      target?.focus();
      if (target instanceof HTMLInputElement && target.type === 'text') target.select();
    });
  }

  /** One timer of each name: a new one replaces the old. */
  later(name: string, ms: number, run: () => void): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(
      name,
      setTimeout(() => {
        this.#timers.delete(name);
        run();
      }, ms),
    );
  }

  never(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  /** Asks the engine; an error is kept for the place it is shown at, and answered as `null`. */
  async ask(place: string, command: Command): Promise<Reply | null> {
    return this.attempt(place, () => this.host.dispatch(command));
  }

  /** The same for anything that may fail. */
  async attempt<T>(place: string, work: () => Promise<T>): Promise<T | null> {
    this.change((page) => {
      page.busy.add(place);
      page.errors.delete(place);
    });
    try {
      return await work();
    } catch (thrown) {
      this.here.errors.set(place, asApiError(thrown));
      return null;
    } finally {
      this.change((page) => page.busy.delete(place));
    }
  }

  forget(...places: string[]): void {
    this.change((page) => places.forEach((place) => page.errors.delete(place)));
  }

  toast(toast: Toast): void {
    this.change((page) => {
      page.toasts = [...page.toasts.filter((one) => one.id !== toast.id), toast].slice(-TOASTS);
    });
    this.release(toast);
  }

  /** Keeps a toast while the pointer or the focus is on it. */
  hold(toast: Toast): void {
    this.never(`toast ${toast.id}`);
  }

  release(toast: Toast): void {
    this.later(`toast ${toast.id}`, toast.act ? TOAST_WITH_BUTTON_MS : TOAST_MS, () => this.untoast(toast.id));
  }

  untoast(id: string): void {
    this.never(`toast ${id}`);
    this.change((page) => {
      page.toasts = page.toasts.filter((one) => one.id !== id);
    });
  }

  /** Says "Copied" or the like at a place for a moment. */
  confirm(place: string): void {
    this.change((page) => page.done.add(place));
    this.later(`done ${place}`, 2_500, () => this.change((page) => page.done.delete(place)));
  }

  async copy(place: string, text: string): Promise<void> {
    try {
      await this.host.copy(text);
      this.confirm(place);
    } catch {
      this.toast({ id: 'copy', bad: true, say: (words) => words.copyFailed, act: null });
    }
  }
}
