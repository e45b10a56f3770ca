// What rows have as columns of words, some rows at a time, so that each is read from memory once, however many columns there are.
import { ROW_GROUP, ROW_NULLS } from "./spec";

/** Rows that are read together: they stay in the L1 cache. */
const TILE_ROWS: u32 = 64;

/**
 * Words of listed rows, i64 each: that at `places` (u32 each, offsets in a row) to the addresses at `outs` (u32 each), `count` of both; and the key groups to
 * `groups`. Returns the bits of keys that are NULL in any of the rows.
 */
export function group_words(list: usize, rows: u32, places: usize, outs: usize, count: u32, groups: usize): u32 {
  const all = <usize>count << 2;
  let nulls: u32 = 0;
  for (let from: u32 = 0; from < rows; from += TILE_ROWS) {
    const at = list + (<usize>from << 2), end = at + (<usize>min<u32>(TILE_ROWS, rows - from) << 2), behind = <usize>from << 3;
    let to = groups + behind;
    for (let i = at; i < end; i += 4, to += 8) {
      const row: usize = load<u32>(i);
      nulls |= load<u32>(row, ROW_NULLS);
      store<u64>(to, load<u8>(row, ROW_GROUP));
    }
    for (let c: usize = 0; c < all; c += 4) {
      const place: usize = load<u32>(places + c);
      to = <usize>load<u32>(outs + c) + behind;
      for (let i = at; i < end; i += 4, to += 8) store<u64>(to, load<u64>(<usize>load<u32>(i) + place));
    }
  }
  return nulls;
}
