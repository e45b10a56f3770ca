// The rows of a batch into state. What is the same for all rows is found out once, so that most cells are one load and one
// store: columns in which nothing can be NULL are sorted by what has to be done with them.
import { block_alloc } from "../memory";
import { BOOL, COLUMN_DATA, COLUMN_VALIDITY } from "../layout";
import { columnAt, columnCell, columnIsNull } from "./cell";
import { copyBytes, rowFree } from "./encode";
import { ROW_GROUP, ROW_HASH, ROW_NEXT, ROW_SEQ, ROW_WORDS } from "./row";
import { seekAdd } from "./seek";
import { placeTake } from "./slab";
import { Store, isText, storeType } from "./store";

/** COLUMNS_MAX of core/limits.ts. */
const COLUMNS_MAX: u32 = 1024;
const LIST_BYTES: u32 = COLUMNS_MAX << 3;

// Three lists of columns, 8 bytes each: cells (u32 address of the data, u32 offset in a row), texts (the same), and all
// others (u32 address of the COLUMN, u32 number)
let lists: usize = 0;
let cellCount: u32 = 0;
let textCount: u32 = 0;
let otherCount: u32 = 0;

@inline function textList(): usize { return lists + LIST_BYTES; }
@inline function otherList(): usize { return lists + 2 * LIST_BYTES; }

@inline function entry(list: usize, i: u32, first: u32, second: u32): void {
  store<u64>(list + (<usize>i << 3), <u64>first | (<u64>second << 32));
}

/** Sorts the columns of a batch; false when there is no memory. */
function prepare(s: Store, columns: usize): bool {
  if (!lists) lists = block_alloc(3 * LIST_BYTES);
  if (!lists || s.columns > COLUMNS_MAX) return false;
  cellCount = 0;
  textCount = 0;
  otherCount = 0;
  for (let c: u32 = 0; c < s.columns; c++) {
    const column = columnAt(columns, c), type = storeType(s, c), data = load<u32>(column, COLUMN_DATA);
    if (load<u32>(column, COLUMN_VALIDITY) || type == BOOL) entry(otherList(), otherCount++, <u32>column, c);
    else if (isText(type)) entry(textList(), textCount++, data, s.cellsAt + (c << 3));
    else entry(lists, cellCount++, data, s.cellsAt + (c << 3));
  }
  return true;
}

/** Bytes that a row takes. */
@inline function bytesOf(s: Store, row: u32): u64 {
  let bytes: u64 = s.fixedBytes;
  const at = <usize>row << 3;
  for (let list = textList(), end = list + (<usize>textCount << 3); list < end; list += 8) {
    bytes += <u64>load<u32>(<usize>load<u32>(list) + at, 4);
  }
  for (let list = otherList(), end = list + (<usize>otherCount << 3); list < end; list += 8) {
    const column = <usize>load<u32>(list);
    if (!isText(storeType(s, load<u32>(list, 4))) || columnIsNull(column, row)) continue;
    bytes += <u64>load<u32>(<usize>load<u32>(column, COLUMN_DATA) + at, 4);
  }
  return bytes;
}

/** Copies a string behind `text` and makes the cell refer to it; returns where the next one goes. */
@inline function writeText(cell: usize, ref: u64, text: usize): usize {
  const length = <u32>(ref >> 32);
  copyBytes(text, <usize><u32>ref, length);
  store<u64>(cell, (ref & 0xffffffff00000000) | <u64>text);
  return text + length;
}

function writeOthers(s: Store, at: usize, row: u32, text: usize): void {
  for (let list = otherList(), end = list + (<usize>otherCount << 3); list < end; list += 8) {
    const column = <usize>load<u32>(list), c = load<u32>(list, 4), cell = at + s.cellsAt + (<usize>c << 3);
    const type = storeType(s, c);
    if (columnIsNull(column, row)) {
      const word = at + s.nullsAt + ((<usize>c >>> 5) << 2);
      store<u32>(word, load<u32>(word) | (1 << (c & 31)));
      store<u64>(cell, 0);
    } else if (isText(type)) {
      text = writeText(cell, columnCell(column, type, row), text);
    } else {
      store<u64>(cell, columnCell(column, type, row));
    }
  }
}

function encode(s: Store, row: u32): usize {
  const at = placeTake(s, bytesOf(s, row));
  if (!at) return 0;
  store<u64>(at, 0, ROW_NEXT);
  for (let word = at + ROW_WORDS, end = at + s.cellsAt; word < end; word += 4) store<u32>(word, 0);
  const from = <usize>row << 3;
  for (let list = lists, end = list + (<usize>cellCount << 3); list < end; list += 8) {
    store<u64>(at + load<u32>(list, 4), load<u64>(<usize>load<u32>(list) + from));
  }
  let text = at + s.fixedBytes;
  for (let list = textList(), end = list + (<usize>textCount << 3); list < end; list += 8) {
    text = writeText(at + load<u32>(list, 4), load<u64>(<usize>load<u32>(list) + from), text);
  }
  if (otherCount) writeOthers(s, at, row, text);
  s.rows++;
  return at;
}

/**
 * Encodes many rows of a batch, as rowEncode does one: those at the `count` positions (u32 each) that `positions` lists of
 * `selection` (i32 row numbers; 0: a position is a row number). Position p has its hash at hashes[p] (u32), its key group at
 * groups[p] (a byte), and its address goes to out[p] (u32). Arrivals are counted from `seq`. False when there is no memory:
 * then none is there.
 */
export function rowsEncode(
  s: Store, columns: usize, selection: usize, positions: usize, count: u32, hashes: usize, groups: usize, seq: u64,
  out: usize,
): bool {
  if (!prepare(s, columns)) return false;
  for (let i: u32 = 0; i < count; i++) {
    const position = <usize>load<u32>(positions + (<usize>i << 2));
    const at = encode(s, selection ? load<u32>(selection + (position << 2)) : <u32>position);
    if (!at) {
      for (let j: u32 = 0; j < i; j++) rowFree(s, load<u32>(out + (<usize>load<u32>(positions + (<usize>j << 2)) << 2)));
      return false;
    }
    store<u32>(at, load<u32>(hashes + (position << 2)), ROW_HASH);
    store<u64>(at, seq + i, ROW_SEQ);
    store<u8>(at, load<u8>(groups + position), ROW_GROUP);
    store<u32>(out + (position << 2), <u32>at);
    if (s.seekList) seekAdd(s, at);
  }
  return true;
}
