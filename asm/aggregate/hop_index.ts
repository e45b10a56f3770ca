// Entries of a key group by key: buckets with a list each, so that keys may go at any time. There are four times
// as many buckets as entries or more: a second look at a list is a branch that nothing foretells.
import { bytesEqual } from "../state/bytes";
import { ROW_FLAGS, ROW_KEYS, rowCopy, rowHash } from "../state/row";
import { spaceGive } from "../state/space";
import { Hop, HopGroup, hopTake } from "./hop";
import { directFind, directSet } from "./hop_direct";
import { poolGive, poolReserve, poolTake } from "./hop_pool";
import { nullMask } from "./keys";
import { Aggregation, isBytes, keyCell, keyType } from "./spec";

const BUCKETS_MIN: u32 = 8;

@inline function chainOf(hop: Hop, entry: usize): usize {
  return load<u32>(entry + hop.entryAt, 8);
}

@inline function setChain(hop: Hop, entry: usize, next: usize): void {
  store<u32>(entry + hop.entryAt, <u32>next, 8);
}

@inline function hashOf(hop: Hop, entry: usize): u32 {
  return load<u32>(entry + hop.entryAt, 12);
}

@inline function bucketOf(g: HopGroup, hash: u32): usize {
  return <usize>g.buckets + (<usize>(hash & g.mask) << 2);
}

/** Whether two rows have one key. */
export function sameKey(a: Aggregation, one: usize, other: usize): bool {
  if ((load<u32>(one, ROW_FLAGS) ^ load<u32>(other, ROW_FLAGS)) & nullMask(a)) return false;
  for (let i: u32 = 0; i < a.keys; i++) {
    const x = load<u64>(one + ROW_KEYS + (<usize>i << 3)), y = load<u64>(other + ROW_KEYS + (<usize>i << 3));
    if (!isBytes(keyType(a, i))) {
      if (x != y) return false;
    } else {
      const length = <u32>(x >> 32);
      if (length != <u32>(y >> 32) || !bytesEqual(<usize><u32>x, <usize><u32>y, length)) return false;
    }
  }
  return true;
}

/** The same for a key of one cell, which tells its hash. */
@inline function findCell(hop: Hop, g: HopGroup, row: usize, hash: u32): usize {
  const cell = load<u64>(row, ROW_KEYS), nulls = load<u32>(row, ROW_FLAGS);
  let entry: usize = load<u32>(bucketOf(g, hash));
  while (entry) {
    if (load<u64>(entry, ROW_KEYS) == cell && ((load<u32>(entry, ROW_FLAGS) ^ nulls) & 1) == 0) return entry;
    entry = chainOf(hop, entry);
  }
  return 0;
}

/** The entry of the row's key by its hash, or 0. */
@inline export function entryFind(a: Aggregation, hop: Hop, g: HopGroup, row: usize, hash: u32): usize {
  if (!g.buckets) return 0;
  return a.hashAt ? findAny(a, hop, g, row, hash) : findCell(hop, g, row, hash);
}

/** The entry of the row's key, or 0. */
@inline export function entryOfKey(a: Aggregation, hop: Hop, g: HopGroup, row: usize): usize {
  const known = directFind(hop, row);
  return known ? known : entryByHash(a, hop, g, row);
}

function entryByHash(a: Aggregation, hop: Hop, g: HopGroup, row: usize): usize {
  const entry = entryFind(a, hop, g, row, rowHash(a, row));
  if (entry) directSet(hop, row, entry);
  return entry;
}

function findAny(a: Aggregation, hop: Hop, g: HopGroup, row: usize, hash: u32): usize {
  for (let entry: usize = load<u32>(bucketOf(g, hash)); entry; entry = chainOf(hop, entry)) {
    if (hashOf(hop, entry) == hash && sameKey(a, entry, row)) return entry;
  }
  return 0;
}

function grow(a: Aggregation, hop: Hop, g: HopGroup): bool {
  const buckets = g.buckets ? (g.mask + 1) << 1 : BUCKETS_MIN, room = hopTake(a, buckets << 2);
  if (!room) return false;
  memory.fill(room, 0, <usize>buckets << 2);
  const old: usize = g.buckets, oldBuckets = old ? g.mask + 1 : 0;
  g.buckets = <u32>room;
  g.mask = buckets - 1;
  for (let i: u32 = 0; i < oldBuckets; i++) {
    for (let entry: usize = load<u32>(old + (<usize>i << 2)); entry;) {
      const next = chainOf(hop, entry);
      insert(hop, g, entry);
      entry = next;
    }
  }
  if (old) spaceGive(a, old, oldBuckets << 2);
  return true;
}

function insert(hop: Hop, g: HopGroup, entry: usize): void {
  const bucket = bucketOf(g, hashOf(hop, entry));
  setChain(hop, entry, load<u32>(bucket));
  store<u32>(bucket, <u32>entry);
}

/** The key of a row, as an entry keeps it: bytes stay where they are. */
export function entrySetKey(a: Aggregation, entry: usize, row: usize): void {
  const nulls = nullMask(a);
  store<u32>(entry, (load<u32>(entry, ROW_FLAGS) & ~nulls) | (load<u32>(row, ROW_FLAGS) & nulls), ROW_FLAGS);
  for (let i: u32 = 0; i < a.keys; i++) {
    const at = ROW_KEYS + (<usize>i << 3);
    store<u64>(entry + at, load<u64>(row + at));
  }
  if (a.hashAt) store<u64>(entry + a.hashAt, load<u64>(row + a.hashAt));
}

/** Makes all calls of an entry as they are before their first value. */
export function entryClear(a: Aggregation, entry: usize): void {
  const from = keyCell(a.keys ? a.keys : 1), flags = load<u32>(entry, ROW_FLAGS) & nullMask(a);
  const hash = a.hashAt ? load<u64>(entry + a.hashAt) : 0;
  store<u32>(entry, flags, ROW_FLAGS);
  for (let at = from; at < a.links; at += 8) store<u64>(entry + at, load<u64>(<usize>a.template + at));
  if (a.hashAt) store<u64>(entry + a.hashAt, hash);
}

/** An entry without a value for the key of the row; 0 when the memory's maximum is reached. */
export function entryMake(a: Aggregation, hop: Hop, g: HopGroup, row: usize, hash: u32): usize {
  if (!poolReserve(a, hop.entries, 1)) return 0;
  if ((!g.buckets || (g.count << 2) > g.mask) && !grow(a, hop, g)) return 0;
  const entry = poolTake(hop.entries);
  memory.fill(entry + hop.entryAt, 0, hop.entries.itemBytes - hop.entryAt);
  store<u32>(entry + hop.entryAt, hash, 12);
  store<i64>(entry + hop.entryAt, i64.MIN_VALUE, 16);
  rowCopy(entry, a.template, a.madeBytes);
  entrySetKey(a, entry, row);
  insert(hop, g, entry);
  directSet(hop, entry, entry);
  return entry;
}

/** Frees an entry. */
export function entryDrop(hop: Hop, g: HopGroup, entry: usize): void {
  let link = bucketOf(g, hashOf(hop, entry));
  while (<usize>load<u32>(link) != entry) link = <usize>load<u32>(link) + hop.entryAt + 8;
  store<u32>(link, <u32>chainOf(hop, entry));
  directSet(hop, entry, 0);
  poolGive(hop.entries, entry);
}
