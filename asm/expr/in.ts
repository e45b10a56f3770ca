// IN with a list of numbers.
import { cellStep, countOf, dataOf, joinValidity, newBits, NO_MEMORY, OK, wordsOf } from "./register";
import { pack16 } from "./pack";

/** Lists up to here are compared one by one, longer ones searched by halves. */
const LINEAR_MAX: u32 = 8;

@inline function equalWordSimd<T>(cells: usize, value: v128): u64 {
  let word: u64 = 0;
  for (let shift: u64 = 0; shift < 64; shift += 16, cells += 128) {
    word |= pack16(
      v128.eq<T>(v128.load(cells), value), v128.eq<T>(v128.load(cells + 16), value),
      v128.eq<T>(v128.load(cells + 32), value), v128.eq<T>(v128.load(cells + 48), value),
      v128.eq<T>(v128.load(cells + 64), value), v128.eq<T>(v128.load(cells + 80), value),
      v128.eq<T>(v128.load(cells + 96), value), v128.eq<T>(v128.load(cells + 112), value),
    ) << shift;
  }
  return word;
}

@inline function equalWordScalar<T>(cells: usize, value: T): u64 {
  let word: u64 = 0;
  for (let row: usize = 0; row < 64; row++) word |= <u64>(load<T>(cells + (row << 3)) == value) << <u64>row;
  return word;
}

/** Whether the sorted list has x: the last value that is not above x, found by halves without a branch. */
@inline function has<T>(x: T, list: usize, count: u32): bool {
  for (; count > 1;) {
    const half = count >>> 1, middle = list + (<usize>half << 3);
    list = load<T>(middle) <= x ? middle : list;
    count -= half;
  }
  return load<T>(list) == x;
}

@inline function inAll<T>(rows: u32, out: usize, a: usize, b: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0)) return NO_MEMORY;
  let bits = newBits(rows, out);
  if (!bits) return NO_MEMORY;
  const list = dataOf(b), count = countOf(b), step = cellStep(a);
  let cells = dataOf(a);
  for (let w = wordsOf(rows); w > 0; w--, cells += step, bits += 8) {
    let word: u64 = 0;
    if (count <= LINEAR_MAX) {
      for (let i: u32 = 0; i < count; i++) {
        const value = list + (<usize>i << 3);
        if (ASC_FEATURE_SIMD) word |= equalWordSimd<T>(cells, v128.load64_splat(value));
        else word |= equalWordScalar<T>(cells, load<T>(value));
      }
    } else {
      for (let row: usize = 0; row < 64; row++) {
        word |= <u64>has<T>(load<T>(cells + (row << 3)), list, count) << <u64>row;
      }
    }
    store<u64>(bits, word);
  }
  return OK;
}

/** Whether a is in the ascending list b, for int64, timestamps and decimals of one scale: bool. */
export function expr_in_int(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  return inAll<i64>(rows, out, a, b);
}

/** Whether a is in the ascending list b of doubles: bool. NaN is in no list; -0 equals 0. */
export function expr_in_double(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  return inAll<f64>(rows, out, a, b);
}
