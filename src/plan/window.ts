import { OPEN_SLICES_MAX, WINDOWS_PER_ROW_MAX } from "../core/limits.ts";
import type { HopWindow, TumbleWindow, Window } from "./plan.ts";
import type { Problems } from "./problems.ts";

/** Slices of one window: they are open together, and a row is in no more windows than there are slices. */
const SLICES_MAX = Math.min(OPEN_SLICES_MAX, WINDOWS_PER_ROW_MAX);

/** Milliseconds between the starts of two windows; a tumbling window's slide is its size. */
export function slideOf(window: TumbleWindow | HopWindow): number {
  return window.kind === "hop" ? window.slide_ms : window.size_ms;
}

/** Windows are the same when shifted by a whole slide: the offset in [0, slide). */
export function normalOffset(window: TumbleWindow | HopWindow): number {
  const slide = slideOf(window), offset = window.offset_ms % slide;
  return offset < 0 ? offset + slide : offset;
}

/**
 * Checks what a window's numbers say together. Windows share slices as wide as the greatest common divisor of size and
 * slide, so that numbers without one would make too many of them.
 */
export function checkWindow(window: Window, path: string, problems: Problems): void {
  if (window.kind !== "hop") return;
  const { size_ms: size, slide_ms: slide } = window;
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
