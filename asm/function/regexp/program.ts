// A compiled regular expression, as src/expr/regexp/program.ts writes it.
//
//  header, 20 u32: 0 steps · 4 first step · 8 marked steps · 12 slots · 16 flags · places of: 20 steps, 24 classes of
//  ASCII, 28 runs · 32 how many runs · places of: 36 sets, 40 the set of first characters, 44 the required text · 48 its
//  bytes · 52 bytes that may be before it · 56 the place of the table, 0 none · 60 entries of a
//  state · 64 the state in the middle of a text · 68 the place of the words
//
//  STEP, 8 bytes; the other of a set is its number, that of a character the number from 1 of the word that it begins; an
//  argument of a split makes it a run: 1, or 128 and the byte that it goes to. WORD, 8 bytes: place u32, bytes u16, the step behind it u16
//  +--------+-------------+----------+----------+-----------+
//  | op u8  | argument u8 | mark u16 | next u16 | other u16 |
//  +--------+-------------+----------+----------+-----------+
import { sameBytes } from "../../expr/text";

export const OP_MATCH: u32 = 0;
export const OP_CHARACTER: u32 = 1;
export const OP_SET: u32 = 2;
export const OP_SPLIT: u32 = 3;
export const OP_SAVE: u32 = 4;
export const OP_ASSERT: u32 = 5;
export const NO_MARK: u32 = 0xffff;
export const UNBOUNDED: u32 = 0xffffffff;
const ANCHORED: u32 = 1;

export let stepCount: u32 = 0;
export let firstStep: u32 = 0;
export let markCount: u32 = 0;
export let slotCount: u32 = 0;
export let anchored: bool = false;
export let steps: usize = 0;
export let requiredAt: usize = 0;
export let requiredBytes: usize = 0;
export let lead: u32 = 0;
export let table: usize = 0;
/** Entries of a state in the table: the place of the next one for each class, and whether the end makes a match. */
export let rowEntries: u32 = 0;
export let middleState: u32 = 0;
export let ascii: usize = 0;
let program: usize = 0;
let words: usize = 0;
let runs: usize = 0;
let runCount: u32 = 0;
let sets: usize = 0;
let firstSet: usize = 0;

/** Takes the program at `at` in use. */
export function openProgram(at: usize): void {
  stepCount = load<u32>(at);
  firstStep = load<u32>(at, 4);
  markCount = load<u32>(at, 8);
  slotCount = load<u32>(at, 12);
  anchored = (load<u32>(at, 16) & ANCHORED) != 0;
  steps = at + load<u32>(at, 20);
  ascii = at + load<u32>(at, 24);
  runs = at + load<u32>(at, 28);
  runCount = load<u32>(at, 32);
  sets = at + load<u32>(at, 36);
  firstSet = at + load<u32>(at, 40);
  requiredAt = at + load<u32>(at, 44);
  requiredBytes = load<u32>(at, 48);
  lead = load<u32>(at, 52);
  table = load<u32>(at, 56) ? at + load<u32>(at, 56) : 0;
  rowEntries = load<u32>(at, 60);
  middleState = load<u32>(at, 64);
  program = at;
  words = at + load<u32>(at, 68);
}

/** Bytes of the character that `classAt` looked at. */
export let width: usize = 1;

@inline export function setWidth(bytes: usize): void {
  width = bytes;
}

/** The class of the last run that begins at or below a code point. */
function classOfRun(codePoint: u32): u32 {
  let from: u32 = 0, count = runCount;
  for (; count > 1;) {
    const half = count >>> 1;
    if (load<u32>(runs + (<usize>(from + half) << 3)) <= codePoint) from += half;
    count -= half;
  }
  return load<u32>(runs + (<usize>from << 3), 4);
}

function classOfWide(at: usize, first: u32): u32 {
  let codePoint: u32;
  if (first < 0xe0) {
    width = 2;
    codePoint = ((first & 0x1f) << 6) | (load<u8>(at, 1) & 0x3f);
  } else if (first < 0xf0) {
    width = 3;
    codePoint = ((first & 0x0f) << 12) | (<u32>(load<u8>(at, 1) & 0x3f) << 6) | (load<u8>(at, 2) & 0x3f);
  } else {
    width = 4;
    codePoint = ((first & 0x07) << 18) | (<u32>(load<u8>(at, 1) & 0x3f) << 12) |
      (<u32>(load<u8>(at, 2) & 0x3f) << 6) | (load<u8>(at, 3) & 0x3f);
  }
  return classOfRun(codePoint);
}

/** The class of the character at `at`, which is there; leaves its bytes in `width`. */
@inline export function classAt(at: usize): u32 {
  const first = <u32>load<u8>(at);
  width = 1;
  return first < 0x80 ? load<u8>(ascii + <usize>first) : classOfWide(at, first);
}

/** The class of the character at `at`; leaves its bytes in `width` if they are more than one. `classes`: those of ASCII. */
@inline export function classOf(classes: usize, at: usize): u32 {
  const first = <u32>load<u8>(at);
  return first < 0x80 ? load<u8>(classes + <usize>first) : classOfWide(at, first);
}

@inline function bitOf(set: usize, one: u32): bool {
  return <bool>((load<u8>(set + <usize>(one >>> 3)) >> (one & 7)) & 1);
}

/** Where word `number`, from 1, is described. */
@inline export function wordAt(number: u32): usize {
  return words + (<usize>(number - 1) << 3);
}

/** Bytes of a word if the text in [at, end) goes on with it; else 0. */
@inline export function takesWord(word: usize, at: usize, end: usize): usize {
  const length = <usize>load<u16>(word, 4);
  return end - at >= length && sameBytes(at, program + load<u32>(word), length) ? length : 0;
}

/** Whether a class is in a set, by its number. */
@inline export function inSetOf(number: u32, one: u32): bool {
  return bitOf(sets + (<usize>number << 5), one);
}

/** Whether a class is in the set of a step. */
@inline export function inSet(step: usize, one: u32): bool {
  return inSetOf(load<u16>(step, 6), one);
}

/** Whether a match can begin with a class. */
@inline export function canBegin(one: u32): bool {
  return bitOf(firstSet, one);
}

/** Whether the byte is one of a word: a letter, digit or _ of ASCII. */
@inline function isWord(byte: u32): bool {
  return (byte | 32) - 97 < 26 || byte - 48 < 10 || byte == 0x5f;
}

/** Whether an assertion holds at a place of the text in [start, end). */
export function holds(what: u32, at: usize, start: usize, end: usize): bool {
  if (what == 0) return at == start;
  if (what == 1) return at == end;
  if (what == 2) return at == start || load<u8>(at - 1) == 10;
  if (what == 3) return at == end || load<u8>(at) == 10;
  const before = at > start && isWord(load<u8>(at - 1)), behind = at < end && isWord(load<u8>(at));
  return (before != behind) == (what == 4);
}
