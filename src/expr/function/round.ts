import { type DataType, decimal, DOUBLE, INT64 } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { rescale } from "../cast.ts";
import { asDecimal, PRECISION_MAX } from "../type.ts";
import type { TypedValue } from "../value.ts";
import { isWide, ROUNDING, wideTens } from "../wide.ts";

/** Code of expr_double_unary. */
const ROUND = 4;
/** Places, to either side of the point, that round takes; of wide decimals so many as they have digits. */
const PLACES_MAX = 18;
/** Digits that expr_decimal_rescale drops at most; no cell has as many. Without rounding it divides once. */
const DROP_MAX = 31, TRUNCATE_MAX = 19;
/** What expr_double_round adds to the places so that its code is never negative. */
const PLACES_OFFSET = 64;

/** round(a) and round(a, places): halves away from zero; truncate drops the digits behind. */
export function round(call: CallSite, mode: number): TypedValue | null {
  const value = call.want(0, "int64", "double", "decimal");
  const places = placesOf(call, value !== null && isWide(value.type) ? PRECISION_MAX : PLACES_MAX);
  if (value === null || places === null) return null;
  if (value.type.kind === "double") {
    if (places === 0 && mode === ROUNDING.halfUp) return call.emit("expr_double_unary", ROUND, DOUBLE, [value]);
    return call.emit("expr_double_round", places + PLACES_OFFSET | mode << 8, DOUBLE, [value]);
  }
  const { scale } = asDecimal(value.type);
  if (places >= scale) return value;
  const precision = value.type.kind === "int64"
    ? 0
    : Math.min(PRECISION_MAX, (value.type.precision ?? 0) - scale + 1 + Math.max(0, places));
  const type = precision === 0 ? INT64 : decimal(precision, Math.max(0, places));
  if (places >= 0) return rescale(call, value, type, precision, mode);
  if (isWide(value.type) || isWide(type)) return wideTens(call, value, type, -places, mode);
  return roundTens(call, value, type, precision, -places, mode);
}

/** To a multiple of 10^tens: all digits below are dropped at once and then filled up with zeros. */
function roundTens(
  call: CallSite,
  value: TypedValue,
  type: DataType,
  precision: number,
  tens: number,
  mode: number,
): TypedValue {
  const most = mode === ROUNDING.halfUp ? DROP_MAX : TRUNCATE_MAX;
  const drop = Math.min(most, (value.type.scale ?? 0) + tens);
  const rounded = call.emit("expr_decimal_rescale", drop << 5 | mode << 10, type, [value]);
  return call.emit("expr_decimal_rescale", tens | precision << 12, type, [rounded], true);
}

function placesOf(call: CallSite, most: number): number | null {
  if (call.args.length < 2) return 0;
  const { type, literal } = call.args[1], places = Number(literal?.text ?? NaN);
  if (type?.kind === "int64" && Math.abs(places) <= most) return places;
  return call.fail(
    1,
    `${call.name} needs a literal number of places`,
    `What fits: a whole number from -${most} to ${most}`,
  );
}
