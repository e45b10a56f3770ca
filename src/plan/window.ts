import { OPEN_SLICES_MAX, WINDOWS_PER_ROW_MAX } from "../core/limits.ts";
import { type Column, TIMESTAMP } from "../core/schema.ts";
import { formatDuration } from "./duration.ts";
import {
  type HopWindow,
  type SessionWindow,
  type TumbleWindow,
  type Window,
  WINDOW_END,
  WINDOW_START,
  WINDOW_TIME,
} from "./plan.ts";
import type { Problems } from "./problems.ts";

/** Slices of one window: they are open together, and a row is in no more windows than there are slices. */
const SLICES_MAX = Math.min(OPEN_SLICES_MAX, WINDOWS_PER_ROW_MAX);

/** The columns that windows add to those of their input. */
export const WINDOW_COLUMNS: readonly Column[] = [WINDOW_START, WINDOW_END, WINDOW_TIME].map((name) => ({
  name,
  type: TIMESTAMP,
  nullable: false,
}));

/** Windows that lie on a grid: all but sessions. */
export type GridWindow = Exclude<Window, SessionWindow>;

/** Milliseconds between the starts of two windows; those of tumbling and cumulating windows are their size apart. */
export function slideOf(window: GridWindow): number {
  return window.kind === "hop" ? window.slide_ms : window.size_ms;
}

/** Windows are the same when shifted by a whole slide: the offset in [0, slide). */
export function normalOffset(window: GridWindow): number {
  const slide = slideOf(window), offset = window.offset_ms % slide;
  return offset < 0 ? offset + slide : offset;
}

/** Whether rows of both, at one time, are in windows of the same bounds. Sessions never are: they depend on the rows. */
export function sameWindow(a: Window, b: Window): boolean {
  if (a.kind === "session" || b.kind === "session") return false;
  return a.size_ms === b.size_ms && slideOf(a) === slideOf(b) && stepOf(a) === stepOf(b) &&
    normalOffset(a) === normalOffset(b);
}

function stepOf(window: GridWindow): number {
  return window.kind === "cumulate" ? window.step_ms : window.size_ms;
}

/** How far window_start may lag behind window_time; null: without bound. */
export function lengthOf(window: Window): number | null {
  return window.kind === "session" ? window.max_ms ?? null : window.size_ms;
}

/**
 * Checks what a window's numbers say together. Hopping windows share slices as wide as the greatest common divisor of
 * size and slide, so that numbers without one would make too many of them.
 */
export function checkWindow(window: Window, path: string, problems: Problems): void {
  if (window.kind === "hop") checkHop(window, path, problems);
  else if (window.kind === "cumulate") {
    const { size_ms: size, step_ms: step } = window, steps = size / step;
    if (!Number.isInteger(steps)) {
      problems.add(
        `${path}.step_ms`,
        `Expected a part of size_ms (${size}), got ${step}`,
        "Use a step that divides it",
      );
    } else if (steps > SLICES_MAX) {
      const reason = `A window of ${size} ms that grows by ${step} ms has ${steps} steps: at most ${SLICES_MAX}`;
      problems.add(`${path}.step_ms`, reason, "Use a larger step");
    }
  } else if (window.kind === "session" && window.max_ms !== undefined && window.max_ms < window.gap_ms) {
    const reason =
      `Expected at least gap_ms (${window.gap_ms}), got ${window.max_ms}: a row alone is a session of a gap`;
    problems.add(`${path}.max_ms`, reason);
  }
}

function checkHop({ size_ms: size, slide_ms: slide }: HopWindow, path: string, problems: Problems): void {
  const slices = size / divisor(size, slide);
  if (slide > size) {
    problems.add(
      `${path}.slide_ms`,
      `Expected at most size_ms (${size}), got ${slide}: rows would fall between windows`,
    );
  } else if (slices > SLICES_MAX) {
    const reason = `A window of ${size} ms every ${slide} ms has ${slices} slices: at most ${SLICES_MAX}`;
    problems.add(`${path}.slide_ms`, reason, "Use a larger slide, or one that divides the size");
  }
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** Whether windows with shared slices know the window. */
export function isSliced(window: Window): window is TumbleWindow | HopWindow {
  return window.kind === "tumble" || window.kind === "hop";
}

/** `tumbling window of 1 h`, `session of 5 min without rows`: a window in words. */
export function formatWindow(window: Window): string {
  const offset = window.kind === "session" || normalOffset(window) === 0
    ? ""
    : `, offset ${formatDuration(normalOffset(window))}`;
  switch (window.kind) {
    case "tumble":
      return `tumbling window of ${formatDuration(window.size_ms)}${offset}`;
    case "hop":
      return `hopping window of ${formatDuration(window.size_ms)} every ${formatDuration(window.slide_ms)}${offset}`;
    case "cumulate":
      return `cumulating window of ${formatDuration(window.size_ms)} by ${formatDuration(window.step_ms)}${offset}`;
    case "session": {
      const most = window.max_ms === undefined ? "" : `, at most ${formatDuration(window.max_ms)} long`;
      return `session that ends ${formatDuration(window.gap_ms)} after its last row${most}`;
    }
  }
}
