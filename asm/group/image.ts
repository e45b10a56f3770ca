// IMAGE: what a row holds beside its cells, as it leaves memory in records (cold.ts) and comes back. A row that does not fit into one record has
// several: PARTS, numbered from 0, which lie one behind the other, each with the row and a stretch of each thing that it holds.
//
//   SECTION   0           4            16
//             +-----------+------------+----------------------------------+
//             | count u32 | for who    | count things, padded to 8 each   |     one for each set, then one for each call with a list or a sketch
//             |           | reads it   |                                  |
//             +-----------+------------+----------------------------------+
//
//   entry     as it lies in memory (entry.ts), with its text behind it
//   node      as it lies in memory (list.ts)
//   sketch    its bytes u32, unused u32, then as it says itself (sketch.ts)
//
// What refers to other things is made anew: lists, indices, heaps.
import { arena_alloc } from "../memory";
import { entriesAdmit, entriesThaw } from "./distinct";
import { ENTRIES_HEADER, entriesBegin, entriesClear, entriesCopy, entriesCount, entriesNext } from "./entries";
import { ENTRY_HEAPS, ENTRY_VALUE, counterAt, entryCopy, entryImage } from "./entry";
import { heapTake } from "./heap";
import { nodeAdmit, nodeBehind, nodeBytes, nodeLink, listJoinBefore } from "./list";
import { sketchAdmit, sketchImageBytes, sketchImageWrite, sketchThaw } from "./sketch";
import { DistinctSet, Group, OP_HEAP_MAX, OP_HEAP_MIN, OP_LIST, OP_SKETCH, callAt, isBytes, setAt } from "./spec";

/** Bytes of a record, at most (COLD_CHUNK_BYTES). */
export const PART_BYTES_MAX: u32 = 65536;
const SECTION: usize = ENTRIES_HEADER;

@inline function padded(bytes: u32): u32 {
  return (bytes + 7) & ~7;
}

@inline function isHeld(op: u32): bool {
  return op == OP_LIST || op == OP_SKETCH;
}

/** Bytes of what all parts have of sections that are empty. */
export function sectionsBytes(g: Group): u32 {
  let sections = g.sets;
  for (let i: u32 = 0; i < g.calls; i++) sections += u32(isHeld(callAt(g, i).op));
  return sections * <u32>SECTION;
}

// Where things go: the section at hand, the end of what is written, how many bytes the part has with all sections, and whether nothing is written yet
let section: usize = 0;
let at: usize = 0;
let used: u32 = 0;
let dry: bool = true;
let parts: u32 = 0;
let total: u32 = 0;
let fixed: u32 = 0;
let fits: bool = true;
/** Bytes of a part at most, and whether there is to be but one: then nothing is written any more once it is full. */
let most: u32 = PART_BYTES_MAX;
let alone: bool = false;
let sectionNumber: u32 = 0;
let opened: (g: Group, part: u32) => usize = none;

function none(_g: Group, _part: u32): usize {
  return 0;
}

function openSection(): void {
  section = at;
  if (!dry) {
    store<u64>(at, 0);
    store<u64>(at, 0, 8);
    at += SECTION;
  }
}

function openPart(g: Group): void {
  if (!dry) at = opened(g, parts);
  total += (used + 15) & ~15;
  parts++;
  used = fixed;
}

/** Makes room for a thing of this many bytes: its address, where it is to be written. */
function place(g: Group, bytes: u32): usize {
  if (used + bytes > most) {
    if (alone) {
      fits = false;
      return 0;
    }
    if (fixed + bytes > PART_BYTES_MAX) fits = false;
    openPart(g);
    if (!dry) for (let i: u32 = 0; i <= sectionNumber; i++) openSection();
  }
  used += bytes;
  if (dry) return 0;
  const to = at;
  at += bytes;
  store<u32>(section, load<u32>(section) + 1);
  return to;
}

/** Writes all entries of a set, which have room in the part at hand: those that lie side by side at once. */
function writeAll(set: DistinctSet, row: usize, count: u32): void {
  const bytes = count * set.size;
  used += bytes;
  if (dry) return;
  store<u32>(section, count);
  entriesCopy(set, row + set.head, at);
  at += bytes;
}

function writeEntries(g: Group, set: DistinctSet, row: usize): void {
  const size = set.size, count = entriesCount(row + set.head);
  if (!isBytes(set.type) && <u64>used + <u64>count * <u64>size <= <u64>most) {
    writeAll(set, row, count);
    return;
  }
  for (let entry = entriesBegin(set, row + set.head); entry; entry = entriesNext(set, entry)) {
    const bytes = entryImage(set, entry), to = place(g, bytes);
    if (!fits && alone) return;
    if (!to) continue;
    entryCopy(set, to, entry);
    if (bytes > size) memory.copy(to + size, load<u32>(entry, ENTRY_VALUE), load<u32>(entry, ENTRY_VALUE + 4));
  }
}

