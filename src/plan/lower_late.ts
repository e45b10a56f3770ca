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

/** The nodes whose rows come, through stateless operators, to one that keeps them by their windows. Inputs come before who reads them. */
function leadingToWindowed(operators: readonly PhysicalOperator[]): ReadonlySet<string> {
  const leading = new Set<string>();
  for (const operator of operators.toReversed()) {
    const passes = ["filter", "project", "union", "lookup", "unnest"].includes(operator.op);
    if (passes ? leading.has(operator.id) : isWindowed(operator)) {
      operator.inputs.forEach((input) => leading.add(input));
    }
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
