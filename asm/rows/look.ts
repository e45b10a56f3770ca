// What a store has now, for somebody who looks at it: rows stay as they are, and so does what checkpoints go by (changes.ts).
import { keyEqualsBatch } from "./keys";
import { ROW_ALIVE, ROW_PLACE } from "./row";
import { pageEnd, pageFirstRow, pageNext, pageStep, placeFirstBig, placeNextBig } from "./slab";
import { Store } from "./store";

/** Places that a look without a key goes by: places of rows that are gone may be many. */
const PLACES_MAX: u32 = 1 << 16;

// What is looked for: a key, or any row
let rows: Store = changetype<Store>(0);
let wanted: usize = 0;
let own: usize = 0;
let given: usize = 0;
let keyCount: u32 = 0;

@inline function isWanted(row: usize): bool {
  if (!(load<u16>(row, ROW_PLACE) & <u16>ROW_ALIVE)) return false;
  return !wanted || keyEqualsBatch(rows, row, own, wanted, given, keyCount, 0);
}

/**
 * Rows, u32 each at `to`, `most` of them: those whose columns in `list` (u32 each) are the key in the first row of `columns`, as `batchList`
 * names its columns; NULL equals NULL. `columns` 0: the first rows. How many.
 */
export function rows_look(address: usize, columns: usize, list: usize, batchList: usize, keys: u32, to: usize, most: u32): u32 {
  const s = changetype<Store>(address);
  rows = s;
  wanted = columns;
  own = list;
  given = batchList;
  keyCount = keys;
  let found: u32 = 0, left: u32 = columns ? u32.MAX_VALUE : PLACES_MAX;
  for (let page: usize = s.pages; page && found < most; page = pageNext(page)) {
    const step = pageStep(page), end = pageEnd(page);
    for (let row = pageFirstRow(page); row < end && found < most && left; row += step, left--) {
      if (!isWanted(row)) continue;
      store<u32>(to + (<usize>found << 2), <u32>row);
      found++;
    }
  }
  for (let row = placeFirstBig(s); row && found < most && left; row = placeNextBig(row), left--) {
    if (!isWanted(row)) continue;
    store<u32>(to + (<usize>found << 2), <u32>row);
    found++;
  }
  return found;
}

/** Rows whose u32 at an offset is this, as rows_look lists them. */
export function rows_look_word(address: usize, offset: u32, word: u32, to: usize, most: u32): u32 {
  const s = changetype<Store>(address);
  let found: u32 = 0;
  for (let page: usize = s.pages; page && found < most; page = pageNext(page)) {
    const step = pageStep(page), end = pageEnd(page);
    for (let row = pageFirstRow(page); row < end && found < most; row += step) {
      if (!(load<u16>(row, ROW_PLACE) & <u16>ROW_ALIVE) || load<u32>(row + offset) != word) continue;
      store<u32>(to + (<usize>found << 2), <u32>row);
      found++;
    }
  }
  for (let row = placeFirstBig(s); row && found < most; row = placeNextBig(row)) {
    if (load<u32>(row + offset) != word) continue;
    store<u32>(to + (<usize>found << 2), <u32>row);
    found++;
  }
  return found;
}
