// Operands and results of expression kernels: REGISTERs (asm/layout.ts), read and written one word (64 rows) at a
// time.
//
// Every kernel has the shape (code, rows, out, a, b, c) => status: `code` says which operator and its parameters,
// `out`, `a`, `b`, `c` are REGISTERs; a kernel that takes a list of operands has the address of their REGISTERs'
// addresses in `a` and their number in `b`. Results live in the batch arena. Kernels compute all 64 rows of a word, also
// what is NULL or beyond the last row, where cells are undefined: so no kernel may trap or look behind a reference
// for such a cell, and what it finds there must not show.
import { REGISTER_COUNT, REGISTER_DATA, REGISTER_STEP, REGISTER_VALIDITY } from "../layout";
import { arena_alloc } from "../memory";

export const OK: i32 = 0;
export const NO_MEMORY: i32 = -1;

export const ALL: u64 = ~(<u64>0);
/** The one NaN that results hold. */
export const NAN_BITS: u64 = 0x7ff8000000000000;
/** Powers of ten from 10^0 to 10^19. */
const POWERS: usize = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
  10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
  10000000000000000000,
]);

/** 10^n for n of 0 to 19. */
@inline export function powerOfTen(n: u32): u64 {
  return load<u64>(POWERS + (<usize>n << 3));
}

@inline export function dataOf(register: usize): usize {
  return load<u32>(register, REGISTER_DATA);
}

@inline export function validityOf(register: usize): usize {
  return load<u32>(register, REGISTER_VALIDITY);
}

@inline export function countOf(register: usize): u32 {
  return load<u32>(register, REGISTER_COUNT);
}

/** Bytes from one word's cells of 8 bytes to the next word's. */
@inline export function cellStep(register: usize): usize {
  return <usize>load<u32>(register, REGISTER_STEP) << 9;
}

/** Bytes from one word of a bitmap to the next. */
@inline export function bitStep(register: usize): usize {
  return <usize>load<u32>(register, REGISTER_STEP) << 3;
}

@inline export function wordsOf(rows: u32): u32 {
  return (rows + 63) >>> 6;
}

/** The rows that there are in word `w`, as bits. */
@inline export function rowBits(rows: u32, w: u32): u64 {
  const rest = rows - (w << 6);
  return rest >= 64 ? ALL : ((<u64>1 << <u64>rest) - 1);
}

/** Word `w` of the validity of a register. */
@inline export function validWord(register: usize, w: u32): u64 {
  const validity = validityOf(register);
  return validity ? load<u64>(validity + <usize>w * bitStep(register)) : ALL;
}

/** Gives `out` new cells of 8 bytes; their address, or 0. */
export function newCells(rows: u32, out: usize): usize {
  const data = arena_alloc(<usize>wordsOf(rows) << 9);
  store<u32>(out, <u32>data, REGISTER_DATA);
  store<u32>(out, 1, REGISTER_STEP);
  return data;
}

/** Gives `out` a new bitmap for its values; its address, or 0. */
export function newBits(rows: u32, out: usize): usize {
  const data = arena_alloc(<usize>wordsOf(rows) << 3);
  store<u32>(out, <u32>data, REGISTER_DATA);
  store<u32>(out, 1, REGISTER_STEP);
  return data;
}

/** A new bitmap for a validity; 0 when there is no memory. */
export function newValidity(rows: u32): usize {
  return arena_alloc(<usize>wordsOf(rows) << 3);
}

@inline export function setValidity(out: usize, validity: usize): void {
  store<u32>(out, <u32>validity, REGISTER_VALIDITY);
}

/**
 * Makes `out` valid where a, b and c (0 = no operand) all are. The bitmap of an operand is shared where it says it
 * all, and there is none when every value is there. False when there is no memory.
 */
export function joinValidity(rows: u32, out: usize, a: usize, b: usize, c: usize): bool {
  const va = a ? validityOf(a) : 0, vb = b ? validityOf(b) : 0, vc = c ? validityOf(c) : 0;
  const one = va ? va : vb ? vb : vc;
  if (!one) {
    setValidity(out, 0);
    return true;
  }
  const step = va ? bitStep(a) : vb ? bitStep(b) : bitStep(c);
  if (step && (!va || va == one) && (!vb || vb == one) && (!vc || vc == one)) {
    setValidity(out, one);
    return true;
  }
  const validity = newValidity(rows);
  setValidity(out, validity);
  if (!validity) return false;
  const words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++) {
    let word = ALL;
    if (va) word &= validWord(a, w);
    if (vb) word &= validWord(b, w);
    if (vc) word &= validWord(c, w);
    store<u64>(validity + (<usize>w << 3), word);
  }
  return true;
}

/** The REGISTER at position i of a list of operands. */
@inline export function operand(list: usize, i: u32): usize {
  return load<u32>(list + (<usize>i << 2));
}

/** Makes `out` valid where all of a list of operands are. False when there is no memory. */
export function joinAll(rows: u32, out: usize, list: usize, count: u32): bool {
  setValidity(out, 0);
  let any: usize = 0;
  for (let i: u32 = 0; i < count; i++) any |= validityOf(operand(list, i));
  if (!any) return true;
  const validity = newValidity(rows), words = wordsOf(rows);
  if (!validity) return false;
  for (let w: u32 = 0; w < words; w++) {
    let all = ALL;
    for (let i: u32 = 0; i < count; i++) all &= validWord(operand(list, i), w);
    store<u64>(validity + (<usize>w << 3), all);
  }
  setValidity(out, validity);
  return true;
}

/**
 * Makes NULL what a kernel could not compute: `failures` is a bitmap with a 1 for each such row (and whatever for
 * rows that are NULL or beyond the end), which becomes the validity of `out` if there is any.
 */
export function settle(rows: u32, out: usize, failures: usize): i32 {
  const before = validityOf(out), words = wordsOf(rows);
  let any: u64 = 0;
  for (let w: u32 = 0; w < words; w++) {
    const valid = before ? load<u64>(before + (<usize>w << 3)) : ALL;
    const failed = load<u64>(failures + (<usize>w << 3));
    any |= failed & valid & rowBits(rows, w);
    store<u64>(failures + (<usize>w << 3), valid & ~failed);
  }
  if (any) setValidity(out, failures);
  return OK;
}
