import { BOOL, type DataType, DOUBLE, INT64, isText, STRING, TIMESTAMP } from "../../core/schema.ts";
import { CALL_ARGS_MAX } from "../../core/limits.ts";
import { isCall, isLiteral } from "../../expr/mod.ts";
import { commonType, isNumber, nameOf } from "../../expr/type.ts";
import type { BinaryOperator, ComparisonOperator, Span } from "../ast.ts";
import { besideDoubles, wholeNumber, wholeOf } from "./literal.ts";
import { alikeRows } from "./row_cast.ts";
import type { Value, ValueMaker } from "./value.ts";

const ARITHMETIC = { "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod" } as const;
export const COMPARISONS: Readonly<Record<ComparisonOperator, string>> = {
  "=": "eq",
  "<>": "ne",
  "<": "lt",
  "<=": "le",
  ">": "gt",
  ">=": "ge",
};

type Arithmetic = keyof typeof ARITHMETIC;

/** `left op right` for an operator between two values; null with a problem. */
export function binary(op: BinaryOperator, left: Value, right: Value, at: Span, values: ValueMaker): Value | null {
  if (op === "||") return concat([left, right], at, values);
  if (Object.hasOwn(COMPARISONS, op)) return compare(op as ComparisonOperator, left, right, at, values);
  return arithmetic(op as Arithmetic, left, right, at, values);
}

/** `args` as text behind each other; a chain of them is one call, so that it is not as deep as it is long. */
export function concat(args: readonly Value[], at: Span, values: ValueMaker): Value | null {
  const [{ expr }, ...others] = args;
  const isChain = isCall(expr) && expr.call === "concat" && expr.args.length + others.length <= CALL_ARGS_MAX;
  const parts = isChain ? [...expr.args.map((part) => values.part(part)), ...others] : args;
  return values.call("concat", parts, at, "||");
}

export function asText(value: Value, values: ValueMaker): Value | null {
  return value.type === null || isText(value.type) ? value : values.cast(value, STRING);
}

function arithmetic(op: Arithmetic, left: Value, right: Value, at: Span, values: ValueMaker): Value | null {
  if (left.interval || right.interval) return withInterval(op, left, right, at, values);
  const [a, b] = besideDoubles([left, right], values);
  const result = values.call(ARITHMETIC[op], [a, b], at, op);
  const isSpan = op === "-" && left.type?.kind === "timestamp" && right.type?.kind === "timestamp";
  return result && isSpan ? { ...result, interval: "ms" } : result;
}

/** Spans of time are added to times and to each other, and multiplied by numbers. */
function withInterval(op: Arithmetic, left: Value, right: Value, at: Span, values: ValueMaker): Value | null {
  const refuse = (reason: string, hint?: string) => values.report.add(at, reason, hint);
  if (left.interval && right.interval) {
    if (op !== "+" && op !== "-") return refuse(`Cannot apply ${op} to two intervals`);
    if (left.interval !== right.interval) {
      return refuse("Cannot add months to days or shorter spans", "A month has no fixed length: write days");
    }
    const folded = fold(op, left, right, at, values);
    const made = folded ?? values.call(ARITHMETIC[op], [left, right], at, op);
    return made && { ...made, interval: left.interval };
  }
  const span = left.interval ? left : right, other = left.interval ? right : left;
  if (other.type !== null && isNumber(other.type)) {
    if (op !== "*" && !(op === "/" && left.interval)) return refuse(`Cannot apply ${op} to an interval and a number`);
    const folded = fold(op, left, right, at, values);
    const made = folded ?? values.call(ARITHMETIC[op], [left, right], at, op);
    const whole = made && made.type?.kind !== "int64" ? values.cast(made, INT64, at) : made;
    return whole && { ...whole, interval: span.interval };
  }
  if (op !== "+" && !(op === "-" && right.interval)) {
    return refuse(`Cannot apply ${op} to ${nameOf(other.type)} and an interval`);
  }
  const time = other.type?.kind === "string" ? values.cast(other, TIMESTAMP) : other;
  if (time === null) return null;
  if (time.type !== null && time.type.kind !== "timestamp") {
    return values.report.add(other.at, `Cannot add an interval to ${nameOf(other.type)}`, "Cast it to TIMESTAMP(3)");
  }
  if (span.interval === "ms") return values.call(ARITHMETIC[op], [time, { ...span, interval: undefined }], at, op);
  const months = op === "-" ? values.call("neg", [span], span.at) : span;
  const unit = values.literal("month", STRING, span.at);
  return months && values.call("timestampadd", [unit, months, time], at, op);
}

