// Wide decimals and doubles.
import { digits, exponent, shortest } from "../expr/shortest";
import { parse_double } from "../text/double";
import { giveWide, HALF_UP, scaleDown, scaleUp, takeMagnitude } from "./number";
import { write_wide } from "./text";

const MAGNITUDE: u64 = 0x7fffffffffffffff;
const INFINITE: u64 = 0x7ff0000000000000;
const TEXT: usize = memory.data(64, 16);
const DOUBLE: usize = memory.data(8, 16);

/** The double that is nearest to the wide decimal at `cell`, ties to even. */
export function wideToDouble(cell: usize, scale: u32): f64 {
  parse_double(TEXT, write_wide(TEXT, cell, scale), DOUBLE);
  return load<f64>(DOUBLE);
}

/** A double by its shortest text as a cell at `out`, halves away from zero; whether it has more than `precision` digits. */
export function wideOfDouble(x: f64, out: usize, scale: u32, precision: u32): bool {
  const bits = reinterpret<u64>(x) & MAGNITUDE;
  takeMagnitude(false, 0, 0, 0, 0);
  if (bits == 0) return giveWide(out, precision);
  if (bits >= INFINITE) return true;
  shortest(bits);
  const shift = exponent + <i32>scale;
  if (shift > 38) return true;
  takeMagnitude(x < 0, 0, 0, 0, digits);
  if (shift >= 0) scaleUp(shift);
  else scaleDown(min<u32>(-shift, 60), HALF_UP);
  return giveWide(out, precision);
}
