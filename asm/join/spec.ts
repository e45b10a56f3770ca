// JOIN: one instance of a join, made from a SPEC that TypeScript writes:
//
//   SPEC  0          4          8           12         16         20          24       28        32         36
//         +----------+----------+-----------+----------+----------+-----------+--------+---------+----------+----------+
//         | type u32 | mode u32 | nullAware | keys u32 | left's   | right's   | left's | right's | left's   | right's  |
//         |          |          | u32       |          | store spec address   | key list address | flags: CHANGES|UNIQUE
//         +----------+----------+-----------+----------+----------+-----------+--------+---------+----------+----------+
//         40            44             48          56          64        72             76
//         +-------------+--------------+-----------+-----------+---------+--------------+---------------+
//         | left's time | right's time | lower ms  | upper ms  | ttl ms  | capacity u32 | where u32     |
//         | column u32  | column u32   | f64       | f64       | f64     | records      | 1: there is   |
//         +-------------+--------------+-----------+-----------+---------+--------------+---------------+
import { block_alloc, block_free } from "../memory";
import { Heap, heapFree, heapMake } from "../rows/heap";
import { Index, indexFree, indexMake } from "../rows/index_rows";
import { ROW_WORDS } from "../rows/row";
import { shelfFree } from "../rows/shelf";
import { Store, storeFree, storeGroups, storeMake } from "../rows/store";
import { TIME_START } from "../aggregate/window";

export const INNER: u32 = 0;
export const LEFT: u32 = 1;
export const RIGHT: u32 = 2;
export const FULL: u32 = 3;
export const SEMI: u32 = 4;
export const ANTI: u32 = 5;

export const REGULAR: u32 = 0;
export const WINDOW: u32 = 1;
export const INTERVAL: u32 = 2;
export const TEMPORAL: u32 = 3;

const CHANGES: u32 = 1;
const UNIQUE: u32 = 2;

/** One input: its rows, and how they are found. */
@unmanaged
export class Side {
  oldest: u32; // LIST of rows by the watermark at which they came, for their time to live
  newest: u32;
  store: u32;
  index: u32; // by the join keys; 0 = nobody looks rows of this side up
  same: u32; // by all columns, where rows may be taken back
  nulls: u32; // of a NOT IN, by the keys behind the first: the rows whose first key is NULL
  all: u32; // of a NOT IN, by the keys behind the first: all rows
  heap: u32; // rows by the time at which they leave
  graves: u32; // rows that are freed when what refers to them has been used, linked by ROW_NEXT
  keyList: u32; // address of the key's column numbers
  allList: u32; // address of all column numbers
  countAt: u32; // offset in a row of how many rows it has met (u32); 0 = nobody counts
  flagsAt: u32; // offset in a row of its flags (u32)
  timeAt: u32; // offset in a row of its time (i64)
  listAt: u32; // offset in a row of the links of LIST
  allAt: u32; // offset in a row of the links of `all`
  time: u32; // column of its time
  outer: bool; // its rows come out without a partner too
  alone: bool; // its rows may come out without a partner when the watermark has passed them
  versions: bool; // its rows are versions of what the left meets
  changes: bool;
  unique: bool;
}

/** Flags of a row: the kind with which it came, and that it counts no more (a version: that there is none). */
export const FLAG_KIND: u32 = 3;
export const FLAG_DEAD: u32 = 4;

@unmanaged
export class Join {
  type: u32;
  mode: u32;
  nullAware: bool;
  where: bool;
  firstOnly: bool; // the first partner settles it
  once: bool; // one row of the right for each key is enough
  keys: u32;
  left: Side;
  right: Side;
  lower: i64;
  upper: i64;
  ttl: i64; // 0 = rows stay
  watermark: i64;
  now: i64; // the watermark that the row at hand meets, where rows have a time to live
  begun: i64; // the first watermark: what came before it lives from then on
  arrivals: u64;
  capacity: u32;
  records: u32; // address of RECORDs (records.ts)
  recordCount: u32;
  leftList: u32; // addresses of u32 a row of the output: entries (rows/gather.ts)
  rightList: u32;
  kinds: u32; // a byte a row
  causes: u32; // u32 a row
  outRows: u32;
  anyKind: u32; // some row of the output is no insert
  due: bool; // the watermark has come on, and not all that it has passed has come out
  made: bool; // the records at hand are of the watermark, not of a batch
  matches: u32; // partners of the row at hand so far
  // The batch at hand (push.ts)
  side: u32;
  columns: u32;
  selection: u32;
  selected: u32;
  rowKinds: u32;
  running: u32;
  before: i64;
  others: i64;
  delay: i64;
  hashes: u32;
  sames: u32;
  heads: u32;
  groups: u32;
  kept: u32; // address of u32 a row (judge.ts)
  late: u32;
  nullTime: u32;
  // The row at hand
  next: u32; // position of the next row of the batch
  open: bool;
  phase: u32;
  over: bool; // it meets whom it may, and is not kept
  row: u32; // number in the batch
  kind: u32;
  entry: u32; // what stands for it in the output
  stored: u32;
  at: u32; // the next partner to look at; 0 = there are no more
  from: i64; // partners' times
  to: i64;
  sameAt: u32; // of a NOT IN, the next rows of both chains (not_in.ts)
  nullAt: u32;
  ofAll: bool;
  shelf: u32; // 0: its rows do not leave memory
  held: bool; // of what the watermark has passed, only rows in front of `until` come out: others may have left memory (due.ts)
  until: i64;
  untilGroup: u32;
  blockBytes: u32;
}

