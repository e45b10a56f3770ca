import { columnsOf } from "../../expr/mod.ts";
import type { Span } from "../ast.ts";
import type { Relation } from "./column.ts";
import type { NodeMaker } from "./nodes.ts";
import type { Report } from "./report.ts";
import type { Value } from "./value.ts";

/** What must hold for a row, else it is refused for the reason. */
export interface RowCheck {
  readonly holds: Value;
  readonly reason: string;
  readonly at: Span;
}

/** What a clause asks of rows before it computes with them. */
export class RowChecks {
  readonly all: RowCheck[] = [];

  /** `ids`: the columns of the rows. */
  constructor(readonly ids: ReadonlySet<string>, readonly report: Report) {}

  add(check: RowCheck): void {
    const text = JSON.stringify([check.holds.expr, check.reason]);
    if (this.all.some(({ holds, reason }) => JSON.stringify([holds.expr, reason]) === text)) return;
    if ([...columnsOf(check.holds.expr)].every((id) => this.ids.has(id))) this.all.push(check);
    else {this.report.add(
        check.at,
        "ERROR ON … refuses rows of FROM, and this is computed later",
        "Compute it in a subquery in FROM",
      );}
  }

  /** The relation without the rows for which a check fails. */
  of(relation: Relation, nodes: NodeMaker): Relation {
    return this.all.reduce((rows, { holds, reason, at }) => nodes.refuse(rows, holds, reason, at), relation);
  }
}
