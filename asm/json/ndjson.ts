import { next_special } from "./bitmap";
import { add_error, are_errors_full } from "./errors";
import { fail, failedAt, failedReason } from "./failure";
import { PARSER_LINES_END, PARSER_SCANNED, REASON_END, REASON_NOT_OBJECT } from "./layout";
import { are_templates_awake, learn_row, match_rows } from "./learn";
import { begin_recording, recording } from "./leaf";
import { commit_row, misfitAt, misfitField, misfitReason, note_nulls } from "./row";
import { end_bitmap, stage1 } from "./stage1";
import { input, limit, nextSerial, nextStrictRow, parser, row, skip_white } from "./state";
import { outOfMemory } from "./unescaped";
import { read_value, setUnknown, unknownSeen } from "./value";

const NEWLINE: u32 = 10;
/** Bytes that are scanned ahead of reading, so that they are still in a near cache when they are read. */
const WINDOW_BYTES: usize = 128 << 10;

/** Scans until the line at `at` is whole. Returns the end of the last whole line. */
function scanLines(at: usize): usize {
  let end = <usize>load<u32>(parser, PARSER_SCANNED), lines = at;
  while (lines <= at) {
    const from = end;
    end = from + WINDOW_BYTES;
    stage1(from, min(end, limit + 1), input);
    if (end > limit) {
      end_bitmap(limit + 1);
      lines = limit + 1;
      break;
    }
    lines = end;
    while (lines > from && load<u8>(lines - 1) != NEWLINE) lines--;
    if (lines == from) lines = at; // no line ends here
  }
  store<u32>(parser, <u32>end, PARSER_SCANNED);
  store<u32>(parser, <u32>lines, PARSER_LINES_END);
  return lines;
}

/** The newline that ends the line in which `at` lies; one stands behind the input. */
function lineEnd(at: usize): usize {
  while (load<u8>(at) != NEWLINE) at = next_special(at + 1);
  return at;
}

/** Notes an error of the line [line, newline), without the return that may stand before the newline. */
function reject(reason: i32, at: usize, field: i32, line: usize, newline: usize): void {
  const end = newline > line && load<u8>(newline - 1) == 13 ? newline - 1 : newline;
  add_error(reason, at, field, line, end);
}

/** Reads the line at `line` strictly, and learns its shape if that is wanted. Returns the address behind it. */
function readLine(line: usize, learning: bool): usize {
  const start = skip_white(line);
  if (load<u8>(start) == NEWLINE) return start + 1;
  const unknownBefore = unknownSeen;
  nextSerial();
  begin_recording(learning);
  setUnknown(false);
  let newline = read_value(start, 0);
  if (newline) {
    newline = skip_white(newline);
    if (load<u8>(newline) != NEWLINE) newline = fail(newline, REASON_END);
  }
  const unknown = unknownSeen && newline != 0;
  setUnknown(unknownBefore || unknown);
  if (!newline) {
    newline = lineEnd(line);
    reject(failedReason, failedAt, -1, line, newline);
  } else if (load<u8>(start) != 0x7b) reject(REASON_NOT_OBJECT, start, -1, line, newline);
  else if (!commit_row(start)) reject(misfitReason, misfitAt, misfitField, line, newline);
  else {
    if (recording) {
      const template = learn_row(line, newline + 1, newline + 1, unknown);
      if (template) note_nulls(template);
    }
    nextStrictRow();
  }
  return newline + 1;
}

/**
 * Reads lines from `at` until there are `rows` rows, the errors are full or the input ends; returns where it stopped.
 */
export function read_lines(at: usize, rows: usize): usize {
  let linesEnd = <usize>load<u32>(parser, PARSER_LINES_END);
  while (at < limit && row < rows && !outOfMemory) {
    if (at >= linesEnd) linesEnd = scanLines(at);
    const awake = are_templates_awake();
    if (awake) {
      const behind = match_rows(at, rows, linesEnd);
      if (behind) {
        at = behind;
        continue;
      }
    }
    at = readLine(at, awake);
    if (are_errors_full()) break;
  }
  return at;
}
