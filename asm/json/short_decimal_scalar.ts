/** Digits behind the point of the last number that short_digits_scalar read. */
export let fractionDigits: i32 = 0;

/**
 * The digits, as one number, of `digits` or `digits.digits` in the `count` (2 to 16) bytes that end at `end`; -1 if
 * they are anything else. Sets fractionDigits.
 */
export function short_digits_scalar(end: usize, count: u32): i64 {
  let value: i64 = 0, point: usize = 0;
  const start = end - count;
  for (let at = start; at < end; at++) {
    const digit = <u32>load<u8>(at) - 48;
    if (digit < 10) value = value * 10 + <i64>digit;
    else if (digit == -2 && !point) point = at; // '.' is 0x2e
    else return -1;
  }
  if (point == start || point == end - 1) return -1;
  fractionDigits = point ? <i32>(end - 1 - point) : 0;
  return value;
}
