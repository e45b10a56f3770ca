import { bitmap_bits, special_far_from, special_from } from "./bitmap";
import { store_string } from "./cell";
import { COLUMN_STATE_DATA } from "./layout";
import { clearMisread, match_integer, match_other, misread } from "./leaf_match";
import { literal_matches } from "./literal";
import { row } from "./state";
import { string_end } from "./string";
import {
  ENTRY_ADVANCE, ENTRY_COLUMN, ENTRY_DATA, ENTRY_KIND, ENTRY_MASK, ENTRY_SIZE, LEAF_INTEGER, LEAF_SKIPPED_STRING,
  LEAF_STRING, NOTHING, TEMPLATE_ENTRIES, TEMPLATE_NULL_COUNT, TEMPLATE_NULLS, TEMPLATE_SIZE, TEMPLATE_UNKNOWN,
} from "./template_layout";
import { set_null } from "./validity";
import { setUnknown } from "./value";

/** Gives the entries of a template the addresses of this batch's cells. */
export function bind_template(template: usize): void {
  const count = load<u32>(template, TEMPLATE_ENTRIES);
  if (count == NOTHING) return;
  for (let i: u32 = 0; i < count; i++) {
    const entry = template + TEMPLATE_SIZE + <usize>i * ENTRY_SIZE, column = <usize>load<u32>(entry, ENTRY_COLUMN);
    if (column) store<u32>(entry, load<u32>(column, COLUMN_STATE_DATA), ENTRY_DATA);
  }
}

/**
 * Where the literal at `entry` stands after all: a string leaf from `start` on, of the entry before, may go on behind
 * the backslash at `at`. It is then stored if a column takes it. 0 = no match.
 */
function behindEscapes(at: usize, start: usize, entry: usize): usize {
  const before = entry - ENTRY_SIZE, kind = <i32>load<u8>(before, ENTRY_KIND);
  if (load<u8>(at) != 0x5c || (kind != LEAF_STRING && kind != LEAF_SKIPPED_STRING)) return 0;
  const end = string_end(at);
  if (!end || (kind == LEAF_STRING && store_string(load<u32>(before, ENTRY_COLUMN), start, end, true))) return 0;
  return literal_matches(end, entry, load<u32>(entry, ENTRY_MASK)) ? end : 0;
}

/**
 * Reads the row at `at` if it has the template's shape: its cells are written. What code does for shapes that many rows
 * have (code.ts), this does for all. Returns the address behind it, or 0:
 * then what was written counts for nothing and the row is to be read strictly.
 */
export function match_template(template: usize, at: usize): usize {
  const bits = bitmap_bits(), cells = row << 3;
  let entry = template + TEMPLATE_SIZE, start = at, meta = load<u64>(entry, ENTRY_MASK);
  clearMisread();
  for (let left = load<u32>(template, TEMPLATE_ENTRIES); left; left--) {
    if (!literal_matches(at, entry, <u32>meta)) {
      at = behindEscapes(at, start, entry);
      if (!at) return 0;
    }
    start = at + (<usize>(meta >> 32) & 0xff);
    const kind = <i32>(meta >> 48) & 0xff;
    const marked = <u32>(kind - LEAF_STRING) < 3 ? special_far_from(bits, start) : special_from(bits, start);
    at = marked - (<usize>(meta >> 40) & 0xff);
    if (kind == LEAF_INTEGER) {
      match_integer(<usize>load<u32>(entry, ENTRY_DATA) + cells, start, at);
    } else if (kind == LEAF_STRING) {
      store<u64>(<usize>load<u32>(entry, ENTRY_DATA) + cells, <u64>start | (<u64>(at - start) << 32));
    } else if (kind != LEAF_SKIPPED_STRING) {
      at = match_other(kind, load<u32>(entry, ENTRY_COLUMN), start, at);
      if (!at) return 0;
    }
    entry += ENTRY_SIZE;
    meta = load<u64>(entry, ENTRY_MASK);
  }
  if (!literal_matches(at, entry, <u32>meta)) {
    at = behindEscapes(at, start, entry);
    if (!at) return 0;
  }
  if (misread) return 0;
  return finish(template, at + load<u32>(entry, ENTRY_ADVANCE));
}

/** Notes what the shape of a matched row says beside its cells; returns `behind`. */
@inline function finish(template: usize, behind: usize): usize {
  if (load<u32>(template, TEMPLATE_UNKNOWN)) setUnknown(true);
  const nulls = load<u32>(template, TEMPLATE_NULL_COUNT);
  for (let i: u32 = 0; i < nulls; i++) {
    set_null(load<u32>(<usize>load<u32>(template, TEMPLATE_NULLS) + (<usize>i << 2)));
  }
  return behind;
}
