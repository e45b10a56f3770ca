// Values as text. Each writer writes at `at` and returns the end of what it wrote.
import { days_to_civil, civilDay, civilMonth, civilYear, floorDiv, MS_PER_DAY } from "./civil";
import { digits, exponent, shortest } from "./shortest";

/** Bytes that the longest text of a number or timestamp takes. */
export const TEXT_BYTES_MAX: usize = 32;
/** Timestamps that text can express: ±100,000,000 days, as in ECMAScript. */
const TIME_MAX: i64 = 8640000000000000;

const NAN: usize = memory.data<u8>([78, 97, 78]);
const INFINITY: usize = memory.data<u8>([73, 110, 102, 105, 110, 105, 116, 121]);

@inline function countDigits(x: u64): i32 {
  let count = 1;
  for (let power: u64 = 10; count < 20 && x >= power; power *= 10) count++;
  return count;
}

/** Writes x with exactly `count` digits, zeros in front. */
function writeDigits(at: usize, x: u64, count: i32): usize {
  const end = at + <usize>count;
  for (let to = end; to > at;) {
    const rest = x / 10;
    store<u8>(--to, 48 + <u8>(x - rest * 10));
    x = rest;
  }
  return end;
}

@inline function writeSign(at: usize, negative: bool): usize {
  store<u8>(at, 0x2d);
  return at + <usize>negative;
}

/** A whole number, or with a scale the decimal value / 10^scale with all its places. */
export function write_decimal(at: usize, value: i64, scale: i32): usize {
  const magnitude = value < 0 ? 0 - <u64>value : <u64>value;
  at = writeSign(at, value < 0);
  const count = countDigits(magnitude);
  if (!scale) return writeDigits(at, magnitude, count);
  const whole = max(1, count - scale), end = writeDigits(at, magnitude, whole + scale);
  memory.copy(at + <usize>whole + 1, at + <usize>whole, <usize>scale);
  store<u8>(at + <usize>whole, 0x2e);
  return end + 1;
}

function writeZeros(at: usize, count: i32): usize {
  memory.fill(at, 48, <usize>count);
  return at + <usize>count;
}

/** Digits with a point behind the first `whole`. */
function writePointed(at: usize, x: u64, count: i32, whole: i32): usize {
  writeDigits(at + 1, x, count);
  memory.copy(at, at + 1, <usize>whole);
  store<u8>(at + <usize>whole, 0x2e);
  return at + <usize>count + 1;
}

/** The shortest text that reads back as x, in the form of ECMAScript's Number::toString. */
export function write_double(at: usize, x: f64): usize {
  const bits = reinterpret<u64>(x);
  if (x != x) {
    memory.copy(at, NAN, 3);
    return at + 3;
  }
  if (x == 0) return writeZeros(at, 1);
  at = writeSign(at, x < 0);
  if (abs(x) == Infinity) {
    memory.copy(at, INFINITY, 8);
    return at + 8;
  }
  shortest(bits & 0x7fffffffffffffff);
  let value = digits, power = exponent;
  while (value % 10 == 0) {
    value /= 10;
    power++;
  }
  const count = countDigits(value), point = count + power;
  if (power >= 0 && point <= 21) return writeZeros(writeDigits(at, value, count), power);
  if (point > 0 && point <= 21) return writePointed(at, value, count, point);
  if (point > -6 && point <= 0) {
    at = writeZeros(at, 1);
    store<u8>(at, 0x2e);
    return writeDigits(writeZeros(at + 1, -point), value, count);
  }
  at = count == 1 ? writeDigits(at, value, 1) : writePointed(at, value, count, 1);
  store<u8>(at, 0x65);
  store<u8>(at, point > 0 ? 0x2b : 0x2d, 1);
  const shown = <u64>(point > 0 ? point - 1 : 1 - point);
  return writeDigits(at + 2, shown, countDigits(shown));
}

/**
 * ISO 8601 in UTC with milliseconds; years outside 0 to 9999 with a sign and six digits. Returns 0 beyond
 * ±100,000,000 days.
 */
export function write_timestamp(at: usize, ms: i64): usize {
  if (ms > TIME_MAX || ms < -TIME_MAX) return 0;
  const day = floorDiv(ms, MS_PER_DAY), time = <u64>(ms - day * MS_PER_DAY);
  days_to_civil(day);
  if (civilYear >= 0 && civilYear <= 9999) {
    at = writeDigits(at, civilYear, 4);
  } else {
    store<u8>(at, civilYear < 0 ? 0x2d : 0x2b);
    at = writeDigits(at + 1, civilYear < 0 ? -civilYear : civilYear, 6);
  }
  store<u8>(at, 0x2d);
  at = writeDigits(at + 1, civilMonth, 2);
  store<u8>(at, 0x2d);
  at = writeDigits(at + 1, civilDay, 2);
  store<u8>(at, 0x54);
  at = writeDigits(at + 1, time / 3600000, 2);
  store<u8>(at, 0x3a);
  at = writeDigits(at + 1, time / 60000 % 60, 2);
  store<u8>(at, 0x3a);
  at = writeDigits(at + 1, time / 1000 % 60, 2);
  store<u8>(at, 0x2e);
  at = writeDigits(at + 1, time % 1000, 3);
  store<u8>(at, 0x5a);
  return at + 1;
}
