// SEALING: the rows of a hopping slice lie in a slab (slab.ts) until the first of its windows fires. From then on they are linked
// (hop.ts) and may have versions, which know their addresses, so that they never move again: they are written out, key group
// by key group, to pages that lie side by side in CHUNKS of the slice. The slab is clear afterwards, and the next slice
// begins with it.
//
//   CHUNK   0           4            32
//           +-----------+------------+--------------------------
//           | next u32  | bytes u32  | pages of tables (table.ts)
//           +-----------+------------+--------------------------
//
// A listing of open windows links rows as well; it seals slices in front of their time, and they get a slab again when rows come.
import { block_size } from "../memory";
import { rowsList } from "../state/order";
import { spaceGive } from "../state/space";
import { PAGE_HEADER, PAGE_NEXT, Table, pageMake, tableAdopt, tableFree } from "../state/table";
import { blockStates } from "./block";
import { hopTake } from "./hop";
import { KEYS_A_ROW_MAX, SLABS_MAX, slabGive } from "./slab";
import { Slice, tableAt, tableSet } from "./slice";
import { Aggregation } from "./spec";

const CHUNK_HEADER: u32 = 32;
const CHUNK_BYTES_MAX: u32 = 1 << 16;
/** Rows that are listed together. */
const LIST_ROWS: u32 = 1024;
/** Rows that a page is begun for. */
const PAGE_ROWS_MIN: u32 = 4;

@inline function hots(a: Aggregation): usize {
  return changetype<usize>(a) + offsetof<Aggregation>("hot0");
}

/** Notes that the slice has a slab, or gets one. */
export function hotAdd(a: Aggregation, slice: Slice): void {
  hotReplace(a, 0, <u32>changetype<usize>(slice));
}

export function hotRemove(a: Aggregation, slice: Slice): void {
  hotReplace(a, <u32>changetype<usize>(slice), 0);
}

function hotReplace(a: Aggregation, old: u32, now: u32): void {
  if (!a.hop) return;
  const list = hots(a), end = list + (SLABS_MAX << 2);
  for (let at = list; now && at < end; at += 4) if (load<u32>(at) == now) return;
  for (let at = list; at < end; at += 4) {
    if (load<u32>(at) != old) continue;
    store<u32>(at, now);
    return;
  }
}

/** Gives back the clear slab that no slice has taken over. */
export function spareFree(a: Aggregation): void {
  if (a.spare) spaceGive(a, a.spare, a.spareSlots * a.slotBytes);
  a.spare = 0;
}

/** The spare slab is for the keys that slices have had last. */
@inline function isSpareFit(a: Aggregation): bool {
  return a.spare != 0 && a.spareSlots == a.hintSlots && a.spareBase == a.hintSlabBase;
}

/** A new slice takes over the spare slab when the slice before filled it well. */
export function slabStart(a: Aggregation, slice: Slice, before: Slice): void {
  if (!isSpareFit(a) || a.slabCount == SLABS_MAX || before.rows < a.spareSlots / KEYS_A_ROW_MAX) return;
  slice.slab = a.spare;
  slice.slabSlots = a.spareSlots;
  slice.slabBytes = a.spareSlots * a.slotBytes;
  slice.slabBase = a.spareBase;
  a.spare = 0;
  a.slabCount++;
  hotAdd(a, slice);
}

/** Bytes that the pages of the slice take at most, without what is lost at the ends of chunks. */
function pageBytes(a: Aggregation, slice: Slice): u32 {
  let bytes: u32 = 0;
  for (let group = a.groupFrom; group < a.groupTo; group++) {
    const table = tableAt(a, slice, group);
    if (changetype<usize>(table)) bytes += PAGE_HEADER + table.rows * a.rowBytes;
  }
  return bytes;
}

/** Gives the slice chunks for all of its rows; false when the memory's maximum is reached, and then it has none. */
function chunksTake(a: Aggregation, slice: Slice): bool {
  // A page is begun where it has room for some rows, and goes on in the next chunk
  const lost = CHUNK_HEADER + PAGE_HEADER + PAGE_ROWS_MIN * a.rowBytes, most = max<u32>(lost << 1, CHUNK_BYTES_MAX);
  for (let left = pageBytes(a, slice); left;) {
    const bytes = <u32>block_size(min<u32>(most, lost + left)), chunk = hopTake(a, bytes);
    if (!chunk) {
      chunksFree(a, slice);
      return false;
    }
    store<u32>(chunk, slice.chunks);
    store<u32>(chunk, bytes, 4);
    slice.chunks = <u32>chunk;
    left -= min<u32>(left, bytes - lost);
  }
  return true;
}

// The chunk at hand, where it goes on, and where it ends
let chunk: usize = 0;
let at: usize = 0;
let end: usize = 0;

function chunkBegin(next: usize): void {
  chunk = next;
  at = chunk + CHUNK_HEADER;
  end = chunk + load<u32>(chunk, 4);
}

