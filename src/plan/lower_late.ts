import type { PhysicalOperator } from "./physical.ts";

/** Operators that keep rows by the window that they name, until the watermark has passed it. */
function isWindowed(operator: PhysicalOperator): boolean {
  switch (operator.op) {
    case "group":
      return operator.emit.end >= 0;
    case "rank":
      return operator.mode.mode === "window";
    case "join":
      return operator.mode.mode === "window";
    default:
      return false;
  }
}

/** The nodes whose rows come to an operator that keeps them by their windows. */
function leadingToWindowed(operators: readonly PhysicalOperator[]): ReadonlySet<string> {
  const leading = new Set<string>();
  // Inputs come first: from the end on, what reads a node is known before the node is met.
  for (const operator of operators.toReversed()) {
    const passes = operator.op === "filter" || operator.op === "project" || operator.op === "union";
    if (!isWindowed(operator) && !(passes && leading.has(operator.id))) continue;
    for (const id of operator.inputs) leading.add(id);
  }
  return leading;
}

/**
 * A window table function alone leaves no row out, as in Flink. In front of an operator that forgets its windows it leaves out rows that come
 * behind theirs, row by row.
 */
export function markLate(operators: readonly PhysicalOperator[]): PhysicalOperator[] {
  const leading = leadingToWindowed(operators);
  return operators.map((operator) =>
    operator.op === "assign" ? { ...operator, keepsLate: !leading.has(operator.id) } : operator
  );
}
