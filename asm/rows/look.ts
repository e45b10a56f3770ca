// What a store has now, for somebody who looks at it: rows stay as they are, and so does what checkpoints go by (changes.ts).
import { ROW_ALIVE, ROW_PLACE } from "./row";
import { pageEnd, pageFirstRow, pageNext, pageStep, placeFirstBig, placeNextBig } from "./slab";
import { Store } from "./store";

/** Places that are looked at: those of rows that are gone may be many. */
const PLACES_MAX: u32 = 1 << 16;

/** The first rows, u32 each at `to`, `most` of them: how many. */
export function rows_look(address: usize, to: usize, most: u32): u32 {
  const s = changetype<Store>(address);
  let found: u32 = 0, left: u32 = PLACES_MAX;
  for (let page: usize = s.pages; page && found < most; page = pageNext(page)) {
    const step = pageStep(page), end = pageEnd(page);
    for (let row = pageFirstRow(page); row < end && found < most && left; row += step, left--) {
      if (!(load<u16>(row, ROW_PLACE) & <u16>ROW_ALIVE)) continue;
      store<u32>(to + (<usize>found << 2), <u32>row);
      found++;
    }
  }
  for (let row = placeFirstBig(s); row && found < most && left; row = placeNextBig(row), left--) {
    store<u32>(to + (<usize>found << 2), <u32>row);
    found++;
  }
  return found;
}
