import { store_text_of } from "./cell";
import { fail } from "./failure";
import { find_edge } from "./keys";
import {
  COLUMN_STATE_STAMP, COLUMN_STATE_VIA, EDGE_CHILD, EDGE_COLUMN, EDGE_LAST, EDGE_SIZE, EDGE_STAMP, FRAME_CLOSE,
  FRAME_COLUMN, FRAME_NODE, FRAME_SIZE, FRAME_START, REASON_COLON, REASON_DEPTH, REASON_IN_ARRAY, REASON_IN_OBJECT,
  REASON_KEY,
} from "./layout";
import { pause_recording, record, recording, stop_recording } from "./leaf";
import { LEAF_VALUE } from "./template_layout";
import { read_scalar, settle } from "./scalar";
import { columns, depthMax, edges, frames, serial, skip_white } from "./state";
import { escaped, string_end, unescape } from "./string";
import { unescaped_at } from "./unescaped";

// The strict parser: one loop over values, with a stack of the objects and arrays that are open, so that depth costs
// memory and not the machine's stack.

let depth: i32 = 0;
let top: usize = 0;
/** Depth of the container that is recorded as one leaf, so that nothing below it is; 0 = none. */
let coveredDepth: i32 = 0;

// Where the value at hand goes: the EDGE of its key, the COLUMN_STATE that takes it, the node it is read with if it
// is an object. 0, 0, -1 = it is skipped.
let edge: usize = 0;
let column: usize = 0;
let child: i32 = -1;

/** Whether a key that no column takes was seen since setUnknown(false). */
export let unknownSeen: bool = false;

export function setUnknown(seen: bool): void {
  unknownSeen = seen;
}

@inline function skipNext(): void {
  edge = 0;
  column = 0;
  child = -1;
}

/** Takes back what an earlier value of the same key gave to columns below it. */
function forgetBelow(again: usize): void {
  const to = edges + <usize>load<u32>(again, EDGE_LAST) * EDGE_SIZE;
  for (let below = again + EDGE_SIZE; below < to; below += EDGE_SIZE) {
    if (load<u32>(below, EDGE_STAMP) != serial) continue;
    store<u32>(below, serial - 1, EDGE_STAMP);
    const position = load<i32>(below, EDGE_COLUMN);
    if (position < 0) continue;
    const state = columns + (<usize>position << 6);
    if (<usize>load<u32>(state, COLUMN_STATE_VIA) == below) store<u32>(state, serial - 1, COLUMN_STATE_STAMP);
  }
}

/** Looks up the key [at, end) of an object that is read with `node` and sets where its value goes. */
function findKey(node: i32, at: usize, end: usize, hasEscapes: bool): void {
  if (hasEscapes) {
    const text = unescaped_at(); // used and forgotten
    if (!text) return skipNext();
    end = unescape(at, end, text);
    at = text;
  }
  const found = find_edge(node, at, end - at);
  if (!found) {
    unknownSeen = true;
    return skipNext();
  }
  edge = found;
  const position = load<i32>(found, EDGE_COLUMN);
  column = position < 0 ? 0 : columns + (<usize>position << 6);
  child = load<i32>(found, EDGE_CHILD);
  if (child >= 0 && load<u32>(found, EDGE_STAMP) == serial) forgetBelow(found);
  store<u32>(found, serial, EDGE_STAMP);
}

/** Reads `"key" :` at `at` in the object on top; returns where its value begins, or 0 after fail(). */
@inline function readKey(at: usize): usize {
  if (load<u8>(at) != 0x22) return fail(at, REASON_KEY);
  const end = string_end(at + 1);
  if (!end) return 0;
  const node = load<i32>(top, FRAME_NODE);
  if (node < 0) skipNext();
  else findKey(node, at + 1, end, escaped);
  at = skip_white(end + 1);
  if (load<u8>(at) != 0x3a) return fail(at, REASON_COLON);
  return skip_white(at + 1);
}

/** Opens the object or array at `at`; false after fail(). */
@inline function open(at: usize, bracket: u32): bool {
  if (depth == depthMax) {
    fail(at, REASON_DEPTH);
    return false;
  }
  top = depth ? top + FRAME_SIZE : frames;
  depth++;
  store<u32>(top, <u32>at, FRAME_START);
  store<u32>(top, <u32>edge, FRAME_COLUMN);
  store<i32>(top, bracket == 0x7b ? child : -1, FRAME_NODE);
  store<u32>(top, bracket + 2, FRAME_CLOSE); // in ASCII, ] and } stand two behind [ and {
  if (recording && !coveredDepth && (column || bracket == 0x5b)) {
    coveredDepth = depth;
    pause_recording(true);
    if (bracket == 0x7b && child >= 0) stop_recording(); // both as text and by its keys
  }
  return true;
}

/** Closes the container on top, which ends before `end`. */
@inline function close(end: usize): void {
  const start = <usize>load<u32>(top, FRAME_START), by = <usize>load<u32>(top, FRAME_COLUMN);
  let taker: usize = 0;
  if (by) {
    const position = load<i32>(by, EDGE_COLUMN);
    if (position >= 0) {
      taker = columns + (<usize>position << 6);
      settle(taker, by, store_text_of(taker, start, end), start);
    }
  }
  if (coveredDepth == depth) {
    coveredDepth = 0;
    pause_recording(false);
    record(LEAF_VALUE, start, end, taker);
  }
  depth--;
  top -= FRAME_SIZE;
}

/**
 * Reads the value at `at` strictly. If it is an object, its keys are those of `node`; -1 skips everything. Columns are
 * settled, leaves recorded. Returns the address behind the value, or 0 after fail().
 */
export function read_value(at: usize, node: i32): usize {
  depth = 0;
  coveredDepth = 0;
  skipNext();
  child = node;
  while (true) {
    const c = <u32>load<u8>(at);
    if (c == 0x7b || c == 0x5b) {
      if (!open(at, c)) return 0;
      at = skip_white(at + 1);
      if (load<u8>(at) != c + 2) {
        if (c == 0x5b) skipNext();
        else {
          at = readKey(at);
          if (!at) return 0;
        }
        continue;
      }
      close(++at);
    } else {
      at = read_scalar(at, column, edge);
      if (!at) return 0;
    }
    // Behind a value: containers end, or a comma leads to the next value
    while (true) {
      if (!depth) return at;
      at = skip_white(at);
      const next = <u32>load<u8>(at), ends = load<u32>(top, FRAME_CLOSE);
      if (next == 0x2c) break;
      if (next != ends) return fail(at, ends == 0x7d ? REASON_IN_OBJECT : REASON_IN_ARRAY);
      close(++at);
    }
    at = skip_white(at + 1);
    if (load<u32>(top, FRAME_CLOSE) == 0x5d) skipNext();
    else {
      at = readKey(at);
      if (!at) return 0;
    }
  }
}
