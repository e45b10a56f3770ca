// GROUP AGGREGATION: one row of state for each key, which every row of input changes; made from a SPEC that TypeScript
// writes (src/kernel/group_spec.ts).
//
//   SPEC  0          4           8          12          16        20          24         32
//         +----------+-----------+----------+-----------+---------+-----------+----------+-------------------------
//         | keys u32 | calls u32 | sets u32 | flags u32 | end key | unused    | seed u64 | keys, sets, calls
//         +----------+-----------+----------+-----------+---------+-----------+----------+-------------------------
//         a key:  type u32, scale u32
//         a set:  type u32, counters u32                       (the different values of one argument: distinct.ts)
//         a call: op, type, scale, out type, out scale, set, counter, text u32, length u32, param f64  (44 bytes)
//
//   ROW   0         4           8            16        20        24       28        32          40         48
//         +---------+-----------+------------+---------+---------+--------+---------+-----------+----------+---------
//         | hash    | key nulls | rows alive | newer   | older   | group, | fired   | touched   | changed  | key cells,
//         | u32     | u32       | i64        | u32     | u32     | hot u8 | u32     | i64       | u32,     | heads of
//         |         |           |            |         |         | at u16 |         |           | state u32| sets, calls
//         +---------+-----------+------------+---------+---------+--------+---------+-----------+----------+---------
//
//   newer, older   rows in the order of their last change (expire.ts), or of one window (windows.ts)
//   group, hot     the key group; how often the hand goes by until the row may leave, which has been asked for lately (cold.ts)
//   at             its place, from 1, in the batch that a drain is handing out (batch.ts)
//   fired          of windows: the row's result is out; else the next row that is doomed (drop.ts)
//   touched        watermark at the last change
//   changed        the next row that has changed since the last tick (tick.ts)
//   state          flags (dirty.ts), with the next of the rows that have changed since the last cut
//
// Behind the cells, where something asks for it: the row's number in the order in which rows were made (u64), and its turn
// among those that have changed since the last tick (u64); where rows hold something beside their cells, what of it a drain has handed out (batch.ts).
import { block_alloc, block_free } from "../memory";
import { COLUMN_SIZE } from "../layout";
import { Space } from "../state/space";
import { isVariable } from "../types";
import { ENTRIES_CELL } from "./entries";
import { entryBytes } from "./entry";
import { Gone } from "./gone";
import { INDEX_BYTES } from "./index_table";
import { Pool } from "./pool";

const SPEC_LIST: usize = 32;
const CALL_SPEC: usize = 44;
/** What rows know of what they hold (batch.ts). */
const HELD_BYTES: u32 = 16;

export const FLAG_RETRACTS: u32 = 1; // rows may be taken back
export const FLAG_FINAL: u32 = 2; // results come when the watermark passes the window's end
export const FLAG_UPSERT: u32 = 4; // an update is +U alone, without the −U before it
export const FLAG_EXPIRES: u32 = 8; // rows that nothing changed for long are forgotten
export const FLAG_WINDOWED: u32 = 16; // the key names the end of a window, and the row goes with it
export const FLAG_LATENESS: u32 = 32; // of final results: they stay for a while, and late rows change them
export const FLAG_DENSE: u32 = 64; // with FLAG_UPSERT: row i of what comes out is the result after row i, selected or not
export const FLAG_TICKS: u32 = 128; // what has changed comes at ticks

// What a call does. Cells of each in brackets; NULL arguments change nothing
export const OP_COUNT: u32 = 1; // [count]
export const OP_SUM_INT: u32 = 2; // [low, wraps, count]
export const OP_SUM_DOUBLE: u32 = 3; // [sum, count, what the sum lacks]
export const OP_AVG_INT: u32 = 4; // [low, wraps, count]
export const OP_AVG_DOUBLE: u32 = 5; // [sum, count, what the sum lacks]
export const OP_MIN: u32 = 6; // [sortable value, there]
export const OP_MAX: u32 = 7;
export const OP_MIN_BYTES: u32 = 8; // [REF, there]
export const OP_MAX_BYTES: u32 = 9;
export const OP_FIRST: u32 = 10; // [value, there]
export const OP_LAST: u32 = 11;
export const OP_FIRST_BYTES: u32 = 12; // [REF, there]
export const OP_LAST_BYTES: u32 = 13;
export const OP_VARIANCE: u32 = 14; // [count, mean, squares, unused, unused], with FLAG_RETRACTS [count, sum, sum of squares, what each lacks]; param: 0 pop, 1 samp, 2 stddev pop, 3 stddev samp
export const OP_BOOL_AND: u32 = 15; // [trues, falses]
export const OP_BOOL_OR: u32 = 16;
export const OP_HEAP_MIN: u32 = 17; // [HEAP] of a set (heap.ts)
export const OP_HEAP_MAX: u32 = 18;
export const OP_LIST: u32 = 19; // [LIST] (list.ts); param: what leaves of it
export const OP_SKETCH: u32 = 20; // [SKETCH, there] (sketch.ts); param: which
export const OP_SUM_WIDE: u32 = 21; // [low, middle, high, count] (wide.ts)
export const OP_AVG_WIDE: u32 = 22; // [low, middle, high, count]
export const OP_VALUES: u32 = 23; // [] of a set (values.ts); param: which

