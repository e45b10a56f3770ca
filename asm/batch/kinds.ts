// Row kinds from their texts.
import { bit_at } from "../frame/bits";
import { COLUMN_DATA, COLUMN_VALIDITY, REF_SIZE } from "../layout";

/** The kind that a text of two bytes names, or 255. */
@inline function kindOf(text: u32): u32 {
  // +I, -U, +U, -D; the first byte is the low one
  if (text == 0x492b) return 0;
  if (text == 0x552d) return 1;
  if (text == 0x552b) return 2;
  return text == 0x442d ? 3 : 255;
}

/**
 * Writes the kinds that a string column names to `kinds`, a byte a row, and to `kept` the numbers of the rows that name
 * one. Returns how many these are.
 */
export function batch_kind_texts(column: usize, rows: u32, kinds: usize, kept: usize): u32 {
  const refs = <usize>load<u32>(column, COLUMN_DATA), validity = <usize>load<u32>(column, COLUMN_VALIDITY);
  let count: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) {
    const ref = refs + <usize>row * REF_SIZE;
    const named = (!validity || bit_at(validity, row) != 0) && load<u32>(ref, 4) == 2;
    const kind = named ? kindOf(load<u16>(<usize>load<u32>(ref))) : 255;
    store<u8>(kinds + row, kind == 255 ? 0 : kind);
    store<u32>(kept + (<usize>count << 2), row);
    count += u32(kind != 255);
  }
  return count;
}
