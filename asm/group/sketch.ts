// Sketches: aggregates of bounded size with a stated error. A call's cells hold the address of its SKETCH.
import { Call, Group } from "./spec";

/** Where the result of `sketchResult` lies: a text, or 8 bytes. */
export let sketchText: usize = 0;
export let sketchTextLength: u32 = 0;

/** Adds a value to the sketch of the call, which is made with its first; false when there is no memory. */
export function sketchAdd(g: Group, call: Call, cell: usize, value: i64): bool {
  return false;
}

/** Computes the result; false when there is none. */
export function sketchResult(call: Call, cell: usize): bool {
  return false;
}

/** Frees the sketch of a call. */
export function sketchFree(g: Group, call: Call, cell: usize): void {}
