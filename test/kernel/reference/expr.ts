import {
  BOOL,
  type Column,
  type DataType,
  decimal,
  DOUBLE,
  INT64,
  isDecimal,
  parseType,
  STRING,
  TIMESTAMP,
} from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import {
  type CallExpression,
  type Expression,
  isCall,
  isColumn,
  type LiteralExpression,
} from "../../../src/expr/expression.ts";
import { castValue } from "./expr_cast.ts";
import { divideHalfUp, fitsInt64, fitsPrecision, readFraction, roundTo } from "./expr_number.ts";
import { datePart, dateTrunc } from "./expr_time.ts";

/** A value with its type. */
export interface Cell {
  readonly type: DataType;
  readonly value: Value;
}

/**
 * Evaluates an expression for one row, one value at a time, with the plainest means: what programs over batches must
 * agree with, bit for bit. Literals must carry their type.
 */
export function evaluate(expression: Expression, columns: readonly Column[], row: readonly Value[]): Cell {
  if (isColumn(expression)) {
    const at = columns.findIndex(({ name }) => name === expression.column);
    return { type: columns[at].type, value: row[at] };
  }
  if (!isCall(expression)) {
    const type = parseType(expression.type ?? "string"), { literal } = expression;
    return { type, value: literal === null ? null : literalValue(type, literal) };
  }
  const args = expression.args.map((arg) => evaluate(arg, columns, row));
  return apply(expression, args);
}

function literalValue(type: DataType, literal: NonNullable<LiteralExpression["literal"]>): Value {
  if (type.kind === "bool") return literal === true;
  if (type.kind === "string") return String(literal);
  if (type.kind === "bytes") return Uint8Array.from(atob(String(literal)), (c) => c.charCodeAt(0));
  if (type.kind === "double") return Number(literal);
  if (isDecimal(type)) return roundTo(readFraction(String(literal))!, type.scale ?? 0);
  return BigInt(String(literal));
}

const bool = (value: boolean | null): Cell => ({ type: BOOL, value });
const isNumeric = (type: DataType) => type.kind === "int64" || type.kind === "double" || isDecimal(type);

function common(a: DataType, b: DataType): DataType {
  if (!isNumeric(a) || (a.kind === b.kind && !isDecimal(a))) return a;
  if (a.kind === "double" || b.kind === "double") return DOUBLE;
  const [p, s] = [a.precision ?? 19, a.scale ?? 0], [q, t] = [b.precision ?? 19, b.scale ?? 0];
  if (p === q && s === t) return a;
  const scale = Math.max(s, t);
  return decimal(Math.min(38, Math.max(p - s, q - t) + scale), scale);
}

function cast(cell: Cell, type: DataType): Cell {
  const same = cell.type.kind === type.kind && cell.type.precision === type.precision && cell.type.scale === type.scale;
  if (cell.value === null || same) return { type, value: cell.value };
  return { type, value: castValue(cell.type, cell.value, type) };
}

/** The order of two values that are not NULL: NaN (unordered), or negative, 0, positive. */
function order(a: Cell, b: Cell): number {
  const x = a.value, y = b.value;
  if (typeof x === "number" || typeof y === "number") {
    const p = cast(a, DOUBLE).value as number, q = cast(b, DOUBLE).value as number;
    return Number.isNaN(p) || Number.isNaN(q) ? NaN : p < q ? -1 : p > q ? 1 : 0;
  }
  if (typeof x === "bigint" && typeof y === "bigint") {
    const p = x * 10n ** BigInt(b.type.scale ?? 0), q = y * 10n ** BigInt(a.type.scale ?? 0);
    return p < q ? -1 : p > q ? 1 : 0;
  }
  if (typeof x === "boolean") return Number(x) - Number(y);
  const p = bytesOf(x), q = bytesOf(y);
  for (let i = 0; i < Math.min(p.length, q.length); i++) if (p[i] !== q[i]) return p[i] - q[i];
  return p.length - q.length;
}

function bytesOf(value: Value): Uint8Array {
  return value instanceof Uint8Array ? value : new TextEncoder().encode(value as string);
}

