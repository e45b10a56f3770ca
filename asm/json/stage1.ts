import { bitmap_word } from "./bitmap";
import { stage1_scalar } from "./stage1_scalar";
import { stage1_simd } from "./stage1_simd";

/** Writes the bitmap of [from, end) of the text at `input`. Whole blocks of 64 bytes are read; `from` begins one. */
export function stage1(from: usize, end: usize, input: usize): void {
  if (ASC_FEATURE_SIMD) stage1_simd(from, end, input);
  else stage1_scalar(from, end, input);
}

/** Writes the words of ones behind the bitmap of a text that ends at `end`. */
export function end_bitmap(end: usize): void {
  const behind = bitmap_word((end + 63) & ~63);
  store<u64>(behind, -1);
  store<u64>(behind, -1, 8);
  store<u64>(behind, -1, 16);
}
