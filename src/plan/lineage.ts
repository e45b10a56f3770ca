import type { PhysicalOperator, PhysicalPlan } from "./physical.ts";

/** The column of an aggregate that another column is, as it is. */
export interface Origin {
  readonly node: string;
  readonly column: string;
}

/** The aggregate that a column of what `node` gives comes from unchanged; null: it is computed on the way, or comes from none. */
export function originOf(plan: PhysicalPlan, node: string, column: number): Origin | null {
  const operator = plan.operators.find(({ id }) => id === node);
  if (!operator) return null;
  if (isAggregate(operator)) return { node, column: operator.columns[column].name };
  const above = passedFrom(operator, column);
  return above && originOf(plan, operator.inputs[above.input], above.column);
}

function isAggregate(operator: PhysicalOperator): boolean {
  const { op } = operator;
  return op === "aggregate" || op === "group" || op === "session" && operator.calls !== null;
}

/** Which column of which input an operator passes on as this one; null: none. */
function passedFrom(operator: PhysicalOperator, column: number): { input: number; column: number } | null {
  const first = { input: 0, column };
  switch (operator.op) {
    case "filter":
    case "normalize":
      return first;
    case "project": {
      const { inputs, output } = operator.programs[column];
      return output < inputs.length ? { input: 0, column: inputs[output] } : null;
    }
    case "join": {
      const left = operator.leftColumns.length;
      return column < left ? first : { input: 1, column: column - left };
    }
    case "assign":
      return column < operator.columns.length - WINDOW_COLUMNS_MADE ? first : null;
    case "unnest":
      return column < operator.columns.length - UNNEST_COLUMNS_MADE ? first : null;
    case "lookup":
      return column < operator.inputColumns.length ? first : null;
    case "rank":
      return column < operator.columns.length - (operator.number ? 1 : 0) ? first : null;
    case "over":
      return column < operator.columns.length - operator.calls.length ? first : null;
    default:
      return null;
  }
}

/** window_start, window_end and window_time; an item and its number. */
const WINDOW_COLUMNS_MADE = 3, UNNEST_COLUMNS_MADE = 2;
