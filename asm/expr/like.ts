import { isLead } from "./text";

const PERCENT: u32 = 0x25;
const UNDERSCORE: u32 = 0x5f;

@inline function nextCodePoint(at: usize, end: usize): usize {
  at++;
  while (at < end && !isLead(load<u8>(at))) at++;
  return at;
}

/**
 * Whether the text in [at, end) matches the SQL LIKE pattern in [pattern, patternEnd): `%` any characters, `_` one
 * code point. The byte `escape` (256: none) makes the next byte stand for itself. Goes back to the last `%` only, so
 * it takes at most text times pattern steps.
 */
export function like(at: usize, end: usize, pattern: usize, patternEnd: usize, escape: u32): bool {
  let anyPattern: usize = 0, anyText: usize = 0;
  while (true) {
    if (pattern < patternEnd) {
      let c = <u32>load<u8>(pattern), literal = false;
      if (c == escape && pattern + 1 < patternEnd) {
        c = <u32>load<u8>(pattern + 1);
        literal = true;
      }
      if (!literal && c == PERCENT) {
        anyPattern = ++pattern;
        anyText = at;
        continue;
      }
      if (at < end) {
        if (!literal && c == UNDERSCORE) {
          at = nextCodePoint(at, end);
          pattern++;
          continue;
        }
        if (<u32>load<u8>(at) == c) {
          at++;
          pattern += literal ? 2 : 1;
          continue;
        }
      }
    } else if (at == end) {
      return true;
    }
    if (!anyPattern || anyText >= end) return false;
    anyText = nextCodePoint(anyText, end);
    at = anyText;
    pattern = anyPattern;
  }
}
