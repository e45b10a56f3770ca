import { type DataType, INT64 } from "../core/schema.ts";
import type { CallSite } from "./call.ts";
import { asDecimal } from "./type.ts";
import type { TypedValue } from "./value.ts";

/** How expr_decimal_rescale and expr_wide_rescale round. */
export const ROUNDING = { halfUp: 0, truncate: 1, floor: 2, ceil: 3 } as const;

/** Decimals of more than 18 digits, whose cells are 16 bytes: asm/expr/wide.ts computes with them. */
export function isWide(type: DataType): boolean {
  return type.kind === "decimal128";
}

/** Bits of the codes of asm/expr/wide.ts. */
const A_WIDE = 8, B_WIDE = 16, OUT_WIDE = 32;
/** Digits that expr_wide_rescale drops: with one more than the widest decimal has, nothing is left. */
const DROP_MAX = 40;

function widthsOf(out: DataType | null, a: DataType, b: DataType | null): number {
  return (isWide(a) ? A_WIDE : 0) | (b !== null && isWide(b) ? B_WIDE : 0) |
    (out !== null && isWide(out) ? OUT_WIDE : 0);
}

/** a × 10^x <op> b × 10^y, without its last `drop` digits; see expr_wide for the operators. */
export function wideArithmetic(
  call: CallSite,
  op: number,
  type: DataType,
  [a, b]: readonly [TypedValue, TypedValue],
  { x = 0, y = 0, drop = 0 }: { readonly x?: number; readonly y?: number; readonly drop?: number },
): TypedValue {
  const { precision } = asDecimal(type);
  const code = op | widthsOf(type, a.type, b.type) | precision << 6 | x << 12 | y << 18 | drop << 24;
  return call.emit("expr_wide", code, type, [a, b], true);
}

/** A decimal or int64 brought to `type`; int64 takes whatever fits it. */
export function wideRescale(call: CallSite, value: TypedValue, type: DataType, mode: number): TypedValue {
  const from = asDecimal(value.type), to = asDecimal(type), by = to.scale - from.scale;
  const precision = type.kind === "int64" ? 0 : to.precision;
  const code = mode << 1 | widthsOf(type, value.type, null) | precision << 6 | Math.max(0, by) << 12 |
    Math.max(0, -by) << 18;
  // Rounding can carry into one digit more
  const whole = from.precision - from.scale + (by < 0 ? 1 : 0);
  const mayFail = whole > (type.kind === "int64" ? 18 : to.precision - to.scale);
  return call.emit("expr_wide_rescale", code, type, [value], mayFail);
}

/** To a multiple of 10^tens. */
export function wideTens(call: CallSite, value: TypedValue, type: DataType, tens: number, mode: number): TypedValue {
  const drop = Math.min(DROP_MAX, asDecimal(value.type).scale + tens);
  const code = 1 | mode << 1 | widthsOf(type, value.type, null) | asDecimal(type).precision << 6 | tens << 12 |
    drop << 18;
  return call.emit("expr_wide_rescale", code, type, [value], true);
}

/** a × 10^x <op> b × 10^y as a bool; operators as expr_compare_int numbers them. */
export function wideCompare(
  call: CallSite,
  op: number,
  result: DataType,
  [a, b]: readonly [TypedValue, TypedValue],
): TypedValue {
  const x = asDecimal(a.type).scale, y = asDecimal(b.type).scale;
  if (isWide(a.type) && isWide(b.type) && x === y) return call.emit("expr_string_test", op, result, [a, b]);
  const code = op | widthsOf(null, a.type, b.type) | Math.max(0, y - x) << 6 | Math.max(0, x - y) << 12;
  return call.emit("expr_wide_compare", code, result, [a, b]);
}

/** -1, 0 or 1. */
export function wideSign(call: CallSite, value: TypedValue): TypedValue {
  const zero = call.constant(INT64, "0"), one = call.constant(INT64, "1"), minus = call.constant(INT64, "-1");
  const bool: DataType = { kind: "bool" }, above = wideCompare(call, 4, bool, [value, zero]);
  const below = wideCompare(call, 2, bool, [value, zero]);
  const found = call.select(below, minus, call.select(above, one, zero, true), true);
  return { ...found, nullable: value.nullable };
}
