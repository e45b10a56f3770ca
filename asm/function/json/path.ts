// Values in JSON by a path, as src/expr/json/path.ts compiles it:
//
//  +----------------+------------------------------------------------
//  | strict u32 0/1 | steps: key or index u32 (bit 31: an index) [· bytes of the key]
//  +----------------+------------------------------------------------
import { sameBytes } from "../../expr/text";
import { openText, setValueEnd, skipKey, skipSpace, skipString, skipValue, valueEnd } from "./scan";
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

/** Goes to the last member of the object at `valueAt` with a key. */
function toMember(key: usize, n: usize): bool {
  const end = valueEnd;
  let at = skipSpace(valueAt + 1, end), found: usize = 0, foundEnd: usize = 0;
  if (load<u8>(valueAt) != 0x7b || load<u8>(at) == 0x7d) return false;
  while (true) {
    const keyEnd = skipString(at, end), value = skipSpace(skipKey(at, end), end), behind = skipValue(value, end);
    if (says(at, keyEnd, key, n)) {
      found = value;
      foundEnd = behind;
    }
    at = skipSpace(behind, end);
    if (load<u8>(at) == 0x7d) break;
    at = skipSpace(at + 1, end);
  }
  valueAt = found;
  setValueEnd(foundEnd);
  return found != 0;
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

/** Goes to what a path leads to in the text in [at, end). */
export function follow(at: usize, end: usize, path: usize, pathEnd: usize): i32 {
  if (!enter(at, end)) return WRONG;
  const missing = load<u32>(path) ? WRONG : EMPTY;
  for (let step = path + 4; step < pathEnd;) {
    const head = load<u32>(step);
    step += 4;
    if (head & INDEX) {
      if (!toItem(<u64>(head & ~INDEX))) return missing;
    } else {
      if (!toMember(step, <usize>head)) return missing;
      step += <usize>head;
    }
  }
  return FOUND;
}
