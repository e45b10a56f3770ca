import type { PhysicalOperator, WindowEnds } from "./physical.ts";

/** When the windows of rows of the node `id` end; null = at any time. */
function endsOf(id: string, byId: ReadonlyMap<string, PhysicalOperator>): WindowEnds | null {
  const operator = byId.get(id);
  switch (operator?.op) {
    case "assign": {
      const { window } = operator;
      const stepMs = window.kind === "tumble" ? window.sizeMs : window.kind === "hop" ? window.slideMs : window.stepMs;
      return { stepMs, offsetMs: (window.offsetMs + window.sizeMs) % stepMs };
    }
    case "aggregate":
      return { stepMs: operator.slideMs, offsetMs: (operator.offsetMs + operator.sizeMs) % operator.slideMs };
    case "filter":
    case "project":
    case "union":
    case "lookup":
    case "group":
    case "rank":
    case "join": {
      const [first, ...others] = operator.inputs.map((input) => endsOf(input, byId));
      return others.every((one) => one?.stepMs === first?.stepMs && one?.offsetMs === first?.offsetMs) ? first : null;
    }
    default:
      return null;
  }
}

/** Tells operators that wait for the ends of windows when these may be. */
export function markEnds(operators: readonly PhysicalOperator[]): PhysicalOperator[] {
  const byId = new Map(operators.map((operator) => [operator.id, operator]));
  return operators.map((operator) => {
    if (operator.op !== "group" && operator.op !== "rank" && operator.op !== "join") return operator;
    return { ...operator, ends: endsOf(operator.id, byId) };
  });
}
