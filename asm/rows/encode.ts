// Rows of a batch into state, and out of it again.
import { COLUMN_DATA } from "../layout";
import { columnAt, columnCell, columnIsNull } from "./cell";
import { ROW_GROUP, ROW_HASH, ROW_NEXT, ROW_PLACE, ROW_SEQ, ROW_STORED, ROW_WORDS } from "./row";
import { placeBytes, placeGive, placeRoom, placeTake } from "./slab";
import { seekAdd, seekDrop } from "./seek";
import { noteGone, rowTouch } from "./touch";
import { Store, isText, storeType } from "./store";

/** Copies `length` bytes, and not one more; they do not overlap. */
export function copyBytes(to: usize, from: usize, length: u32): void {
  if (length > 256) {
    memory.copy(to, from, length);
    return;
  }
  const end = to + length, last = from + length;
  if (length >= 16) {
    for (const whole = end - 16; to < whole; to += 16, from += 16) copy16(to, from);
    copy16(end - 16, last - 16);
  } else if (length >= 8) {
    const low = load<u64>(from), high = load<u64>(last - 8);
    store<u64>(to, low);
    store<u64>(end - 8, high);
  } else if (length >= 4) {
    const low = load<u32>(from), high = load<u32>(last - 4);
    store<u32>(to, low);
    store<u32>(end - 4, high);
  } else {
    for (; to < end; to++, from++) store<u8>(to, load<u8>(from));
  }
}

@inline function copy16(to: usize, from: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(to, v128.load(from));
  } else {
    const low = load<u64>(from), high = load<u64>(from, 8);
    store<u64>(to, low);
    store<u64>(to, high, 8);
  }
}

/** Bytes of the strings of a row of a batch; `columns` are COLUMNs, one for each column of the store. */
export function rowTextBytes(s: Store, columns: usize, row: u32): u64 {
  let bytes: u64 = 0;
  const list = <usize>s.textList;
  for (let i: u32 = 0; i < s.texts; i++) {
    const column = columnAt(columns, load<u32>(list + (<usize>i << 2)));
    if (columnIsNull(column, row)) continue;
    bytes += load<u32>(<usize>load<u32>(column, COLUMN_DATA) + (<usize>row << 3), 4);
  }
  return bytes;
}

/** Writes null bits, cells and bytes. */
function write(s: Store, at: usize, columns: usize, row: u32): void {
  let cell = at + s.cellsAt, text = at + s.fixedBytes, nullsAt = at + s.nullsAt;
  const count = s.columns, types = <usize>s.types;
  let nulls: u32 = 0;
  for (let i: u32 = 0; i < count; i++, cell += 8) {
    const column = columnAt(columns, i), type = load<u32>(types + (<usize>i << 3));
    let value: u64 = 0;
    if (columnIsNull(column, row)) {
      nulls |= 1 << (i & 31);
    } else {
      value = columnCell(column, type, row);
      if (isText(type)) {
        const length = <u32>(value >> 32);
        copyBytes(text, <usize><u32>value, length);
        value = (<u64>length << 32) | <u64>text;
        text += length;
      }
    }
    store<u64>(cell, value);
    if ((i & 31) == 31) {
      store<u32>(nullsAt, nulls);
      nullsAt += 4;
      nulls = 0;
    }
  }
  if (count & 31) store<u32>(nullsAt, nulls);
}

/**
 * A copy of row `row` of a batch that owns its strings; 0 when there is no memory. Links and words are 0; the key group
 * is 0 until it is written.
 */
export function rowEncode(s: Store, columns: usize, row: u32, hash: u32, seq: u64): usize {
  const at = placeTake(s, <u64>s.fixedBytes + rowTextBytes(s, columns, row));
  if (!at) return 0;
  store<u64>(at, 0, ROW_NEXT);
  store<u32>(at, hash, ROW_HASH);
  store<u64>(at, seq, ROW_SEQ);
  store<u8>(at, 0, ROW_GROUP);
  for (let word = at + ROW_WORDS, end = at + s.nullsAt; word < end; word += 4) store<u32>(word, 0);
  write(s, at, columns, row);
  s.rows++;
  if (s.seekList) seekAdd(s, at);
  return at;
}

/**
 * Writes the values of a row of a batch over those of a stored row, whose header and words stay as they are; false when
 * its place is too small, and then nothing has changed. The batch must not refer to bytes of the row itself.
 */
export function rowOverwrite(s: Store, at: usize, columns: usize, row: u32): bool {
  if (<u64>s.fixedBytes + rowTextBytes(s, columns, row) > <u64>placeRoom(at)) return false;
  write(s, at, columns, row);
  rowTouch(at);
  return true;
}

/** Frees a row that is in no index, list or heap any more. */
export function rowFree(s: Store, at: usize): void {
  if (load<u16>(at, ROW_PLACE) & ROW_STORED) noteGone(s, at);
  s.rows--;
  if (s.seekList) seekDrop(s, at);
  placeGive(s, at);
}

/** Bytes that encoding a row of a batch takes in its page. */
export function rowBytes(s: Store, columns: usize, row: u32): u64 {
  return placeBytes(<u64>s.fixedBytes + rowTextBytes(s, columns, row));
}

/** Moves the links, words, hash, group and arrival of one row to another that replaces it. */
export function rowMoveHeader(s: Store, to: usize, from: usize): void {
  store<u64>(to, load<u64>(from, ROW_NEXT), ROW_NEXT);
  store<u32>(to, load<u32>(from, ROW_HASH), ROW_HASH);
  store<u8>(to, load<u8>(from, ROW_GROUP), ROW_GROUP);
  memory.copy(to + ROW_SEQ, from + ROW_SEQ, s.nullsAt - <u32>ROW_SEQ);
}
