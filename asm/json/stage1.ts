import { bitmap_word } from "./bitmap";
import { stage1_scalar } from "./stage1_scalar";
import { stage1_simd } from "./stage1_simd";

/** Writes the bitmap of [input, end) and the words of ones behind it. Whole blocks of 64 bytes are read. */
export function stage1(input: usize, end: usize): void {
  if (ASC_FEATURE_SIMD) stage1_simd(input, end);
  else stage1_scalar(input, end);
  const behind = bitmap_word((end + 63) & ~63);
  store<u64>(behind, -1);
  store<u64>(behind, -1, 8);
  store<u64>(behind, -1, 16);
}
