import {
  BOOL,
  BYTES,
  CELL_DIGITS_MAX,
  type DataType,
  decimal,
  DOUBLE,
  formatType,
  INT64,
  isDecimal,
  isText,
  JSON_VALUE,
  kindCode,
  type Nested,
  sameType,
  shapeOf,
  STRING,
} from "../core/schema.ts";
import type { CallSite } from "./call.ts";
import { cellText } from "./literal.ts";
import { describeCast, isWrittenAs } from "./nested_cast.ts";
import { countDigits, parseExact } from "./number.ts";
import { asDecimal, PRECISION_MAX } from "./type.ts";
import type { TypedValue, Value } from "./value.ts";
import { isWide, ROUNDING, wideCompare, wideRescale } from "./wide.ts";

/** Codes of expr_double and expr_compare_double. */
const SUB = 1, EQUAL = 0;

/** A decimal or int64 brought to another scale; `precision` 0 takes whatever fits int64. Wide decimals take the type's. */
export function rescale(
  call: CallSite,
  value: TypedValue,
  type: DataType,
  precision: number,
  mode: number = ROUNDING.halfUp,
): TypedValue {
  if (isWide(value.type) || isWide(type)) return wideRescale(call, value, type, mode);
  const from = asDecimal(value.type), scale = type.scale ?? 0, by = scale - from.scale;
  const code = Math.max(0, by) | Math.max(0, -by) << 5 | mode << 10 | precision << 12;
  // Rounding can carry into one digit more
  const whole = from.precision - from.scale + (by < 0 ? 1 : 0);
  const mayFail = whole > (precision === 0 ? CELL_DIGITS_MAX : precision) - scale;
  return call.emit("expr_decimal_rescale", code, type, [value], mayFail);
}

function retyped(value: TypedValue, type: DataType): TypedValue {
  return { type, nullable: value.nullable, register: value.register };
}

/** `value` as `type`, by the rules of CAST; what cannot be converted is NULL. Null when there is no such cast. */
export function castTo(call: CallSite, value: Value, type: DataType): TypedValue | null {
  if (value.type === null) return call.nullOf(type);
  const from = value as TypedValue;
  if (sameType(from.type, type)) return from;
  if (type.nested) return toNested(call, from, type);
  if (from.type.nested) return ofNested(call, from, from.type.nested, type);
  switch (type.kind) {
    case "int64":
      return toInt64(call, from);
    case "double":
      return toDouble(call, from);
    case "decimal":
    case "decimal128":
      return toDecimal(call, from, type);
    case "bool":
      return toBool(call, from);
    case "timestamp":
      return toTimestamp(call, from, type);
    case "string":
      return toText(call, from);
    case "bytes":
      return from.type.kind === "string" ? retyped(from, BYTES) : null;
  }
}

/** Forms of parts of nested values by the codes of the kernels. */
const FORM = { text: 0, array: 1, object: 2, any: 3 } as const;

/** The form in which a part of `type` is taken out of a nested value. */
export function formOf({ nested }: DataType): number {
  return nested === undefined ? FORM.text : FORM[shapeOf(nested)];
}

/** JSON of any type as one of a nested type, and scalars as JSON. */
function toNested(call: CallSite, from: TypedValue, type: DataType): TypedValue | null {
  const { nested } = from.type, wanted = type.nested!;
  if (nested === undefined) {
    if (from.type.kind === "string") return call.emit("fn_nested_parse", formOf(type), type, [from], true);
    const json = wanted.of === "json" ? jsonText(call, from) : null;
    return json && retyped(json, type);
  }
  if (wanted.of === "json") return retyped(from, type);
  if (nested.of !== "json" && shapeOf(nested) === shapeOf(wanted)) {
    if (isWrittenAs(from.type, type)) return retyped(from, type);
    return call.emit("fn_nested_cast", 0, type, [from, call.constant(STRING, describeCast(from.type, type))], true);
  }
  if (shapeOf(nested) === shapeOf(wanted)) return retyped(from, type);
  return nested.of === "json" ? call.emit("fn_nested_text", formOf(type), type, [from], true) : null;
}

