import { BOOL, CELL_DIGITS_MAX, type DataType, decimal, DOUBLE, isVariable } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { adapt, widenTo } from "../cast.ts";
import { countDigits } from "../number.ts";
import { commonType, isNumber, nameOf, PRECISION_MAX } from "../type.ts";
import type { TypedValue } from "../value.ts";
import { isWide, wideCompare } from "../wide.ts";

/** Operators, by the codes of the kernels. */
export const COMPARISONS = { eq: 0, ne: 1, lt: 2, le: 3, gt: 4, ge: 5 } as const;

/** a <code> b, brought to one type; argument numbers are for messages. */
export function compare(call: CallSite, code: number, left: number, right: number): TypedValue | null {
  const a = adapt(call, call.args[left], call.args[right].type),
    b = adapt(call, call.args[right], call.args[left].type);
  if (a === null || b === null) {
    return call.fail(
      a === null ? left : right,
      `Cannot read this string as a timestamp`,
      "Write ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z",
    );
  }
  if (a.type === null || b.type === null) return call.nullOf(BOOL);
  const args = [a, b];
  if (isNumber(a.type) && isNumber(b.type)) return compareNumbers(call, code, a as TypedValue, b as TypedValue);
  const nested = a.type.nested !== undefined || b.type.nested !== undefined;
  if (nested && code > COMPARISONS.ne) return call.fail(left, `${nameOf(a.type)} has no order`, "Compare parts of it");
  if (a.type.kind !== b.type.kind || (nested && commonType(a.type, b.type) === null)) {
    return call.fail(
      right,
      `Cannot compare ${nameOf(a.type)} with ${nameOf(b.type)}`,
      `Cast one side: {"call":"cast","args":[…],"type":${JSON.stringify(nameOf(a.type))}}`,
    );
  }
  if (a.type.kind === "bool") return call.emit("expr_compare_bool", code, BOOL, args);
  if (isVariable(a.type)) return call.emit("expr_string_test", code, BOOL, args);
  return call.emit("expr_compare_int", code, BOOL, args);
}

function compareNumbers(call: CallSite, code: number, a: TypedValue, b: TypedValue): TypedValue {
  if (a.type.kind === "double" || b.type.kind === "double") {
    const args = [widenTo(call, a, DOUBLE), widenTo(call, b, DOUBLE)];
    return call.emit("expr_compare_double", code, BOOL, args);
  }
  const x = atScale(call, a, b.type), y = atScale(call, b, a.type);
  if (isWide(x.type) || isWide(y.type)) return wideCompare(call, code, BOOL, [x, y]);
  const scaleX = x.type.scale ?? 0, scaleY = y.type.scale ?? 0;
  if (scaleX === scaleY) return call.emit("expr_compare_int", code, BOOL, [x, y]);
  const up = Math.max(0, scaleY - scaleX), down = Math.max(0, scaleX - scaleY);
  return call.emit("expr_compare_decimal", code | up << 8 | down << 16, BOOL, [x, y]);
}

/** A literal as `other` has its cells, if it fits them: then one compare of cells is enough. */
function atScale(call: CallSite, value: TypedValue, other: DataType): TypedValue {
  const scale = other.scale ?? 0, by = scale - (value.type.scale ?? 0), text = value.literal?.text;
  const alike = by === 0 && isWide(value.type) === isWide(other);
  if (by < 0 || alike || typeof text !== "string") return value;
  const cell = BigInt(text) * 10n ** BigInt(by);
  const fits = isWide(other) ? countDigits(cell) <= PRECISION_MAX : BigInt.asIntN(64, cell) === cell;
  if (!fits) return value;
  return call.constant(decimal(isWide(other) ? PRECISION_MAX : CELL_DIGITS_MAX, scale), String(cell));
}
