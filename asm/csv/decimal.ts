import { parse_decimal_within, power_of_ten } from "../text/decimal";

const DIGITS_MAX: u32 = 18;

/**
 * Reads [at, end) as decimal(precision, scale) into a scaled i64 at `out`. Texts like 12.34 or -7, of up to 18 digits
 * that fit, are read on the spot; parse_decimal_within decides on all others.
 */
export function parse_decimal_field(at: usize, end: usize, out: usize, scale: i32, precision: i32): i32 {
  const negative = load<u8>(at) == 0x2d;
  let digits: i64 = 0, count: u32 = 0, point: usize = 0;
  for (let p = at + <usize>negative; p < end; p++) {
    const c = <u32>load<u8>(p) - 48;
    if (c < 10) {
      digits = digits * 10 + <i64>c;
      count++;
    } else if (c == -2 && !point) point = p; // '.' is 0x2e
    else return parse_decimal_within(at, end, out, scale, precision);
  }
  const missing = scale - (point ? <i32>(end - point) - 1 : 0);
  if (!count || count > DIGITS_MAX || missing < 0 || precision < missing ||
    digits >= <i64>power_of_ten(precision - missing)) {
    return parse_decimal_within(at, end, out, scale, precision);
  }
  digits *= <i64>power_of_ten(missing);
  store<i64>(out, negative ? -digits : digits);
  return 0;
}
