// XXH3, 64 bits wide, with a seed: xxHash's doc/xxhash_spec.md (v0.2.0). Names of steps and constants are the
// specification's.

const PRIME32_1: u64 = 0x9E3779B1;
const PRIME32_2: u64 = 0x85EBCA77;
const PRIME32_3: u64 = 0xC2B2AE3D;
const PRIME64_1: u64 = 0x9E3779B185EBCA87;
const PRIME64_2: u64 = 0xC2B2AE3D27D4EB4F;
const PRIME64_3: u64 = 0x165667B19E3779F9;
const PRIME64_4: u64 = 0x85EBCA77C2B2AE63;
const PRIME64_5: u64 = 0x27D4EB2F165667C5;
export const PRIME_MX1: u64 = 0x165667919E3779F9;
export const PRIME_MX2: u64 = 0x9FB21C651E98DF25;

const SECRET_BYTES: usize = 192;
const STRIPE_BYTES: usize = 64;
const BLOCK_BYTES: usize = 1024;

// The default secret, as 24 little-endian words
const SECRET: usize = memory.data<u64>([
  0xbe4ba423396cfeb8, 0x1cad21f72c81017c, 0xdb979083e96dd4de, 0x1f67b3b7a4a44072,
  0x78e5c0cc4ee679cb, 0x2172ffcc7dd05a82, 0x8e2443f7744608b8, 0x4c263a81e69035e0,
  0xcb00c391bb52283c, 0xa32e531b8b65d088, 0x4ef90da297486471, 0xd8acdea946ef1938,
  0x3f349ce33f76faa8, 0x1d4f0bc7c7bbdcf9, 0x3159b4cd4be0518a, 0x647378d9c97e9fc8,
  0xc3ebd33483acc5ea, 0xeb6313faffa081c5, 0x49daf0b751dd0d17, 0x9e68d429265516d3,
  0xfca1477d58be162b, 0xce31d07ad1b8f88f, 0x280416958f3acb45, 0x7e404bbbcafbd7af,
]);

// The two words of secret[8:24], combined
const SECRET_8_TO_24: u64 = 0x1cad21f72c81017c ^ 0xdb979083e96dd4de;

// The secret of long inputs, derived from the seed that was last used
const DERIVED: usize = memory.data(192, 16);
let derivedSeed: u64 = 0;
let derived: bool = false;

// The eight accumulators of long inputs
const ACC: usize = memory.data(64, 16);

@inline function bswap64(x: u64): u64 {
  return bswap<u64>(x);
}

/** The two halves of the 128-bit product of `a` and `b`, combined by XOR. */
@inline export function mulFold(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff, aHigh = a >> 32, bLow = b & 0xffffffff, bHigh = b >> 32;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >> 32);
  const cross = aLow * bHigh + (middle & 0xffffffff);
  const high = aHigh * bHigh + (middle >> 32) + (cross >> 32);
  return (a * b) ^ high;
}

@inline function avalanche(x: u64): u64 {
  x ^= x >> 37;
  x *= PRIME_MX1;
  return x ^ (x >> 32);
}

@inline function avalancheXxh64(x: u64): u64 {
  x ^= x >> 33;
  x *= PRIME64_2;
  x ^= x >> 29;
  x *= PRIME64_3;
  return x ^ (x >> 32);
}

@inline function word(offset: usize): u64 {
  return load<u64>(SECRET + offset);
}

/** XXH3_64_4to8 of the 8 bytes of `value`. */
@inline export function xxh3Of8(value: u64, seed: u64): u64 {
  return mix4to8(rotl<u64>(value, 32), 8, seed);
}

@inline function mix4to8(combined: u64, length: u64, seed: u64): u64 {
  const modifiedSeed = seed ^ (<u64>bswap<u32>(<u32>seed) << 32);
  let value: u64 = (SECRET_8_TO_24 - modifiedSeed) ^ combined;
  value ^= rotl<u64>(value, 49) ^ rotl<u64>(value, 24);
  value *= PRIME_MX2;
  value ^= (value >> 35) + length;
  value *= PRIME_MX2;
  return value ^ (value >> 28);
}

