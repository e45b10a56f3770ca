// Arrays that are made of arrays.
import { NO_MEMORY } from "../../expr/register";
import { refAddress, refLength } from "../../expr/text";
import { begin, beginList, cell, fail, finish, isTrue, next, result } from "../cursor";
import { keepText, openText, put, putByte, room } from "../writer";
import {
  addItem, addItems, addMembers, beginItems, clearItems, itemAt, itemCount, itemEnd, keyAt, keyEnd, listItems,
  noItemMemory,
} from "./items";
import { firstBehind, firstOnes, lastOfEach, metBefore, sorted, sortItems } from "./order";
import { give } from "./take";

let wrote: u32 = 0;

/** Begins an array. */
function openArray(): bool {
  openText();
  wrote = 0;
  if (!room(1)) return false;
  putByte(0x5b);
  return true;
}

/** Appends the text in [at, end) as the next item. */
function putItem(at: usize, end: usize): bool {
  if (wrote++) {
    if (!room(1)) return false;
    putByte(0x2c);
  }
  return put(at, end - at);
}

/** Ends the array of the row; `fits`: all of it could be written. */
function closeArray(fits: bool): void {
  if (!fits || !room(1)) return fail();
  putByte(0x5d);
  keepText(result());
}

@inline function ended(status: i32): i32 {
  return noItemMemory ? NO_MEMORY : status;
}

const REVERSE: u32 = 0;
const DISTINCT: u32 = 1;
const KEYS: u32 = 2;
const VALUES: u32 = 3;
// else: entries

/** Appends a member as an object of its key and its value. */
function putEntry(i: u32): bool {
  if (wrote++) {
    if (!room(1)) return false;
    putByte(0x2c);
  }
  return put(KEY, 7) && put(keyAt(i), keyEnd(i) - keyAt(i)) && put(VALUE, 9) && put(itemAt(i), itemEnd(i) - itemAt(i)) &&
    put(VALUE + 9, 1);
}

/** {"key": */
const KEY: usize = memory.data<u8>([0x7b, 0x22, 0x6b, 0x65, 0x79, 0x22, 0x3a]);
/** ,"value": and } */
const VALUE: usize = memory.data<u8>([0x2c, 0x22, 0x76, 0x61, 0x6c, 0x75, 0x65, 0x22, 0x3a, 0x7d]);

/** Appends the members whose keys no later member has, in their order; false without room. */
function putMembers(code: u32): bool {
  // Of equal keys the last counts
  const marks = lastOfEach();
  if (!marks) return false;
  let fits = true;
  for (let i: u32 = 0; fits && i < itemCount; i++) {
    if (!load<u8>(marks + i)) continue;
    fits = code == KEYS ? putItem(keyAt(i), keyEnd(i)) : code == VALUES ? putItem(itemAt(i), itemEnd(i)) : putEntry(i);
  }
  return fits;
}

/** Lists the members of the object that the operand of the row at hand is. */
function listMembers(register: usize): bool {
  clearItems();
  const at = refAddress(cell(register));
  return addMembers(at, at + refLength(cell(register)));
}

/** Codes: 0 the items of the array a from the last to the first; 1 each once; 2 keys, 3 values, 4 both of the object a. */
export function fn_nested_list(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  beginItems();
  while (next()) {
    const members = code >= KEYS;
    let fits = (members ? listMembers(a) : listItems(a)) && openArray();
    if (fits && members) {
      fits = putMembers(code);
    } else if (fits) {
      const marks = code == DISTINCT ? firstOnes() : 1;
      fits = marks != 0;
      for (let n: u32 = 0; fits && n < itemCount; n++) {
        const i = code == REVERSE ? itemCount - 1 - n : n;
        if (code != DISTINCT || load<u8>(marks + i)) fits = putItem(itemAt(i), itemEnd(i));
      }
    }
    closeArray(fits);
  }
  return ended(finish());
}

const NULLS_FIRST: u32 = 2;

