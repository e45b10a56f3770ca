// Rows of fields (RFC 4180): the way from mark to mark.
import { DOUBLED, PLAIN, QUOTED, store_cell } from "./cell";
import {
  FIELD_COLUMN, FIELD_SIZE, NO_MEMORY, REASON_AFTER_QUOTE, REASON_MISMATCH, REASON_MISSING, REASON_STRAY_QUOTE,
  REASON_TOO_FEW, REASON_TOO_MANY, REASON_UNTERMINATED,
} from "./layout";
import { next_mark } from "./marks";

const NEWLINE: u32 = 0x0a;
const RETURN: u32 = 0x0d;
const QUOTE: u32 = 0x22;

/** A row was written, there was none on the line, or one is wrong. */
export const ROW: i32 = 1;
export const BLANK: i32 = 0;
export const REJECTED: i32 = 2;

// Where the reader is: the next row, and the line it begins on
export let at: usize = 0;
export let line: u32 = 0;
export let lineStart: usize = 0;
let end: usize = 0;

// Why the row is rejected, 0 as long as it is not, and where
export let reason: i32 = 0;
export let reasonLine: u32 = 0;
export let reasonColumn: u32 = 0;
export let reasonField: i32 = 0;
/** The end of the row's text, without the line's end. */
export let rowEnd: usize = 0;

// The quoted field at hand: where its content ends, and how it is written
let quotedEnd: usize = 0;
let quotedStyle: u32 = 0;

export function rows_begin(start: usize, inputEnd: usize, firstLine: u32, firstLineStart: usize): void {
  at = start;
  end = inputEnd;
  line = firstLine;
  lineStart = firstLineStart;
}

/**
 * Rejects the row for the field at `from`, on a line of that number and start. Errors of a row's form go before errors
 * of its values; among equals the first stays.
 */
function fail(why: i32, column: i32, from: usize, fromLine: u32, fromLineStart: usize): void {
  if (reason && (reason < REASON_MISMATCH || why >= REASON_MISMATCH)) return;
  reason = why;
  reasonLine = fromLine;
  reasonColumn = <u32>(from - fromLineStart) + 1;
  reasonField = column;
}

/** The byte of a mark; the input's end is like a newline. */
@inline function markByte(mark: usize): u32 {
  return mark < end ? <u32>load<u8>(mark) : NEWLINE;
}

@inline function newLine(mark: usize): void {
  line++;
  lineStart = mark + 1;
}

/** The first mark from `mark` on that is no quote: it ends a field in which quotes mean nothing any more. */
function skipQuotes(mark: usize): usize {
  while (markByte(mark) == QUOTE) mark = next_mark();
  return mark;
}

/** Reads the field that begins with a quote at `from`, and returns the mark that ends it. */
function readQuoted(from: usize): usize {
  const fromLine = line, fromLineStart = lineStart;
  next_mark(); // the opening quote
  quotedStyle = QUOTED;
  while (true) {
    const mark = next_mark();
    if (mark >= end) {
      fail(REASON_UNTERMINATED, -1, from, fromLine, fromLineStart);
      quotedEnd = end;
      return end;
    }
    const c = load<u8>(mark);
    if (c == NEWLINE) newLine(mark);
    if (c != QUOTE) continue;
    if (mark + 1 < end && load<u8>(mark, 1) == QUOTE) {
      next_mark();
      quotedStyle = DOUBLED;
      continue;
    }
    quotedEnd = mark;
    break;
  }
  const mark = next_mark();
  if (mark == quotedEnd + 1) return mark;
  if (mark == quotedEnd + 2 && markByte(mark) == NEWLINE && load<u8>(mark - 1) == RETURN) return mark;
  fail(REASON_AFTER_QUOTE, -1, from, fromLine, fromLineStart);
  return skipQuotes(mark);
}

/** Ends the row at the mark: the next one begins behind it. A CR that the last field contains belongs to the row. */
@inline function endRow(mark: usize, contentEnd: usize): void {
  rowEnd = contentEnd < mark && load<u8>(mark - 1) == RETURN ? mark - 1 : mark;
  at = end;
  if (mark < end) {
    at = mark + 1;
    newLine(mark);
  }
}

/**
 * Reads the row at `at` into row `row` of the columns of `count` FIELDs. A line without a byte is no row, unless
 * rows have one field. Returns ROW, BLANK, REJECTED or NO_MEMORY.
 */
export function read_row(fields: usize, count: u32, row: u32, missing: i32): i32 {
  const start = at, fieldsEnd = fields + count * FIELD_SIZE;
  let field = fields, from = start;
  reason = 0;
  while (true) {
    const fromLine = line, fromLineStart = lineStart;
    let content = from, contentEnd: usize = 0, mark: usize = 0, style = PLAIN;
    if (from < end && load<u8>(from) == QUOTE) {
      mark = readQuoted(from);
      content++;
      contentEnd = quotedEnd;
      style = quotedStyle;
    } else {
      mark = next_mark();
      if (markByte(mark) == QUOTE) {
        fail(REASON_STRAY_QUOTE, -1, from, fromLine, fromLineStart);
        mark = skipQuotes(mark);
      }
      contentEnd = mark;
    }
    const isLast = markByte(mark) == NEWLINE;
    if (isLast && style == PLAIN && mark > from && load<u8>(mark - 1) == RETURN) contentEnd--;
    if (field >= fieldsEnd) {
      fail(REASON_TOO_MANY, -1, from, fromLine, fromLineStart);
    } else if (!reason) {
      if (isLast && contentEnd == start && count != 1) {
        endRow(mark, contentEnd);
        return BLANK;
      }
      const status = store_cell(field, row, content, contentEnd, style);
      if (status == NO_MEMORY) return NO_MEMORY;
      if (status) fail(status, load<i32>(field, FIELD_COLUMN), from, fromLine, fromLineStart);
    }
    field += FIELD_SIZE;
    if (isLast) {
      if (field < fieldsEnd) fail(REASON_TOO_FEW, -1, mark, line, lineStart);
      else if (missing >= 0) fail(REASON_MISSING, missing, from, fromLine, fromLineStart);
      endRow(mark, contentEnd);
      return reason ? REJECTED : ROW;
    }
    from = mark + 1;
  }
}

/** The number of fields in the row at `at`. */
export function count_fields(): u32 {
  let count: u32 = 0, from = at;
  reason = 0;
  while (true) {
    const mark = from < end && load<u8>(from) == QUOTE ? readQuoted(from) : skipQuotes(next_mark());
    count++;
    if (markByte(mark) == NEWLINE) return count;
    from = mark + 1;
  }
}