const COMPARE: Record<string, (order: number) => boolean> = {
  eq: (o) => o === 0,
  ne: (o) => o !== 0,
  lt: (o) => o < 0,
  le: (o) => o <= 0,
  gt: (o) => o > 0,
  ge: (o) => o >= 0,
};

function compare(op: string, a: Cell, b: Cell): boolean | null {
  return a.value === null || b.value === null ? null : COMPARE[op](order(a, b));
}

function and(values: readonly (boolean | null)[]): boolean | null {
  return values.includes(false) ? false : values.includes(null) ? null : true;
}

function or(values: readonly (boolean | null)[]): boolean | null {
  return values.includes(true) ? true : values.includes(null) ? null : false;
}

function apply(expression: CallExpression, args: readonly Cell[]): Cell {
  const { call } = expression, [a, b] = args, truth = args.map(({ value }) => value as boolean | null);
  if (call in COMPARE) return bool(compare(call, a, b));
  switch (call) {
    case "between":
      return bool(and([compare("ge", a, args[1]), compare("le", a, args[2])]));
    case "in":
      return bool(or(args.slice(1).map((value) => compare("eq", a, value))));
    case "is_not_distinct":
      return bool(compare("eq", a, b) ?? (a.value === null && b.value === null));
    case "is_distinct":
      return bool(!(compare("eq", a, b) ?? (a.value === null && b.value === null)));
    case "and":
      return bool(and(truth));
    case "or":
      return bool(or(truth));
    case "not":
      return bool(truth[0] === null ? null : !truth[0]);
    case "is_null":
      return bool(a.value === null);
    case "is_not_null":
      return bool(a.value !== null);
    case "is_true":
      return bool(a.value === true);
    case "is_not_true":
      return bool(a.value !== true);
    case "is_false":
      return bool(a.value === false);
    case "is_not_false":
      return bool(a.value !== false);
    case "cast":
      return cast(a, parseType(expression.type!));
  }
  return conditional(call, args) ?? strict(call, args);
}

function conditional(call: string, args: readonly Cell[]): Cell | null {
  const unified = (cells: readonly Cell[]) => {
    const type = cells.map((cell) => cell.type).reduce(common);
    return cells.map((cell) => cast(cell, type));
  };
  switch (call) {
    case "case": {
      const values = unified(args.filter((_, i) => i % 2 === 1 || i === args.length - 1));
      const branch = args.findIndex((cell, i) => i % 2 === 0 && i < args.length - 1 && cell.value === true);
      if (branch >= 0) return values[branch / 2];
      return args.length % 2 === 1 ? values[values.length - 1] : { type: values[0].type, value: null };
    }
    case "coalesce": {
      const values = unified(args);
      return values.find(({ value }) => value !== null) ?? values[0];
    }
    case "nullif":
      return compare("eq", args[0], args[1]) === true ? { type: args[0].type, value: null } : args[0];
    case "least":
    case "greatest":
      return unified(args).reduce((best, cell) => {
        if (best.value === null || cell.value === null) return { type: best.type, value: null };
        const [x, y] = call === "least" ? [best, cell] : [cell, best];
        return Number.isNaN(y.value) || order(x, y) <= 0 ? best : cell;
      });
  }
  return null;
}

/** Functions that give NULL when an argument is NULL. Their type is found with values in the place of NULLs. */
function strict(call: string, args: readonly Cell[]): Cell {
  const there = args.map((cell) => cell.value === null ? { type: cell.type, value: ZERO[cell.type.kind] } : cell);
  const result = ARITHMETIC.has(call) ? arithmetic(call, there[0], there[1]) : other(call, there);
  return args.some(({ value }) => value === null) ? { type: result.type, value: null } : result;
}

const ZERO: Record<DataType["kind"], Value> = {
  int64: 1n,
  double: 1,
  decimal: 1n,
  decimal128: 1n,
  bool: false,
  timestamp: 1n,
  string: "",
  bytes: new Uint8Array(0),
};

const ARITHMETIC = new Set(["add", "sub", "mul", "div", "mod"]);