function hashUpTo16(at: usize, length: usize, seed: u64): u64 {
  const end = at + length;
  if (length > 8) {
    const low = ((word(24) ^ word(32)) + seed) ^ load<u64>(at);
    const high = ((word(40) ^ word(48)) - seed) ^ load<u64>(end - 8);
    return avalanche(<u64>length + bswap64(low) + high + mulFold(low, high));
  }
  if (length >= 4) {
    return mix4to8(<u64>load<u32>(end - 4) | (<u64>load<u32>(at) << 32), <u64>length, seed);
  }
  if (length) {
    const combined = <u32>load<u8>(end - 1) | (<u32>length << 8) | (<u32>load<u8>(at) << 16) |
      (<u32>load<u8>(at + (length >> 1)) << 24);
    return avalancheXxh64((<u64>(load<u32>(SECRET) ^ load<u32>(SECRET + 4)) + seed) ^ <u64>combined);
  }
  return avalancheXxh64(seed ^ word(56) ^ word(64));
}

@inline function mixStep(at: usize, secretOffset: usize, seed: u64): u64 {
  return mulFold(load<u64>(at) ^ (word(secretOffset) + seed), load<u64>(at, 8) ^ (word(secretOffset + 8) - seed));
}

function hashUpTo240(at: usize, length: usize, seed: u64): u64 {
  let acc = <u64>length * PRIME64_1;
  if (length <= 128) {
    for (let i: isize = ((length - 1) >> 5); i >= 0; i--) {
      acc += mixStep(at + i * 16, i * 32, seed);
      acc += mixStep(at + length - i * 16 - 16, i * 32 + 16, seed);
    }
    return avalanche(acc);
  }
  for (let i: usize = 0; i < 8; i++) acc += mixStep(at + i * 16, i * 16, seed);
  acc = avalanche(acc);
  const chunks = length >> 4;
  for (let i: usize = 8; i < chunks; i++) acc += mixStep(at + i * 16, (i - 8) * 16 + 3, seed);
  acc += mixStep(at + length - 16, 119, seed);
  return avalanche(acc);
}

function derive(seed: u64): void {
  if (derived && derivedSeed == seed) return;
  for (let i: usize = 0; i < SECRET_BYTES; i += 16) {
    store<u64>(DERIVED + i, word(i) + seed);
    store<u64>(DERIVED + i + 8, word(i + 8) - seed);
  }
  derivedSeed = seed;
  derived = true;
}

@inline function accumulate(at: usize, secretOffset: usize): void {
  for (let i: usize = 0; i < 64; i += 16) {
    const first = load<u64>(at + i), second = load<u64>(at + i + 8);
    const a = first ^ load<u64>(DERIVED + secretOffset + i);
    const b = second ^ load<u64>(DERIVED + secretOffset + i + 8);
    store<u64>(ACC + i, load<u64>(ACC + i) + second + (a & 0xffffffff) * (a >> 32));
    store<u64>(ACC + i + 8, load<u64>(ACC + i + 8) + first + (b & 0xffffffff) * (b >> 32));
  }
}

function scramble(): void {
  for (let i: usize = 0; i < 64; i += 8) {
    const acc = load<u64>(ACC + i);
    store<u64>(ACC + i, (acc ^ (acc >> 47) ^ load<u64>(DERIVED + SECRET_BYTES - 64 + i)) * PRIME32_1);
  }
}

function hashLong(at: usize, length: usize, seed: u64): u64 {
  derive(seed);
  store<u64>(ACC, PRIME32_3);
  store<u64>(ACC, PRIME64_1, 8);
  store<u64>(ACC, PRIME64_2, 16);
  store<u64>(ACC, PRIME64_3, 24);
  store<u64>(ACC, PRIME64_4, 32);
  store<u64>(ACC, PRIME32_2, 40);
  store<u64>(ACC, PRIME64_5, 48);
  store<u64>(ACC, PRIME32_1, 56);
  const end = at + length;
  for (; end - at > BLOCK_BYTES; at += BLOCK_BYTES) {
    for (let n: usize = 0; n < 16; n++) accumulate(at + n * STRIPE_BYTES, n * 8);
    scramble();
  }
  const stripes = (end - at - 1) / STRIPE_BYTES;
  for (let n: usize = 0; n < stripes; n++) accumulate(at + n * STRIPE_BYTES, n * 8);
  accumulate(end - STRIPE_BYTES, SECRET_BYTES - 71);
  let result = <u64>length * PRIME64_1;
  for (let i: usize = 0; i < 64; i += 16) {
    result += mulFold(
      load<u64>(ACC + i) ^ load<u64>(DERIVED + 11 + i),
      load<u64>(ACC + i + 8) ^ load<u64>(DERIVED + 19 + i),
    );
  }
  return avalanche(result);
}

/** XXH3-64 with a seed of `length` bytes at `at`. */
export function xxh3(at: usize, length: usize, seed: u64): u64 {
  if (length <= 16) return hashUpTo16(at, length, seed);
  if (length <= 240) return hashUpTo240(at, length, seed);
  return hashLong(at, length, seed);
}
