import type { PhysicalOperator, WindowEnds } from "./physical.ts";

/** When the windows of rows of an operator end, given those of its inputs; null = at any time. */
function endsOf(operator: PhysicalOperator, known: ReadonlyMap<string, WindowEnds | null>): WindowEnds | null {
  switch (operator.op) {
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
    case "unnest":
    case "group":
    case "rank":
    case "join": {
      const [first, ...others] = operator.inputs.map((input) => known.get(input) ?? null);
      return others.every((one) => one?.stepMs === first?.stepMs && one?.offsetMs === first?.offsetMs) ? first : null;
    }
    default:
      return null;
  }
}

/** Tells operators that wait for the ends of windows when these may be. Inputs come before who reads them. */
export function markEnds(operators: readonly PhysicalOperator[]): PhysicalOperator[] {
  const known = new Map<string, WindowEnds | null>();
  return operators.map((operator) => {
    const ends = endsOf(operator, known);
    known.set(operator.id, ends);
    return operator.op === "group" || operator.op === "rank" || operator.op === "join"
      ? { ...operator, ends }
      : operator;
  });
}