function arithmetic(call: string, a: Cell, b: Cell): Cell {
  if (a.type.kind === "double" || b.type.kind === "double") {
    const x = cast(a, DOUBLE).value as number, y = cast(b, DOUBLE).value as number;
    const value = call === "add"
      ? x + y
      : call === "sub"
      ? x - y
      : call === "mul"
      ? x * y
      : call === "div"
      ? x / y
      : x % y;
    return { type: DOUBLE, value };
  }
  if (isDecimal(a.type) || isDecimal(b.type)) return decimalArithmetic(call, a, b);
  const x = a.value as bigint, y = b.value as bigint;
  const value = exact(call, x, y);
  const times = [a, b].filter(({ type }) => type.kind === "timestamp").length;
  return { type: times === 1 ? TIMESTAMP : INT64, value: value !== null && fitsInt64(value) ? value : null };
}

function exact(call: string, x: bigint, y: bigint): bigint | null {
  if (call === "add") return x + y;
  if (call === "sub") return x - y;
  if (call === "mul") return x * y;
  if (y === 0n) return null;
  return call === "div" ? x / y : x % y;
}

function decimalArithmetic(call: string, a: Cell, b: Cell): Cell {
  const [p, s] = [a.type.precision ?? 19, a.type.scale ?? 0], [q, t] = [b.type.precision ?? 19, b.type.scale ?? 0];
  const x = a.value as bigint, y = b.value as bigint, scale = Math.max(s, t), whole = Math.max(p - s, q - t);
  const xs = x * 10n ** BigInt(scale - s), ys = y * 10n ** BigInt(scale - t);
  if (call === "add" || call === "sub" || call === "mod") {
    const digits = call === "mod" ? Math.max(1, Math.min(p - s, q - t) + scale) : whole + scale + 1;
    const kept = keptPlaces(digits, scale), value = exact(call, xs, ys);
    return limited(Math.min(38, digits), kept, value === null ? null : roundTo({ digits: value, scale }, kept));
  }
  const places = call === "mul" ? s + t : Math.max(6, s + q + 1);
  const digits = call === "mul" ? p + q : p - s + t + places;
  const kept = keptPlaces(digits, places), precision = Math.min(38, digits);
  if (call === "mul") return limited(precision, kept, roundTo({ digits: x * y, scale: s + t }, kept));
  return limited(precision, kept, y === 0n ? null : divideHalfUp(x * 10n ** BigInt(kept + t), y * 10n ** BigInt(s)));
}

/** What is left of `places` where there are more than 38 digits: whole digits go first, but six places stay. */
function keptPlaces(digits: number, places: number): number {
  return digits <= 38 ? places : Math.max(38 - (digits - places), Math.min(places, 6));
}

function limited(precision: number, scale: number, value: bigint | null): Cell {
  return { type: decimal(precision, scale), value: value !== null && fitsPrecision(value, precision) ? value : null };
}

function other(call: string, args: readonly Cell[]): Cell {
  const [{ type, value }, b, c] = args;
  switch (call) {
    case "neg":
    case "abs":
    case "floor":
    case "ceil":
    case "round":
      return rounding(call, args[0], b);
    case "sqrt":
      return { type: DOUBLE, value: Math.sqrt(cast(args[0], DOUBLE).value as number) };
    case "date_part":
      return { type: INT64, value: datePart(value as string, b.value as bigint) };
    case "date_trunc":
      return { type: TIMESTAMP, value: dateTrunc(value as string, b.value as bigint) };
    case "to_base64":
      return { type: STRING, value: btoa(String.fromCharCode(...bytesOf(value))) };
  }
  return type.kind === "string" || type.kind === "bytes" ? text(call, value, b?.value, c?.value) : args[0];
}

