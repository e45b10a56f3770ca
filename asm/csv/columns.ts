// The columns of one batch: taken from the arena when it begins, put right when a row is rejected.
import { BOOL } from "../layout";
import { arena_alloc } from "../memory";
import { FIELD_DATA, FIELD_NULLS, FIELD_SIZE, FIELD_TYPE, FIELD_VALIDITY } from "./layout";

/** Takes cells and bitmaps for `rows` rows, all there and all false. False when the memory is full. */
export function columns_begin(fields: usize, count: u32, rows: u32): bool {
  const padded = (<usize>rows + 63) & ~63, bits = padded >> 3;
  for (let i: u32 = 0; i < count; i++, fields += FIELD_SIZE) {
    const type = load<i32>(fields, FIELD_TYPE);
    if (!type) continue;
    const data = arena_alloc(type == BOOL ? bits : padded << 3), validity = arena_alloc(bits);
    if (!data || !validity) return false;
    memory.fill(validity, 0xff, bits);
    if (type == BOOL) memory.fill(data, 0, bits);
    store<u32>(fields, <u32>data, FIELD_DATA);
    store<u32>(fields, <u32>validity, FIELD_VALIDITY);
    store<u32>(fields, 0, FIELD_NULLS);
  }
  return true;
}

/** Takes back the bits that a rejected row has written: the next row takes its place. */
export function columns_undo(fields: usize, count: u32, row: u32): void {
  const bit: u8 = 1 << <u8>(row & 7), byte = <usize>(row >> 3);
  for (let i: u32 = 0; i < count; i++, fields += FIELD_SIZE) {
    const type = load<i32>(fields, FIELD_TYPE);
    if (!type) continue;
    const validity = <usize>load<u32>(fields, FIELD_VALIDITY) + byte;
    if (!(load<u8>(validity) & bit)) store<u32>(fields, load<u32>(fields, FIELD_NULLS) - 1, FIELD_NULLS);
    store<u8>(validity, load<u8>(validity) | bit);
    if (type == BOOL) {
      const data = <usize>load<u32>(fields, FIELD_DATA) + byte;
      store<u8>(data, load<u8>(data) & ~bit);
    }
  }
}
