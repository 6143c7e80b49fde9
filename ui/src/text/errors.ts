import type { Code } from '../generated/Code';

/** What the sentences may name. A name that an error left out has become a general word. */
export interface Detail {
  server: string;
  name: string;
  handle: string;
  path: string;
  reason: string;
  device: string;
  port: string;
  most: string;
  why: string;
  /** Which quality can't be had. */
  what: string;
  /** Zero where not known. */
  minutes: number;
  /** Zero where not known. */
  seconds: number;
}

export interface ErrorText {
  fallback: { server: string; name: string; handle: string; path: string; reason: string; device: string };
  codes: Record<Code, (detail: Detail) => string>;
}