function writeNodes(g: Group, list: usize): void {
  for (let node: usize = load<u32>(list); node; node = nodeBehind(node)) {
    const bytes = nodeBytes(node), to = place(g, padded(bytes));
    if (!fits && alone) return;
    if (to) memory.copy(to, node, bytes);
  }
}

function writeHeld(g: Group, row: usize, first: u32, isDry: bool): void {
  dry = isDry;
  parts = 0;
  fits = true;
  used = 0;
  total = 0;
  sectionNumber = 0;
  // The texts of the row take room of the first part alone: the others have as much
  fixed = first + sectionsBytes(g);
  openPart(g);
  for (let s: u32 = 0; s < g.sets; s++, sectionNumber++) {
    openSection();
    writeEntries(g, setAt(g, s), row);
  }
  for (let i: u32 = 0; i < g.calls; i++) {
    const call = callAt(g, i), cell = row + call.cell;
    if (!isHeld(call.op)) continue;
    openSection();
    if (call.op == OP_LIST) writeNodes(g, cell);
    else if (load<u32>(cell)) {
      const bytes = sketchImageBytes(call, cell), to = place(g, 8 + padded(bytes));
      if (to) {
        store<u32>(to, bytes);
        store<u32>(to, 0, 4);
        sketchImageWrite(call, cell, to + 8);
      }
    }
    sectionNumber++;
  }
}

/** Bytes that the row takes at most with all parts, each of which begins with `first`; 0: something is too long for one. */
export function heldBytes(g: Group, row: usize, first: u32): u32 {
  writeHeld(g, row, first, true);
  return fits && fixed <= PART_BYTES_MAX ? total + ((used + 15) & ~15) : 0;
}

/** Writes what the row holds. `open` ends a part, begins one, and gives where its sections go; returns where the last one ends. */
export function heldWrite(g: Group, row: usize, first: u32, open: (g: Group, part: u32) => usize): usize {
  opened = open;
  writeHeld(g, row, first, false);
  return at;
}

/** The same as one part of `room` bytes at most; 0: it is longer. */
export function heldWriteShort(g: Group, row: usize, first: u32, room: u32, open: (g: Group, part: u32) => usize): usize {
  opened = open;
  alone = true;
  most = min<u32>(room, PART_BYTES_MAX);
  writeHeld(g, row, first, false);
  alone = false;
  most = PART_BYTES_MAX;
  return fits ? at : 0;
}

/** Sections that a part that ends now still needs. */
export function heldClose(g: Group): usize {
  const sections = sectionsBytes(g) / <u32>SECTION;
  for (let i = sectionNumber + 1; i < sections; i++) openSection();
  return at;
}

// Where things are read
let from: usize = 0;

/** Bytes of so many images of entries. */
function imagesBytes(set: DistinctSet, images: usize, count: u32): u32 {
  if (!isBytes(set.type)) return count * set.size;
  let at = images;
  for (let i: u32 = 0; i < count; i++) at += entryImage(set, at);
  return <u32>(at - images);
}

function admitEntries(g: Group, set: DistinctSet, which: u32, row: usize, settled: bool): bool {
  const count = load<u32>(from), images = from + SECTION, bytes = imagesBytes(set, images, count);
  from = images + bytes;
  if (!count) return true;
  if (!entriesAdmit(g, set, row, images, count, bytes, settled)) return false;
  if (!hasHeaps(g, which)) return true;
  let entry = entriesBegin(set, row + set.head);
  for (let i: u32 = 0; i < count; i++, entry = entriesNext(set, entry)) if (!admitHeaps(g, which, row, entry)) return false;
  return true;
}

/** Whether entries of a set may be in heaps. */
function hasHeaps(g: Group, which: u32): bool {
  for (let i: u32 = 0; i < g.calls; i++) {
    const call = callAt(g, i);
    if (call.set == which + 1 && (call.op == OP_HEAP_MIN || call.op == OP_HEAP_MAX)) return true;
  }
  return false;
}

/** Puts an entry into the heaps that it was in. */
function admitHeaps(g: Group, which: u32, row: usize, entry: usize): bool {
  const heaps = load<u32>(entry, ENTRY_HEAPS);
  if (!heaps) return true;
  for (let i: u32 = 0; i < g.calls; i++) {
    const call = callAt(g, i);
    if (call.set != which + 1 || (call.op != OP_HEAP_MIN && call.op != OP_HEAP_MAX)) continue;
    if ((heaps >>> call.counter) & 1 && !heapTake(g, call, row + call.cell, entry)) return false;
  }
  return true;
}

