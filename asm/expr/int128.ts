// Products and quotients of 128 bits, for exact decimals. Results are in `high` and `low`.

export let high: u64 = 0;
export let low: u64 = 0;

@inline export function set128(h: u64, l: u64): void {
  high = h;
  low = l;
}

/** (high, low) = a * b. */
export function multiply128(a: u64, b: u64): void {
  const aLow = a & 0xffffffff, aHigh = a >> 32, bLow = b & 0xffffffff, bHigh = b >> 32;
  const bottom = aLow * bLow;
  const middle = aHigh * bLow + (bottom >> 32);
  const cross = aLow * bHigh + (middle & 0xffffffff);
  high = aHigh * bHigh + (middle >> 32) + (cross >> 32);
  low = (cross << 32) | (bottom & 0xffffffff);
}

/** (high, low) = (high, low) * b; false when it does not fit 128 bits. */
export function scale128(b: u64): bool {
  const top = high;
  multiply128(low, b);
  if (top == 0) return true;
  const carried = high, bottom = low;
  multiply128(top, b);
  const sum = low + carried, fits = high == 0 && sum >= carried;
  high = sum;
  low = bottom;
  return fits;
}

/**
 * The quotient of (top, bottom) by d, where top < d, and its rest in `rest128` (Knuth, TAOCP 2, 4.3.1, algorithm D
 * with digits of 32 bits).
 */
export function divideStep(top: u64, bottom: u64, d: u64): u64 {
  if (!top) {
    rest128 = bottom % d;
    return bottom / d;
  }
  const shift = clz<u64>(d);
  d <<= shift;
  const dHigh = d >> 32, dLow = d & 0xffffffff;
  const upper = shift ? (top << shift) | (bottom >> (64 - shift)) : top, lower = bottom << shift;
  const digit1 = lower >> 32, digit0 = lower & 0xffffffff;
  let q1 = upper / dHigh, rest = upper - q1 * dHigh;
  while (q1 >> 32 || q1 * dLow > ((rest << 32) | digit1)) {
    q1--;
    rest += dHigh;
    if (rest >> 32) break;
  }
  const next = (upper << 32) + digit1 - q1 * d;
  let q0 = next / dHigh;
  rest = next - q0 * dHigh;
  while (q0 >> 32 || q0 * dLow > ((rest << 32) | digit0)) {
    q0--;
    rest += dHigh;
    if (rest >> 32) break;
  }
  rest128 = ((next << 32) + digit0 - q0 * d) >> shift;
  return (q1 << 32) + q0;
}

/** What the last division left. */
export let rest128: u64 = 0;

/** (high, low) = (high, low) / d, truncated; d is not 0. */
export function divide128(d: u64): void {
  if (high == 0) {
    rest128 = low % d;
    low /= d;
    return;
  }
  const top = high / d;
  low = divideStep(high % d, low, d);
  high = top;
}
