import type { Expression } from "../ast.ts";
import { WINDOW_MS_MAX } from "../../core/limits.ts";
import type { Context } from "./context.ts";
import { ExpressionBinder } from "./expression.ts";
import { wholeOf } from "./literal.ts";
import { Scope } from "./scope.ts";

/** The milliseconds of a constant interval such as `INTERVAL '1' HOUR`, from `min` on; null with a problem. */
export function milliseconds(expression: Expression, what: string, min: number, context: Context): number | null {
  const { report, values } = context, { at } = expression;
  const value = new ExpressionBinder(values, { scope: new Scope([]), clause: what }).bind(expression);
  if (value === null) return null;
  if (value.interval === "month") {
    return report.add(at, `${what} cannot be a number of months: they differ in length`, "Write INTERVAL '30' DAY");
  }
  const whole = value.interval === "ms" ? wholeOf(value.expr) : null;
  if (whole === null) return report.add(at, `${what} must be a constant interval`, "Write INTERVAL '10' SECOND");
  const ms = Number(whole);
  if (ms < min || Math.abs(ms) > WINDOW_MS_MAX) {
    const range = min > 0 ? `from ${min} ms` : min === 0 ? "from 0" : "to either side";
    return report.add(at, `${what} of ${ms} ms is out of range: ${range} to a hundred years`);
  }
  return ms;
}
