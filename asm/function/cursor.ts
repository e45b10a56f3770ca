// The frame of functions that work on one row after another: begin, then `while (next())` over the rows where every
// operand is there, `fail` for a row that has no result, `finish`. One kernel runs at a time, so the place is global.
import {
  bitStep, cellStep, dataOf, joinAll, joinValidity, newBits, newCells, newValidity, NO_MEMORY, rowBits, settle,
  validWord, wordsOf,
} from "../expr/register";
import { beginChars, outOfMemory } from "./writer";

let out: usize = 0;
let rowCount: u32 = 0;
let failures: usize = 0;
let word: u32 = 0;
let words: u32 = 0;
/** Rows of the word that are still to come, as bits. */
let open: u64 = 0;
let bit: u64 = 0;

function start(rows: u32, register: usize): bool {
  failures = newValidity(rows);
  if (!failures) return false;
  words = wordsOf(rows);
  memory.fill(failures, 0, <usize>words << 3);
  out = register;
  rowCount = rows;
  word = <u32>-1;
  open = 0;
  beginChars();
  return true;
}

/** Starts a result of cells of 8 bytes, NULL where one of a, b, c (0 = no operand) is. False without memory. */
export function begin(rows: u32, register: usize, a: usize, b: usize, c: usize): bool {
  return joinValidity(rows, register, a, b, c) && newCells(rows, register) != 0 && start(rows, register);
}

/** As begin, for a result of bools, which are false until `yes`. */
export function beginBits(rows: u32, register: usize, a: usize, b: usize, c: usize): bool {
  if (!joinValidity(rows, register, a, b, c)) return false;
  const bits = newBits(rows, register);
  if (!bits) return false;
  memory.fill(bits, 0, <usize>wordsOf(rows) << 3);
  return start(rows, register);
}

/** As begin, for a list of operands, of which the first `strict` make NULL where they are. */
export function beginList(rows: u32, register: usize, list: usize, strict: u32): bool {
  return joinAll(rows, register, list, strict) && newCells(rows, register) != 0 && start(rows, register);
}

/** Goes to the next word that has rows; false when there is none. */
function nextWord(): bool {
  while (++word < words) {
    open = validWord(out, word) & rowBits(rowCount, word);
    if (open) return true;
  }
  return false;
}

/** Goes to the next row; false when there is none. */
@inline export function next(): bool {
  if (!open && !nextWord()) return false;
  bit = ctz(open);
  open &= open - 1;
  return true;
}

/** Makes the row's result NULL. */
export function fail(): void {
  const at = failures + (<usize>word << 3);
  store<u64>(at, load<u64>(at) | (<u64>1 << bit));
}

/** Makes the row's bool true. */
export function yes(): void {
  const at = dataOf(out) + (<usize>word << 3);
  store<u64>(at, load<u64>(at) | (<u64>1 << bit));
}

/** The status that the kernel returns. */
export function finish(): i32 {
  return outOfMemory ? NO_MEMORY : settle(rowCount, out, failures);
}

/** The row's cell of an operand. */
@inline export function cell(register: usize): usize {
  return dataOf(register) + <usize>word * cellStep(register) + (<usize>bit << 3);
}

/** The row's cell of the result. */
@inline export function result(): usize {
  return dataOf(out) + (<usize>word << 9) + (<usize>bit << 3);
}

/** The row's value of an operand of bools. */
export function isTrue(register: usize): bool {
  return <bool>((load<u64>(dataOf(register) + <usize>word * bitStep(register)) >> bit) & 1);
}

/** Whether the row's value of an operand is there. */
export function isThere(register: usize): bool {
  return <bool>((validWord(register, word) >> bit) & 1);
}
