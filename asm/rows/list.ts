// LIST: rows in the order in which they were put in, through two words of theirs (older u32, newer u32, at an offset that
// the operator knows). Rows that are put in with times that never fall leave it in the order of these times.
@unmanaged
export class List {
  oldest: u32;
  newest: u32;
}

export const LIST_BYTES: u32 = 8;
const NEWER: usize = 4;

/** Puts a row that is in no list behind the others. */
export function listAdd(list: List, row: usize, linkAt: u32): void {
  store<u32>(row + linkAt, list.newest);
  store<u32>(row + linkAt, 0, NEWER);
  if (list.newest) store<u32>(<usize>list.newest + linkAt, <u32>row, NEWER);
  else list.oldest = <u32>row;
  list.newest = <u32>row;
}

/** Takes a row out of the list that it is in. Of one that has been away (shelf.ts) the older one is itself: it is in none. */
export function listRemove(list: List, row: usize, linkAt: u32): void {
  const older: usize = load<u32>(row + linkAt), newer: usize = load<u32>(row + linkAt, NEWER);
  if (older == row) return;
  if (older) store<u32>(older + linkAt, <u32>newer, NEWER);
  else list.oldest = <u32>newer;
  if (newer) store<u32>(newer + linkAt, <u32>older);
  else list.newest = <u32>older;
}

/** The row that was put in behind `row`; 0 = it is the newest. */
@inline export function listNewer(row: usize, linkAt: u32): usize {
  return load<u32>(row + linkAt, NEWER);
}