/** Begins a page for some of `rows` rows. */
function pageBegin(a: Aggregation, rows: u32): usize {
  if (at + PAGE_HEADER + min<u32>(rows, PAGE_ROWS_MIN) * a.rowBytes > end) chunkBegin(load<u32>(chunk));
  const page = at;
  at += PAGE_HEADER;
  return page;
}

/** Brings the row to where the chunk goes on; its slot, when it has one, is clear afterwards. */
@inline function writeRow(row: usize, image: usize, rest: usize, restEnd: usize, inSlab: bool): void {
  let to = at;
  for (const rowEnd = row + image; row < rowEnd; row += 16, to += 16) {
    const low = load<u64>(row), high = load<u64>(row, 8);
    store<u64>(to, low);
    store<u64>(to, high, 8);
    if (!inSlab) continue;
    store<u64>(row, 0);
    store<u64>(row, 0, 8);
  }
  for (; rest < restEnd; rest += 16, to += 16) {
    store<u64>(to, load<u64>(rest));
    store<u64>(to, load<u64>(rest, 8), 8);
  }
  at = to;
}

/** Writes the rows of a table out; returns their first page. */
function writeTable(a: Aggregation, slice: Slice, table: Table): usize {
  const list = blockStates(), bytes = a.rowBytes, image = <usize>a.imageBytes, slab = <usize>slice.slab;
  const size = <usize>slice.slabBytes, rest = <usize>a.template + image, restEnd = <usize>a.template + bytes;
  let first: usize = 0, page: usize = 0;
  for (let done: u32 = 0; done < table.rows;) {
    const rows = rowsList(a, table, done, list, LIST_ROWS);
    for (let i: u32 = 0; i < rows; i++) {
      if (!page || at + bytes > end) {
        if (page) pageMake(page, <u32>(at - page) - PAGE_HEADER);
        const next = pageBegin(a, table.rows - done - i);
        if (page) store<u32>(page, <u32>next, PAGE_NEXT);
        else first = next;
        page = next;
      }
      const row: usize = load<u32>(list + (<usize>i << 2));
      writeRow(row, image, rest, restEnd, row - slab < size);
    }
    done += rows;
  }
  pageMake(page, <u32>(at - page) - PAGE_HEADER);
  return first;
}

/** Writes the tables of a slice out, which has chunks for them. */
function writeTables(a: Aggregation, slice: Slice): void {
  chunkBegin(slice.chunks);
  for (let group = a.groupFrom; group < a.groupTo; group++) {
    const table = tableAt(a, slice, group);
    if (!changetype<usize>(table)) continue;
    if (table.rows) {
      tableAdopt(a, table, writeTable(a, slice, table));
    } else {
      tableFree(a, table);
      tableSet(a, slice, group, changetype<Table>(0));
    }
  }
}

/** Keeps the slab of a slice for the next one, clear, or gives it back. */
function slabLeave(a: Aggregation, slice: Slice): void {
  const isHint = slice.slabSlots == a.hintSlots && slice.slabBase == a.hintSlabBase;
  if (isHint && slice.slabSlots / KEYS_A_ROW_MAX > slice.rows) a.hintSlots = 0;
  if (!isSpareFit(a)) spareFree(a);
  if (!a.spare && isHint && a.hintSlots) {
    a.spare = slice.slab;
    a.spareSlots = slice.slabSlots;
    a.spareBase = slice.slabBase;
    a.slabCount--;
  } else {
    slabGive(a, slice.slab, slice.slabSlots);
  }
  slice.slab = 0;
  slice.slabSlots = 0;
  slice.slabBytes = 0;
}

/** Moves the rows of a slice to where they stay; false when the memory's maximum is reached, and then nothing has changed. */
export function sliceSeal(a: Aggregation, slice: Slice): bool {
  if (!(slice.slab | slice.next)) return true;
  if (slice.slab) {
    if (!chunksTake(a, slice)) return false;
    writeTables(a, slice);
    slabLeave(a, slice);
  }
  slabGive(a, slice.next, slice.nextSlots);
  slice.next = 0;
  slice.nextSlots = 0;
  hotRemove(a, slice);
  return true;
}

/** Seals the slices of which a window has fired. Where that fails it is done when they are linked. */
export function passedSeal(a: Aggregation): void {
  if (!a.hop || !a.slabCount) return;
  for (let hot = hots(a); hot < hots(a) + (SLABS_MAX << 2); hot += 4) {
    const slice = changetype<Slice>(<usize>load<u32>(hot));
    if (changetype<usize>(slice) && slice.firstFire <= a.watermark) sliceSeal(a, slice);
  }
}

/** Frees the memory of the slice's pages. */
export function chunksFree(a: Aggregation, slice: Slice): void {
  for (let chunk: usize = slice.chunks; chunk;) {
    const next: usize = load<u32>(chunk);
    spaceGive(a, chunk, load<u32>(chunk, 4));
    chunk = next;
  }
  slice.chunks = 0;
}
