// CSV text → columns. csv_next reads rows until a batch is full; src/kernel/csv.ts lays out the parser's memory.
import { columns_begin, columns_undo } from "./columns";
import {
  ERROR_COLUMN, ERROR_END, ERROR_FIELD, ERROR_LINE, ERROR_REASON, ERROR_SIZE, ERROR_START, NO_MEMORY, PARSER_AT,
  PARSER_DELIMITER, PARSER_END, PARSER_ERROR_COUNT, PARSER_ERRORS, PARSER_ERRORS_MAX, PARSER_FIELD_COUNT, PARSER_FIELDS,
  PARSER_LINE, PARSER_LINE_START, PARSER_MISSING, PARSER_ROWS, PARSER_ROWS_MAX,
} from "./layout";
import { marks_begin } from "./marks";
import {
  at, count_fields, line, lineStart, read_row, reason, reasonColumn, reasonField, reasonLine, REJECTED, ROW, rowEnd,
  rows_begin,
} from "./row";
import { text_begin } from "./text";

function enter(parser: usize): bool {
  const start = load<u32>(parser, PARSER_AT), end = load<u32>(parser, PARSER_END);
  rows_begin(start, end, load<u32>(parser, PARSER_LINE), load<u32>(parser, PARSER_LINE_START));
  text_begin();
  return marks_begin(start, end, load<u32>(parser, PARSER_DELIMITER));
}

function leave(parser: usize, rows: u32, errors: u32): void {
  store<u32>(parser, <u32>at, PARSER_AT);
  store<u32>(parser, line, PARSER_LINE);
  store<u32>(parser, <u32>lineStart, PARSER_LINE_START);
  store<u32>(parser, rows, PARSER_ROWS);
  store<u32>(parser, errors, PARSER_ERROR_COUNT);
}

function storeError(error: usize, start: usize): void {
  store<i32>(error, reason, ERROR_REASON);
  store<u32>(error, reasonLine, ERROR_LINE);
  store<u32>(error, reasonColumn, ERROR_COLUMN);
  store<i32>(error, reasonField, ERROR_FIELD);
  store<u32>(error, <u32>start, ERROR_START);
  store<u32>(error, <u32>rowEnd, ERROR_END);
}

/** The number of fields in the next row, which stays the next. NO_MEMORY when there is no memory. */
export function csv_count_fields(parser: usize): i32 {
  return enter(parser) ? <i32>count_fields() : NO_MEMORY;
}

/**
 * Reads rows until the batch has `rows max` of them, `errors max` were rejected, or the input ends. Returns 0 with
 * the columns in FIELDs and the rest in PARSER, or NO_MEMORY.
 */
export function csv_next(parser: usize): i32 {
  const fields = <usize>load<u32>(parser, PARSER_FIELDS), count = load<u32>(parser, PARSER_FIELD_COUNT);
  const end = <usize>load<u32>(parser, PARSER_END), missing = load<i32>(parser, PARSER_MISSING);
  const errors = <usize>load<u32>(parser, PARSER_ERRORS), errorsMax = load<u32>(parser, PARSER_ERRORS_MAX);
  if (!enter(parser)) return NO_MEMORY;
  // every row takes a byte for each field, but for the last line's end
  const rowsMax = min<u32>(load<u32>(parser, PARSER_ROWS_MAX), <u32>(end - at) / max<u32>(count, 1) + 1);
  if (!columns_begin(fields, count, rowsMax)) return NO_MEMORY;
  let rows: u32 = 0, failed: u32 = 0;
  while (rows < rowsMax && failed < errorsMax && at < end) {
    const start = at;
    const status = read_row(fields, count, rows, missing);
    if (status == ROW) rows++;
    else if (status == REJECTED) {
      columns_undo(fields, count, rows);
      storeError(errors + failed * ERROR_SIZE, start);
      failed++;
    } else if (status == NO_MEMORY) return NO_MEMORY;
  }
  leave(parser, rows, failed);
  return 0;
}
