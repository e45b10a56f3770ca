// The selected rows of several batches in the order of the rows that they come from, and of one such row in the order
// of the batches. Where the rows of one batch took several ways and meet again, it is as if they had come one by one.

/**
 * SET, 20 bytes: 0 selection u32 (0: the first `selected` rows), 4 selected u32, 8 origins u32 (address of u32 a row;
 * 0: a row's own number is its origin), 12 stride u32 (bytes from origin to origin), 16 position u32 (scratch).
 * The origins of the selected rows never descend.
 */
const SET_SIZE: usize = 20;
const SELECTED: usize = 4;
const ORIGINS: usize = 8;
const STRIDE: usize = 12;
const POSITION: usize = 16;

/** The row at the position of a set. */
@inline function rowOf(set: usize): u32 {
  const position = load<u32>(set, POSITION), selection = <usize>load<u32>(set);
  return selection ? load<u32>(selection + (<usize>position << 2)) : position;
}

/** Where the row at the position of a set comes from; beyond all rows when there is none any more. */
@inline function head(set: usize): u32 {
  if (load<u32>(set, POSITION) >= load<u32>(set, SELECTED)) return u32.MAX_VALUE;
  const row = rowOf(set), origins = <usize>load<u32>(set, ORIGINS);
  return origins ? load<u32>(origins + <usize>row * load<u32>(set, STRIDE)) : row;
}

/** Writes for each row of the result its set (u8), its row and its origin (u32). Returns how many there are. */
export function batch_order(sets: usize, count: u32, which: usize, rows: usize, origins: usize): u32 {
  for (let s: u32 = 0; s < count; s++) store<u32>(sets + s * SET_SIZE, 0, POSITION);
  let total: u32 = 0;
  for (; ; total++) {
    let best: u32 = 0, origin = u32.MAX_VALUE;
    for (let s: u32 = 0; s < count; s++) {
      const at = head(sets + s * SET_SIZE);
      if (at >= origin) continue;
      best = s;
      origin = at;
    }
    if (origin == u32.MAX_VALUE) break;
    const set = sets + best * SET_SIZE;
    store<u8>(which + total, best);
    store<u32>(rows + (<usize>total << 2), rowOf(set));
    store<u32>(origins + (<usize>total << 2), origin);
    store<u32>(set, load<u32>(set, POSITION) + 1, POSITION);
  }
  return total;
}

/** Writes the numbers 0 to `count` − 1 to `out`, i64 each. */
export function batch_numbers(count: u32, out: usize): void {
  for (let i: u32 = 0; i < count; i++) store<i64>(out + (<usize>i << 3), i);
}
