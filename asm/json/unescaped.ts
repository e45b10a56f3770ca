import { block_alloc, block_free } from "../memory";
import {
  PARSER_COPIES, PARSER_INPUT, PARSER_LIMIT, PARSER_UNESCAPED, PARSER_UNESCAPED_AT, PARSER_UNESCAPED_BYTES,
} from "./layout";
import { parser } from "./state";

// The buffer that holds what strings with escapes (and base64) stand for, and nested values without their blanks, until the next
// begin(). Nothing becomes longer by that, and each byte of the input goes into at most one place, or one for each of the columns that
// lie in each other, so the input's length bounds it.

const SLACK: usize = 64;
/** A buffer up to this size is kept for the next input, whatever that needs. */
const KEPT_BYTES_MAX: usize = 4 << 20;

/** Set when memory ran out; json_next gives up then. */
export let outOfMemory: bool = false;

export function clearOutOfMemory(): void {
  outOfMemory = false;
}

export function setOutOfMemory(): void {
  outOfMemory = true;
}

/** Where the next text goes; there is room for whatever the rest of the input holds. 0 = no memory. */
export function unescaped_at(): usize {
  const at = load<u32>(parser, PARSER_UNESCAPED_AT);
  if (at) return at;
  const length = <usize>(load<u32>(parser, PARSER_LIMIT) - load<u32>(parser, PARSER_INPUT));
  const need = length * load<u32>(parser, PARSER_COPIES) + SLACK;
  if (<usize>load<u32>(parser, PARSER_UNESCAPED_BYTES) < need) {
    free_unescaped(parser);
    const buffer = block_alloc(need);
    if (!buffer) {
      outOfMemory = true;
      return 0;
    }
    store<u32>(parser, <u32>buffer, PARSER_UNESCAPED);
    store<u32>(parser, <u32>need, PARSER_UNESCAPED_BYTES);
  }
  const buffer = load<u32>(parser, PARSER_UNESCAPED);
  store<u32>(parser, buffer, PARSER_UNESCAPED_AT);
  return buffer;
}

/** Keeps what was written up to `end`. */
@inline export function keep_unescaped(end: usize): void {
  store<u32>(parser, <u32>end, PARSER_UNESCAPED_AT);
}

/** Gives up what was kept since unescaped_mark() gave `mark`. */
@inline export function release_unescaped(mark: u32): void {
  store<u32>(parser, mark, PARSER_UNESCAPED_AT);
}

@inline export function unescaped_mark(): u32 {
  return load<u32>(parser, PARSER_UNESCAPED_AT);
}

/** Empties the buffer for a new input, and frees it if it is large. */
export function reset_unescaped(handle: usize): void {
  if (<usize>load<u32>(handle, PARSER_UNESCAPED_BYTES) > KEPT_BYTES_MAX) free_unescaped(handle);
  store<u32>(handle, 0, PARSER_UNESCAPED_AT);
}

export function free_unescaped(handle: usize): void {
  const buffer = load<u32>(handle, PARSER_UNESCAPED);
  if (buffer) block_free(buffer, load<u32>(handle, PARSER_UNESCAPED_BYTES));
  store<u32>(handle, 0, PARSER_UNESCAPED);
  store<u32>(handle, 0, PARSER_UNESCAPED_BYTES);
}
