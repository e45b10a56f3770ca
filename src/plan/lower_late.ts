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

/** Whether rows of the node `id` come to an operator that keeps them by their windows. */
function leadsToWindowed(id: string, operators: readonly PhysicalOperator[]): boolean {
  return operators.some((operator) => {
    if (!operator.inputs.includes(id)) return false;
    const passes = ["filter", "project", "union", "lookup"].includes(operator.op);
    return passes ? leadsToWindowed(operator.id, operators) : isWindowed(operator);
  });
}

/**
 * A window table function alone leaves no row out, as in Flink. In front of an operator that forgets its windows it leaves out rows that come
 * behind theirs, row by row.
 */
export function markLate(operators: readonly PhysicalOperator[]): PhysicalOperator[] {
  return operators.map((operator) =>
    operator.op === "assign" ? { ...operator, keepsLate: !leadsToWindowed(operator.id, operators) } : operator
  );
}
