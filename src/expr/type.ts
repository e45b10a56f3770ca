import { type DataType, decimal, DECIMAL_DIGITS_MAX, DOUBLE, formatType, isDecimal, sameType } from "../core/schema.ts";
import { commonNested } from "../core/wider_type.ts";

/** Digits of the widest decimal. */
export const PRECISION_MAX = DECIMAL_DIGITS_MAX;
/** Places that a result keeps when its digits do not all fit, as in Flink SQL. */
const SCALE_KEPT = 6;

export function isNumber(type: DataType): boolean {
  return type.kind === "int64" || type.kind === "double" || isDecimal(type);
}

/** A type in a message. */
export function nameOf(type: DataType | null): string {
  return type === null ? "NULL" : formatType(type);
}

/** int64 as a decimal, for the rules of arithmetic: 19 digits. */
export function asDecimal(type: DataType): { precision: number; scale: number } {
  return { precision: type.precision ?? 19, scale: type.scale ?? 0 };
}

/**
 * The type that values of both types can be brought to without a cast being written, or null if there is none: int64 and
 * double are double, int64 and a decimal are decimal, decimals keep the larger scale, arrays and the like have what their parts have in common.
 */
export function commonType(a: DataType | null, b: DataType | null): DataType | null {
  if (a === null || b === null) return a ?? b;
  if (sameType(a, b)) return a;
  if (a.nested && b.nested) return commonNested(a.nested, b.nested, commonType);
  if (!isNumber(a) || !isNumber(b)) return null;
  if (a.kind === "double" || b.kind === "double") return DOUBLE;
  const x = asDecimal(a), y = asDecimal(b), scale = Math.max(x.scale, y.scale);
  const whole = Math.max(x.precision - x.scale, y.precision - y.scale);
  return decimal(Math.min(PRECISION_MAX, whole + scale), scale);
}

/** Types of exact arithmetic over decimals and int64, by the rules of Flink SQL; digits that do not fit 38 are taken from the places. */
export function decimalResult(op: "add" | "sub" | "mul" | "div" | "mod", a: DataType, b: DataType): DataType {
  const x = asDecimal(a), y = asDecimal(b), scale = Math.max(x.scale, y.scale);
  const wholeX = x.precision - x.scale, wholeY = y.precision - y.scale;
  if (op === "mod") return fitted(Math.max(1, Math.min(wholeX, wholeY) + scale), scale);
  if (op === "mul") return fitted(x.precision + y.precision, x.scale + y.scale);
  if (op === "div") {
    const places = Math.max(SCALE_KEPT, x.scale + y.precision + 1);
    return fitted(wholeX + y.scale + places, places);
  }
  return fitted(Math.max(wholeX, wholeY) + scale + 1, scale);
}

function fitted(precision: number, scale: number): DataType {
  if (precision <= PRECISION_MAX) return decimal(precision, scale);
  const kept = Math.max(PRECISION_MAX - (precision - scale), Math.min(scale, SCALE_KEPT));
  return decimal(PRECISION_MAX, kept);
}
