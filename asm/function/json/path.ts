// Values in JSON by a path, as src/expr/json/path.ts compiles it:
//
//  +----------------+------------------------------------------------
//  | strict u32 0/1 | steps: key or index u32 (bit 31: an index) [· bytes of the key]
//  +----------------+------------------------------------------------
import { sameBytes } from "../../expr/text";
import { openText, setValueEnd, skipSpace, skipString, skipValue, valueEnd } from "../../text/json_scan";
import { hasEscape, putUnescaped } from "./string";
import { openText as openWriting, to, written } from "../writer";

const INDEX: u32 = 0x80000000;

/** What a path leads to. */
export const FOUND: i32 = 0;
/** Nothing there. */
export const EMPTY: i32 = 1;
/** The text is no JSON, or a strict path does not fit it. */
export const WRONG: i32 = 2;

/** Where the value is that was found; it ends at `valueEnd`. */
export let valueAt: usize = 0;

/** Whether the string whose quote is at `at` says what n bytes do. */
function says(at: usize, end: usize, key: usize, n: usize): bool {
  const length = end - at - 2;
  if (!hasEscape(at + 1, length)) return length == n && sameBytes(at + 1, key, n);
  openWriting();
  const same = putUnescaped(at + 1, end - 1) && written() == n && sameBytes(to - n, key, n);
  openWriting();
  return same;
}

/** Goes to the item at an index, from 0, of the array at `valueAt`. */
export function toItem(index: u64): bool {
  const end = valueEnd;
  let at = skipSpace(valueAt + 1, end);
  if (load<u8>(valueAt) != 0x5b || load<u8>(at) == 0x5d) return false;
  while (true) {
    const behind = skipValue(at, end);
    if (index-- == 0) {
      valueAt = at;
      setValueEnd(behind);
      return true;
    }
    at = skipSpace(behind, end);
    if (load<u8>(at) == 0x5d) return false;
    at = skipSpace(at + 1, end);
  }
}

/** Goes to the value of a text; false if it is no JSON. */
export function enter(at: usize, end: usize): bool {
  valueAt = openText(at, end);
  return valueAt != 0;
}

/** Where the path ends, and what its steps say of what is not there. */
let pathEnd: usize = 0;
let missing: i32 = EMPTY;
let state: i32 = EMPTY;

/**
 * Goes over the value that begins at `at` or after white space there, once: all of it, also behind what was found, so
 * that the text is JSON; of equal keys the last counts. Leaves in `state` what the rest of the path, from `step` on,
 * leads to. Behind the value, or 0 if it is none.
 */
function walk(at: usize, end: usize, step: usize): usize {
  at = skipSpace(at, end);
  if (step == pathEnd) {
    const behind = skipValue(at, end);
    valueAt = at;
    setValueEnd(behind);
    state = FOUND;
    return behind;
  }
  state = missing;
  const head = load<u32>(step), byIndex = (head & INDEX) != 0;
  if (at >= end || load<u8>(at) != (byIndex ? 0x5b : 0x7b)) return skipValue(at, end);
  const close: u32 = byIndex ? 0x5d : 0x7d, after = step + 4 + (byIndex ? 0 : <usize>head);
  at = skipSpace(at + 1, end);
  if (at < end && <u32>load<u8>(at) == close) return at + 1;
  for (let place: u32 = 0;; place++) {
    let here = place == (head & ~INDEX);
    if (!byIndex) {
      at = skipSpace(at, end);
      if (at >= end || load<u8>(at) != 0x22) return 0;
      const keyEnd = skipString(at, end), colon = keyEnd ? skipSpace(keyEnd, end) : end;
      if (colon >= end || load<u8>(colon) != 0x3a) return 0;
      here = says(at, keyEnd, step + 4, <usize>head);
      at = colon + 1;
    }
    at = here ? walk(at, end, after) : skipValue(at, end);
    if (!at) return 0;
    at = skipSpace(at, end);
    if (at >= end) return 0;
    const next = <u32>load<u8>(at++);
    if (next == close) return at;
    if (next != 0x2c) return 0;
  }
  return 0;
}

/** Goes to what a path leads to in the text in [at, end). */
export function follow(at: usize, end: usize, path: usize, behindPath: usize): i32 {
  pathEnd = behindPath;
  missing = load<u32>(path) ? WRONG : EMPTY;
  const behind = walk(at, end, path + 4);
  return behind && skipSpace(behind, end) == end ? state : WRONG;
}
