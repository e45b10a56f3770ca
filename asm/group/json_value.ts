// Values of calls as JSON text. Writers write at `to` and return the end of what they wrote.
import { BOOL, DECIMAL, DECIMAL128, DOUBLE, TIMESTAMP } from "../layout";
import { write_wide } from "../decimal/text";
import { write_decimal, write_double, write_timestamp } from "../expr/format";
import { Call, isBytes } from "./spec";

/** Bytes that a value takes which is no text, or what stands around one. */
export const JSON_CELL_BYTES: usize = 48;

/** A constant text of ASCII. */
export function writeText(to: usize, text: string): usize {
  for (let i = 0; i < text.length; i++) store<u8>(to + i, <u8>text.charCodeAt(i));
  return to + text.length;
}

@inline function hexDigit(value: u8): u8 {
  return value < 10 ? 0x30 + value : 0x57 + value;
}

/** A text in quotes: at most six bytes for each of its own, and two. */
export function writeQuoted(to: usize, from: usize, length: u32): usize {
  store<u8>(to++, 0x22);
  for (let i: usize = 0; i < <usize>length; i++) {
    const byte = load<u8>(from + i);
    if (byte < 0x20) {
      to = writeText(to, "\\u00");
      store<u8>(to++, hexDigit(byte >> 4));
      store<u8>(to++, hexDigit(byte & 15));
      continue;
    }
    if (byte == 0x22 || byte == 0x5c) store<u8>(to++, 0x5c);
    store<u8>(to++, byte);
  }
  store<u8>(to++, 0x22);
  return to;
}

function writeNumber(to: usize, call: Call, cell: usize): usize {
  const type = call.type;
  if (type == BOOL) return writeText(to, load<i64>(cell) ? "true" : "false");
  if (type != DOUBLE) return write_decimal(to, load<i64>(cell), 0);
  const value = load<f64>(cell);
  return isFinite<f64>(value) ? write_double(to, value) : writeText(to, "null");
}

/** A wide decimal whose 16 bytes are at `from`, as a text. */
export function writeWide(to: usize, call: Call, from: usize): usize {
  store<u8>(to++, 0x22);
  to = write_wide(to, from, call.scale);
  store<u8>(to++, 0x22);
  return to;
}

/** The value at `cell`: 8 bytes, or a REF. Decimals and timestamps are texts, and what is no number is null. */
export function writeValue(to: usize, call: Call, cell: usize): usize {
  const type = call.type;
  if (type == DECIMAL128) return writeWide(to, call, load<u32>(cell));
  if (isBytes(type)) return writeQuoted(to, load<u32>(cell), load<u32>(cell, 4));
  if (type != TIMESTAMP && type != DECIMAL) return writeNumber(to, call, cell);
  store<u8>(to++, 0x22);
  to = type == TIMESTAMP ? write_timestamp(to, load<i64>(cell)) : write_decimal(to, load<i64>(cell), call.scale);
  store<u8>(to++, 0x22);
  return to;
}
