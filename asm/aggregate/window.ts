// Arithmetic of windows and slices. Both are numbered from the offset: slice s is [s × width, (s + 1) × width),
// window k is [k × slide, k × slide + size), and width = gcd(size, slide), so that every window is a row of whole
// slices.
import { Aggregation } from "./spec";

/** Times beyond this (as JavaScript's dates have them) are no times: arithmetic with them never overflows. */
export const TIME_MS_MAX: i64 = 8_640_000_000_000_000;
/** Stands for infinite times. */
export const TIME_END: i64 = 1 << 62;
export const TIME_START: i64 = -TIME_END;

@inline export function floorDiv(a: i64, b: i64): i64 {
  const q = a / b;
  return q - i64(a - q * b < 0);
}

@inline export function isTime(t: i64): bool {
  return <u64>(t + TIME_MS_MAX) <= <u64>(2 * TIME_MS_MAX);
}

/** Milliseconds as TypeScript gives them; infinite ones as TIME_START and TIME_END. */
@inline export function timeOf(ms: f64): i64 {
  if (!(ms > <f64>TIME_START)) return TIME_START;
  return ms < <f64>TIME_END ? i64(ms) : TIME_END;
}

@inline export function sliceOf(a: Aggregation, t: i64): i64 {
  return floorDiv(t - a.offset, a.width);
}

@inline export function sliceStart(a: Aggregation, slice: i64): i64 {
  return slice * a.width + a.offset;
}

/** The first window that the slice is part of. */
@inline export function firstWindow(a: Aggregation, slice: i64): i64 {
  return floorDiv((slice + 1) * a.width - a.size + a.slide - 1, a.slide);
}

@inline export function lastWindow(a: Aggregation, slice: i64): i64 {
  return floorDiv(slice * a.width, a.slide);
}

@inline export function windowStart(a: Aggregation, window: i64): i64 {
  return window * a.slide + a.offset;
}

/** The watermark at which the window fires. */
@inline export function fireTime(a: Aggregation, window: i64): i64 {
  return window * a.slide + a.offset + a.size - 1;
}

/** The last window that fires at the watermark or before. */
@inline export function lastFired(a: Aggregation, watermark: i64): i64 {
  return floorDiv(watermark + 1 - a.size - a.offset, a.slide);
}

/** The greatest common divisor. */
export function gcd(a: i64, b: i64): i64 {
  while (b) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}
