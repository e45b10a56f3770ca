// Bitmaps, least significant bit first, that are counted and gathered for frames.

/** The bit of `row`, 0 or 1. */
@inline export function bit_at(bits: usize, row: u32): u32 {
  return (<u32>load<u8>(bits + (row >> 3)) >> (row & 7)) & 1;
}

/** The bits of eight rows whose numbers are at `rows`. */
@inline function eight_bits(bits: usize, rows: usize): u32 {
  return bit_at(bits, load<u32>(rows)) | (bit_at(bits, load<u32>(rows, 4)) << 1) |
    (bit_at(bits, load<u32>(rows, 8)) << 2) | (bit_at(bits, load<u32>(rows, 12)) << 3) |
    (bit_at(bits, load<u32>(rows, 16)) << 4) | (bit_at(bits, load<u32>(rows, 20)) << 5) |
    (bit_at(bits, load<u32>(rows, 24)) << 6) | (bit_at(bits, load<u32>(rows, 28)) << 7);
}

/** How many of the first `count` bits are 1. */
function countAll(bits: usize, count: u32): u32 {
  let ones: u64 = 0;
  const words = bits + ((count >> 6) << 3);
  for (; bits < words; bits += 8) ones += popcnt<u64>(load<u64>(bits));
  const rest = <u64>(count & 63);
  if (rest) ones += popcnt<u64>(load<u64>(bits) & ((<u64>1 << rest) - 1));
  return <u32>ones;
}

/** How many of the `selected` rows have a 1; all of the first `selected` rows when there is no selection. */
export function bits_count(bits: usize, selection: usize, selected: u32): u32 {
  if (!selection) return countAll(bits, selected);
  let ones: u32 = 0;
  const end = selection + (<usize>selected << 2), eights = selection + (<usize>(selected & ~7) << 2);
  for (; selection < eights; selection += 32) ones += popcnt<u32>(eight_bits(bits, selection));
  for (; selection < end; selection += 4) ones += bit_at(bits, load<u32>(selection));
  return ones;
}

/** Gathers the bits of the selected rows to `dst`; what fills the last byte is 0. */
export function bits_gather(dst: usize, bits: usize, selection: usize, selected: u32): void {
  const bytes = (selected + 7) >> 3;
  if (selection) {
    const eights = selection + (<usize>(selected & ~7) << 2);
    for (; selection < eights; selection += 32, dst++) store<u8>(dst, eight_bits(bits, selection));
    let byte: u32 = 0;
    for (let i: u32 = 0; i < (selected & 7); i++) byte |= bit_at(bits, load<u32>(selection + (i << 2))) << i;
    if (selected & 7) store<u8>(dst, byte);
  } else {
    memory.copy(dst, bits, bytes);
    if (selected & 7) store<u8>(dst + bytes - 1, load<u8>(dst + bytes - 1) & ((<u32>1 << (selected & 7)) - 1));
  }
}

/** Keeps the first `count` bits of `dst` that are also 1 in `bits`. */
export function bits_and(dst: usize, bits: usize, count: u32): void {
  const end = dst + ((count + 7) >> 3);
  for (; dst < end; dst++, bits++) store<u8>(dst, load<u8>(dst) & load<u8>(bits));
}
