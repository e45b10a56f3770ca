// Hashes of the keys of tables. They are keyed by a random seed for each process, so that nobody can choose keys
// that collide; hence they must never show in a result. Equal values have to be equal bits here: take
// `canonical_f64` of doubles first.
import { PRIME_MX2, xxh3, xxh3Of8 } from "./xxh3";

/** XXH3-64 of `length` bytes at `at`. */
@inline export function hash_bytes(at: usize, length: u32, seed: u64): u64 {
  return xxh3(at, length, seed);
}

/** XXH3-64 of the 8 bytes of `value`, without a branch. */
@inline export function hash_i64(value: u64, seed: u64): u64 {
  return xxh3Of8(value, seed);
}

/** Adds the hash `b` of one more key column to the hash `a` of those before it; the order matters. */
@inline export function hash_combine(a: u64, b: u64): u64 {
  const x = (a ^ (a >> 29)) * PRIME_MX2 + b;
  return x ^ (x >> 32);
}

/** The bits of a double as a key: −0 becomes 0, and every NaN the one canonical NaN. */
@inline export function canonical_f64(bits: u64): u64 {
  const value = reinterpret<f64>(bits);
  if (value != value) return 0x7ff8000000000000;
  return value == 0 ? 0 : bits;
}