@unmanaged
export class Call {
  op: u32;
  type: u32; // of the argument; 0 = none
  scale: u32;
  outType: u32;
  outScale: u32;
  set: u32; // number of its set of different values, from 1; 0 = every value counts
  counter: u32; // in the entries of the set
  text: u32; // address of a constant text (a separator)
  textLength: u32;
  cell: u32; // offset of its first cell in a row
  cells: u32;
  gone: u32; // GONE: names of its nodes or pages (gone.ts)
  goneCount: u32;
  goneRoom: u32;
  goneScan: u32;
  param: f64;
}

const CALL_BYTES: u32 = offsetof<Call>();

@unmanaged
export class DistinctSet {
  type: u32; // of the values
  counters: u32;
  head: u32; // offset in a row of the CELL of its entries (entries.ts)
  size: u32; // of an entry
  counts: bool; // they count (entry.ts); the GONE of their names lies behind
}

@unmanaged
export class Group extends Space {
  keys: u32;
  calls: u32;
  sets: u32;
  flags: u32;
  endKey: u32; // position among the keys of the window's end
  keyTypes: u32; // address of u32 type, u32 scale for each key
  callList: u32; // addresses of the calls and the sets
  setList: u32;
  rowsIndex: u32; // address of the INDEX of rows
  pool: u32; // address of the POOL of rows
  blockBytes: u32; // of this instance
  out: u32; // address of COLUMNs for what comes out
  outKinds: u32; // of the batch that came out last: kinds, selection, causes
  outSelection: u32;
  outSelected: u32;
  outCauses: u32;
  input: u32; // address of the PUSH at hand (push.ts); 0 = none
  next: u32; // its next selected position
  watermark: i64;
  ttl: i64;
  lateness: i64;
  oldest: u32; // rows in the order of their last change
  newest: u32;
  ends: u32; // windows that are open (fire.ts): address, count, capacity
  endCount: u32;
  endCapacity: u32;
  firing: u32; // row of the window that is being handed out, and how far
  firingAt: u32;
  firingCount: u32;
  firingRoom: u32; // of the list
  doomed: u32; // list of rows that may go (drop.ts)
  retired: u32; // list of texts that others took the place of (retired.ts)
  changed: u32; // list of rows that have changed since the last tick (tick.ts), in that order
  lastChanged: u32;
  ticking: bool; // they are being handed out
  late: u32; // rows that came behind the end of their window
  unknown: u32; // rows that were taken back without having come
  gone: u32; // list of rows that a drain has handed out and that are gone (state.ts), linked by ROW_NEWER
  goneTold: u32; // those of them that the last step has told
  batch: u32; // rows that a drain is handing out with what they hold (batch.ts): addresses, how many, the next one
  batchCount: u32;
  batchAt: u32;
  batchRoom: u32; // of the list in bytes; 0: there is none, or it is another's
  lent: bool; // these are rows that are not in memory
  scanRow: u32; // of what they hold: the row at hand, and what is next in it
  scanThing: u32;
  scanSlab: u32; // of an entry, the SLAB in which it is
  wholes: u32; // so many times everything was handed out, or is
  lost: bool; // what is gone could not be remembered: the next drain hands out everything
  nameAt: u32; // offset in a row of its number, 0 = rows have none
  turnAt: u32; // offset in a row of its turn, 0 = there are no ticks
  heldAt: u32; // offset in a row of what was told of what it holds (batch.ts), 0 = it holds nothing
  seq: u64; // of the next row, entry or node
  told: u64; // those from it on have been handed out by no drain
  turns: u64; // so many rows have had their turn
  begun: i64; // the first watermark
  handTable: u32; // how far the hand has come that looks for cold rows (cold.ts)
  handPlace: u32;
  wants: u32; // bytes that it had not room for
  emptyPage: u32; // the page that rows leave next whose memory is for others (cold_pages.ts); 0: the one behind the newest
  emptyPlace: u32; // how far that has come
  map: u32; // while what rows hold is restored: the rows by their names (names.ts), and its places less one
  mapMask: u32;
  cools: bool; // rows leave memory with what they hold (cold.ts)
  toldWholes: u32; // Group.wholes at the last cut
  tracked: bool; // there was a cut: what changes is in the log (dirty.ts)
  spilled: bool; // so many have changed that the pages are looked through for them: they are not in the log
  walking: bool; // the pages are looked through, and not all of them were yet
  walkAll: bool; // rows that have not changed are handed out too
  admitting: bool; // a round hands out everything: it may be past the places of rows that come back (cold.ts)
  cutting: bool; // nothing changes between the steps of the drain at hand
  walkPage: u32; // how far that has come
  walkPlace: u32;
  log: u32; // rows that have changed since the last cut (dirty.ts), and for how many there is room
  logRoom: u32;
  logAt: u32; // the next one to hand out, the end of those that the round at hand hands out, and that of all
  logUntil: u32;
  logEnd: u32;
  restoring: bool; // rows of tables come: they are in no order yet
  holdGroup: u32; // rows of windows that come before this key group of this time are in memory (fire.ts)
  holdTime: i64;
}

