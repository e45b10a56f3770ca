import {
  ERROR_COLUMN, ERROR_END, ERROR_FIELD, ERROR_LINE, ERROR_OFFSET, ERROR_REASON, ERROR_SIZE, ERROR_START,
  PARSER_ERROR_COUNT, PARSER_ERRORS, PARSER_ERRORS_MAX, PARSER_LINE, PARSER_LINE_AT, PARSER_LINE_START,
} from "./layout";
import { input, limit, parser } from "./state";

const NEWLINES: u64 = 0x0a0a0a0a0a0a0a0a;
const LOW_BITS: u64 = 0x7f7f7f7f7f7f7f7f;

/** Counts the newlines up to `at`, going on from where they were counted up to: once over the input in all. */
function countLines(at: usize): void {
  let from = <usize>load<u32>(parser, PARSER_LINE_AT), line = load<u32>(parser, PARSER_LINE);
  const before = line;
  for (; from + 8 <= at; from += 8) {
    // A high bit for each byte that is not a newline
    const others = load<u64>(from) ^ NEWLINES;
    line += <u32>popcnt(~(((others & LOW_BITS) + LOW_BITS) | others | LOW_BITS));
  }
  for (; from < at; from++) line += <u32>(load<u8>(from) == 10);
  if (line != before) {
    let start = at;
    while (load<u8>(start - 1) != 10) start--;
    store<u32>(parser, <u32>start, PARSER_LINE_START);
  }
  if (at > <usize>load<u32>(parser, PARSER_LINE_AT)) store<u32>(parser, <u32>at, PARSER_LINE_AT);
  store<u32>(parser, line, PARSER_LINE);
}

/** Whether no further error can be noted in this call. */
@inline export function are_errors_full(): bool {
  return load<u32>(parser, PARSER_ERROR_COUNT) >= load<u32>(parser, PARSER_ERRORS_MAX);
}

/**
 * Notes why the row in [start, end) is left out; `field` is a column's position or -1. There is room for one more
 * error when they are full: the one that ends a text.
 */
export function add_error(reason: i32, at: usize, field: i32, start: usize, end: usize): void {
  const count = load<u32>(parser, PARSER_ERROR_COUNT);
  const error = <usize>load<u32>(parser, PARSER_ERRORS) + <usize>count * ERROR_SIZE;
  store<u32>(parser, count + 1, PARSER_ERROR_COUNT);
  if (at > limit) at = limit;
  countLines(at);
  store<i32>(error, reason, ERROR_REASON);
  store<u32>(error, <u32>(at - input), ERROR_OFFSET);
  store<u32>(error, load<u32>(parser, PARSER_LINE), ERROR_LINE);
  store<u32>(error, <u32>(at - load<u32>(parser, PARSER_LINE_START)) + 1, ERROR_COLUMN);
  store<i32>(error, field, ERROR_FIELD);
  store<u32>(error, <u32>(start - input), ERROR_START);
  store<u32>(error, <u32>(end - input), ERROR_END);
}
