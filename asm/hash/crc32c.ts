// CRC-32C (Castagnoli, RFC 3720): the reflected polynomial 0x82F63B78, eight bytes a step. Table k has what the byte
// at distance k from the end of a step does to the remainder; all eight fit into the L1 cache.
//
//   TABLES     256 × u32     256 × u32     …     256 × u32
//              k = 0         k = 1               k = 7
import { folded, RESIDUE_BYTES } from "./crc32c_fold";

const POLYNOMIAL: u32 = 0x82F63B78;
const TABLE: usize = 1024;
/** Bits of a place in a table. */
const ENTRY: u32 = 1020;
const TABLES: usize = memory.data(8192, 16);

let made = false;

function make(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (POLYNOMIAL & (0 - (crc & 1)));
    store<u32>(TABLES + (<usize>byte << 2), crc);
  }
  for (let at: usize = 0; at < 7 * TABLE; at += 4) {
    const crc = load<u32>(TABLES + at);
    store<u32>(TABLES + at + TABLE, (crc >> 8) ^ load<u32>(TABLES + (<usize>(crc & 255) << 2)));
  }
  made = true;
}

/** The remainder `crc` with the eight bytes at `at` behind it. */
@inline function eight(crc: u32, at: usize): u32 {
  const low = load<u32>(at) ^ crc, high = load<u32>(at, 4);
  return load<u32>((low << 2) & ENTRY, TABLES + 7 * TABLE) ^ load<u32>((low >> 6) & ENTRY, TABLES + 6 * TABLE) ^
    load<u32>((low >> 14) & ENTRY, TABLES + 5 * TABLE) ^ load<u32>((low >> 22) & ENTRY, TABLES + 4 * TABLE) ^
    load<u32>((high << 2) & ENTRY, TABLES + 3 * TABLE) ^ load<u32>((high >> 6) & ENTRY, TABLES + 2 * TABLE) ^
    load<u32>((high >> 14) & ENTRY, TABLES + TABLE) ^ load<u32>((high >> 22) & ENTRY, TABLES);
}

/** The product of two polynomials, bits reversed, by the polynomial. */
function product(a: u32, b: u32): u32 {
  let sum: u32 = 0;
  for (let bit: u32 = 1 << 31; bit !== 0; bit >>= 1) {
    if (a & bit) sum ^= b;
    b = (b >> 1) ^ (POLYNOMIAL & (0 - (b & 1)));
  }
  return sum;
}

/** x to the power of 8 · `bytes`: the factor by which so many bytes behind it change a remainder. */
function shiftOf(bytes: u32): u32 {
  let shift: u32 = 1 << 31, power: u32 = 1 << 23;
  for (; bytes; bytes >>= 1) {
    if (bytes & 1) shift = product(power, shift);
    power = product(power, power);
  }
  return shift;
}

// A step has to wait for the one before it. So the bytes are cut into four lanes of equal length, whose steps do not
// wait for each other, and what the lanes give is put together by shifts:
//
//   at ├── lane 0 ──┼── lane 1 ──┼── lane 2 ──┼── lane 3 ──┤ rest, below 32 bytes ┤
const LANES_FROM: u32 = 2048;
let lane: u32 = 0, shift: u32 = 0;

/** The remainder `crc` with four lanes of `bytes` bytes behind it. */
function lanes(crc: u32, at: usize, bytes: u32): u32 {
  if (lane !== bytes) {
    lane = bytes;
    shift = shiftOf(bytes);
  }
  let a = crc, b: u32 = 0, c: u32 = 0, d: u32 = 0;
  for (const end = at + bytes; at < end; at += 8) {
    a = eight(a, at);
    b = eight(b, at + bytes);
    c = eight(c, at + 2 * bytes);
    d = eight(d, at + 3 * bytes);
  }
  return product(shift, product(shift, product(shift, a) ^ b) ^ c) ^ d;
}

/** The remainder `crc` with `length` bytes at `at` behind it. */
function behind(crc: u32, at: usize, length: u32): u32 {
  if (length >= LANES_FROM) {
    const bytes = (length >> 5) << 3;
    crc = lanes(crc, at, bytes);
    at += 4 * bytes;
    length -= 4 * bytes;
  }
  for (; length >= 8; length -= 8, at += 8) crc = eight(crc, at);
  for (; length; length--, at++) crc = (crc >> 8) ^ load<u32>(((crc ^ load<u8>(at)) << 2) & ENTRY, TABLES);
  return crc;
}

/** From here on it takes less time to make bytes fewer first. */
const FOLD_FROM: u32 = 6144;

/** CRC-32C of `length` bytes at `at` behind those whose CRC is `before` (0: none). */
export function crc32c(at: usize, length: u32, before: u32): u32 {
  if (!made) make();
  if (ASC_FEATURE_SIMD && length >= FOLD_FROM) {
    const words = length >> 4, residue = folded(~before, at, words);
    if (residue) return ~behind(behind(0, residue, RESIDUE_BYTES), at + (<usize>words << 4), length & 15);
  }
  return ~behind(~before, at, length);
}