export const ROW_HASH: usize = 0;
export const ROW_NULLS: usize = 4;
export const ROW_ALIVE: usize = 8;
export const ROW_NEWER: usize = 16;
export const ROW_OLDER: usize = 20;
export const ROW_GROUP: usize = 24; // u8
export const ROW_HOT: usize = 25; // u8
export const ROW_PLACE: usize = 26; // u16
export const ROW_FIRED: usize = 28;
export const ROW_TOUCHED: usize = 32;
export const ROW_CHANGED: usize = 40;
export const ROW_STATE: usize = 44;
export const ROW_CHANGED_CUT: u32 = 1;
export const ROW_STORED: u32 = 2;
export const ROW_GONE: u32 = 4;
export const ROW_FREE: u32 = 8;
export const ROW_FLAGS: u32 = 15;
export const ROW_KEYS: u32 = 48;

/** Whether a drain may have handed out the thing of a row that has this number. */
@inline export function wasTold(g: Group, row: usize, number: u64): bool {
  return number < g.told && (load<u32>(row, ROW_STATE) & ROW_STORED) != 0;
}

@inline export function isBytes(type: u32): bool {
  return isVariable(type);
}

@inline export function callAt(g: Group, i: u32): Call {
  return changetype<Call>(<usize>g.callList + i * CALL_BYTES);
}

const SET_BYTES: u32 = 48;
const SET_GONE: u32 = 24;
/** So many calls entries know without counting. */
const COME_MAX: u32 = 12;

@inline export function setAt(g: Group, i: u32): DistinctSet {
  return changetype<DistinctSet>(<usize>g.setList + i * SET_BYTES);
}

@inline export function setGone(set: DistinctSet): Gone {
  return changetype<Gone>(changetype<usize>(set) + SET_GONE);
}

@inline export function callGone(call: Call): Gone {
  return changetype<Gone>(changetype<usize>(call) + offsetof<Call>("gone"));
}

/** The number of a row; only where rows have one. */
@inline export function rowNumber(g: Group, row: usize): u64 {
  return load<u64>(row + g.nameAt);
}

@inline export function rowPool(g: Group): Pool {
  return changetype<Pool>(<usize>g.pool);
}

/** Key group and number as one name. */
@inline export function nameOf(g: Group, row: usize, number: u64): u64 {
  return (<u64>load<u8>(row, ROW_GROUP) << 57) | number;
}

@inline export function keyType(g: Group, i: u32): u32 {
  return load<u32>(<usize>g.keyTypes + (i << 3));
}

@inline export function keyScale(g: Group, i: u32): u32 {
  return load<u32>(<usize>g.keyTypes + (i << 3), 4);
}

@inline export function keyCell(i: u32): u32 {
  return ROW_KEYS + (i << 3);
}

@inline export function has(g: Group, flag: u32): bool {
  return (g.flags & flag) != 0;
}

function cellsOf(op: u32): u32 {
  if (op == OP_VALUES) return 0;
  if (op == OP_COUNT) return 1;
  if (op == OP_SUM_DOUBLE || op == OP_AVG_DOUBLE) return 3;
  if (op == OP_VARIANCE) return 5;
  if (op == OP_SUM_WIDE || op == OP_AVG_WIDE) return 4;
  return op == OP_SUM_INT || op == OP_AVG_INT || op == OP_LIST ? 3 : 2;
}