function admitNodes(g: Group, list: usize): bool {
  const count = load<u32>(from);
  let first: usize = 0, last: usize = 0, all = true;
  from += SECTION;
  for (let i: u32 = 0; i < count && all; i++) {
    const bytes = nodeBytes(from), node = nodeAdmit(g, from, bytes);
    all = node != 0;
    if (node) {
      if (last) nodeLink(last, node);
      else first = node;
      last = node;
    }
    from += padded(bytes);
  }
  if (first) listJoinBefore(list, first, last);
  return all;
}

/** Takes in what a part at `held` has for a row, in front of what is there of later parts. `settled`: all of it was handed out. False without memory. */
export function heldAdmit(g: Group, row: usize, held: usize, settled: bool): bool {
  from = held;
  for (let s: u32 = 0; s < g.sets; s++) if (!admitEntries(g, setAt(g, s), s, row, settled)) return false;
  for (let i: u32 = 0; i < g.calls; i++) {
    const call = callAt(g, i), cell = row + call.cell;
    if (call.op == OP_LIST) {
      if (!admitNodes(g, cell)) return false;
    } else if (call.op == OP_SKETCH) {
      const there = load<u32>(from) != 0;
      from += SECTION;
      if (!there) continue;
      const bytes = load<u32>(from);
      if (!sketchAdmit(g, call, cell, from + 8, settled)) return false;
      from += 8 + padded(bytes);
    }
  }
  return true;
}

/** Forgets what a row that was copied refers to. */
export function heldClear(g: Group, row: usize): void {
  for (let s: u32 = 0; s < g.sets; s++) entriesClear(row + setAt(g, s).head);
  for (let i: u32 = 0; i < g.calls; i++) {
    const call = callAt(g, i), cell = row + call.cell, op = call.op;
    if (op == OP_HEAP_MIN || op == OP_HEAP_MAX) {
      store<u64>(cell, 0);
      store<u64>(cell, 0, 8);
    } else if (op == OP_LIST) store<u64>(cell, 0);
    else if (op == OP_SKETCH) store<u32>(cell, 0);
  }
}

/** Makes what a part has readable where it is, for a row that it belongs to: in front of what is there of later parts. */
export function heldThaw(g: Group, row: usize, held: usize): void {
  from = held;
  for (let s: u32 = 0; s < g.sets; s++) thawEntries(setAt(g, s), row);
  for (let i: u32 = 0; i < g.calls; i++) {
    const call = callAt(g, i), cell = row + call.cell;
    if (call.op == OP_LIST) thawNodes(cell);
    else if (call.op == OP_SKETCH) {
      const there = load<u32>(from) != 0;
      from += SECTION;
      if (!there) continue;
      const bytes = load<u32>(from);
      store<u32>(cell, <u32>from + 8);
      sketchThaw(call, cell);
      from += 8 + padded(bytes);
    }
  }
}

function thawEntries(set: DistinctSet, row: usize): void {
  const count = load<u32>(from), images = from + SECTION, bytes = imagesBytes(set, images, count);
  from = images + bytes;
  entriesThaw(set, row, images, count, bytes);
}

function thawNodes(list: usize): void {
  const count = load<u32>(from);
  let first: usize = 0, last: usize = 0;
  from += SECTION;
  for (let i: u32 = 0; i < count; i++) {
    const node = from;
    from += padded(nodeBytes(node));
    if (last) nodeLink(last, node);
    else first = node;
    last = node;
  }
  if (first) listJoinBefore(list, first, last);
}

/** Lists the entries of the heaps of a row that is only looked at, in the batch arena; false without memory. */
export function heldHeaps(g: Group, row: usize): bool {
  for (let i: u32 = 0; i < g.calls; i++) {
    const call = callAt(g, i), heap = row + call.cell;
    if (call.op != OP_HEAP_MIN && call.op != OP_HEAP_MAX) continue;
    const set = setAt(g, call.set - 1), cell = row + set.head;
    let most: u32 = 0, found: u32 = 0;
    for (let entry = entriesBegin(set, cell); entry; entry = entriesNext(set, entry)) most++;
    const list = arena_alloc((<usize>most << 2) + 8);
    if (!list) return false;
    for (let entry = entriesBegin(set, cell); entry; entry = entriesNext(set, entry)) {
      if (!load<u32>(counterAt(entry, call.counter))) continue;
      store<u32>(list + (<usize>found << 2), <u32>entry);
      found++;
    }
    store<u32>(heap, <u32>list);
    store<u32>(heap, found, 4);
  }
  return true;
}
