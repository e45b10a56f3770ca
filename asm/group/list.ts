// LIST of the values that one call has had for a key, in the order in which they came.
//
//   LIST   0           4          8           12         16         24
//          +-----------+----------+-----------+----------+----------+
//          | first u32 | last u32 | count u32 | bytes u32| unused   |     bytes: of the texts of all values
//          +-----------+----------+-----------+----------+----------+
//   NODE   0           4           8           12         16           24
//          +-----------+-----------+-----------+----------+------------+----------+
//          | next u32  | prev u32  | bytes u32 | unused   | number u64 | 8 bytes  |   of a text: its bytes from 24 on
//          +-----------+-----------+-----------+----------+------------+----------+
//
// Numbers rise along the list: they tell nodes apart, and which ones came since the last cut (details.ts).
import { DECIMAL128 } from "../layout";
import { arena_alloc } from "../memory";
import { bytesEqual } from "../state/bytes";
import { spaceGive, spaceTake } from "../state/space";
import { JSON_CELL_BYTES, writeBytes, writeText, writeValue, writeWide } from "./json_value";
import { goneAdd } from "./gone";
import { Call, Group, callGone, isBytes, nameOf, wasTold } from "./spec";

/** What leaves: values with the call's text between them, or the first, or the last, or all as a JSON array. */
export const LIST_JOINED: i32 = 0;
export const LIST_FIRST: i32 = 1;
export const LIST_LAST: i32 = 2;
export const LIST_JSON: i32 = 3;

const PREV: usize = 4;
const BYTES: usize = 8;
const NUMBER: usize = 16;
const HEADER: u32 = 24;

@inline function lengthOf(call: Call, cell: i64): u32 {
  return isBytes(call.type) ? load<u32>(<usize>cell, 4) : 8;
}

/** Adds a value: 8 bytes, or the address of a REF; false without memory. */
export function listAdd(g: Group, call: Call, list: usize, cell: i64): bool {
  if (!listAppend(g, call, list, cell, g.seq)) return false;
  g.seq++;
  return true;
}

/** The same of one that has its number. */
export function listAppend(g: Group, call: Call, list: usize, cell: i64, number: u64): bool {
  const length = lengthOf(call, cell), node = spaceTake(g, HEADER + length);
  if (!node) return false;
  store<u32>(node, 0);
  store<u32>(node, load<u32>(list, 4), PREV);
  store<u32>(node, length, BYTES);
  store<u64>(node, number, NUMBER);
  if (isBytes(call.type)) memory.copy(node + HEADER, load<u32>(<usize>cell), length);
  else store<i64>(node + HEADER, cell);
  const last: usize = load<u32>(list, 4);
  if (last) store<u32>(last, <u32>node);
  else store<u32>(list, <u32>node);
  store<u32>(list, <u32>node, 4);
  store<u32>(list, load<u32>(list, 8) + 1, 8);
  store<u32>(list, load<u32>(list, 12) + length, 12);
  return true;
}

function same(call: Call, node: usize, cell: i64): bool {
  if (!isBytes(call.type)) return load<i64>(node + HEADER) == cell;
  const length = load<u32>(<usize>cell, 4);
  return load<u32>(node, BYTES) == length && bytesEqual(node + HEADER, load<u32>(<usize>cell), length);
}

/** Takes back the first of equal values of a row. */
export function listRemove(g: Group, call: Call, row: usize, cell: i64): void {
  const list = row + call.cell;
  for (let node: usize = load<u32>(list); node; node = load<u32>(node)) {
    if (!same(call, node, cell)) continue;
    const next = load<u32>(node), prev = load<u32>(node, PREV);
    if (prev) store<u32>(prev, next);
    else store<u32>(list, next);
    if (next) store<u32>(next, prev, PREV);
    else store<u32>(list, prev, 4);
    store<u32>(list, load<u32>(list, 8) - 1, 8);
    store<u32>(list, load<u32>(list, 12) - load<u32>(node, BYTES), 12);
    noteGone(g, call, row, node);
    if (g.scanThing == <u32>node) g.scanThing = prev;
    spaceGive(g, node, HEADER + load<u32>(node, BYTES));
    return;
  }
}

