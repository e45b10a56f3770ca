// FRAME → columns in kernel memory that point into it. Whatever its bytes are, nothing outside the frame becomes
// reachable.
import { arena_alloc } from "../memory";
import {
  BOOL, COLUMN_DATA, COLUMN_SCALE, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY, FRAME_BYTES, FRAME_COLUMN_CHARS,
  FRAME_COLUMN_CHARS_BYTES, FRAME_COLUMN_DATA, FRAME_COLUMN_DATA_BYTES, FRAME_COLUMN_SCALE, FRAME_COLUMN_SIZE,
  FRAME_COLUMN_TYPE, FRAME_COLUMN_VALIDITY, FRAME_COLUMNS, FRAME_HEADER_SIZE, FRAME_KINDS, FRAME_MAGIC, FRAME_MAGIC_AT,
  DECIMAL128, FRAME_ROWS, INT64,
} from "../layout";
import { WIDE_BYTES } from "../decimal/cell";
import { isVariable } from "../types";
import { bit_at } from "./bits";
import { CORRUPTED, NO_MEMORY } from "./status";

/** Row kinds are smaller than this. */
const ROW_KINDS: u8 = 4;
/** Digits that a decimal has at most behind its point. */
const SCALE_MAX: u32 = 38;

/** True when `length` bytes at `offset` start at a multiple of 64, behind the head, and end inside the frame. */
@inline function inside(offset: u32, length: u64, head: u64, bytes: u32): bool {
  return (offset & 63) == 0 && <u64>offset >= head && <u64>offset + length <= <u64>bytes;
}

/** References from `rows + 1` offsets; false when the offsets descend or do not end at `charsBytes`. */
function makeRefs(refs: usize, offsets: usize, rows: u32, chars: u32, charsBytes: u32): bool {
  let from = load<u32>(offsets);
  let signs: u32 = 0;
  if (from) return false;
  for (let i: u32 = 0; i < rows; i++) {
    const to = load<u32>(offsets + (i << 2), 4);
    const length = to - from;
    signs |= length | to; // both stay below 2^31 when the offsets ascend
    store<u64>(refs + (i << 3), <u64>(chars + from) | (<u64>length << 32));
    from = to;
  }
  return <i32>signs >= 0 && from == charsBytes;
}

/** Whether every value that is there has the bytes of a wide decimal. */
function allWide(refs: usize, validity: usize, rows: u32): bool {
  for (let i: u32 = 0; i < rows; i++) {
    if (load<u32>(refs + (i << 3), 4) != <u32>WIDE_BYTES && (!validity || bit_at(validity, i))) return false;
  }
  return true;
}

function checkKinds(kinds: usize, rows: u32): bool {
  let worst: u8 = 0;
  for (let i: u32 = 0; i < rows; i++) worst = max<u8>(worst, load<u8>(kinds + i));
  return worst < ROW_KINDS;
}

/** Makes one COLUMN at `out` from the entry of a column. Returns 0 or a negative status. */
function readColumn(src: usize, entry: usize, rows: u32, head: u64, bytes: u32, out: usize): i32 {
  const type = load<u32>(entry, FRAME_COLUMN_TYPE), scale = load<u32>(entry, FRAME_COLUMN_SCALE);
  const bits = (<u64>rows + 7) >> 3;
  const isText = isVariable(type);
  const length: u64 = isText ? (<u64>rows + 1) << 2 : type == BOOL ? bits : <u64>rows << 3;
  const data = load<u32>(entry, FRAME_COLUMN_DATA), validity = load<u32>(entry, FRAME_COLUMN_VALIDITY);
  if (type < <u32>INT64 || type > <u32>DECIMAL128 || scale > SCALE_MAX) return CORRUPTED;
  if (<u64>load<u32>(entry, FRAME_COLUMN_DATA_BYTES) != length || !inside(data, length, head, bytes)) return CORRUPTED;
  if (validity && !inside(validity, bits, head, bytes)) return CORRUPTED;
  store<u32>(out, type, COLUMN_TYPE);
  store<u32>(out, <u32>src + data, COLUMN_DATA);
  store<u32>(out, validity ? <u32>src + validity : 0, COLUMN_VALIDITY);
  store<u32>(out, scale, COLUMN_SCALE);
  if (!isText) return 0;
  const chars = load<u32>(entry, FRAME_COLUMN_CHARS), charsBytes = load<u32>(entry, FRAME_COLUMN_CHARS_BYTES);
  if (!inside(chars, charsBytes, head, bytes)) return CORRUPTED;
  const refs = arena_alloc(((<usize>rows + 63) & ~63) << 3);
  if (!refs) return NO_MEMORY;
  if (!makeRefs(refs, src + data, rows, <u32>src + chars, charsBytes)) return CORRUPTED;
  store<u32>(out, <u32>refs, COLUMN_DATA);
  return type != DECIMAL128 || allWide(refs, validity ? src + validity : 0, rows) ? 0 : CORRUPTED;
}

/**
 * Makes `count` COLUMN descriptors at `out` for the columns whose positions are the u32 at `wanted`. `length` is how
 * many bytes are readable at `src`; only the head, the kinds and the wanted columns have to be there. References go to
 * the arena. Returns the number of rows, NO_MEMORY or CORRUPTED.
 */
export function frame_read(src: usize, length: u32, wanted: usize, count: u32, out: usize): i32 {
  if (length < <u32>FRAME_HEADER_SIZE || load<u32>(src, FRAME_MAGIC_AT) != FRAME_MAGIC) return CORRUPTED;
  const bytes = load<u32>(src, FRAME_BYTES), rows = load<u32>(src, FRAME_ROWS);
  const ncols = load<u32>(src, FRAME_COLUMNS);
  const head: u64 = FRAME_HEADER_SIZE + <u64>ncols * FRAME_COLUMN_SIZE;
  if (bytes > length || head > <u64>bytes || <i32>rows < 0) return CORRUPTED;
  const kinds = load<u32>(src, FRAME_KINDS);
  if (kinds && (!inside(kinds, rows, head, bytes) || !checkKinds(src + kinds, rows))) return CORRUPTED;
  for (let i: u32 = 0; i < count; i++) {
    const column = load<u32>(wanted + (i << 2));
    if (column >= ncols) return CORRUPTED;
    const entry = src + FRAME_HEADER_SIZE + column * FRAME_COLUMN_SIZE;
    const status = readColumn(src, entry, rows, head, bytes, out + i * COLUMN_SIZE);
    if (status) return status;
  }
  return <i32>rows;
}
