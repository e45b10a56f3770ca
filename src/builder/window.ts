import type { Window } from "../plan/plan.ts";

/** A length of time; the parts add up. */
export interface Duration {
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly ms?: number;
}

/** A duration in milliseconds. */
export function milliseconds({ days = 0, hours = 0, minutes = 0, seconds = 0, ms = 0 }: Duration): number {
  return ((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000 + ms;
}

/** A window over rows that have the column `T` of event time, if it names one. */
export interface WindowSpec<T extends string = never> {
  /** Of sessions without keys: the keys of the rows are meant. */
  readonly window: Window;
  /** For the compiler only. */
  readonly time?: T;
}

export interface WindowOptions<T extends string> {
  /** Shifts windows from the epoch. */
  readonly offset?: Duration;
  /** Column of event time; that of the input if left out. */
  readonly time?: T;
}

function shared<T extends string>({ offset = {}, time }: WindowOptions<T>) {
  return { offset_ms: milliseconds(offset), ...(time === undefined ? {} : { time }) };
}

/** Windows of one size, side by side. */
export function tumble<T extends string = never>(size: Duration, options: WindowOptions<T> = {}): WindowSpec<T> {
  return { window: { kind: "tumble", size_ms: milliseconds(size), ...shared(options) } };
}

/** Windows of one size, one every `slide`, of which the size is a multiple. */
export function hop<T extends string = never>(
  size: Duration,
  slide: Duration,
  options: WindowOptions<T> = {},
): WindowSpec<T> {
  const sizes = { size_ms: milliseconds(size), slide_ms: milliseconds(slide) };
  return { window: { kind: "hop", ...sizes, ...shared(options) } };
}

/** Windows that begin together and grow by `step` up to `size`, a multiple of it. */
export function cumulate<T extends string = never>(
  size: Duration,
  step: Duration,
  options: WindowOptions<T> = {},
): WindowSpec<T> {
  const sizes = { size_ms: milliseconds(size), step_ms: milliseconds(step) };
  return { window: { kind: "cumulate", ...sizes, ...shared(options) } };
}

export interface SessionOptions<T extends string> {
  /** The longest that a session may be. */
  readonly max?: Duration;
  /** Column of event time; that of the input if left out. */
  readonly time?: T;
}

/** For each key a window that ends when no row has come for `gap`. */
export function session<T extends string = never>(gap: Duration, options: SessionOptions<T> = {}): WindowSpec<T> {
  const { max, time } = options;
  return {
    window: {
      kind: "session",
      gap_ms: milliseconds(gap),
      keys: [],
      ...(max === undefined ? {} : { max_ms: milliseconds(max) }),
      ...(time === undefined ? {} : { time }),
    },
  };
}

/** The window over rows with these keys: sessions are by them. */
export function windowBy({ window }: WindowSpec<string>, keys: readonly string[]): Window {
  return window.kind === "session" ? { ...window, keys } : window;
}