function noteGone(g: Group, call: Call, row: usize, node: usize): void {
  const number = nodeNumber(node);
  if (wasTold(g, row, number) && !goneAdd(g, callGone(call), nameOf(g, row, number))) g.lost = true;
}

/** How long the text of `listJoin` was. */
export let joinedLength: u32 = 0;

/** All texts with the call's text between them, in the batch arena; 0 when there is no memory. */
export function listJoin(call: Call, list: usize): usize {
  const count = load<u32>(list, 8);
  joinedLength = load<u32>(list, 12) + (count ? (count - 1) * call.textLength : 0);
  const text = arena_alloc(joinedLength + 8);
  if (!text) return 0;
  let to = text;
  const first: usize = load<u32>(list);
  for (let node = first; node; node = load<u32>(node)) {
    if (node != first) {
      memory.copy(to, call.text, call.textLength);
      to += call.textLength;
    }
    memory.copy(to, node + HEADER, load<u32>(node, BYTES));
    to += load<u32>(node, BYTES);
  }
  return text;
}

/** All values as a JSON array in the batch arena, whose length is `joinedLength`; 0 when there is no memory. */
export function listJson(call: Call, list: usize): usize {
  const most = <usize>load<u32>(list, 12) * 6 + <usize>load<u32>(list, 8) * JSON_CELL_BYTES + 8;
  const text = most < 1 << 30 ? arena_alloc(most) : 0, first: usize = load<u32>(list);
  if (!text) return 0;
  let to = writeText(text, "[");
  for (let node = first; node; node = load<u32>(node)) {
    if (node != first) to = writeText(to, ",");
    if (call.type == DECIMAL128) to = writeWide(to, call, node + HEADER);
    else if (isBytes(call.type)) to = writeBytes(to, call, node + HEADER, load<u32>(node, BYTES));
    else to = writeValue(to, call, node + HEADER);
  }
  to = writeText(to, "]");
  joinedLength = <u32>(to - text);
  return text;
}

/** The first node, or the last; 0 = the list is empty. */
export function listEnd(call: Call, list: usize): usize {
  return <i32>call.param == LIST_FIRST ? load<u32>(list) : load<u32>(list, 4);
}

export function nodeValue(node: usize): usize {
  return node + HEADER;
}

export function nodeLength(node: usize): u32 {
  return load<u32>(node, BYTES);
}

@inline export function nodeNumber(node: usize): u64 {
  return load<u64>(node, NUMBER);
}

/** The node in front of it; 0 = it is the first. */
@inline export function nodeBefore(node: usize): usize {
  return load<u32>(node, PREV);
}

/** Frees all nodes of a row; `tells`: drains tell that they are gone. */
export function listFree(g: Group, call: Call, row: usize, tells: bool): void {
  for (let node: usize = load<u32>(row + call.cell); node;) {
    const next: usize = load<u32>(node);
    if (tells) noteGone(g, call, row, node);
    spaceGive(g, node, HEADER + load<u32>(node, BYTES));
    node = next;
  }
}

/** The node behind it; 0 = it is the last. */
@inline export function nodeBehind(node: usize): usize {
  return load<u32>(node);
}

/** Bytes of a node, with its value. */
@inline export function nodeBytes(node: usize): u32 {
  return HEADER + load<u32>(node, BYTES);
}

/** A node comes back from where it was written; it is in no list yet. 0 without memory. */
export function nodeAdmit(g: Group, from: usize, bytes: u32): usize {
  const node = spaceTake(g, bytes);
  if (!node) return 0;
  memory.copy(node, from, bytes);
  store<u64>(node, 0);
  return node;
}

/** One comes behind another. */
@inline export function nodeLink(before: usize, node: usize): void {
  store<u32>(before, <u32>node);
  store<u32>(node, <u32>before, PREV);
}

/** Linked nodes, of which these are the first and the last, come in front of those of a list; how many it has is known. */
export function listJoinBefore(list: usize, first: usize, last: usize): void {
  const behind: usize = load<u32>(list);
  store<u32>(last, <u32>behind);
  store<u32>(first, 0, PREV);
  if (behind) store<u32>(behind, <u32>last, PREV);
  else store<u32>(list, <u32>last, 4);
  store<u32>(list, <u32>first);
}