/** Whole literals are computed now: bounds of time are looked for as literals. */
function fold(op: Arithmetic, left: Value, right: Value, at: Span, values: ValueMaker): Value | null {
  const a = wholeOf(left.expr), b = wholeOf(right.expr);
  if (a === null || b === null || op === "%") return null;
  if (op === "/") return b === 0n ? null : wholeNumber(a / b, at, values);
  const result = op === "+" ? a + b : op === "-" ? a - b : a * b;
  return BigInt.asIntN(64, result) === result ? wholeNumber(result, at, values) : null;
}

export function compare(
  op: ComparisonOperator,
  left: Value,
  right: Value,
  at: Span,
  values: ValueMaker,
): Value | null {
  if (!sameSpans([left, right], at, values)) return null;
  const sides = harmonise([left, right], values);
  return sides && values.call(COMPARISONS[op], sides, at, op);
}

export function sameSpans(args: readonly Value[], at: Span, values: ValueMaker): boolean {
  const spans = new Set(args.map(({ interval }) => interval).filter((one) => one !== undefined));
  if (spans.size < 2) return true;
  values.report.add(at, "Cannot compare months with days or shorter spans", "A month has no fixed length: write days");
  return false;
}

/**
 * Values that meet in a comparison, an IN, a CASE: where they are of different kinds, text becomes the type of the others,
 * as in Flink. Null with a problem where a cast is not possible.
 */
export function harmonise(args: readonly Value[], values: ValueMaker): readonly Value[] | null {
  const others = args.filter(({ type }) => type !== null && !isText(type));
  if (others.length === 0) return besideDoubles(args, values);
  if (others.length === args.filter(({ type }) => type !== null).length) {
    const alike = alikeRows(args, values);
    return alike && besideDoubles(alike, values);
  }
  const target = textTarget(others);
  if (target === null) return besideDoubles(args, values);
  const cast = args.map((arg) => arg.type && isText(arg.type) ? ofText(arg, target, values) : arg);
  return cast.includes(null) ? null : besideDoubles(cast as Value[], values);
}

/** What text is read as beside values of these types; null: it stays. */
function textTarget(others: readonly Value[]): DataType | null {
  let target: DataType | null = null;
  for (const { type } of others) {
    if (type!.kind === "bool" || type!.kind === "bytes") return type!.kind === "bool" ? BOOL : null;
    target = commonType(target, type);
    if (target === null) return null;
  }
  return target;
}

/** A text as a value of another type: a literal is read now, so that what is wrong with it is told now. */
function ofText(value: Value, type: DataType, values: ValueMaker): Value | null {
  if (!isLiteral(value.expr)) return values.cast(value, type);
  const { literal } = value.expr;
  if (literal === null) return value;
  // A literal beside a time is read as one by the comparison itself.
  if (type.kind === "timestamp") return value;
  const text = String(literal).trim();
  return values.tryLiteral(text, type, value.at) ??
    (isNumber(type) ? values.tryLiteral(text, DOUBLE, value.at) : null) ??
    values.report.add(
      value.at,
      `Cannot read '${text}' as ${nameOf(type)}`,
      isNumber(type) ? "Write a number, or cast what stands beside it to STRING" : undefined,
    );
}
