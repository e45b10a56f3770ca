import { BOOL, BYTES, type DataType, decimal, DOUBLE, INT64, isDecimal, STRING, TIMESTAMP } from "../../core/schema.ts";
import { type Expression, isLiteral } from "../../expr/mod.ts";
import { PRECISION_MAX } from "../../expr/type.ts";
import { countDigits, fitsInt64, parseExact } from "../../expr/number.ts";
import { parseIsoTimestamp } from "../../expr/timestamp.ts";
import type * as ast from "../ast.ts";
import type { Value, ValueMaker } from "./value.ts";

type Literal =
  | ast.NullLiteral
  | ast.BooleanLiteral
  | ast.NumberLiteral
  | ast.StringLiteral
  | ast.BinaryLiteral
  | ast.TemporalLiteral
  | ast.IntervalLiteral;

/** A literal of the text as a value; null with a problem. */
export function bindLiteral(literal: Literal, values: ValueMaker): Value | null {
  const { at } = literal;
  switch (literal.kind) {
    case "null":
      return values.literal(null, null, at);
    case "boolean":
      return values.literal(literal.value, BOOL, at);
    case "number":
      return bindNumber(literal, values);
    case "string":
      return values.literal(literal.value, STRING, at);
    case "bytes":
      return values.literal(Uint8Array.fromHex(literal.hex).toBase64(), BYTES, at, true);
    case "temporal":
      return bindTemporal(literal, values);
    case "interval": {
      const { unit, amount } = literal.value;
      return { ...wholeNumber(BigInt(amount), at, values), interval: unit };
    }
  }
}

/** Characters of a number beyond which it is not looked at digit by digit. */
const DIGITS_READ_MAX = 400;

/** Whole numbers are int64, or decimals beyond 64 bits; numbers with a point are exact decimals, those with an exponent are doubles. */
function bindNumber({ form, text, at }: ast.NumberLiteral, values: ValueMaker): Value | null {
  if (form === "integer") {
    const whole = text.length > DIGITS_READ_MAX ? null : BigInt(text);
    if (whole !== null && fitsInt64(whole)) return wholeNumber(whole, at, values);
    // As in Flink, a whole number beyond 64 bits is a decimal
    const digits = whole === null ? Infinity : countDigits(whole);
    if (digits <= PRECISION_MAX) return values.literal(String(whole), decimal(digits, 0), at, true);
    return values.report.add(
      at,
      `${text} has more than ${PRECISION_MAX} digits`,
      `Write it with an exponent, ${Number(text)}, for a double`,
    );
  }
  if (form === "decimal") {
    const type = decimalOf(text);
    if (type !== null) return values.literal(text, type, at, true);
  }
  const double = Number(text);
  if (!Number.isFinite(double)) return values.report.add(at, `${text} is beyond all doubles`);
  return doubleLiteral(double, at, values);
}

/** A double that is a whole number says so, else it would be int64. */
function doubleLiteral(double: number, at: ast.Span, values: ValueMaker): Value {
  return values.literal(double, DOUBLE, at, Number.isInteger(double));
}

export function wholeNumber(whole: bigint, at: ast.Span, values: ValueMaker): Value {
  const number = Number(whole);
  if (Number.isSafeInteger(number)) return values.literal(number, INT64, at);
  return values.literal(String(whole), INT64, at, true);
}

/** The smallest decimal that holds a number with all the places that it is written with; null if none does. */
function decimalOf(text: string): DataType | null {
  const exact = text.length > DIGITS_READ_MAX ? null : parseExact(text);
  if (exact === null) return null;
  const scale = (text.split(".")[1] ?? "").length;
  const precision = Math.max(scale, countDigits(exact.digits) + scale - exact.scale, 1);
  return precision > PRECISION_MAX ? null : decimal(precision, scale);
}

function bindTemporal({ type, text, at }: ast.TemporalLiteral, values: ValueMaker): Value | null {
  if (type === "TIME") {
    return values.report.add(at, "There is no time without a day here", "Write TIMESTAMP '2026-01-31 12:00:00'");
  }
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  if (parseIsoTimestamp(text) === null || (type === "DATE" && !isDate)) {
    const form = type === "DATE" ? "2026-01-31" : "2026-01-31 12:00:00.000";
    return values.report.add(at, `Cannot read '${text}' as a ${type}`, `Write ${type} '${form}'`);
  }
  return values.literal(text, TIMESTAMP, at, true);
}

/** The whole number that a literal is, such as the length of an interval; null if it is none. */
export function wholeOf(expr: Expression): bigint | null {
  if (!isLiteral(expr)) return null;
  const { literal, type } = expr;
  if (typeof literal === "number" && Number.isSafeInteger(literal)) return BigInt(literal);
  return typeof literal === "string" && type === "int64" ? BigInt(literal) : null;
}

/** `-value` and `+value` of a literal number; null if it is none. */
export function negated(value: Value, at: ast.Span, values: ValueMaker): Value | null {
  const whole = wholeOf(value.expr);
  if (whole !== null) {
    const made = wholeNumber(-whole, at, values);
    return value.interval === undefined ? made : { ...made, interval: value.interval };
  }
  if (!isLiteral(value.expr) || value.type === null) return null;
  const { literal } = value.expr;
  // The smallest int64, whose digits without the sign are beyond
  if (value.type.kind === "decimal128" && value.type.scale === 0 && fitsInt64(-BigInt(String(literal)))) {
    return wholeNumber(-BigInt(String(literal)), at, values);
  }
  if (isDecimal(value.type)) return values.literal(`-${literal}`, value.type, at, true);
  if (typeof literal === "number") return values.literal(-literal, value.type, at, value.expr.type !== undefined);
  return null;
}

/** Exact literals beside a double are doubles: then nothing is converted for each row. */
export function besideDoubles(args: readonly Value[], values: ValueMaker): readonly Value[] {
  if (!args.some(({ type }) => type?.kind === "double")) return args;
  return args.map((value) => {
    if (value.type === null || !isDecimal(value.type) || !isLiteral(value.expr)) return value;
    return doubleLiteral(Number(value.expr.literal), value.at, values);
  });
}
