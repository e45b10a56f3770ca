/** The number of digits at `at`, 16 at most. */
export function digit_run_scalar(at: usize): u32 {
  let count: u32 = 0;
  while (count < 16 && <u32>load<u8>(at + count) - 48 < 10) count++;
  return count;
}

/** Not 0 if one of the last digits_before_scalar's bytes was not a digit. */
export let nonDigits: u32 = 0;

/** The value of the `count` (0 to 16) digits that end at `end`. Sets nonDigits. */
export function digits_before_scalar(end: usize, count: u32): u64 {
  let value: u64 = 0, bad: u32 = 0;
  for (let at = end - count; at < end; at++) {
    const digit = <u32>load<u8>(at) - 48;
    bad |= <u32>(digit > 9);
    value = value * 10 + <u64>(digit & 15);
  }
  nonDigits = bad;
  return value;
}
