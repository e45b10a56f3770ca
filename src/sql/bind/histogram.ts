import { isLiteral } from "../../expr/mod.ts";
import { isNumber } from "../../expr/type.ts";
import type * as ast from "../ast.ts";
import type { Value, ValueMaker } from "./value.ts";

/** HISTOGRAM(x, width): where the bucket of a number begins. Null with a problem. */
export function bucketOf(x: Value, width: Value, at: ast.Span, values: ValueMaker): Value | null {
  const { report } = values;
  const size = isLiteral(width.expr) ? Number(width.expr.literal) : NaN;
  if (!(size > 0) || width.interval) {
    return report.add(width.at, "HISTOGRAM needs the width of its buckets here: a number above 0", "Write a literal");
  }
  if (x.type === null || !isNumber(x.type)) {
    return report.add(x.at, "HISTOGRAM puts only numbers in buckets", "Leave the width out: each value is its own");
  }
  const call = (fn: string, ...args: readonly (Value | null)[]) =>
    args.includes(null) ? null : values.call(fn, args as Value[], at, "HISTOGRAM");
  if (x.type.kind === "double" || width.type?.kind === "double") {
    return call("mul", call("floor", call("div", x, width)), width);
  }
  // Exact numbers stay what they are; the remainder of a negative one is behind its bucket's start.
  const rest = call("mod", call("add", call("mod", x, width), width), width);
  return call("sub", x, rest);
}
