import type * as ast from "../ast.ts";
import { WINDOW_MS_MAX } from "../../core/limits.ts";
import { BOOL, INT64 } from "../../core/schema.ts";
import type { AggregateCalls } from "./aggregate_calls.ts";
import type { Context } from "./context.ts";
import type { ExpressionBinder } from "./expression.ts";
import { wholeOf } from "./literal.ts";
import { harmonise } from "./operators.ts";
import type { Value } from "./value.ts";

/**
 * LAG(x, n, else): x of the row n rows before. It is the first x of the last n + 1 rows where there are so many. FIRST
 * leaves NULL out, so that whether x is NULL is taken from the same row beside x itself.
 */
export function lagValue(
  call: ast.FunctionCall,
  binder: ExpressionBinder,
  context: Context,
  calls: (rows: number) => AggregateCalls,
): Value | null {
  const { report, values } = context, { at } = call;
  if (call.args.length < 1 || call.args.length > 3) {
    return report.add(at, `LAG takes one to three arguments, got ${call.args.length}`);
  }
  const args = binder.bindAll(call.args);
  if (args === null) return null;
  const [x, offset, otherwise] = args, rows = offset === undefined ? 1n : wholeOf(offset.expr);
  if (rows === null || rows < 1n || rows > WINDOW_MS_MAX) {
    return report.add(offset?.at ?? at, "LAG needs a number of rows from 1 here");
  }
  if (x.type === null) return report.add(x.at, "LAG of NULL has no type");
  const over = calls(Number(rows));
  const first = (arg: Value) => over.add("first", arg, at);
  const count = over.add("count", null, at);
  const missing = values.call("is_null", [x], at), zero = values.call("coalesce", [x, values.zero(x.type, at)], at);
  const enough = values.call("gt", [count, values.literal(Number(rows), INT64, at)], at);
  if (missing === null || zero === null || enough === null) return null;
  const nothing = values.literal(null, x.type, at, true);
  const there = values.call(
    "not",
    [values.call("coalesce", [first(missing), values.literal(true, BOOL, at)], at)!],
    at,
  )!;
  const [value, fallback] = harmonise([first(zero), otherwise ?? nothing], values) ?? [];
  if (value === undefined || fallback === undefined) return null;
  const found = values.call("case", [there, value, nothing], at, "LAG");
  return found && values.call("case", [enough, found, fallback], at, "LAG");
}