/** Whether a call asks how often a value is there. */
function areCounted(op: u32): bool {
  return op == OP_HEAP_MIN || op == OP_HEAP_MAX || op == OP_VALUES;
}

function readCalls(g: Group, list: usize): u32 {
  let at = ROW_KEYS + (g.keys << 3);
  for (let i: u32 = 0; i < g.sets; i++, at += ENTRIES_CELL) setAt(g, i).head = at;
  for (let i: u32 = 0; i < g.calls; i++, list += CALL_SPEC) {
    const call = callAt(g, i);
    call.op = load<u32>(list);
    call.type = load<u32>(list, 4);
    call.scale = load<u32>(list, 8);
    call.outType = load<u32>(list, 12);
    call.outScale = load<u32>(list, 16);
    call.set = load<u32>(list, 20);
    call.counter = load<u32>(list, 24);
    call.text = load<u32>(list, 28);
    call.textLength = load<u32>(list, 32);
    call.param = load<f64>(list, 36);
    call.cells = cellsOf(call.op);
    if (call.set && areCounted(call.op)) setAt(g, call.set - 1).counts = true;
    call.cell = at;
    at += call.cells << 3;
  }
  return at;
}

/** Whether rows hold something beside their cells and texts. */
function areHolding(g: Group): bool {
  if (g.sets) return true;
  for (let i: u32 = 0; i < g.calls; i++) {
    const op = callAt(g, i).op;
    if (op == OP_LIST || op == OP_SKETCH) return true;
  }
  return false;
}

/** Room behind the cells, which end at `end`, for numbers; returns the end of it. They name what rows hold, and the order in which these came out. */
function placeNumbers(g: Group, end: u32): u32 {
  const holding = areHolding(g);
  let at = end;
  if (holding || (g.flags & (FLAG_WINDOWED | FLAG_TICKS)) != 0) {
    g.nameAt = at;
    at += 8;
  }
  if (g.flags & FLAG_TICKS) {
    g.turnAt = at;
    at += 8;
  }
  if (holding) {
    g.heldAt = at;
    at += HELD_BYTES;
  }
  return at;
}

function aligned(bytes: u32): u32 {
  return (bytes + 15) & ~15;
}

/** An instance without rows, in one block; 0 when there is no memory. */
export function specRead(spec: usize): usize {
  const keys = load<u32>(spec), calls = load<u32>(spec, 4), sets = load<u32>(spec, 8);
  const keyTypes = aligned(offsetof<Group>()), callList = keyTypes + aligned((keys + 1) << 3);
  const setList = callList + aligned((calls + 1) * CALL_BYTES), indices = setList + aligned((sets + 1) * SET_BYTES);
  const pool = indices + INDEX_BYTES, out = pool + 32;
  const bytes = out + (keys + calls + 1) * <u32>COLUMN_SIZE;
  const address = block_alloc(bytes);
  if (!address) return 0;
  memory.fill(address, 0, bytes);
  const g = changetype<Group>(address);
  g.blockBytes = bytes;
  g.keys = keys;
  g.calls = calls;
  g.sets = sets;
  g.flags = load<u32>(spec, 12);
  g.endKey = load<u32>(spec, 16);
  g.seed = load<u64>(spec, 24);
  g.keyTypes = <u32>address + keyTypes;
  g.callList = <u32>address + callList;
  g.setList = <u32>address + setList;
  g.rowsIndex = <u32>address + indices;
  g.pool = <u32>address + pool;
  g.out = <u32>address + out;
  g.watermark = i64.MIN_VALUE;
  g.begun = i64.MIN_VALUE;
  g.holdTime = i64.MAX_VALUE;
  let list = spec + SPEC_LIST;
  memory.copy(g.keyTypes, list, keys << 3);
  list += <usize>keys << 3;
  for (let i: u32 = 0; i < sets; i++, list += 8) {
    const set = setAt(g, i);
    set.type = load<u32>(list);
    set.counters = load<u32>(list, 4);
    set.counts = has(g, FLAG_RETRACTS) || set.counters > COME_MAX;
  }
  g.rowBytes = aligned(placeNumbers(g, readCalls(g, list)));
  for (let i: u32 = 0; i < sets; i++) setAt(g, i).size = entryBytes(setAt(g, i).type, setAt(g, i).counts, setAt(g, i).counters);
  rowPool(g).size = g.rowBytes;
  return address;
}

export function specFree(g: Group): void {
  block_free(changetype<usize>(g), g.blockBytes);
}
