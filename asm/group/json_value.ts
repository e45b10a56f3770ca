// Values of calls as JSON text. Writers write at `to` and return the end of what they wrote.
import { BOOL, DECIMAL, DECIMAL128, DOUBLE, TIMESTAMP } from "../layout";
import { write_wide } from "../decimal/text";
import { write_decimal, write_double, write_timestamp } from "../expr/format";
import { needs_escape, write_escape } from "../text/json_short";
import { Call, isBytes } from "./spec";

/** Bytes that a value takes which is no text, or what stands around one. */
export const JSON_CELL_BYTES: usize = 48;

/** A constant text of ASCII. */
export function writeText(to: usize, text: string): usize {
  for (let i = 0; i < text.length; i++) store<u8>(to + i, <u8>text.charCodeAt(i));
  return to + text.length;
}

/** A text in quotes: at most six bytes for each of its own, and two. */
export function writeQuoted(to: usize, from: usize, length: u32): usize {
  store<u8>(to++, 0x22);
  for (let i: usize = 0; i < <usize>length; i++) {
    const byte = <u32>load<u8>(from + i);
    if (needs_escape(byte)) to = write_escape(byte, to);
    else store<u8>(to++, <u8>byte);
  }
  store<u8>(to++, 0x22);
  return to;
}

/** The text of a call: JSON as it is, others in quotes. */
export function writeBytes(to: usize, call: Call, from: usize, length: u32): usize {
  if (call.scale != IS_JSON) return writeQuoted(to, from, length);
  memory.copy(to, from, length);
  return to + length;
}

function writeNumber(to: usize, call: Call, cell: usize): usize {
  const type = call.type;
  if (type == BOOL) return writeText(to, load<i64>(cell) ? "true" : "false");
  if (type != DOUBLE) return write_decimal(to, load<i64>(cell), 0);
  const value = load<f64>(cell);
  return isFinite<f64>(value) ? write_double(to, value) : writeText(to, "null");
}

/** Scale of calls whose texts are JSON: nested values. */
const IS_JSON: u32 = 1;
/** A wide decimal whose 16 bytes are at `from`, as a number. */
export function writeWide(to: usize, call: Call, from: usize): usize {
  return write_wide(to, from, call.scale);
}

/**
 * The value at `cell`: 8 bytes, or a REF. Decimals are numbers with all their digits, as in values that functions make, so that arrays
 * of both compare and sort alike; timestamps are texts, and what is no number is null.
 */
export function writeValue(to: usize, call: Call, cell: usize): usize {
  const type = call.type;
  if (type == DECIMAL128) return writeWide(to, call, load<u32>(cell));
  if (isBytes(type)) return writeBytes(to, call, load<u32>(cell), load<u32>(cell, 4));
  if (type == DECIMAL) return write_decimal(to, load<i64>(cell), call.scale);
  if (type != TIMESTAMP) return writeNumber(to, call, cell);
  store<u8>(to++, 0x22);
  to = write_timestamp(to, load<i64>(cell));
  store<u8>(to++, 0x22);
  return to;
}
