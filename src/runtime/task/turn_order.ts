import type { PhysicalPlan } from "../../plan/physical.ts";
import { isStateless } from "../plan_shape.ts";

/** Where rows leave the stateless operators behind a node: at an input of an operator, or at a sink (operator −1). */
export interface Leaf {
  readonly operator: number;
  /** The operator's, or the position of the sink. */
  readonly input: number;
}

/** No id of a node has a space. */
export function leafKey({ operator, input }: Leaf): string {
  return `${operator} ${input}`;
}

/**
 * Whose turn is first where several are possible. It follows from what the plan means, not from where its nodes stand, so that
 * it stays the same when a plan is optimised: seen from the sinks, in their order, inputs come before what they lead to, and
 * of several inputs the first before the second.
 */
export interface TurnOrder {
  /** Positions of all operators: inputs come first. */
  readonly operators: readonly number[];
  /** Of one row of the node `head`, leaves have their turns in ascending order. */
  rankOf(head: string, leaf: Leaf): number;
}

export function turnOrder(plan: PhysicalPlan): TurnOrder {
  const positions = new Map(plan.operators.map(({ id }, i) => [id, i]));
  const operators: number[] = [], ranks = new Map<string, number>(), seen = new Set<string>();
  /** Goes up from a node whose rows come to `leaf` through stateless operators. */
  const visit = (id: string, leaf: Leaf) => {
    const step = `${id} ${leafKey(leaf)}`, index = positions.get(id);
    if (seen.has(step)) return;
    seen.add(step);
    const operator = index === undefined ? null : plan.operators[index];
    if (operator) {
      operator.inputs.forEach((from, input) => visit(from, isStateless(operator) ? leaf : { operator: index!, input }));
      if (!operators.includes(index!)) operators.push(index!);
    }
    if (!operator || !isStateless(operator)) ranks.set(step, ranks.size);
  };
  plan.sinks.forEach(({ input: from }, input) => visit(from, { operator: -1, input }));
  // What leads to no sink comes last: its state moves on like any other.
  plan.operators.forEach((_, index) => {
    if (!operators.includes(index)) operators.push(index);
  });
  return { operators, rankOf: (head, leaf) => ranks.get(`${head} ${leafKey(leaf)}`) ?? Infinity };
}

/** The inputs of unions that rows came through, the last one first. */
export type Way = readonly number[];

/** Of one row, ways to the same leaf have their turns in this order. */
export function compareWays(a: Way, b: Way): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
