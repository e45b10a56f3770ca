// x as n * pi / 2 + r with |r| up to pi / 4, exactly enough for any double (Payne and Hanek, "Radian reduction for
// trigonometric functions", 1983): of the bits of 2 / pi only those matter that neither make multiples of 4 of x * 2 / pi nor
// lie too far behind its point.
import { high, low as productLow, multiply128 } from "../../expr/int128";
import { low, times } from "./pair";

const QUARTER_PI_BITS: u64 = 0x3fe921fb54442d18;
const HALF_PI: f64 = 1.5707963267948966;
const HALF_PI_LOW: f64 = 6.123233995736766e-17;
/** 1280 bits of 2 / pi behind the point. */
const TWO_OVER_PI: usize = memory.data<u64>([
  0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0,
  0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4,
  0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
  0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d,
]);

/** n modulo 4. */
export let quadrant: i32 = 0;
/** What the rest needs beyond a double. */
export let reducedLow: f64 = 0;

/** 64 bits of 2 / pi from bit `first` on, counted from 0. */
@inline function bitsFrom(first: i32): u64 {
  const at = TWO_OVER_PI + (<usize>(first >> 6) << 3), shift = <u64>(first & 63);
  return shift ? (load<u64>(at) << shift) | (load<u64>(at, 8) >> (64 - shift)) : load<u64>(at);
}

/** The upper word of (a, b) << n, for n of 0 to 63. */
@inline function shifted(a: u64, b: u64, n: u64): u64 {
  return n ? (a << n) | (b >> (64 - n)) : a;
}

/** The rest r of a finite x. */
export function reduce(x: f64): f64 {
  quadrant = 0;
  reducedLow = 0;
  const bits = reinterpret<u64>(x) & 0x7fffffffffffffff;
  if (bits <= QUARTER_PI_BITS) return x;
  const mantissa = (bits & 0x000fffffffffffff) | 0x0010000000000000, e = <i32>(bits >> 52) - 1075;
  const first = max(0, e - 2);
  // mantissa * 192 bits of 2 / pi: four words, the point behind the first `up` bits
  multiply128(mantissa, bitsFrom(first + 128));
  const w3 = productLow;
  let carry = high;
  multiply128(mantissa, bitsFrom(first + 64));
  const w2 = productLow + carry;
  carry = high + <u64>(w2 < carry);
  multiply128(mantissa, bitsFrom(first));
  const w1 = productLow + carry, w0 = high + <u64>(w1 < carry);
  const up = <u64>(64 + e - first), far = up >= 64, by = up & 63;
  quadrant = <i32>(far ? shifted(w0, w1, by) : w0 >> (64 - up)) & 3;
  let f0 = far ? shifted(w1, w2, by) : shifted(w0, w1, by);
  let f1 = far ? shifted(w2, w3, by) : shifted(w1, w2, by);
  let f2 = far ? w3 << by : shifted(w2, w3, by);
  let negative = reinterpret<i64>(x) < 0;
  if (negative) quadrant = -quadrant & 3;
  if (<i64>f0 < 0) {
    // Nearer to the next multiple: the fraction less 1
    quadrant = (quadrant + (negative ? -1 : 1)) & 3;
    negative = !negative;
    f2 = ~f2;
    f1 = ~f1;
    f0 = ~f0;
  }
  const zeros = f0 ? clz(f0) : 64 + clz(f1);
  if (zeros >= 64) {
    f0 = f1;
    f1 = f2;
    f2 = 0;
  }
  f0 = shifted(f0, f1, zeros & 63);
  f1 = shifted(f1, f2, zeros & 63);
  // 53 bits and the 53 behind them, and where the point is
  const scale = reinterpret<f64>((1023 - zeros) << 52);
  const a = <f64>(f0 >> 11) * (1.0 / 9007199254740992.0) * scale;
  const b = <f64>(((f0 & 0x7ff) << 42) | (f1 >> 22)) * (1.0 / 9007199254740992.0 / 9007199254740992.0) * scale;
  const r = times(negative ? -a : a, negative ? -b : b, HALF_PI, HALF_PI_LOW);
  reducedLow = low;
  return r;
}
