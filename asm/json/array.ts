import { add_error, are_errors_full } from "./errors";
import { fail, failedAt, failedReason } from "./failure";
import { PARSER_STATE, REASON_END, REASON_IN_ARRAY, REASON_NOT_OBJECT } from "./layout";
import { are_templates_awake, learn_row, match_rows } from "./learn";
import { begin_recording, recording } from "./leaf";
import { commit_row, misfitAt, misfitField, misfitReason, note_nulls } from "./row";
import { limit, nextSerial, nextStrictRow, parser, row, skip_white } from "./state";
import { outOfMemory } from "./unescaped";
import { read_value, setUnknown, unknownSeen } from "./value";

// Where in the text the next call goes on
const STATE_START: i32 = 0; // before the only value or the array
const STATE_ELEMENT: i32 = 1; // at an element
const STATE_TAIL: i32 = 2; // behind the value
const STATE_DONE: i32 = 3; // behind everything, or behind an error that nothing can be read after

/** Whether the text is read as far as it can be. */
export function is_text_done(): bool {
  return load<i32>(parser, PARSER_STATE) == STATE_DONE;
}

export let fatal: bool = false;

export function clearFatal(): void {
  fatal = false;
}

/** Ends reading at a syntax error in the row that began at `start`. */
function giveUp(start: usize): usize {
  add_error(failedReason, failedAt, -1, start, limit);
  fatal = true;
  store<i32>(parser, STATE_DONE, PARSER_STATE);
  return limit;
}

/** Learns the row [start, end) if another object follows, whose beginning becomes part of the shape. */
function learn(start: usize, end: usize, unknown: bool): void {
  const comma = skip_white(end);
  if (load<u8>(comma) != 0x2c) return;
  const next = skip_white(comma + 1);
  if (load<u8>(next) != 0x7b) return;
  const quote = skip_white(next + 1);
  if (load<u8>(quote) != 0x22) return;
  const template = learn_row(start, next, quote + 1, unknown);
  if (template) note_nulls(template);
}

/** Reads the element at `start` strictly. Returns the address behind it, or 0 after fail(). */
function readElement(start: usize, learning: bool): usize {
  const unknownBefore = unknownSeen;
  nextSerial();
  begin_recording(learning);
  setUnknown(false);
  const end = read_value(start, 0);
  const unknown = unknownSeen && end != 0;
  setUnknown(unknownBefore || unknown);
  if (!end) return 0;
  if (load<u8>(start) != 0x7b) add_error(REASON_NOT_OBJECT, start, -1, start, end);
  else if (!commit_row(start)) add_error(misfitReason, misfitAt, misfitField, start, end);
  else {
    if (recording) learn(start, end, unknown);
    nextStrictRow();
  }
  return end;
}

/** Goes from behind an element to the next one or behind the array; 0 after fail(). */
function behindElement(at: usize): usize {
  at = skip_white(at);
  const c = load<u8>(at);
  if (c == 0x2c) return skip_white(at + 1);
  if (c != 0x5d) return fail(at, REASON_IN_ARRAY);
  store<i32>(parser, STATE_TAIL, PARSER_STATE);
  return at + 1;
}

/** Reads elements until the array ends, there are `rows` rows, or the errors are full. */
function readElements(at: usize, rows: usize): usize {
  while (load<i32>(parser, PARSER_STATE) == STATE_ELEMENT && row < rows && !outOfMemory && !are_errors_full()) {
    const awake = are_templates_awake();
    if (awake) {
      const behind = match_rows(at, rows, limit);
      if (behind) {
        at = behind;
        continue;
      }
    }
    const element = at;
    at = readElement(element, awake);
    if (at) at = behindElement(at);
    if (!at) return giveUp(element);
  }
  return at;
}

/** Reads the text before its rows: an only value, or the array's bracket. */
function readStart(at: usize): usize {
  const start = skip_white(at);
  if (load<u8>(start) == 0x5b) {
    const first = skip_white(start + 1), empty = load<u8>(first) == 0x5d;
    store<i32>(parser, empty ? STATE_TAIL : STATE_ELEMENT, PARSER_STATE);
    return first + <usize>empty;
  }
  const end = readElement(start, false);
  if (!end) return giveUp(start);
  store<i32>(parser, STATE_TAIL, PARSER_STATE);
  return end;
}

/**
 * Reads a JSON text from `at` until there are `rows` rows, the errors are full or it ends; returns where it stopped.
 */
export function read_text(at: usize, rows: usize): usize {
  if (load<i32>(parser, PARSER_STATE) == STATE_START) at = readStart(at);
  at = readElements(at, rows);
  if (load<i32>(parser, PARSER_STATE) == STATE_TAIL && !are_errors_full()) {
    const end = skip_white(at);
    if (end < limit) {
      fail(end, REASON_END);
      return giveUp(end);
    }
    store<i32>(parser, STATE_DONE, PARSER_STATE);
  }
  return at;
}
