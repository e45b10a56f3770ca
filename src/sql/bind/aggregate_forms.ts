import type * as ast from "../ast.ts";
import type { Report } from "./report.ts";

/** Aggregates whose argument is what WITHIN GROUP is ordered by. */
const ORDERED = new Set(["percentile_cont", "percentile_disc", "mode"]);

/**
 * A call as the aggregates here take it: COUNTIF(x) counts with a filter, and what stands in WITHIN GROUP is the argument of
 * PERCENTILE_CONT and its like. Null with a problem.
 */
export function aggregateForm(call: ast.FunctionCall, name: string, report: Report): ast.FunctionCall | null {
  if (name === "countif" || name === "count_if") return countIf(call, name, report);
  if (!ORDERED.has(name) || call.withinGroup.length === 0) return call;
  const [{ expr, desc }, ...others] = call.withinGroup, shown = name.toUpperCase();
  if (others.length > 0) return report.add(others[0].at, `${shown} takes values in one order`, "Leave the second out");
  if (desc && name !== "mode") {
    return report.add(
      call.withinGroup[0].at,
      `${shown} goes from the least value on`,
      "Leave DESC out, and write 1 - p",
    );
  }
  return { ...call, args: [expr, ...call.args], withinGroup: [] };
}

function countIf(call: ast.FunctionCall, name: string, report: Report): ast.FunctionCall | null {
  const { args: [condition, ...others], filter, at } = call;
  if (condition === undefined || others.length > 0 || call.distinct) {
    return report.add(at, `${name.toUpperCase()} takes one condition`, `Write ${name.toUpperCase()}(x > 1)`);
  }
  const both: ast.Expression = filter === null
    ? condition
    : { kind: "logical", op: "AND", args: [filter, condition], at: condition.at };
  return { ...call, args: [], star: true, filter: both };
}
