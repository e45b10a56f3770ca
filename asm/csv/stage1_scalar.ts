import { seeHigh } from "./high";

/** The twin of stage1_simd, a byte at a time. */
export function stage1_scalar(from: usize, end: usize, delimiter: u32, out: usize): usize {
  let high: u32 = 0;
  for (; from < end; from++) {
    const c = <u32>load<u8>(from);
    high |= c;
    if (c == delimiter || c == 0x22 || c == 0x0a) {
      store<u32>(out, <u32>from);
      out += 4;
    }
  }
  if (high & 0x80) seeHigh();
  return out;
}
