import type { Column } from "../../src/core/schema.ts";
import type { AggregateNode, JoinNode, PlanNode, ProjectNode, WindowNode } from "../../src/plan/plan.ts";
import { AsOfJoin } from "./as_of_join.ts";
import { expression } from "./expression.ts";
import { type Facts, spanOf } from "./facts.ts";
import { GroupOperator } from "./group.ts";
import { IntervalJoin } from "./interval_join.ts";
import { RegularJoin, WindowJoin } from "./join.ts";
import { lookup, type Tables } from "./lookup.ts";
import { type Operator, stateless } from "./operator.ts";
import { OverOperator } from "./over.ts";
import { RankOperator } from "./rank.ts";
import { column } from "./schema.ts";
import { sessionGroups, sessionRows } from "./session.ts";
import { unnest } from "./unnest.ts";
import { assign, WINDOW_COLUMNS } from "./windows.ts";

/** Makes the operator of a node. An aggregate right behind a window is made with it, and `inputs` are the window's. */
export function build(
  node: PlanNode,
  inputs: readonly Facts[],
  windowBefore: WindowNode | null,
  tables: Tables = new Map(),
): Operator {
  const [first, second] = inputs, { columns } = first;
  switch (node.op) {
    case "filter": {
      const where = expression(node.where, columns);
      const keeps = (value: unknown) => node.refuse === undefined ? value === true : value !== false;
      return stateless(columns, (row) => keeps(where.of(row.values)) ? [row] : []);
    }
    case "project":
      return project(node, columns);
    case "union":
      return stateless(columns, (row) => [row]);
    case "window":
      return node.window.kind === "session"
        ? sessionRows(node.window, timeOf(node, first), columns)
        : assign(node.window, timeOf(node, first), columns);
    case "aggregate":
      return windowBefore ? windowed(node, windowBefore, first) : grouped(node, first);
    case "join":
      return join(node, columns, second.columns);
    case "lookup":
      return lookup(node, columns, tables);
    case "unnest":
      return unnest(node, columns);
    case "rank":
      return new RankOperator(node, columns);
    case "over":
      return new OverOperator(node, columns);
    default:
      throw new Error(`The reference engine has no operator for ${node.op}`);
  }
}

function timeOf({ id, window }: WindowNode, { time }: Facts): string {
  const found = window.time ?? time;
  if (found === null) throw new Error(`Window ${id} has no event time`);
  return found;
}

function project({ columns: wanted, keep }: ProjectNode, input: readonly Column[]): Operator {
  const kept = keep ? input.map(({ name }) => ({ as: name, expr: { column: name } })) : [];
  const all = [
    ...kept.map((one) => wanted.find(({ as }) => as === one.as) ?? one),
    ...wanted.filter(({ as }) => !kept.some((one) => one.as === as)),
  ];
  const known = all.map(({ as, expr }) => ({ as, value: expression(expr, input) }));
  return stateless(
    known.map(({ as, value }) => column(as, value.type)),
    ({ kind, values }) => [{ kind, values: known.map(({ value }) => value.of(values)) }],
  );
}

function grouped(node: AggregateNode, input: Facts): Operator {
  const span = spanOf(node.keys, input);
  return new GroupOperator(node, node.keys, input.columns, span === null ? -1 : node.keys.indexOf(span.end));
}

/** An aggregate right behind a window: the window's columns stand in front of its keys. `input` is what the window reads. */
function windowed(node: AggregateNode, { window, ...rest }: WindowNode, input: Facts): Operator {
  const time = timeOf({ window, ...rest }, input), count = node.keys.includes("window_time") ? 3 : 2;
  if (window.kind === "session") return sessionGroups(window, time, node, count, input.columns);
  const front = WINDOW_COLUMNS.slice(0, count).map(({ name }) => name);
  const names = [...front, ...node.keys.filter((key) => !front.includes(key))];
  const assigned = assign(window, time, input.columns);
  const sets = node.sets?.map((set) => [...new Set([...front, ...set])]);
  const group = new GroupOperator({ ...node, ...(sets ? { sets } : {}) }, names, assigned.columns, 1);
  return {
    columns: group.columns,
    take: (row, input, watermark) =>
      assigned.take(row, input, watermark).flatMap((one) => group.take(one, input, watermark)),
    isLate: (row, input, watermark) => {
      const rows = assigned.take(row, input, watermark);
      return rows.length > 0 && rows.every((one) => group.isLate(one, input, watermark));
    },
    advance: (watermark) => group.advance(watermark),
  };
}

function join(node: JoinNode, left: readonly Column[], right: readonly Column[]): Operator {
  if (node.within) return new IntervalJoin(node, left, right);
  if (node.as_of) return new AsOfJoin(node, left, right);
  return node.window ? new WindowJoin(node, left, right) : new RegularJoin(node, left, right);
}
