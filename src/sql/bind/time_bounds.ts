import { type Expression, isCall, isColumn } from "../../expr/mod.ts";
import { WINDOW_MS_MAX } from "../../core/limits.ts";
import { wholeOf } from "./literal.ts";

/** How far the right time may be from the left: `left + lower ≤ right ≤ left + upper`, in milliseconds. */
export interface TimeBound {
  readonly left: string;
  readonly right: string;
  /** Null: no bound on this side. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** Whether the bound says all that the condition says; else the condition has to be looked at too. */
  readonly exact: boolean;
}

/** A sum of columns and a constant: how often each column is added. */
interface Sum {
  readonly columns: ReadonlyMap<string, number>;
  readonly constant: number;
}

const OPERATORS: ReadonlyMap<string, string> = new Map([["eq", "="], ["lt", "<"], ["le", "<="], ["gt", ">"], [
  "ge",
  ">=",
]]);

/**
 * The bound that a condition sets between a time of `left` and one of `right`, in whatever form it is written: as
 * `a.ts >= b.ts - x`, `b.ts - a.ts <= x`, `a.ts BETWEEN …`. Null where it is none.
 */
export function timeBound(
  condition: Expression,
  left: ReadonlySet<string>,
  right: ReadonlySet<string>,
): TimeBound | null {
  if (!isCall(condition)) return null;
  if (condition.call === "between") {
    const [x, low, high] = condition.args;
    const from = timeBound({ call: "ge", args: [x, low] }, left, right);
    const to = timeBound({ call: "le", args: [x, high] }, left, right);
    return from && to && intersection(from, to);
  }
  const op = OPERATORS.get(condition.call);
  if (op === undefined) return null;
  const [x, y] = condition.args, a = sumOf(x), b = sumOf(y);
  if (a && b) return boundOf(minus(a, b), op, left, right);
  return begunBound(begunOf(x), op, wholeOf(y), left, right) ??
    begunBound(begunOf(y), TURNED.get(op)!, wholeOf(x), left, right);
}

const TURNED = new Map([["=", "="], ["<", ">"], ["<=", ">="], [">", "<"], [">=", "<="]]);

/** How many times a unit begins between two columns, as DATEDIFF counts. */
interface Begun {
  readonly from: string;
  readonly to: string;
  readonly ms: number;
}

function begunOf(expression: Expression): Begun | null {
  if (!isCall(expression) || expression.call !== "div") return null;
  const [difference, unit] = expression.args, ms = wholeOf(unit);
  if (ms === null || !isCall(difference) || difference.call !== "sub") return null;
  const [to, from] = difference.args.map((part) => {
    if (!isCall(part) || part.call !== "date_trunc" || !isColumn(part.args[1])) return null;
    return part.args[1].column;
  });
  return from && to ? { from, to, ms: Number(ms) } : null;
}

/** A number of begun units lets the times be nearly a unit nearer or further apart. */
function begunBound(
  begun: Begun | null,
  op: string,
  whole: bigint | null,
  left: ReadonlySet<string>,
  right: ReadonlySet<string>,
): TimeBound | null {
  if (begun === null || whole === null) return null;
  const { from, to, ms } = begun, forward = left.has(from) && right.has(to);
  if (!forward && !(left.has(to) && right.has(from))) return null;
  const number = Number(whole), least = op === ">" ? number + 1 : number, most = op === "<" ? number - 1 : number;
  const low = op === "<" || op === "<=" ? null : least * ms - ms + 1;
  const high = op === ">" || op === ">=" ? null : most * ms + ms - 1;
  if (Math.max(Math.abs(low ?? 0), Math.abs(high ?? 0)) > WINDOW_MS_MAX) return null;
  if (forward) return { left: from, right: to, lower: low, upper: high, exact: false };
  return {
    left: to,
    right: from,
    lower: high === null ? null : 0 - high,
    upper: low === null ? null : 0 - low,
    exact: false,
  };
}

/** How many milliseconds a watermark stays behind its column; null where it is no such thing. */
export function delayOf(watermark: Expression, column: string): number | null {
  const sum = sumOf(watermark);
  if (sum === null || sum.columns.size !== 1 || sum.columns.get(column) !== 1 || sum.constant > 0) return null;
  return 0 - sum.constant;
}

/** Both bounds, if they are between the same times. */
export function intersection(a: TimeBound, b: TimeBound): TimeBound | null {
  if (a.left !== b.left || a.right !== b.right) return null;
  const lower = a.lower === null || b.lower === null ? a.lower ?? b.lower : Math.max(a.lower, b.lower);
  const upper = a.upper === null || b.upper === null ? a.upper ?? b.upper : Math.min(a.upper, b.upper);
  return { left: a.left, right: a.right, lower, upper, exact: a.exact && b.exact };
}

/** `sum op 0` as a bound, where the sum is the difference of a left and a right time and a constant. */
function boundOf(sum: Sum, op: string, left: ReadonlySet<string>, right: ReadonlySet<string>): TimeBound | null {
  const entries = [...sum.columns];
  if (entries.length !== 2) return null;
  const [l] = entries.find(([id]) => left.has(id)) ?? [], [r] = entries.find(([id]) => right.has(id)) ?? [];
  if (l === undefined || r === undefined) return null;
  const sign = sum.columns.get(r)!, { constant } = sum;
  if (Math.abs(sign) !== 1 || sum.columns.get(l) !== -sign) return null;
  const bound = (lower: number | null, upper: number | null) => ({ left: l, right: r, lower, upper, exact: true });
  if (sign === 1) {
    // right - left + constant op 0
    if (op === "=") return bound(0 - constant, 0 - constant);
    if (op === "<=" || op === "<") return bound(null, 0 - constant - (op === "<" ? 1 : 0));
    return bound(0 - constant + (op === ">" ? 1 : 0), null);
  }
  // left - right + constant op 0
  if (op === "=") return bound(constant, constant);
  if (op === "<=" || op === "<") return bound(constant + (op === "<" ? 1 : 0), null);
  return bound(null, constant - (op === ">" ? 1 : 0));
}

function sumOf(expression: Expression): Sum | null {
  if (isColumn(expression)) return { columns: new Map([[expression.column, 1]]), constant: 0 };
  const whole = wholeOf(expression);
  if (whole !== null) {
    const constant = Number(whole);
    return Math.abs(constant) <= WINDOW_MS_MAX ? { columns: new Map(), constant } : null;
  }
  if (!isCall(expression)) return null;
  const { call, args } = expression;
  if (call !== "add" && call !== "sub" && call !== "neg") return null;
  const [a, b] = args.map((arg) => sumOf(arg));
  if (call === "neg") return a && minus({ columns: new Map(), constant: 0 }, a);
  return a && b && (call === "add" ? plus(a, b, 1) : minus(a, b));
}

function plus(a: Sum, b: Sum, sign: number): Sum {
  const columns = new Map(a.columns);
  for (const [id, times] of b.columns) {
    const sum = (columns.get(id) ?? 0) + sign * times;
    if (sum === 0) columns.delete(id);
    else columns.set(id, sum);
  }
  return { columns, constant: a.constant + sign * b.constant };
}

function minus(a: Sum, b: Sum): Sum {
  return plus(a, b, -1);
}
