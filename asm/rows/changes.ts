// What a store has to tell a checkpoint: rows that have changed since the last cut, and which ones are gone. Rows are named by their key
// group and arrival. Rows may come, change and go between the steps of a drain: what is behind the place that it has come to has its flag for the
// next one.
import { ARRIVAL_END, ROW_ALIVE, ROW_CHANGED, ROW_PLACE, ROW_SEQ } from "./row";
import {
  pageChanged, pageClean, pageEnd, pageFirstRow, pageNext, pageStep, pageTouch, placeFirstBig, placeNextBig,
} from "./slab";
import { Store } from "./store";
import { forgetGone, rowGroup, rowStored } from "./touch";

/** What one step looks at. */
const STEP_LOOKS: u32 = 1 << 15;
/** A step ends without rows, and there is more. */
const MORE: i32 = -1;

@inline function storeAt(s: usize): Store {
  return changetype<Store>(s);
}

/**
 * A drain begins, at a cut or in front of one. True: it hands out all rows, and nothing that is gone. One of all rows that was left goes on where it
 * is, and hands out what has changed meanwhile behind it. `ahead`: it is in front of a cut.
 */
export function rows_cut(store: usize, whole: bool, ahead: bool): bool {
  const s = storeAt(store), all = whole || s.lost;
  s.admitting = ahead && (all || s.admitting);
  s.scanGone = 0;
  s.scanAgain = s.scanAll && !all;
  if (all) forgetGone(s);
  if (!s.scanAgain) scanBegin(s, all);
  return all;
}

function scanBegin(s: Store, all: bool): void {
  // The rest of the page at hand was not looked at
  if (s.scanPage && s.scanRow) pageTouch(s.scanPage);
  s.scanAll = all;
  s.scanPage = s.pages;
  s.scanRow = 0;
  s.scanBig = <u32>placeFirstBig(s);
}

/** Names of rows that are gone: key groups and arrivals, i64 each; how many, 0 = there are no more. */
export function rows_gone(store: usize, groups: usize, arrivals: usize, most: u32): u32 {
  const s = storeAt(store), count = min<u32>(most, s.goneCount - s.scanGone);
  for (let i: u32 = 0; i < count; i++) {
    const name = load<u64>(<usize>s.gone + (<usize>(s.scanGone + i) << 3));
    store_i64(groups, i, <i64>(name >> 57));
    store_i64(arrivals, i, <i64>(name & (ARRIVAL_END - 1)));
  }
  s.scanGone += count;
  if (!count) forgetGone(s);
  return count;
}

@inline function store_i64(to: usize, i: u32, value: i64): void {
  store<i64>(to + (<usize>i << 3), value);
}

@inline function isWanted(s: Store, row: usize): bool {
  const flags = <u32>load<u16>(row, ROW_PLACE);
  return (flags & ROW_ALIVE) != 0 && (s.scanAll || (flags & ROW_CHANGED) != 0);
}

/**
 * The next rows that have changed, u32 each at `list`; how many, 0 = there are no more, MORE = this step has looked at enough. They belong to the
 * checkpoint from now on.
 */
export function rows_changed(store: usize, list: usize, most: u32): i32 {
  const s = storeAt(store), found = scan(s, list, most);
  if (found || s.scanPage || s.scanBig || !s.scanAll) return found || !(s.scanPage || s.scanBig) ? <i32>found : MORE;
  const again = s.scanAgain;
  s.scanAll = s.scanAgain = false;
  if (!again) return 0;
  scanBegin(s, false);
  return MORE;
}

function scan(s: Store, list: usize, most: u32): u32 {
  let found: u32 = 0, looks = STEP_LOOKS;
  while (s.scanPage && found < most && looks) {
    const page: usize = s.scanPage, end = pageEnd(page), step = pageStep(page);
    looks--;
    if (s.scanRow || s.scanAll || pageChanged(page)) {
      let row: usize = s.scanRow ? <usize>s.scanRow : pageFirstRow(page);
      // What changes from now on is flagged anew
      if (!s.scanRow) pageClean(page);
      for (; row < end && found < most && looks; row += step, looks--) if (isWanted(s, row)) found = take(list, found, row);
      s.scanRow = <u32>row;
      if (row < end) return found;
    }
    s.scanPage = <u32>pageNext(page);
    s.scanRow = 0;
  }
  while (s.scanBig && found < most && looks) {
    const row: usize = s.scanBig;
    looks--;
    if (isWanted(s, row)) found = take(list, found, row);
    s.scanBig = <u32>placeNextBig(row);
  }
  return found;
}

function take(list: usize, found: u32, row: usize): u32 {
  store<u32>(list + (<usize>found << 2), <u32>row);
  rowStored(row);
  return found + 1;
}

/** Key groups and arrivals of listed rows, i64 each. */
export function rows_names(store: usize, list: usize, count: u32, groups: usize, arrivals: usize): void {
  const s = storeAt(store);
  for (let i: u32 = 0; i < count; i++) {
    const row: usize = load<u32>(list + (<usize>i << 2));
    store_i64(groups, i, rowGroup(s, row));
    store_i64(arrivals, i, load<i64>(row, ROW_SEQ));
  }
}

/**
 * A word of the operator in listed rows: a u32 at this offset, or (`wide`) an i64; i64 each. `through` > 0: the u32 is an address, and what is
 * meant is the i64 so many bytes, less one, behind it.
 */
export function rows_words(list: usize, count: u32, offset: u32, wide: bool, through: u32, out: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = <usize>load<u32>(list + (<usize>i << 2)) + offset;
    if (through) store_i64(out, i, load<i64>(<usize>load<u32>(at) + through - 1));
    else store_i64(out, i, wide ? load<i64>(at) : <i64>load<u32>(at));
  }
}
