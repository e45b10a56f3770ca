// Memory that has never been used comes page by page, at the price of a call of the system for each: slabs and indices that are to be take no more of
// it in one push than that has time for. A page takes 2 µs, but 15 to 30 where a virtual machine has to get it from its host first; rows take pages as well.
const PUSH_BYTES: u32 = 3 << 18;

let left: u32 = 0;

/** A push begins. */
export function freshBegin(): void {
  left = PUSH_BYTES;
}

/** How many bytes of new memory may be cleared now, `most` of them. */
export function freshTake(most: u32): u32 {
  const bytes = min<u32>(most, left);
  left -= bytes;
  return bytes;
}
