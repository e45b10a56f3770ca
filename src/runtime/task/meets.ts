import { RdxError } from "../../core/errors.ts";
import { PLAN_WAYS_MAX } from "../../core/limits.ts";
import type { PhysicalPlan } from "../../plan/physical.ts";
import { type Leaf, leafKey, turnOrder } from "./turn_order.ts";
import { answersRows, answersWatermarks, clockHeads, isStateless, lookupsOf } from "../plan_shape.ts";

/**
 * Which ways of a node's rows meet again further down, so that what comes out depends on whose turn it is: those take their
 * rows in turn, row by row. Leaves that never meet are apart.
 */
export interface Meets {
  /** Ways of one group meet. */
  groupOf(leaf: Leaf): number;
  /** Of one row, leaves have their turns in ascending order. */
  rankOf(leaf: Leaf): number;
}

/** What the analysis knows of one leaf. */
interface Reach {
  readonly nodes: ReadonlySet<string>;
  group: number;
}

/** By the id of each source and of each operator with results of its own. Null: its rows take one way each, or ways that never meet. */
export function findMeets(plan: PhysicalPlan): ReadonlyMap<string, Meets | null> {
  const heads = [...plan.sources, ...plan.operators.filter((operator) => !isStateless(operator))];
  const { rankOf } = turnOrder(plan);
  return new Map(heads.map(({ id }) => [id, meetsOf(plan, id, (leaf) => rankOf(id, leaf))]));
}

/**
 * Whether results that watermarks make meet others, of rows or of other operators, or sessions, which go on with one row and end without it:
 * then it matters in front of which row they are made.
 */
export function watermarksMeet(plan: PhysicalPlan): boolean {
  return meetingWatermarks(plan).size > 0;
}

/**
 * Sessions whose results meet nothing: they may end behind the row that ends them, as long as their watermark has come past them before anything
 * else comes that a watermark has made. None where rows wait for answers of tables, which know what watermarks they have met.
 */
export function sessionsApart(plan: PhysicalPlan): ReadonlySet<string> {
  if (lookupsOf(plan).length > 0) return new Set();
  const meeting = meetingWatermarks(plan);
  return new Set(plan.operators.flatMap(({ op, id }) => op === "session" && !meeting.has(id) ? [id] : []));
}

/** The operators whose results, made by watermarks, meet others or sessions. */
function meetingWatermarks(plan: PhysicalPlan): ReadonlySet<string> {
  const reach = (id: string) => leavesOf(plan, id).map((leaf) => reachedBy(plan, leaf));
  const heads = clockHeads(plan).map(({ id }) => ({ id, ways: reach(id) }));
  const made = plan.operators.filter(answersWatermarks).map(({ id }) => ({ id, ways: reach(id) }));
  const sessions = plan.operators.flatMap(({ op }, operator) =>
    op === "session" ? [leafKey({ operator, input: 0 })] : []
  );
  const meeting = made.filter((one) =>
    one.ways.some((nodes) =>
      sessions.some((session) => nodes.has(session)) ||
      [...made, ...heads].some((other) => other !== one && other.ways.some((more) => !nodes.isDisjointFrom(more)))
    )
  );
  return new Set(meeting.map(({ id }) => id));
}

function meetsOf(plan: PhysicalPlan, head: string, rankOf: Meets["rankOf"]): Meets | null {
  const leaves = leavesOf(plan, head), reaches = new Map<string, Reach>();
  for (const leaf of leaves) {
    const key = leafKey(leaf);
    if (!reaches.has(key)) reaches.set(key, { nodes: reachedBy(plan, leaf), group: reaches.size });
  }
  const all = [...reaches.values()];
  let meet = leaves.length > all.length;
  for (const [i, one] of all.entries()) {
    for (const other of all.slice(0, i)) {
      if (one.nodes.isDisjointFrom(other.nodes)) continue;
      meet = true;
      const from = one.group, to = other.group;
      for (const reach of all) if (reach.group === from) reach.group = to;
    }
  }
  return meet ? { groupOf: (leaf) => reaches.get(leafKey(leaf))!.group, rankOf } : null;
}

/** Every way from the node through stateless operators; a leaf that several ways lead to occurs for each. */
function leavesOf({ operators, sinks }: PhysicalPlan, id: string): Leaf[] {
  const leaves: Leaf[] = [];
  const walk = (from: string) => {
    sinks.forEach(({ input }, sink) => {
      if (input === from) leaves.push({ operator: -1, input: sink });
    });
    operators.forEach((operator, index) =>
      operator.inputs.forEach((input, at) => {
        if (input !== from) return;
        if (isStateless(operator)) walk(operator.id);
        else leaves.push({ operator: index, input: at });
      })
    );
    if (leaves.length > PLAN_WAYS_MAX) {
      const reason = `Rows of node ${id} take more than ${PLAN_WAYS_MAX} ways through unions`;
      throw new RdxError("invalid_plan", reason, [{
        node: id,
        path: "input",
        reason,
        hint: "Use fewer unions of the same rows",
      }]);
    }
  };
  walk(id);
  return leaves;
}

/**
 * What rows at a leaf reach at once, through operators whose results they make: inputs, and the operators that make of them what
 * depends on the other inputs too. Where the watermark makes the results, each input is taken for itself.
 */
function reachedBy(plan: PhysicalPlan, leaf: Leaf): ReadonlySet<string> {
  const reached = new Set<string>();
  const visit = (leaf: Leaf) => {
    reached.add(leafKey(leaf));
    const operator = plan.operators[leaf.operator];
    if (leaf.operator < 0 || reached.has(operator.id) || !answersRows(operator)) return;
    reached.add(operator.id);
    leavesOf(plan, operator.id).forEach(visit);
  };
  visit(leaf);
  return reached;
}
