import type { PhysicalOperator } from "./physical.ts";

/** How long an operator that keeps rows by the window that they name takes rows after the window has passed; null: it keeps none so. */
function latenessOf(operator: PhysicalOperator): number | null {
  switch (operator.op) {
    case "group": {
      const { emit } = operator;
      if (emit.end < 0) return null;
      return emit.mode === "final" ? emit.latenessMs : 0;
    }
    case "rank":
    case "join":
      return operator.mode.mode === "window" ? 0 : null;
    default:
      return null;
  }
}

/**
 * The nodes whose rows come, through stateless operators, to those that keep them by their windows, with the least lateness of these. Inputs come
 * before who reads them.
 */
function leadingToWindowed(operators: readonly PhysicalOperator[]): ReadonlyMap<string, number> {
  const leading = new Map<string, number>();
  for (const operator of operators.toReversed()) {
    const passes = ["filter", "project", "union", "lookup", "unnest"].includes(operator.op);
    const lateness = passes ? leading.get(operator.id) ?? null : latenessOf(operator);
    if (lateness === null) continue;
    for (const input of operator.inputs) leading.set(input, Math.min(lateness, leading.get(input) ?? Infinity));
  }
  return leading;
}

/**
 * A window table function alone leaves no row out, as in Flink. In front of an operator that forgets its windows it leaves out rows that come
 * so late that the operator has forgotten theirs, row by row.
 */
export function markLate(operators: readonly PhysicalOperator[]): PhysicalOperator[] {
  const leading = leadingToWindowed(operators);
  return operators.map((operator) =>
    operator.op === "assign" ? { ...operator, latenessMs: leading.get(operator.id) ?? null } : operator
  );
}
