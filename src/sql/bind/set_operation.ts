import { formatType, INT64 } from "../../core/schema.ts";
import { commonType } from "../../expr/type.ts";
import type * as ast from "../ast.ts";
import { freeName, type PlacedColumn, type Relation } from "./column.ts";
import type { BoundQuery, Context, EmitRequest } from "./context.ts";
import { bindDistinct } from "./distinct.ts";
import { groupRows } from "./group.ts";
import type { Output } from "./nodes.ts";
import { commonRow } from "./row_cast.ts";
import { finishRank } from "./rank.ts";

const NO_EMIT: EmitRequest = { emit: null, lateness: null };

/** UNION, INTERSECT and EXCEPT. Null with problems. */
export function bindSetOperation(
  operation: ast.SetOperation,
  bind: (input: ast.QueryBody) => BoundQuery | null,
  context: Context,
): BoundQuery | null {
  const bound = operation.inputs.map(bind);
  if (bound.includes(null)) return null;
  const inputs = aligned(operation, bound as BoundQuery[], context);
  if (inputs === null) return null;
  if (operation.op !== "UNION") return counted(operation, inputs, context);
  const all = union(inputs, operation.at, context);
  return operation.all ? all : bindDistinct(all, [], NO_EMIT, operation.at, context);
}

/** The inputs with as many columns of the same types under the names of the first. */
function aligned(
  { op, inputs }: ast.SetOperation,
  bound: readonly BoundQuery[],
  context: Context,
): BoundQuery[] | null {
  const { report, values, nodes } = context, [first] = bound;
  const finished = bound.map((one) => one.rank ? finishRank(one.relation, one.rank, [], context) : one);
  if (finished.includes(null)) return null;
  for (const [i, { outputs }] of bound.entries()) {
    if (outputs.length === first.outputs.length) continue;
    const reason = `${op} needs as many columns on each side: ${first.outputs.length} and ${outputs.length}`;
    return report.add(inputs[i].at, reason);
  }
  const types = first.outputs.map(({ name, column: { type } }, c) => {
    const row = commonRow(bound.map(({ outputs }, i) => values.column(outputs[c].column, inputs[i].at)));
    if (row !== null) return row;
    let common = type;
    for (const [i, { outputs }] of bound.entries()) {
      const other = outputs[c].column.type, next = commonType(common, other);
      if (next === null) {
        return report.add(
          inputs[i].at,
          `Column ${name} is ${formatType(common)} on one side and ${formatType(other)} on the other`,
          "Cast one of them",
        );
      }
      common = next;
    }
    return common;
  });
  if (types.includes(null)) return null;
  const read = new Set<string>();
  return bound.map(({ outputs }, i) => {
    const { at } = inputs[i], { relation } = finished[i]!, isAgain = read.has(relation.node);
    read.add(relation.node);
    const made = outputs.map(({ column }, c): Output => ({
      name: first.outputs[c].name,
      value: values.cast(values.column(column, at), types[c]!) ?? values.column(column, at),
    }));
    const projected = nodes.project(relation, made, at, isAgain);
    return { relation: projected, outputs: projected.columns };
  });
}

/** UNION ALL: columns of its own, which are event time where those of all inputs are. */
function union(inputs: readonly BoundQuery[], at: ast.Span, { nodes }: Context): BoundQuery {
  const relations = inputs.map(({ relation }) => relation), [first] = relations;
  const columns = first.columns.map(({ column, name }, c): PlacedColumn => {
    const nullable = relations.some((one) => one.columns[c].column.nullable);
    return { column: nodes.columns.make(name, { type: column.type, nullable }), name };
  });
  const isAll = (c: number, has: (one: Relation, id: string) => boolean) =>
    relations.every((one) => has(one, one.columns[c].column.id));
  const times = columns.filter((_, c) => isAll(c, (one, id) => one.times.has(id))).map(({ column }) => column.id);
  const windows = columns.flatMap(({ column }, c) => {
    const part = first.windows.get(first.columns[c].column.id);
    const same = part && isAll(c, (one, id) => {
      const other = one.windows.get(id);
      return other?.part === part.part && other.window === part.window;
    });
    return same ? [[column.id, part] as const] : [];
  });
  const changes = relations.some((one) => one.changes);
  const node = nodes.plan.add("union", relations.map((one) => one.node), {}, at);
  const relation: Relation = {
    node,
    columns,
    times: new Set(times),
    windows: new Map(windows),
    windowed: false,
    changes,
  };
  return { relation, outputs: columns };
}

/**
 * INTERSECT and EXCEPT: how often each row comes on each side. With ALL equal rows of a side are numbered first, so that
 * each is one of its own.
 */
function counted(operation: ast.SetOperation, inputs: readonly BoundQuery[], context: Context): BoundQuery | null {
  const { values, nodes, aggregates } = context, { op, all, at } = operation;
  const numbers = inputs.map(({ relation }) => all ? withNumbers(relation, operation, context) : relation);
  if (numbers.includes(null)) return null;
  const sides = (numbers as Relation[]).map((numbered, i) => {
    const outputs = numbered.columns.map(({ column, name }) => ({ name, value: values.column(column, at) }));
    const tags = inputs.map((_, j) => ({ name: `$side${j}`, value: values.literal(i === j ? 1 : 0, INT64, at) }));
    const relation = nodes.project(numbered, [...outputs, ...tags], at);
    return { relation, outputs: relation.columns };
  });
  const both = union(sides, at, context), width = both.outputs.length - inputs.length;
  const keys = both.outputs.slice(0, width).map(({ column }) => values.column(column, at));
  const sum = aggregates.get("sum")!;
  const calls = both.outputs.slice(width).map(({ column, name }) => ({
    fn: sum.fn,
    arg: values.column(column, at),
    further: [],
    distinct: false,
    filter: null,
    column: nodes.columns.make(name, { type: INT64, nullable: true }),
    wanted: name,
  }));
  const groups = groupRows(both.relation, { keys, sets: null, grouping: null, calls, emit: NO_EMIT, at }, context);
  if (groups === null) return null;
  const zero = values.literal(0, INT64, at);
  const conditions = calls.map(({ column }, i) => {
    const isWanted = i === 0 || op === "INTERSECT";
    return values.call(isWanted ? "gt" : "eq", [values.column(column, at), zero], at)!;
  });
  const relation = nodes.filter(groups.relation, conditions, at);
  return { relation, outputs: both.outputs.slice(0, inputs[0].outputs.length) };
}

/** Equal rows numbered from 1: a column behind all others. Null with a problem for rows that may be taken back. */
function withNumbers(relation: Relation, { op, at }: ast.SetOperation, { report, nodes }: Context): Relation | null {
  if (relation.changes) {
    const hint = `Write ${op} without ALL`;
    return report.add(at, `${op} ALL takes rows that are only inserted, and one side takes rows back`, hint);
  }
  const names = relation.columns.map(({ name }) => name), as = freeName("$number", new Set(names));
  const body = { keys: names, frame: { kind: "rows", preceding: null }, aggs: [{ fn: "count", as }] };
  const node = nodes.plan.add("over", [relation.node], body, at);
  const number = nodes.columns.make(as, { type: INT64, nullable: false });
  return { ...relation, node, columns: [...relation.columns, { column: number, name: as }], windows: new Map() };
}