function rounding(call: string, { type, value }: Cell, places?: Cell): Cell {
  if (typeof value === "number") return { type, value: roundDouble(call, value, Number(places?.value ?? 0)) };
  const cell = value as bigint, scale = type.scale ?? 0;
  if (call === "neg" || call === "abs") {
    const result = call === "neg" || cell < 0n ? -cell : cell;
    return { type, value: type.kind === "decimal128" || fitsInt64(result) ? result : null };
  }
  const unit = 10n ** BigInt(scale), to = Number(places?.value ?? 0);
  if (type.kind === "int64" && (call !== "round" || to >= 0)) return { type, value };
  if (call === "round") {
    if (to >= scale) return { type, value };
    const precision = Math.min(38, (type.precision ?? 0) - scale + 1 + Math.max(0, to));
    const result = type.kind === "int64" ? INT64 : decimal(precision, Math.max(0, to));
    const drop = 10n ** BigInt(scale - to);
    const rounded = to >= 0 ? roundTo({ digits: cell, scale }, to) : divideHalfUp(cell, drop) * 10n ** BigInt(-to);
    const fits = type.kind === "int64" ? fitsInt64(rounded) : fitsPrecision(rounded, precision);
    return { type: result, value: fits ? rounded : null };
  }
  let whole = cell / unit;
  if (whole * unit !== cell && (call === "floor") === (cell < 0n)) whole += call === "floor" ? -1n : 1n;
  return { type: decimal(Math.min(38, (type.precision ?? 0) - scale + 1), 0), value: whole };
}

function roundDouble(call: string, x: number, places: number): number {
  if (call === "neg") return -x;
  if (call === "abs") return Math.abs(x);
  if (call === "floor") return Math.floor(x);
  if (call === "ceil") return Math.ceil(x);
  if (!Number.isFinite(x) || x === 0) return x;
  const fraction = readFraction(String(Math.abs(x)))!;
  if (fraction.scale <= places) return x;
  const digits = places >= 0
    ? roundTo(fraction, places)
    : divideHalfUp(fraction.digits, 10n ** BigInt(fraction.scale - places));
  const rounded = Number(`${digits}e${-places}`);
  return x < 0 ? -rounded : rounded;
}

/** The regular expression of a LIKE pattern. */
function pattern(like: string, escape: string | undefined): RegExp {
  let source = "";
  const characters = Array.from(like);
  for (let i = 0; i < characters.length; i++) {
    const literal = characters[i] === escape && i + 1 < characters.length;
    if (literal) i++;
    if (!literal && characters[i] === "%") source += ".*";
    else if (!literal && characters[i] === "_") source += ".";
    else source += characters[i].replace(/[\\^$.*+?()[\]{}|/]/u, "\\$&");
  }
  return new RegExp(`^${source}$`, "su");
}

/** Each code point by itself; what has no one counterpart stays. */
function mapped(text: string, map: (letter: string) => string): string {
  return Array.from(text, (letter) => Array.from(map(letter)).length === 1 ? map(letter) : letter).join("");
}

function text(call: string, value: Value, b?: Value, c?: Value): Cell {
  const x = value as string, y = b as string;
  const ascii = (from: RegExp, to: (s: string) => string): Cell => ({ type: STRING, value: x.replace(from, to) });
  switch (call) {
    case "starts_with":
      return bool(x.startsWith(y));
    case "ends_with":
      return bool(x.endsWith(y));
    case "contains":
      return bool(x.includes(y));
    case "like":
      return bool(pattern(y, c as string | undefined).test(x));
    case "length":
      return { type: INT64, value: BigInt(Array.from(x).length) };
    case "octet_length":
      return { type: INT64, value: BigInt(bytesOf(value).length) };
    case "lower":
      return { type: STRING, value: mapped(x, (letter) => letter.toLowerCase()) };
    case "upper":
      return { type: STRING, value: mapped(x, (letter) => letter.toUpperCase()) };
    case "trim":
      return ascii(/^ +| +$/g, () => "");
    case "ltrim":
      return ascii(/^ +/g, () => "");
    case "rtrim":
      return ascii(/ +$/g, () => "");
    case "concat":
      return { type: STRING, value: x + (y ?? "") + (c ?? "") };
    case "substring":
      return { type: STRING, value: substring(x, b as bigint, c as bigint | undefined) };
  }
  throw new Error(`The reference knows no ${call}`);
}

function substring(x: string, start: bigint, length: bigint | undefined): string | null {
  const characters = Array.from(x), count = BigInt(characters.length);
  if (length !== undefined && length < 0n) return null;
  const from = start > 0n ? start - 1n : start < 0n ? count + start : 0n;
  if (from < 0n || from >= count) return "";
  const rest = count - from, taken = length === undefined || length > rest ? rest : length;
  return characters.slice(Number(from), Number(from + taken)).join("");
}
