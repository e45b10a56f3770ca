// Powers of five as 128-bit mantissas whose highest bit is set, for 5^-342 to 5^324: what Eisel-Lemire multiplies with
// (Lemire, "Number Parsing at a Gigabyte per Second", 2021), up to 5^308; the writer of doubles needs the rest.
// Computed at the first use, in some ten microseconds.
//
//  POWERS, 16 bytes an exponent:  | high u64 | low u64 |
//
// Positive powers and powers below 5^-27 are truncated, 5^-27 to 5^-1 are rounded up, as the paper's proof wants them.

export const POWER_MIN: i32 = -342;
export const POWER_MAX: i32 = 324;

const POWERS: usize = memory.data(667 * 16, 16);
// One big number, least significant u32 first. 5^324 has 753 bits; 2^960 / 5^342 still has more than 128.
const LIMBS: i32 = 32;
const BIG: usize = memory.data(32 * 4, 16);
const RECIPROCAL_LIMB: i32 = 30;
let ready = false;

@inline export function power_high(exponent: i32): u64 {
  return load<u64>(POWERS + (<usize>(exponent - POWER_MIN) << 4));
}

@inline export function power_low(exponent: i32): u64 {
  return load<u64>(POWERS + (<usize>(exponent - POWER_MIN) << 4), 8);
}

@inline function limb(i: i32): u64 {
  return i < 0 ? 0 : <u64>load<u32>(BIG + (<usize>i << 2));
}

/** Writes the top 128 bits of BIG, plus `round`, as the power of `exponent`. */
function writeTop(exponent: i32, round: u64): void {
  let top = LIMBS - 1;
  while (!limb(top)) top--;
  const shift = <u64>clz<u32>(<u32>limb(top));
  let high = (limb(top) << 32) | limb(top - 1);
  let low = (limb(top - 2) << 32) | limb(top - 3);
  if (shift) {
    high = (high << shift) | (low >> (64 - shift));
    low = (low << shift) | (limb(top - 4) >> (32 - shift));
  }
  low += round;
  if (low < round) high++;
  const at = POWERS + (<usize>(exponent - POWER_MIN) << 4);
  store<u64>(at, high);
  store<u64>(at, low, 8);
}

function multiplyByFive(): void {
  let carry: u64 = 0;
  for (let i = 0; i < LIMBS; i++) {
    carry += limb(i) * 5;
    store<u32>(BIG + (<usize>i << 2), <u32>carry);
    carry >>= 32;
  }
}

function divideByFive(): void {
  let rest: u64 = 0;
  for (let i = LIMBS - 1; i >= 0; i--) {
    rest = (rest << 32) | limb(i);
    store<u32>(BIG + (<usize>i << 2), <u32>(rest / 5));
    rest %= 5;
  }
}

/** Fills the table if it is not there yet; to be called before power_high and power_low. */
export function need_powers(): void {
  if (ready) return;
  memory.fill(BIG, 0, <usize>LIMBS << 2);
  store<u32>(BIG, 1);
  for (let exponent = 0; exponent <= POWER_MAX; exponent++) {
    writeTop(exponent, 0);
    multiplyByFive();
  }
  memory.fill(BIG, 0, <usize>LIMBS << 2);
  store<u32>(BIG + (<usize>RECIPROCAL_LIMB << 2), 1);
  for (let exponent = -1; exponent >= POWER_MIN; exponent--) {
    divideByFive(); // floors nest: this stays floor(2^960 / 5^n)
    writeTop(exponent, <u64>(exponent >= -27));
  }
  ready = true;
}
