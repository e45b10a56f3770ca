// Makes a row of each item of an array: the input's columns, the item as JSON, and its number from 1 where that is wanted. Rows come in the
// order of the input, and the copies of a row in the order of the items. Arrays are valid JSON texts without blanks
// (asm/text/json_short.ts); items are parts of these texts, which stay where they are.
import { validAt } from "../aggregate/assign";
import { batchCopied, batch_gather } from "../batch/gather";
import { NO_MEMORY } from "../frame/status";
import { BYTES, COLUMN_DATA, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY, INT64, STRING } from "../layout";
import { arena_alloc, block_alloc, block_free } from "../memory";
import { skipValue } from "../text/json_scan";

/** UNNEST: the batch that is taken apart, and where in it the next row comes from. */
@unmanaged
class Unnest {
  outer: bool; // rows without items come once, without one
  columns: u32; // COLUMNs of the input
  ncols: u32;
  list: u32; // the COLUMN of arrays
  selection: u32;
  selected: u32;
  kinds: u32; // bytes, or 0
  position: u32; // of the selected row that comes next
  number: u32; // of the item of that row that came last; 0: none yet
  at: u32; // where its next item begins
}

export function unnest_new(outer: bool): usize {
  const at = block_alloc(offsetof<Unnest>());
  if (!at) return 0;
  memory.fill(at, 0, offsetof<Unnest>());
  changetype<Unnest>(at).outer = outer;
  return at;
}

export function unnest_free(at: usize): void {
  block_free(at, offsetof<Unnest>());
}

/** Takes a batch; what it points to stays until unnest_next has given 0. */
export function unnest_push(at: usize, columns: u32, ncols: u32, list: u32, selection: u32, selected: u32, kinds: u32): void {
  const u = changetype<Unnest>(at);
  u.columns = columns;
  u.ncols = ncols;
  u.list = list;
  u.selection = selection;
  u.selected = selected;
  u.kinds = kinds;
  u.position = 0;
  u.number = 0;
}

/** What a call of unnest_next writes. */
let rows: usize = 0;
let items: usize = 0;
let numbers: usize = 0;
let valid: usize = 0;
let count: u32 = 0;
/** Bytes of the texts of the rows that are written. */
let weight: u64 = 0;

/** Bytes of the texts of a row of the input. */
function weightOf(u: Unnest, row: u32): u64 {
  let bytes: u64 = 0, column = <usize>u.columns;
  for (let c: u32 = 0; c < u.ncols; c++, column += COLUMN_SIZE) {
    const type = load<i32>(column, COLUMN_TYPE);
    if (type != STRING && type != BYTES) continue;
    if (!validAt(<usize>load<u32>(column, COLUMN_VALIDITY), row)) continue;
    bytes += load<u32>(<usize>load<u32>(column, COLUMN_DATA) + (<usize>row << 3), 4);
  }
  return bytes;
}

/** Sets a bit of the byte that has the bit `place`. */
@inline function setBit(bits: usize, place: usize): void {
  const byte = bits + (place >>> 3);
  store<u8>(byte, <u32>load<u8>(byte) | (<u32>1 << (<u32>place & 7)));
}

function putItem(row: u32, at: usize, end: usize, number: u32): void {
  const place = <usize>count;
  store<u32>(rows + (place << 2), row);
  store<u32>(items + (place << 3), <u32>at);
  store<u32>(items + (place << 3), <u32>(end - at), 4);
  store<i64>(numbers + (place << 3), <i64>number);
  if (!(place & 7)) store<u8>(valid + (place >>> 3), 0);
  // null is no value
  if (end != at && load<u8>(at) != 0x6e) setBit(valid, place);
  count++;
}

/** Puts the items of a row from where the last call ended; true when there are no more of them. */
function putRow(u: Unnest, row: u32, most: u32, bytes: u64): bool {
  const cell = <usize>load<u32>(u.list, COLUMN_DATA) + (<usize>row << 3), from = <usize>load<u32>(cell);
  const end = from + load<u32>(cell, 4), there = validAt(<usize>load<u32>(u.list, COLUMN_VALIDITY), row);
  if (!there || end - from < 3 || load<u8>(from) != 0x5b) {
    if (u.outer) putItem(row, 0, 0, 0);
    weight += weightOf(u, row);
    return true;
  }
  if (!u.number) u.at = <u32>from + 1;
  const own = weightOf(u, row);
  while (count < most && weight < bytes) {
    const at = <usize>u.at, behind = skipValue(at, end);
    if (!behind) return true;
    putItem(row, at, behind, ++u.number);
    weight += own + <u64>(behind - at);
    if (load<u8>(behind) != 0x2c) return true;
    u.at = <u32>behind + 1;
  }
  return false;
}

/** Writes a COLUMN that has a validity bitmap or none. */
function putColumn(out: usize, type: i32, data: usize, validity: usize): void {
  memory.fill(out, 0, COLUMN_SIZE);
  store<u32>(out, type, COLUMN_TYPE);
  store<u32>(out, <u32>data, COLUMN_DATA);
  store<u32>(out, <u32>validity, COLUMN_VALIDITY);
}

/** Which of the copies have a number: those of rows without items have none. */
function numbered(): usize {
  const bytes = ((<usize>count + 63) >>> 6) << 3, bits = arena_alloc(bytes);
  if (!bits) return 0;
  memory.fill(bits, 0, bytes);
  for (let i: usize = 0; i < <usize>count; i++) if (load<i64>(numbers + (i << 3))) setBit(bits, i);
  return bits;
}

/**
 * The next rows, at most `most` and no more once their texts have `bytes` bytes: the COLUMNs of the input, of the items and of their numbers at `out`, their kinds' address behind these and
 * the address of the u32 row numbers that they come from behind that. Returns how many, or NO_MEMORY; 0 at the end of the batch.
 */
export function unnest_next(at: usize, most: u32, bytes: f64, out: usize): i32 {
  const u = changetype<Unnest>(at);
  if (u.position == u.selected) return 0;
  const cells = ((<usize>most + 63) & ~63) << 3;
  rows = arena_alloc(<usize>most << 2);
  items = arena_alloc(cells);
  numbers = arena_alloc(cells);
  valid = arena_alloc(cells >>> 6);
  if (!rows || !items || !numbers || !valid) return NO_MEMORY;
  count = 0;
  weight = 0;
  const texts = <u64>bytes;
  while (u.position < u.selected && count < most && weight < texts) {
    const row = u.selection ? load<u32>(<usize>u.selection + (<usize>u.position << 2)) : u.position;
    if (!putRow(u, row, most, texts)) break;
    u.position++;
    u.number = 0;
  }
  if (!count) return 0;
  const some = u.outer ? numbered() : 0;
  if ((u.outer && !some) || batch_gather(u.columns, 1, u.ncols, 0, rows, count, out) < 0) return NO_MEMORY;
  const made = out + <usize>u.ncols * COLUMN_SIZE, facts = made + 2 * COLUMN_SIZE;
  putColumn(made, STRING, items, valid);
  putColumn(made + COLUMN_SIZE, INT64, numbers, some);
  return batchCopied(at + offsetof<Unnest>("kinds"), rows, count, facts);
}