@inline export function storeOf(side: Side): Store {
  return changetype<Store>(<usize>side.store);
}

@inline export function indexOf(side: Side): Index {
  return changetype<Index>(<usize>side.index);
}

@inline export function heapOf(side: Side): Heap {
  return changetype<Heap>(<usize>side.heap);
}

@inline function aligned(bytes: u32): u32 {
  return (bytes + 15) & ~15;
}

/** Output rows that one record makes at most: the padded row that goes, and the pair. */
@inline function rowsOfRecord(j: Join): u32 {
  return j.mode == REGULAR && (j.left.outer || j.right.outer) ? 2 : 1;
}

/** Records that a step may make so that there are no more than `rows` of output. */
@inline export function recordsFor(j: Join, rows: u32): u32 {
  const records = min<u32>(rows, j.capacity) / rowsOfRecord(j);
  return records ? records : 1;
}

function isCounted(j: Join, side: Side, isLeft: bool): bool {
  if (j.mode == TEMPORAL) return false;
  if (j.mode == WINDOW) return side.outer && !isLeft;
  return side.outer || (isLeft && (j.type == SEMI || j.type == ANTI));
}

/** Rows that are taken back are found by all their values, unless their key tells them apart. */
@inline function hasSame(j: Join, side: Side): bool {
  return side.changes && (j.mode == WINDOW || (j.mode == REGULAR && !side.unique));
}

/** Lays out the words of a side's rows; returns how many there are. */
function layOut(j: Join, side: Side, isLeft: bool): u32 {
  let at = <u32>ROW_WORDS;
  const hasFlags = j.mode == TEMPORAL || (j.mode == WINDOW && side.changes), counted = isCounted(j, side, isLeft);
  if (counted) side.countAt = at;
  if (hasFlags) side.flagsAt = at + 4;
  if (counted || hasFlags) at += 8;
  if (j.mode != REGULAR || j.ttl) {
    side.timeAt = at;
    at += 8;
  }
  if (j.mode == REGULAR && j.ttl) {
    side.listAt = at;
    at += 8;
  }
  if (hasSame(j, side)) at += 12; // its links are the last words but those of `all`
  if (j.nullAware) {
    side.allAt = at;
    at += 12;
  }
  return (at - <u32>ROW_WORDS) >>> 2;
}

function needsIndex(j: Join, isLeft: bool): bool {
  return !isLeft || j.mode == REGULAR || j.mode == INTERVAL;
}

/** Makes the store of a side and what finds its rows; false when there is no memory. */
function sideMake(j: Join, side: Side, isLeft: bool, storeSpec: usize): bool {
  const words = layOut(j, side, isLeft), list = <usize>side.keyList;
  store<u32>(storeSpec, words, 4);
  side.store = <u32>storeMake(storeSpec);
  if (!side.store) return false;
  const s = storeOf(side);
  storeGroups(s, list, j.keys);
  s.force = true; // a push asks for the room of a whole batch before it begins
  for (let i: u32 = 0; i < s.columns; i++) store<u32>(<usize>side.allList + (<usize>i << 2), i);
  if (needsIndex(j, isLeft)) {
    side.index = <u32>indexMake(s, list, j.keys, false, 0);
    if (!side.index) return false;
  }
  if (hasSame(j, side)) {
    const linkAt = (j.nullAware ? side.allAt : <u32>ROW_WORDS + (words << 2)) - 12;
    side.same = <u32>indexMake(s, side.allList, s.columns, true, linkAt);
    if (!side.same) return false;
  }
  if (j.nullAware) {
    side.nulls = <u32>indexMake(s, list + 4, j.keys - 1, false, 0);
    side.all = <u32>indexMake(s, list + 4, j.keys - 1, false, side.allAt);
    if (!side.nulls || !side.all) return false;
  }
  if (j.mode == REGULAR) return true;
  side.heap = <u32>heapMake(s);
  return side.heap != 0;
}

function sideFree(side: Side): void {
  if (side.index) indexFree(indexOf(side));
  if (side.same) indexFree(changetype<Index>(<usize>side.same));
  if (side.nulls) indexFree(changetype<Index>(<usize>side.nulls));
  if (side.all) indexFree(changetype<Index>(<usize>side.all));
  if (side.heap) heapFree(heapOf(side));
  if (side.store) storeFree(storeOf(side));
}

