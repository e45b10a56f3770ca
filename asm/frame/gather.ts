// Cells and strings of the selected rows, one behind the other. NULL cells become zeros, so that equal rows give
// equal bytes.
import { BOOL, COLUMN_DATA, COLUMN_TYPE, COLUMN_VALIDITY, REF_SIZE } from "../layout";
import { isVariable } from "../types";
import { bit_at, bits_and, bits_gather } from "./bits";

/** Strings up to this length are copied 16 bytes at a time, longer ones by memory.copy. */
const SHORT_BYTES: u32 = 256;

@inline function rowOf(selection: usize, i: u32): u32 {
  return selection ? load<u32>(selection + (i << 2)) : i;
}

/** Gathers 8-byte cells. */
function cells_gather(dst: usize, src: usize, selection: usize, selected: u32): void {
  if (!selection) {
    memory.copy(dst, src, <usize>selected << 3);
    return;
  }
  const end = selection + (<usize>selected << 2);
  const fours = selection + (<usize>(selected & ~3) << 2);
  for (; selection < fours; selection += 16, dst += 32) {
    store<u64>(dst, load<u64>(src + (<usize>load<u32>(selection) << 3)));
    store<u64>(dst, load<u64>(src + (<usize>load<u32>(selection, 4) << 3)), 8);
    store<u64>(dst, load<u64>(src + (<usize>load<u32>(selection, 8) << 3)), 16);
    store<u64>(dst, load<u64>(src + (<usize>load<u32>(selection, 12) << 3)), 24);
  }
  for (; selection < end; selection += 4, dst += 8) {
    store<u64>(dst, load<u64>(src + (<usize>load<u32>(selection) << 3)));
  }
}

/** Writes 0 into each of `count` cells whose bit in `validity` is 0. */
function cells_clear(cells: usize, validity: usize, count: u32): void {
  for (let from: u32 = 0; from < count; from += 64) {
    const rest = count - from;
    let missing = ~load<u64>(validity + (from >> 3));
    if (rest < 64) missing &= (<u64>1 << <u64>rest) - 1;
    for (; missing; missing &= missing - 1) store<u64>(cells + ((from + <u32>ctz<u64>(missing)) << 3), 0);
  }
}

/** Gathers row kinds, one byte each. */
export function kinds_gather(dst: usize, kinds: usize, selection: usize, selected: u32): void {
  if (!selection) {
    memory.copy(dst, kinds, selected);
    return;
  }
  for (let i: u32 = 0; i < selected; i++) store<u8>(dst + i, load<u8>(kinds + load<u32>(selection + (i << 2))));
}

/** True when a selected row is anything but an insert. */
export function kinds_matter(kinds: usize, selection: usize, selected: u32): bool {
  let any: u32 = 0;
  for (let i: u32 = 0; i < selected; i++) any |= load<u8>(kinds + rowOf(selection, i));
  return any != 0;
}

/** Bytes of all selected strings that are there; `validity` 0 when all are. */
export function chars_size(refs: usize, validity: usize, selection: usize, selected: u32): u64 {
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < selected; i++) {
    const row = rowOf(selection, i);
    const length = load<u32>(refs + row * REF_SIZE, 4);
    bytes += validity ? length & -bit_at(validity, row) : length;
  }
  return bytes;
}

/** Copies `length` bytes; may write and read up to 15 bytes more. */
@inline function copyString(dst: usize, src: usize, length: u32): void {
  if (length > SHORT_BYTES) {
    memory.copy(dst, src, length);
    return;
  }
  for (let i: u32 = 0; i < length; i += 16) {
    if (ASC_FEATURE_SIMD) {
      v128.store(dst + i, v128.load(src + i));
    } else {
      const low = load<u64>(src + i), high = load<u64>(src + i, 8);
      store<u64>(dst + i, low);
      store<u64>(dst + i, high, 8);
    }
  }
}

/**
 * Gathers strings: `selected + 1` offsets at `offsets`, the bytes at `chars`. Up to 15 bytes behind the last one are
 * overwritten.
 */
function strings_gather(
  offsets: usize, chars: usize, refs: usize, validity: usize, selection: usize, selected: u32,
): void {
  let at: u32 = 0;
  store<u32>(offsets, 0);
  for (let i: u32 = 0; i < selected; i++) {
    const row = rowOf(selection, i);
    const ref = refs + row * REF_SIZE;
    let length = load<u32>(ref, 4);
    if (validity) length &= -bit_at(validity, row);
    copyString(chars + at, load<u32>(ref), length);
    at += length;
    store<u32>(offsets + (i << 2), at, 4);
  }
}

/**
 * Gathers the selected rows of a COLUMN: cells, bits or offsets to `data`, the bytes of strings to `chars`, and which are there to `validity`, or 0: all are.
 * Overwrites what strings_gather does.
 */
export function column_gather(
  column: usize, data: usize, chars: usize, validity: usize, selection: usize, selected: u32,
): void {
  const type = load<u32>(column, COLUMN_TYPE), src = <usize>load<u32>(column, COLUMN_DATA);
  const bits = validity ? <usize>load<u32>(column, COLUMN_VALIDITY) : 0;
  if (validity) bits_gather(validity, bits, selection, selected);
  if (isVariable(type)) {
    strings_gather(data, chars, src, bits, selection, selected);
  } else if (type == BOOL) {
    bits_gather(data, src, selection, selected);
    if (validity) bits_and(data, validity, selected);
  } else {
    cells_gather(data, src, selection, selected);
    if (validity) cells_clear(data, validity, selected);
  }
}
