import { type Column, columnIndex, INT64 } from "../core/schema.ts";
import { compileExpression } from "../expr/mod.ts";
import { outputOf } from "./join_facts.ts";
import type { LogicalJoin, LogicalJoinMode, LogicalRank } from "./logical.ts";
import type { Place } from "./lower.ts";
import type { JoinMode } from "../kernel/join_spec.ts";
import type { PhysicalJoin, PhysicalRank } from "./physical.ts";

export function lowerJoin(
  node: LogicalJoin,
  [left, right]: readonly (readonly Column[])[],
  place: Place,
): PhysicalJoin {
  const { op, type, on, where, nullAware, leftChanges, rightChanges, leftUnique, rightUnique } = node;
  return {
    op,
    ...place,
    columns: outputOf(node, left, right),
    leftColumns: left,
    rightColumns: right,
    type,
    leftKeys: on.map((pair) => columnIndex(left, pair.left)),
    rightKeys: on.map((pair) => columnIndex(right, pair.right)),
    where: where && compileExpression(where, [...left, ...right]).program,
    nullAware,
    mode: lowerMode(node.mode, left, right),
    leftChanges,
    rightChanges,
    leftUnique,
    rightUnique,
  };
}

function lowerMode(mode: LogicalJoinMode, left: readonly Column[], right: readonly Column[]): JoinMode {
  if (mode.mode === "regular") return mode;
  const a = columnIndex(left, mode.left), b = columnIndex(right, mode.right);
  switch (mode.mode) {
    case "window":
      return { mode: "window", leftEnd: a, rightEnd: b };
    case "interval":
      return { mode: "interval", leftTime: a, rightTime: b, lowerMs: mode.lowerMs, upperMs: mode.upperMs };
    default:
      return { mode: mode.mode, leftTime: a, rightTime: b };
  }
}

export function lowerRank(node: LogicalRank, input: readonly Column[], place: Place): PhysicalRank {
  const { op, from, to, fn, as, retracts, ties, mode } = node, at = (name: string) => columnIndex(input, name);
  return {
    op,
    ...place,
    columns: as === null ? input : [...input, { name: as, type: INT64, nullable: false }],
    keys: node.keys.map(at),
    order: node.order.map(({ column, desc, nulls_last }) => ({ column: at(column), desc, nullsLast: nulls_last })),
    from,
    to,
    fn,
    number: as !== null,
    retracts,
    ties,
    mode: mode.mode === "window" ? { mode: "window", end: at(mode.end) } : mode,
  };
}