function sideRead(side: Side, flags: u32, time: u32, keyList: usize): void {
  side.changes = (flags & CHANGES) != 0;
  side.unique = (flags & UNIQUE) != 0;
  side.time = time;
  side.keyList = <u32>keyList;
}

function specRead(j: Join, spec: usize): void {
  j.type = load<u32>(spec);
  j.mode = load<u32>(spec, 4);
  j.nullAware = load<u32>(spec, 8) != 0;
  j.keys = load<u32>(spec, 12);
  j.lower = i64(load<f64>(spec, 48));
  j.upper = i64(load<f64>(spec, 56));
  j.ttl = i64(load<f64>(spec, 64));
  j.capacity = load<u32>(spec, 72);
  j.where = load<u32>(spec, 76) != 0;
  j.watermark = TIME_START;
  j.now = TIME_START;
  j.begun = TIME_START;
}

/** What may be left out of semi and anti joins. */
function settle(j: Join): void {
  const half = j.type == SEMI || j.type == ANTI;
  j.firstOnly = half && j.mode == WINDOW && !j.where;
  j.once = half && j.mode == REGULAR && !j.where && !j.right.changes && !j.ttl && !j.nullAware;
}

/** A join without rows from the SPEC at `spec`; 0 when there is no memory. The specs of the stores get their words here. */
export function joinMake(spec: usize): usize {
  const leftColumns = load<u32>(load<u32>(spec, 16)), rightColumns = load<u32>(load<u32>(spec, 20));
  const keys = load<u32>(spec, 12), capacity = load<u32>(spec, 72);
  const head = aligned(offsetof<Join>()), sideBytes = aligned(offsetof<Side>());
  const lists = head + 2 * sideBytes, records = aligned(lists + ((2 * keys + leftColumns + rightColumns + 4) << 2));
  const rows = records + (capacity << 4), bytes = rows + capacity * 13 + 64, address = block_alloc(bytes);
  if (!address) return 0;
  memory.fill(address, 0, records);
  const j = changetype<Join>(address);
  j.blockBytes = bytes;
  j.left = changetype<Side>(address + head);
  j.right = changetype<Side>(address + head + sideBytes);
  specRead(j, spec);
  const leftKeys = address + lists, rightKeys = leftKeys + ((keys + 1) << 2);
  memory.copy(leftKeys, load<u32>(spec, 24), <usize>keys << 2);
  memory.copy(rightKeys, load<u32>(spec, 28), <usize>keys << 2);
  sideRead(j.left, load<u32>(spec, 32), load<u32>(spec, 40), leftKeys);
  sideRead(j.right, load<u32>(spec, 36), load<u32>(spec, 44), rightKeys);
  j.left.outer = j.type == LEFT || j.type == FULL;
  j.right.outer = j.type == RIGHT || j.type == FULL;
  settle(j);
  j.left.alone = j.left.outer || j.type == ANTI;
  j.right.alone = j.right.outer;
  j.right.versions = j.mode == TEMPORAL;
  j.left.allList = <u32>rightKeys + ((keys + 1) << 2);
  j.right.allList = j.left.allList + ((leftColumns + 1) << 2);
  j.records = <u32>address + records;
  j.leftList = <u32>address + rows;
  j.rightList = j.leftList + (capacity << 2);
  j.causes = j.rightList + (capacity << 2);
  j.kinds = j.causes + (capacity << 2);
  if (sideMake(j, j.left, true, load<u32>(spec, 16)) && sideMake(j, j.right, false, load<u32>(spec, 20))) return address;
  joinFree(j);
  return 0;
}

/** The changed plan can go on with the rows. */
export const RESUME_DONE: u32 = 0;
/** Rows were kept without the words that a time to live needs. */
export const RESUME_TTL: u32 = 1;
/** Rows that are taken back were found by a key that tells them apart no more. */
export const RESUME_UNIQUE: u32 = 2;

@inline function canTakeBack(j: Join, side: Side): bool {
  return side.unique || side.same != 0 || !side.changes || j.mode != REGULAR;
}

/** Goes on with the rows under a plan whose time to live, condition or unique keys have changed. */
export function joinResume(j: Join, ttl: f64, where: bool, leftUnique: bool, rightUnique: bool): u32 {
  if (j.mode == REGULAR && ttl > 0 && !j.left.listAt) return RESUME_TTL;
  const left = j.left.unique, right = j.right.unique;
  j.left.unique = leftUnique;
  j.right.unique = rightUnique;
  if (!canTakeBack(j, j.left) || !canTakeBack(j, j.right)) {
    j.left.unique = left;
    j.right.unique = right;
    return RESUME_UNIQUE;
  }
  j.ttl = i64(ttl);
  j.where = where;
  settle(j);
  return RESUME_DONE;
}

/** Frees the join with all its rows. */
export function joinFree(j: Join): void {
  shelfFree(j.shelf);
  sideFree(j.left);
  sideFree(j.right);
  block_free(changetype<usize>(j), j.blockBytes);
}