/** The text of a nested value; of a scalar in JSON what it says, cast to the type. */
function ofNested(call: CallSite, from: TypedValue, nested: Nested, type: DataType): TypedValue | null {
  if (nested.of !== "json") return type.kind === "string" ? retyped(from, type) : null;
  return ofPart(call, call.emit("fn_nested_text", FORM.text, STRING, [from], true), type);
}

/** A scalar part of a nested value, taken out as text, as its type. Epoch milliseconds are times too. */
function ofPart(call: CallSite, text: TypedValue, type: DataType): TypedValue | null {
  if (type.kind === "bytes") return call.emit("expr_base64", 1, BYTES, [text], true);
  const value = castTo(call, text, type);
  if (value === null || type.kind !== "timestamp") return value;
  const number = retyped(parsed(call, text, INT64), type);
  return call.select(call.emit("expr_is_null", 0, BOOL, [value]), number, value);
}

/** A part of a nested value that a kernel takes out, as its type; a part that is none is NULL. */
export function taken(
  call: CallSite,
  kernel: string,
  args: readonly TypedValue[],
  type: DataType,
  flags = 0,
): TypedValue {
  const part = call.emit(kernel, formOf(type) | flags, type.nested ? type : STRING, args, true);
  return type.nested ? part : ofPart(call, part, type)!;
}

/** A value as JSON in a text. What functions made of JSON goes in as it is. */
export function jsonText(call: CallSite, value: Value): TypedValue {
  if (value.type === null) return call.nullOf(STRING);
  const known = value as TypedValue;
  if (known.type.nested) return retyped(known, STRING);
  switch (known.type.kind) {
    case "string":
      return known.json ? known : call.emit("fn_json_quote", 0, STRING, [known]);
    case "timestamp":
      return call.emit("fn_json_quote", 0, STRING, [castTo(call, known, STRING)!], true);
    case "bytes":
      return call.emit("fn_json_quote", 0, STRING, [call.emit("expr_base64", 0, STRING, [known])]);
    case "double": {
      // NaN and infinities, which JSON has not, differ from themselves by NaN
      const difference = call.emit("expr_double", SUB, DOUBLE, [known, known]);
      const finite = call.emit("expr_compare_double", EQUAL, BOOL, [difference, call.constant(DOUBLE, "0")]);
      const text = call.select(finite, castTo(call, known, STRING)!, call.constant(STRING, "null"));
      return call.select(call.emit("expr_is_null", 0, BOOL, [known]), call.nullOf(STRING), text);
    }
    default:
      return castTo(call, known, STRING)!;
  }
}

/** A value as JSON whose text is as short as it can be. */
export function asJson(call: CallSite, value: Value): TypedValue {
  const text = jsonText(call, value);
  if (value.json) return call.emit("fn_nested_parse", FORM.any, JSON_VALUE, [text], true);
  return retyped(text, JSON_VALUE);
}

function parsed(call: CallSite, from: TypedValue, type: DataType): TypedValue {
  const code = kindCode(type.kind) | (type.scale ?? 0) << 8 | (type.precision ?? 0) << 16;
  return call.emit("expr_parse", code, type, [from], true);
}

function toInt64(call: CallSite, from: TypedValue): TypedValue | null {
  switch (from.type.kind) {
    case "double":
      return call.emit("expr_double_to_int", 0, INT64, [from], true);
    case "decimal":
      return { ...rescale(call, from, INT64, 0, ROUNDING.truncate), nullable: from.nullable };
    case "decimal128":
      return rescale(call, from, INT64, 0, ROUNDING.truncate);
    case "bool":
      return call.emit("expr_bool_to_int", 0, INT64, [from]);
    case "timestamp":
      return retyped(from, INT64);
    case "string":
      return parsed(call, from, INT64);
    default:
      return null;
  }
}

function toDouble(call: CallSite, from: TypedValue): TypedValue | null {
  if (from.type.kind === "string") return parsed(call, from, DOUBLE);
  if (isWide(from.type)) return call.emit("expr_wide_to_double", from.type.scale ?? 0, DOUBLE, [from]);
  if (from.type.kind === "decimal") return call.emit("expr_to_double", from.type.scale ?? 0, DOUBLE, [from]);
  const whole = from.type.kind === "int64" ? from : toInt64(call, from);
  return whole && call.emit("expr_to_double", 0, DOUBLE, [whole]);
}

