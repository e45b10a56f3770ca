import { columnsOf, type Expression, isCall } from "../../expr/mod.ts";
import type { Tie } from "./context.ts";
import type { Scope } from "./scope.ts";
import type { Value, ValueMaker } from "./value.ts";

/** A condition of a subquery that ties it to the row around it: an equality of a value of each. */
export interface BoundTie {
  readonly inner: Value;
  readonly outer: Value;
}

/** The ties that conditions are; null where one is more than that. */
export function tiesOf(conditions: readonly Value[], scope: Scope, values: ValueMaker): readonly BoundTie[] | null {
  const ties = conditions.map(({ expr }): BoundTie | null => {
    if (!isCall(expr) || expr.call !== "eq") return null;
    const [a, b] = expr.args;
    if (isInner(a, scope) && isOuter(b, scope)) return { inner: values.part(a), outer: values.part(b) };
    if (isInner(b, scope) && isOuter(a, scope)) return { inner: values.part(b), outer: values.part(a) };
    return null;
  });
  return ties.includes(null) ? null : ties as BoundTie[];
}

function isInner(expr: Expression, scope: Scope): boolean {
  const read = [...columnsOf(expr)];
  return read.length > 0 && read.every((id) => scope.owns(id));
}

function isOuter(expr: Expression, scope: Scope): boolean {
  return [...columnsOf(expr)].every((id) => !scope.owns(id));
}

/** What must hold between the row around a subquery and the subquery's rows. */
export function tieConditions(ties: readonly Tie[], values: ValueMaker): readonly Value[] {
  return ties.map(({ column, outer }) => values.call("eq", [outer, values.column(column, outer.at)], outer.at)!);
}
