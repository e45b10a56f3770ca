import type { Expression } from "../../src/expr/mod.ts";
import type { PlanNode } from "../../src/plan/plan.ts";
import { call, col } from "./nodes.ts";
import type { Step } from "./random_flow.ts";
import { condition } from "./random_parts.ts";

/** Types whose values are the same in an array as outside; what is computed of doubles may be NaN, which JSON has not. */
const TYPES = ["int64", "string", "bool", "timestamp", "decimal(10,2)"];

/** Takes an array apart that is made of up to three columns of one type, and is NULL at times. */
export const unnest: Step = (flows, picks) => {
  const flow = flows.pick(picks)!, usable = flow.columns.filter(({ type }) => TYPES.includes(type));
  if (usable.length === 0) return;
  const { name, type } = picks.of(usable), alike = usable.filter((one) => one.type === type);
  const more = Array.from({ length: picks.below(3) }, () => col(picks.of(alike).name));
  const list = call("array", col(name), ...more);
  const of: Expression = picks.rarely() ? call("case", condition(picks, flow.columns), list) : list;
  const item = flows.fresh(), number = picks.rarely() ? flows.fresh() : undefined;
  const node: PlanNode = {
    id: flows.fresh(),
    op: "unnest",
    input: [flow.id],
    of,
    type: picks.of(["inner", "left"] as const),
    as: picks.of([item, [item]]),
    ...(number === undefined ? {} : { ordinality: number }),
  };
  const added = [{ name: item, type }, ...(number === undefined ? [] : [{ name: number, type: "int64" }])];
  flows.push(node, { ...flow, columns: [...flow.columns, ...added] });
};