function toDecimal(call: CallSite, from: TypedValue, type: DataType): TypedValue | null {
  const { precision = PRECISION_MAX, scale = 0 } = type;
  if (from.type.kind === "string") {
    return isWide(type)
      ? call.emit("expr_wide_parse", scale | precision << 8, type, [from], true)
      : parsed(call, from, type);
  }
  if (from.type.kind === "double") {
    const kernel = isWide(type) ? "expr_double_to_wide" : "expr_double_to_decimal";
    return call.emit(kernel, scale | precision << 8, type, [from], true);
  }
  if (isDecimal(from.type)) {
    const alike = from.type.kind === type.kind && from.type.scale === scale;
    const widens = alike && (from.type.precision ?? 0) <= precision;
    return widens ? retyped(from, type) : rescale(call, from, type, precision);
  }
  const whole = from.type.kind === "int64" ? from : toInt64(call, from);
  return whole && rescale(call, whole, type, precision);
}

function toBool(call: CallSite, from: TypedValue): TypedValue | null {
  const unequal = 1;
  switch (from.type.kind) {
    case "string":
      return parsed(call, from, BOOL);
    case "double":
      return call.emit("expr_compare_double", unequal, BOOL, [from, call.constant(DOUBLE, "0")]);
    case "decimal128":
      return wideCompare(call, unequal, BOOL, [from, call.constant(INT64, "0")]);
    case "int64":
    case "decimal":
      return call.emit("expr_compare_int", unequal, BOOL, [from, call.constant(from.type, "0")]);
    default:
      return null;
  }
}

function toTimestamp(call: CallSite, from: TypedValue, type: DataType): TypedValue | null {
  if (from.type.kind === "string") return parsed(call, from, type);
  if (from.type.kind === "bool") return null;
  const whole = from.type.kind === "int64" ? from : toInt64(call, from);
  return whole && retyped(whole, type);
}

function toText(call: CallSite, from: TypedValue): TypedValue | null {
  if (from.type.kind === "bool") return call.emit("expr_bool_to_string", 0, STRING, [from]);
  if (from.type.kind === "bytes") return call.emit("expr_bytes_to_string", 0, STRING, [from], true);
  if (isWide(from.type)) return call.emit("expr_wide_to_string", from.type.scale ?? 0, STRING, [from]);
  const code = kindCode(from.type.kind) | (from.type.scale ?? 0) << 8;
  return call.emit("expr_to_string", code, STRING, [from], from.type.kind === "timestamp");
}

/** `value` brought to a type that commonType() gave: numbers widen, NULL takes the type. */
export function widenTo(call: CallSite, value: Value, type: DataType): TypedValue {
  const found = castTo(call, value, type);
  if (found === null) throw new TypeError(`No way from ${value.type?.kind} to ${formatType(type)}`);
  return found;
}

/**
 * A literal written without a type, as its neighbour asks: a string beside a timestamp is ISO 8601, a number beside a
 * decimal is exact. Everything else as it is. Null when the string is no timestamp.
 */
export function adapt(call: CallSite, value: Value, neighbour: DataType | null): Value | null {
  const { type, literal } = value;
  if (!literal || literal.typed || literal.text === null || type === null || neighbour === null) return value;
  if (neighbour.nested && isText(type)) {
    const text = cellText(neighbour, literal.text);
    return text === null ? value : call.constant(neighbour, text);
  }
  if (neighbour.kind === "timestamp" && type.kind === "string") {
    const text = cellText(neighbour, literal.text);
    return text === null ? null : call.constant(neighbour, text);
  }
  if (isDecimal(neighbour) && (type.kind === "double" || type.kind === "int64")) {
    const exact = parseExact(literal.text);
    if (exact === null) return value;
    const precision = Math.max(countDigits(exact.digits), exact.scale);
    if (precision > PRECISION_MAX) return value;
    return call.constant(decimal(precision, exact.scale), String(exact.digits));
  }
  return value;
}
