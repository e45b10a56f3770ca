import { BOOL, formatType } from "../../core/schema.ts";
import type { BoundCall } from "./aggregate_calls.ts";
import { freeName, type Relation } from "./column.ts";
import type { Context } from "./context.ts";
import type { GroupRequest } from "./group.ts";

/** Rows with one more that no aggregate counts, and what is computed of them. */
export interface WithOneMore {
  readonly relation: Relation;
  readonly calls: readonly BoundCall[];
}

/**
 * An aggregate without groups is one row, also of no rows at all. A stream may still get some, so that nothing is said of
 * it; where the input ends, a row that does not count is among those of the input, and makes the group.
 */
export function withOneMore(input: Relation, { calls, at }: GroupRequest, context: Context): WithOneMore {
  const { nodes, values } = context, name = freeName("$counts", new Set(input.columns.map((one) => one.name)));
  const own = input.columns.map(({ column, name }) => ({ name, value: values.column(column, at) }));
  const counted = nodes.project(input, [...own, { name, value: values.literal(true, BOOL, at) }], at);
  const columns = counted.columns.map((one) => ({ name: one.name, type: formatType(one.column.type), nullable: true }));
  const rows = [[...own.map(() => null), false]];
  const more = nodes.plan.add("source", [], { connector: { kind: "values", rows }, columns }, at);
  const node = nodes.plan.add("union", [counted.node, more], {}, at);
  const counts = values.column(counted.columns[own.length].column, at);
  return {
    relation: { ...counted, node, times: new Set(), windows: new Map(), windowed: false },
    calls: calls.map((call): BoundCall => ({
      ...call,
      filter: call.filter === null ? counts : values.all([call.filter, counts])!,
    })),
  };
}
