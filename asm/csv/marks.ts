// The marks (delimiters, quotes, newlines) of the input in order. Stage 1 finds them a window at a time, when they
// are asked for.
import { block_alloc } from "../memory";
import { forgetHigh } from "./high";
import { stage1_scalar } from "./stage1_scalar";
import { stage1_simd } from "./stage1_simd";

/** Input that stage 1 looks at in one go: its marks, at most one for each byte, stay in the L2 cache. */
const WINDOW_BYTES: usize = 16384;
const LIST_BYTES: usize = (WINDOW_BYTES + 16) << 2;

let list: usize = 0;
let next: usize = 0;
let listEnd: usize = 0;
let window: usize = 0;
let inputEnd: usize = 0;
let delimiterByte: u32 = 0;

/** Starts at `at`. False when there is no memory for the list. */
export function marks_begin(at: usize, end: usize, delimiter: u32): bool {
  if (!list) list = block_alloc(LIST_BYTES);
  if (!list) return false;
  window = at;
  inputEnd = end;
  delimiterByte = delimiter;
  next = listEnd = list;
  forgetHigh();
  return true;
}

function refill(): void {
  next = listEnd = list;
  while (listEnd == list && window < inputEnd) {
    const end = min<usize>(window + WINDOW_BYTES, inputEnd);
    if (ASC_FEATURE_SIMD) listEnd = stage1_simd(window, end, delimiterByte, list);
    else listEnd = stage1_scalar(window, end, delimiterByte, list);
    window = end;
  }
  if (listEnd == list) {
    store<u32>(list, <u32>inputEnd);
    listEnd = list + 4;
  }
}

/** The address of the next mark; the input's end when there is none left, as often as it is asked for. */
@inline export function next_mark(): usize {
  if (next == listEnd) refill();
  const mark = <usize>load<u32>(next);
  next += 4;
  return mark;
}
