// Bytes as hexadecimal digits and back.
import { NO_MEMORY } from "../../expr/register";
import { refAddress, refLength } from "../../expr/text";
import { begin, cell, fail, finish, next, result } from "../cursor";
import { putHex } from "../hash/message";
import { keepText, openText, putByte, room } from "../writer";

const CAPITAL_A: u32 = 0x41;

/** The value of a hexadecimal digit, or more than 15. */
export function hexDigit(byte: u32): u32 {
  const digit = byte - 48, letter = (byte | 32) - 97;
  return digit < 10 ? digit : letter < 6 ? letter + 10 : 255;
}

/** Codes: 0 a's bytes as capital hexadecimal digits; 1 the bytes that a's digits stand for, NULL where it has others. */
export function fn_hex(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    let at = refAddress(cell(a));
    const n = refLength(cell(a)), end = at + n;
    openText();
    let good = code ? room((n >>> 1) + 1) : putHex(at, n, CAPITAL_A);
    if (code && good) {
      // A digit is missing in front where their number is odd
      if (n & 1) {
        const digit = hexDigit(load<u8>(at++));
        putByte(digit);
        good = digit < 16;
      }
      for (; at < end && good; at += 2) {
        const high = hexDigit(load<u8>(at)), low = hexDigit(load<u8>(at, 1));
        putByte((high << 4) | low);
        good = (high | low) < 16;
      }
    }
    if (good) keepText(result());
    else fail();
  }
  return finish();
}
