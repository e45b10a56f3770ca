// Strings and bytes that rows refer to. A table owns them in blocks that are filled from the first to the last and
// freed with the table. A value that replaces another is written over it when it fits; else it gets half as much
// again as the old one had, so that what lies waste stays below twice what is alive.
//
//   BLOCK   0           4            16
//           +-----------+------------+-------------------------------
//           | next u32  | bytes u32  | capacity u32, bytes …, to 4 │ …
//           +-----------+------------+-------------------------------
import { Space, spaceTake } from "./space";
import { Table } from "./table";

const BLOCK_HEADER: u32 = 16;
const BLOCK_BYTES_MIN: u32 = 128;
const BLOCK_BYTES_MAX: u32 = 1 << 16;
const VALUE_BYTES_MAX: u64 = 1 << 29;

@inline function padded(length: u32): u32 {
  return (length + 7) & ~3; // with the capacity in front
}

/** Bytes that writing `length` bytes into the REF at `cell` may take (`had`: it refers to a value already). */
export function bytesNeeded(cell: usize, had: bool, length: u32): u64 {
  if (length == 0) return 0;
  const old: usize = had ? <usize>load<u32>(cell) : 0;
  if (!old) return <u64>padded(length);
  const capacity = load<u32>(old - 4);
  if (length <= capacity) return 0;
  const more = capacity + (capacity >> 1);
  return <u64>padded(length > more ? length : more);
}

/** Makes sure that `bytes` more can be written; false when there is no memory. */
export function bytesReserve(space: Space, table: Table, bytes: u64): bool {
  if (<u64>(table.bytesEnd - table.bytesAt) >= bytes) return true;
  if (bytes > VALUE_BYTES_MAX) return false;
  let size = table.bytesBlocks ? load<u32>(table.bytesBlocks, 4) << 1 : BLOCK_BYTES_MIN;
  if (size > BLOCK_BYTES_MAX) size = BLOCK_BYTES_MAX;
  if (size < <u32>bytes + BLOCK_HEADER) size = <u32>bytes + BLOCK_HEADER;
  const block = spaceTake(space, size);
  if (!block) return false;
  store<u32>(block, table.bytesBlocks);
  store<u32>(block, size, 4);
  table.bytesBlocks = <u32>block;
  table.bytesAt = <u32>block + BLOCK_HEADER;
  table.bytesEnd = <u32>block + size;
  return true;
}

/** Copies `length` bytes into the table and makes `cell` refer to them, after bytesReserve of what bytesNeeded says. */
export function bytesWrite(table: Table, cell: usize, had: bool, from: usize, length: u32): void {
  if (length == 0) {
    if (!had) store<u32>(cell, 0); // else the old bytes stay, for a value to come
    store<u32>(cell, 0, 4);
    return;
  }
  let to: usize;
  const need = bytesNeeded(cell, had, length);
  if (need) {
    to = <usize>table.bytesAt + 4;
    store<u32>(to - 4, <u32>need - 4);
    table.bytesAt += <u32>need;
  } else {
    to = load<u32>(cell);
  }
  memory.copy(to, from, length);
  store<u32>(cell, <u32>to);
  store<u32>(cell, length, 4);
}

/** True when `length` bytes at `a` and at `b` are the same. */
export function bytesEqual(a: usize, b: usize, length: u32): bool {
  if (length >= 8) {
    const last = <usize>length - 8;
    for (let i: usize = 0; i < last; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
    return load<u64>(a + last) == load<u64>(b + last);
  }
  for (let i: usize = 0; i < <usize>length; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/**
 * Order of two byte strings, byte by byte, unsigned, a prefix first: below, at or above 0. For UTF-8 this is the
 * order of code points.
 */
export function bytesCompare(a: usize, aLength: u32, b: usize, bLength: u32): i32 {
  const shorter = aLength < bLength ? aLength : bLength;
  let i: usize = 0;
  for (; i + 8 <= <usize>shorter; i += 8) {
    const x = load<u64>(a + i), y = load<u64>(b + i);
    if (x != y) return bswap<u64>(x) < bswap<u64>(y) ? -1 : 1;
  }
  for (; i < <usize>shorter; i++) {
    const x = <i32>load<u8>(a + i), y = <i32>load<u8>(b + i);
    if (x != y) return x - y;
  }
  return aLength == bLength ? 0 : aLength < bLength ? -1 : 1;
}
