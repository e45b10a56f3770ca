// Hashes that are numbers.

const CRC_TABLE: usize = memory.data(1024, 16);
let crcReady = false;

/** The table of remainders of single bytes, for the reversed polynomial of IEEE 802.3. */
function needCrcTable(): void {
  if (crcReady) return;
  for (let i: u32 = 0; i < 256; i++) {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    store<u32>(CRC_TABLE + (<usize>i << 2), value);
  }
  crcReady = true;
}

export function crc32(at: usize, n: usize): u32 {
  needCrcTable();
  let value: u32 = 0xffffffff;
  for (const end = at + n; at < end; at++) {
    value = load<u32>(CRC_TABLE + (<usize>((value ^ load<u8>(at)) & 255) << 2)) ^ (value >>> 8);
  }
  return ~value;
}

const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;
const P3: u64 = 0x165667b19e3779f9;
const P4: u64 = 0x85ebca77c2b2ae63;
const P5: u64 = 0x27d4eb2f165667c5;

@inline function round(accumulator: u64, lane: u64): u64 {
  return rotl<u64>(accumulator + lane * P2, 31) * P1;
}

@inline function merge(accumulator: u64, lane: u64): u64 {
  return (accumulator ^ round(0, lane)) * P1 + P4;
}

/** XXH64 with seed 0 (Collet, xxHash specification). */
export function xxhash64(at: usize, n: usize): u64 {
  const end = at + n;
  let hash = P5;
  if (n >= 32) {
    let a = P1 + P2, b = P2, c: u64 = 0, d: u64 = 0 - P1;
    for (; end - at >= 32; at += 32) {
      a = round(a, load<u64>(at));
      b = round(b, load<u64>(at, 8));
      c = round(c, load<u64>(at, 16));
      d = round(d, load<u64>(at, 24));
    }
    hash = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18);
    hash = merge(merge(merge(merge(hash, a), b), c), d);
  }
  hash += <u64>n;
  for (; end - at >= 8; at += 8) hash = rotl<u64>(hash ^ round(0, load<u64>(at)), 27) * P1 + P4;
  if (end - at >= 4) {
    hash = rotl<u64>(hash ^ (<u64>load<u32>(at) * P1), 23) * P2 + P3;
    at += 4;
  }
  for (; at < end; at++) hash = rotl<u64>(hash ^ (<u64>load<u8>(at) * P5), 11) * P1;
  hash = (hash ^ (hash >> 33)) * P2;
  hash = (hash ^ (hash >> 29)) * P3;
  return hash ^ (hash >> 32);
}

const MULTIPLIER: u32 = 0x5bd1e995;

/** MurmurHash2 with the seed of Kafka's partitioner. */
export function murmur2(at: usize, n: usize): i32 {
  let hash = 0x9747b28c ^ <u32>n;
  const end = at + n;
  for (; end - at >= 4; at += 4) {
    const k = load<u32>(at) * MULTIPLIER;
    hash = (hash * MULTIPLIER) ^ ((k ^ (k >>> 24)) * MULTIPLIER);
  }
  const rest = end - at;
  if (rest > 2) hash ^= <u32>load<u8>(at, 2) << 16;
  if (rest > 1) hash ^= <u32>load<u8>(at, 1) << 8;
  if (rest > 0) hash = (hash ^ load<u8>(at)) * MULTIPLIER;
  hash = (hash ^ (hash >>> 13)) * MULTIPLIER;
  return <i32>(hash ^ (hash >>> 15));
}
