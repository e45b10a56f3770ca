import { EARLY_RESULTS_MS, LOOKUP_TICK_MS } from "../core/limits.ts";
import type { PhysicalLookup, PhysicalOperator, PhysicalPlan } from "../plan/physical.ts";

/**
 * How a plan runs.
 *
 * | mode | what | where |
 * |---|---|---|
 * | stateless | no operator keeps anything | every chunk in the task that decodes it |
 * | parallel | slicing aggregates over what stateless operators make of sources, and nothing that joins results behind them | each task owns a range of key groups |
 * | ordered | everything else | all tasks decode and run the stateless front; one task, the owner, runs the rest, row by row in the order of the log |
 */
export type PlanMode = "stateless" | "parallel" | "ordered";

export interface PlanShape {
  readonly mode: PlanMode;
  /** By position among the operators: stateless, and so is all in front of it. */
  readonly front: readonly boolean[];
}

/** Whether an operator hands rows on in their places and keeps nothing. */
export function isStateless({ op }: PhysicalOperator): boolean {
  return op === "filter" || op === "project" || op === "union";
}

/** Whether rows that come in may make results at once; else only watermarks and ticks make them. */
export function answersRows(operator: PhysicalOperator): boolean {
  switch (operator.op) {
    case "aggregate":
    case "session":
      return false;
    case "lookup":
      // What comes out of it is a source of its own.
      return false;
    case "group":
      return operator.emit.mode === "changes" || (operator.emit.mode === "final" && operator.emit.latenessMs > 0);
    case "join":
      // Rows of the others wait for the watermark: until then one may come that they have to meet.
      return operator.mode.mode === "regular" || operator.mode.mode === "interval";
    case "rank":
      return operator.mode.mode !== "window";
    case "over":
      return operator.time < 0;
    default:
      return true;
  }
}

/** Whether watermarks may make results of an operator. */
export function answersWatermarks(operator: PhysicalOperator): boolean {
  switch (operator.op) {
    case "aggregate":
    case "session":
      return true;
    case "group":
      // Early results of groups without windows have their last tick at the end of the input.
      return operator.emit.mode !== "changes";
    case "join":
      // A pair of an interval is complete with its second row; what finds no other is told when none can come any more.
      if (operator.mode.mode === "interval") return operator.type !== "inner" && operator.type !== "semi";
      return operator.mode.mode !== "regular";
    case "rank":
      return operator.mode.mode === "window";
    case "over":
      return operator.time >= 0;
    default:
      return false;
  }
}

export function planShape(plan: PhysicalPlan): PlanShape {
  const fronts = new Set(plan.sources.map(({ id }) => id));
  const front = plan.operators.map((operator) => {
    const is = isStateless(operator) && operator.inputs.every((input) => fronts.has(input));
    if (is) fronts.add(operator.id);
    return is;
  });
  const behind = plan.operators.filter((_, i) => !front[i]);
  if (behind.length === 0) return { mode: "stateless", front };
  const parallel = plan.operators.every((operator, i) => {
    // Unions of one source's rows have to be put in the order of the log, and results of several operators too.
    if (operator.op === "union") return front[i] && isDisjoint(plan, operator.inputs);
    if (isStateless(operator)) return true;
    return operator.op === "aggregate" && operator.inputs.every((input) => fronts.has(input));
  });
  return { mode: parallel ? "parallel" : "ordered", front };
}

/**
 * How a plan runs in the place of one that ran as `before` (null: of none), in more than one task: what runs in one stays there.
 */
export function modeAfter(plan: PhysicalPlan, before: PlanMode | null): PlanMode {
  const { mode } = planShape(plan);
  return before === "ordered" && mode === "parallel" ? before : mode;
}

/** Whether operators of both plans keep something: a plan that ran in parallel cannot hand that on to one that runs in order. */
export function shareState(before: PhysicalPlan, after: PhysicalPlan): boolean {
  const keep = ({ operators }: PhysicalPlan) => operators.flatMap((one) => isStateless(one) ? [] : [one.id]);
  const kept = keep(before);
  return keep(after).some((id) => kept.includes(id));
}

/** No source is above two of the nodes. */
function isDisjoint({ sources, operators }: PhysicalPlan, nodes: readonly string[]): boolean {
  const above = nodes.flatMap((id) =>
    sources.some((source) => source.id === id) ? [id] : [...new Set(operators.find((one) => one.id === id)!.sources)]
  );
  return new Set(above).size === above.length;
}

/** How often operators have to know the time, ms; null: none has. */
export function tickMs({ operators }: PhysicalPlan): number | null {
  const each = operators.flatMap((operator) => tickMsOf(operator) ?? []);
  return each.length === 0 ? null : Math.max(EARLY_RESULTS_MS, Math.min(...each));
}

/** How often the operator has to know the time: to give early results, or to forget answers; ms, null: it has not. */
export function tickMsOf(operator: PhysicalOperator): number | null {
  if (operator.op === "lookup") {
    return operator.cacheRows === 0 || operator.cacheTtlMs === 0 ? null : Math.min(operator.cacheTtlMs, LOOKUP_TICK_MS);
  }
  return operator.op === "group" && operator.emit.mode === "every" ? operator.emit.everyMs : null;
}

/** The lookups of a plan: what comes out of them has a clock of its own. */
export function lookupsOf({ operators }: PhysicalPlan): PhysicalLookup[] {
  return operators.filter((operator) => operator.op === "lookup");
}

/** What has a clock: the sources, in their order, then the lookups. Operators name these as what is above them. */
export function clockHeads(plan: PhysicalPlan): readonly { readonly id: string }[] {
  return [...plan.sources, ...lookupsOf(plan)];
}