/** The array a in order. Code bits: 0 descending, 1 null first. */
export function fn_nested_sort(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  beginItems();
  while (next()) {
    let fits = listItems(a) && openArray() && sortItems(false), nulls: u32 = 0;
    while (fits && nulls < itemCount && load<u8>(itemAt(sorted(nulls))) == 0x6e) nulls++;
    const there = fits ? itemCount - nulls : 0;
    for (let n: u32 = 0; fits && code & NULLS_FIRST && n < nulls; n++) fits = putItem(itemAt(sorted(n)), itemEnd(sorted(n)));
    for (let n: u32 = 0; fits && n < there; n++) {
      const i = sorted(nulls + (code & 1 ? there - 1 - n : n));
      fits = putItem(itemAt(i), itemEnd(i));
    }
    for (let n: u32 = 0; fits && !(code & NULLS_FIRST) && n < nulls; n++) fits = putItem(itemAt(sorted(n)), itemEnd(sorted(n)));
    closeArray(fits);
  }
  return ended(finish());
}

/** The least (code bit 7: greatest) item of the array a that is not null, in the form of the code's other bits. */
export function fn_nested_extreme(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  beginItems();
  while (next()) {
    if (!listItems(a) || !sortItems(false)) {
      fail();
      continue;
    }
    let first: u32 = 0;
    while (first < itemCount && load<u8>(itemAt(sorted(first))) == 0x6e) first++;
    if (first == itemCount) {
      fail();
      continue;
    }
    const i = sorted(code & 0x80 ? itemCount - 1 : first);
    give(code & 0x7f, itemAt(i), itemEnd(i));
  }
  return ended(finish());
}

const CONCAT: u32 = 0;
const UNION: u32 = 1;
const EXCEPT: u32 = 2;
const INTERSECT: u32 = 3;
const APPEND: u32 = 4;
const PREPEND: u32 = 5;
// else: remove

/** How many of the listed items come from the operand that the others are held against. */
let front: u32 = 0;

function addOwn(a: usize): bool {
  const at = refAddress(cell(a));
  return addItems(at, at + refLength(cell(a)));
}

/** Lists the items of b, or b itself as one. */
function addOther(code: u32, b: usize): bool {
  const at = refAddress(cell(b)), end = at + refLength(cell(b));
  return code >= APPEND ? addItem(0, 0, at, end) : addItems(at, end);
}

/** Lists what both operands of the row have: what a is held against comes first. */
function listBoth(code: u32, a: usize, b: usize): bool {
  clearItems();
  if (code == CONCAT || code == UNION || code == APPEND) return addOwn(a) && addOther(code, b);
  if (!addOther(code, b)) return false;
  front = itemCount;
  return addOwn(a);
}

/** Appends what is left of both by `code`. */
function putBoth(code: u32): bool {
  const sifts = code == EXCEPT || code == INTERSECT || code > PREPEND, each = code == UNION || (sifts && code < APPEND);
  const met = sifts ? metBefore(front) : 1;
  if (!met) return false;
  const first = each ? (code == UNION ? firstOnes() : firstBehind(front)) : 1;
  let fits = first != 0;
  for (let i: u32 = sifts ? front : 0; fits && i < itemCount; i++) {
    if (sifts && <bool>load<u8>(met + i) != (code == INTERSECT)) continue;
    if (each && !load<u8>(first + i)) continue;
    fits = putItem(itemAt(i), itemEnd(i));
  }
  return fits;
}

/**
 * Codes: 0 the items of a, then those of b; 1 the same, each once; 2 the items of a that b has not, each once; 3 those that b has too; 4 the
 * array a and the item b, which is JSON; 5 the item b and the array a; 6 the items of a that do not equal b.
 */
export function fn_nested_both(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, 0)) return NO_MEMORY;
  beginItems();
  while (next()) closeArray(listBoth(code, a, b) && openArray() && putBoth(code));
  return ended(finish());
}

/** A place among n items as a number from 0: negative ones count from the end, and 0 is the first. */
@inline function placeOf(number: i64, n: i64): i64 {
  return number < 0 ? n + number : number == 0 ? 0 : number - 1;
}

/** The items of the array a from number b to number c, both from 1, or from the end where negative; code 1: to the last. */
export function fn_nested_slice(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, code ? 0 : c)) return NO_MEMORY;
  beginItems();
  while (next()) {
    let fits = listItems(a) && openArray();
    const n = <i64>itemCount, from = max(0, placeOf(load<i64>(cell(b)), n));
    const last = code ? n - 1 : min(n - 1, placeOf(load<i64>(cell(c)), n));
    for (let i = from; fits && i <= last; i++) fits = putItem(itemAt(<u32>i), itemEnd(<u32>i));
    closeArray(fits);
  }
  return ended(finish());
}
