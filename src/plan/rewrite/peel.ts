import { GROUPING_SETS_MAX } from "../../core/limits.ts";
import { columnsOf, type Expression, isColumn } from "../../expr/mod.ts";
import type { LogicalAssign, LogicalNode, LogicalSession } from "../logical.ts";
import { WINDOW_END, WINDOW_START, WINDOW_TIME } from "../plan.ts";
import { substitute } from "./expressions.ts";

const WINDOW_NAMES: readonly string[] = [WINDOW_START, WINDOW_END, WINDOW_TIME];

/** What puts rows in windows, and what is computed of them behind it. */
export interface WindowedBranch {
  readonly window: LogicalAssign | LogicalSession;
  /** By the name of a column its expression over what `window` gives. */
  readonly columns: ReadonlyMap<string, Expression>;
}

/**
 * Looks through projections and unions above `id` for the windows that its rows are in; null where something else stands
 * in between. `names` are the columns that each node gives.
 */
export function peelWindows(
  id: string,
  nodes: ReadonlyMap<string, LogicalNode>,
  names: ReadonlyMap<string, readonly string[]>,
): readonly WindowedBranch[] | null {
  const node = nodes.get(id)!;
  switch (node.op) {
    case "assign":
    case "session":
      if (node.op === "session" && node.calls) return null;
      return [{ window: node, columns: new Map(names.get(id)!.map((column) => [column, { column }])) }];
    case "project": {
      const branches = peelWindows(node.inputs[0], nodes, names);
      return branches && branches.map(({ window, columns }) => ({
        window,
        columns: new Map(node.columns.map(({ as, expr }) => [as, substitute(expr, columns)!])),
      }));
    }
    case "union": {
      const own = names.get(id)!, all: WindowedBranch[] = [];
      for (const input of node.inputs) {
        const branches = peelWindows(input, nodes, names), given = names.get(input)!;
        if (!branches) return null;
        for (const { window, columns } of branches) {
          all.push({ window, columns: new Map(own.map((name, i) => [name, columns.get(given[i])!])) });
        }
        // As many as grouping sets make; unions of unions may have any number.
        if (all.length > GROUPING_SETS_MAX) return null;
      }
      return all;
    }
    default:
      return null;
  }
}

/** The window's column that an expression is, null for another column or what is computed; undefined: computed of the window. */
export function windowPart(expression: Expression): string | null | undefined {
  if (isColumn(expression)) return WINDOW_NAMES.includes(expression.column) ? expression.column : null;
  return [...columnsOf(expression)].some((name) => WINDOW_NAMES.includes(name)) ? undefined : null;
}
