import { next_special } from "./bitmap";
import { add_error, are_errors_full } from "./errors";
import { fail, failedAt, failedReason } from "./failure";
import { REASON_END, REASON_NOT_OBJECT } from "./layout";
import { are_templates_awake, learn_row, match_row } from "./learn";
import { begin_recording, recording } from "./leaf";
import { commit_row, misfitAt, misfitField, misfitReason, note_nulls } from "./row";
import { limit, nextRow, nextSerial, nextStrictRow, row, skip_white } from "./state";
import { outOfMemory } from "./unescaped";
import { read_value, setUnknown, unknownSeen } from "./value";

const NEWLINE: u32 = 10;

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
  while (at < limit && row < rows && !outOfMemory) {
    const awake = are_templates_awake();
    if (awake) {
      const behind = match_row(at);
      if (behind) {
        at = behind;
        nextRow();
        continue;
      }
    }
    at = readLine(at, awake);
    if (are_errors_full()) break;
  }
  return at;
}
