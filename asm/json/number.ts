import { digit_run } from "./digits";
import { fail } from "./failure";
import { REASON_NUMBER } from "./layout";

/** The first byte at or behind `at` that is not a digit. */
@inline function digitsEnd(at: usize): usize {
  while (true) {
    const run = digit_run(at);
    at += run;
    if (run < 16) return at;
  }
}

/** The end of the number at `at` (RFC 8259, section 6), or 0 after fail(). */
export function number_end(at: usize): usize {
  const start = at;
  at += <usize>(load<u8>(at) == 0x2d);
  let first = at;
  at = digitsEnd(at);
  if (at == first || (load<u8>(first) == 0x30 && at - first > 1)) return fail(start, REASON_NUMBER);
  if (load<u8>(at) == 0x2e) {
    first = at + 1;
    at = digitsEnd(first);
    if (at == first) return fail(start, REASON_NUMBER);
  }
  if ((load<u8>(at) | 32) == 0x65) {
    at++;
    at += <usize>(load<u8>(at) == 0x2b || load<u8>(at) == 0x2d);
    first = at;
    at = digitsEnd(first);
    if (at == first) return fail(start, REASON_NUMBER);
  }
  return at;
}

/** The end of `true`, `false` or `null` at `at`, or 0. */
@inline export function word_end(at: usize): usize {
  const word = load<u32>(at);
  if (word == 0x65757274 || word == 0x6c6c756e) return at + 4;
  return word == 0x736c6166 && load<u8>(at, 4) == 0x65 ? at + 5 : 0;
}
