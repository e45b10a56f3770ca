// Upper and lower case: letters that have one counterpart get it, by Unicode's simple mappings (case_table.ts).
//
//   a range, u64:  first code point (17 bits), last (17), from one to the next (2), what is added (28, signed)
import { LOWER, LOWER_RANGES, UPPER, UPPER_RANGES } from "./case_table";

const POINT: u64 = 0x1ffff;

/** The counterpart of a code point beyond ASCII; itself if there is none. */
function mapped(point: u32, ranges: usize, count: u32): u32 {
  let low: u32 = 0, high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (<u32>((load<u64>(ranges + (<usize>middle << 3)) >> 17) & POINT) < point) low = middle + 1;
    else high = middle;
  }
  if (low == count) return point;
  const range = load<u64>(ranges + (<usize>low << 3)), first = <u32>(range & POINT), step = <u32>(range >> 34) & 3;
  if (point < first || (point - first) % step) return point;
  return point + <u32>(<i64>range >> 36);
}

/** Whether n bytes have one beyond ASCII. */
export function beyondAscii(at: usize, n: usize): bool {
  const end = at + n;
  for (; at + 8 <= end; at += 8) if (load<u64>(at) & 0x8080808080808080) return true;
  for (; at < end; at++) if (load<u8>(at) & 0x80) return true;
  return false;
}

/** Writes the UTF-8 of a code point; returns the end of it. */
function put(to: usize, point: u32): usize {
  if (point < 0x80) {
    store<u8>(to, point);
    return to + 1;
  }
  if (point < 0x800) {
    store<u8>(to, 0xc0 | (point >> 6));
    store<u8>(to, 0x80 | (point & 0x3f), 1);
    return to + 2;
  }
  if (point < 0x10000) {
    store<u8>(to, 0xe0 | (point >> 12));
    store<u8>(to, 0x80 | ((point >> 6) & 0x3f), 1);
    store<u8>(to, 0x80 | (point & 0x3f), 2);
    return to + 3;
  }
  store<u8>(to, 0xf0 | (point >> 18));
  store<u8>(to, 0x80 | ((point >> 12) & 0x3f), 1);
  store<u8>(to, 0x80 | ((point >> 6) & 0x3f), 2);
  store<u8>(to, 0x80 | (point & 0x3f), 3);
  return to + 4;
}

/** Copies n bytes of UTF-8 in upper or lower case; returns the end of the copy, which may have half as many bytes more. */
export function copyMapped(from: usize, to: usize, n: usize, upper: bool): usize {
  const end = from + n, ranges = upper ? UPPER : LOWER, count = upper ? UPPER_RANGES : LOWER_RANGES;
  const first: u32 = upper ? 0x61 : 0x41;
  while (from < end) {
    const lead = <u32>load<u8>(from);
    if (lead < 0x80) {
      store<u8>(to++, lead ^ (<u32>(lead - first < 26) << 5));
      from++;
      continue;
    }
    const second = <u32>load<u8>(from, 1) & 0x3f;
    let point: u32, length: usize = 2;
    if (lead < 0xe0) {
      point = ((lead & 0x1f) << 6) | second;
    } else {
      const third = <u32>load<u8>(from, 2) & 0x3f;
      length = lead < 0xf0 ? 3 : 4;
      point = lead < 0xf0
        ? ((lead & 0x0f) << 12) | (second << 6) | third
        : ((lead & 7) << 18) | (second << 12) | (third << 6) | (<u32>load<u8>(from, 3) & 0x3f);
    }
    to = put(to, mapped(point, ranges, count));
    from += length;
  }
  return to;
}
