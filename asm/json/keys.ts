import { EDGE_KEY, EDGE_KEY_LENGTH, EDGE_NODE, EDGE_SIZE } from "./layout";
import { edges, slotMask, slots } from "./state";

// Keys are found in one open-addressing table by (node, length, first and last eight bytes), then compared whole.
// Only wanted keys are in the table, so what the input holds cannot make its chains longer.

/** Slots of the table for `count` edges: a power of two, at most a quarter taken. */
export function slot_count(count: u32): u32 {
  let size: u32 = 8;
  while (size < count << 2) size <<= 1;
  return size;
}

@inline function hashKey(node: i32, key: usize, length: usize): u32 {
  let a: u64, b: u64;
  if (length >= 8) {
    a = load<u64>(key);
    b = load<u64>(key + length - 8);
  } else {
    a = load<u64>(key) & ((<u64>1 << <u64>(length << 3)) - 1);
    b = 0;
  }
  const mixed = a ^ rotl<u64>(b, 23) ^ (<u64>length << 56) ^ (<u64>node << 40);
  return <u32>((mixed * 0x9e3779b97f4a7c15) >> 32);
}

/** Compares eight bytes at a time; both sides are readable behind their end. */
@inline function sameBytes(a: usize, b: usize, length: usize): bool {
  while (length >= 8) {
    if (load<u64>(a) != load<u64>(b)) return false;
    a += 8;
    b += 8;
    length -= 8;
  }
  return ((load<u64>(a) ^ load<u64>(b)) & ((<u64>1 << <u64>(length << 3)) - 1)) == 0;
}

/** Enters the edges 0 to `count` - 1 into the table, which is all 0. */
export function enter_edges(count: i32): void {
  for (let i = 0; i < count; i++) {
    const edge = edges + <usize>i * EDGE_SIZE;
    const key = load<u32>(edge, EDGE_KEY), length = load<u32>(edge, EDGE_KEY_LENGTH);
    let slot = hashKey(load<i32>(edge, EDGE_NODE), key, length) & slotMask;
    while (load<u32>(slots + (<usize>slot << 2))) slot = (slot + 1) & slotMask;
    store<u32>(slots + (<usize>slot << 2), <u32>i + 1, 0);
  }
}

/** The EDGE of the key at `key` in an object that is read with `node`, or 0. */
export function find_edge(node: i32, key: usize, length: usize): usize {
  let slot = hashKey(node, key, length) & slotMask;
  while (true) {
    const entry = load<u32>(slots + (<usize>slot << 2));
    if (!entry) return 0;
    const edge = edges + <usize>(entry - 1) * EDGE_SIZE;
    if (
      <usize>load<u32>(edge, EDGE_KEY_LENGTH) == length && load<i32>(edge, EDGE_NODE) == node &&
      sameBytes(key, load<u32>(edge, EDGE_KEY), length)
    ) return edge;
    slot = (slot + 1) & slotMask;
  }
}
