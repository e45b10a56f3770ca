import { clearFatal, fatal, is_text_done, read_text } from "./array";
import { use_bitmap } from "./bitmap";
import {
  FLAG_END, FLAG_FATAL, FLAG_UNKNOWN, FORMAT_NDJSON, PARSER_AT, PARSER_BITMAP, PARSER_ERROR_COUNT, PARSER_FLAGS,
  PARSER_FORMAT, PARSER_LEAVES, PARSER_ROWS,
} from "./layout";
import { use_leaves } from "./leaf";
import { bind_templates, enter_templates, leave_templates } from "./learn";
import { read_lines } from "./ndjson";
import { enter, input, leave, limit, row } from "./state";
import { clearOutOfMemory, outOfMemory } from "./unescaped";
import { begin_batch } from "./validity";
import { setUnknown, unknownSeen } from "./value";

/**
 * Reads the next rows, at most `rows` (a multiple of 64), into vectors in the batch arena. What came of it stands in
 * the parser: rows, errors, flags, and the vectors' addresses in the COLUMN_STATEs. Returns 0, or -1 if memory ran
 * out.
 */
export function json_next(handle: usize, rows: usize): i32 {
  enter(handle);
  enter_templates();
  use_bitmap(load<u32>(handle, PARSER_BITMAP), input);
  use_leaves(load<u32>(handle, PARSER_LEAVES));
  store<u32>(handle, 0, PARSER_ERROR_COUNT);
  setUnknown(false);
  clearFatal();
  clearOutOfMemory();
  if (!begin_batch(rows)) return -1;
  bind_templates();
  const lines = load<i32>(handle, PARSER_FORMAT) == FORMAT_NDJSON;
  let at = <usize>load<u32>(handle, PARSER_AT);
  at = lines ? read_lines(at, rows) : read_text(at, rows);
  if (outOfMemory) return -1;
  const end = lines ? at >= limit : is_text_done();
  store<u32>(handle, <u32>at, PARSER_AT);
  store<u32>(handle, <u32>row, PARSER_ROWS);
  const flags = (unknownSeen ? FLAG_UNKNOWN : 0) | (fatal ? FLAG_FATAL : 0) | (end ? FLAG_END : 0);
  store<i32>(handle, flags, PARSER_FLAGS);
  leave_templates();
  leave();
  return 0;
}
