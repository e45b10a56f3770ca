import { ALL, rowBits, wordsOf } from "./register";

/**
 * Writes the ascending numbers of the rows for which bitmap `bits` has a 1 that is valid (`validity` 0: all are),
 * within the `selected` rows of `selection` (0: all rows), to `out`, which has room for `selected` + 64 i32. Returns
 * how many there are.
 */
export function expr_filter(rows: u32, bits: usize, validity: usize, selection: usize, selected: u32, out: usize): u32 {
  const start = out;
  if (selection) {
    for (const end = selection + (<usize>selected << 2); selection < end; selection += 4) {
      const row = load<u32>(selection), byte = <usize>(row >>> 3);
      let word = <u32>load<u8>(bits + byte);
      if (validity) word &= <u32>load<u8>(validity + byte);
      store<u32>(out, row);
      out += <usize>(((word >>> (row & 7)) & 1) << 2);
    }
    return <u32>(out - start) >>> 2;
  }
  const words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++) {
    let word = load<u64>(bits + (<usize>w << 3)) & rowBits(rows, w);
    if (validity) word &= load<u64>(validity + (<usize>w << 3));
    const first = w << 6;
    if (word == ALL) {
      for (let row: u32 = 0; row < 64; row++, out += 4) store<u32>(out, first + row);
    } else {
      for (; word; word &= word - 1, out += 4) store<u32>(out, first + <u32>ctz(word));
    }
  }
  return <u32>(out - start) >>> 2;
}
