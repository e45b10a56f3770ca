// Which windows a time belongs to, in ascending order. All times are i64 epoch ms; divisions round down.
import { floorDiv } from "../aggregate/window";
import { Assign, KIND_CUMULATE } from "./spec";

/** Windows of the time `t`: the first one's start and end, and what both grow by from window to window. */
export let firstStart: i64 = 0;
export let firstEnd: i64 = 0;
export let startStep: i64 = 0;
export let endStep: i64 = 0;
export let windows: u32 = 0;

/**
 * hop: [s, s + size) for each start s = offset + k × step with t − size < s ≤ t, none where windows have gaps.
 * cumulate: [s, s + j × step) with s = offset + k × size the last start that is not after t, for the ends after t.
 */
export function windowsOf(a: Assign, t: i64): void {
  const from = t - a.offset;
  if (a.kind == KIND_CUMULATE) {
    const start = floorDiv(from, a.size) * a.size, passed = floorDiv(from - start, a.step);
    firstStart = start + a.offset;
    firstEnd = firstStart + (passed + 1) * a.step;
    startStep = 0;
    endStep = a.step;
    windows = <u32>(a.size / a.step - passed);
    return;
  }
  const first = floorDiv(from - a.size, a.step) + 1, last = floorDiv(from, a.step);
  firstStart = first * a.step + a.offset;
  firstEnd = firstStart + a.size;
  startStep = a.step;
  endStep = a.step;
  windows = <u32>(last - first + 1);
}
