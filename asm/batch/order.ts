// The selected rows of several batches with the same row numbers, in the order of these: row by row, and of one row in
// the order of the batches. Where a source's rows take several ways and meet again, it is as if they had come one by one.

/** SET, 12 bytes: 0 selection u32 (0: the first `selected` rows), 4 selected u32, 8 position u32 (scratch) */
const SET_SIZE: usize = 12;
const SELECTED: usize = 4;
const POSITION: usize = 8;

/** The row at the position of a set; beyond all rows when there is none any more. */
@inline function head(set: usize): u32 {
  const position = load<u32>(set, POSITION), selection = <usize>load<u32>(set);
  if (position >= load<u32>(set, SELECTED)) return u32.MAX_VALUE;
  return selection ? load<u32>(selection + (<usize>position << 2)) : position;
}

/** Writes for each row of the result its set (u8) and its row (u32). Returns how many there are. */
export function batch_order(sets: usize, count: u32, which: usize, rows: usize): u32 {
  for (let s: u32 = 0; s < count; s++) store<u32>(sets + s * SET_SIZE, 0, POSITION);
  let total: u32 = 0;
  for (; ; total++) {
    let best: u32 = 0, row = u32.MAX_VALUE;
    for (let s: u32 = 0; s < count; s++) {
      const at = head(sets + s * SET_SIZE);
      if (at >= row) continue;
      best = s;
      row = at;
    }
    if (row == u32.MAX_VALUE) break;
    const position = sets + best * SET_SIZE + POSITION;
    store<u32>(position, load<u32>(position) + 1);
    store<u8>(which + total, best);
    store<u32>(rows + (<usize>total << 2), row);
  }
  return total;
}
