import { type Expression, isCall, isColumn } from "../../expr/mod.ts";
import { WINDOW_END, WINDOW_START, WINDOW_TIME } from "../../plan/plan.ts";
import type { Span } from "../ast.ts";
import { type BoundCall, writeCalls } from "./aggregate_calls.ts";
import { type Column, freeName, nameIn, type PlacedColumn, type Relation } from "./column.ts";
import type { Context, EmitRequest } from "./context.ts";
import { milliseconds } from "./durations.ts";
import { windowEnd } from "./rank.ts";
import { quoted } from "./scope.ts";
import type { Value } from "./value.ts";

/** What is grouped, and how. */
export interface GroupRequest {
  /** In the order of GROUP BY. */
  readonly keys: readonly Value[];
  readonly sets: readonly (readonly number[])[] | null;
  /** The column of GROUPING's bits, if something reads it. */
  readonly grouping: Column | null;
  readonly calls: readonly BoundCall[];
  readonly emit: EmitRequest;
  readonly at: Span;
}

/** A relation of groups, and what the keys are in it. */
export interface Groups {
  readonly relation: Relation;
  /** Keys that are no plain columns, by their expressions' JSON. */
  readonly computed: ReadonlyMap<string, Column>;
}

/** An aggregate. It is by window when the start and the end of one are keys. Null with a problem. */
export function groupRows(input: Relation, request: GroupRequest, context: Context): Groups | null {
  const keyed = context.nodes.asColumns(input, request.keys, "$key", request.at);
  const own = ownWindow(keyed.relation, keyed.columns);
  const rows = keyed.relation.windowed && own === null
    ? context.nodes.detached(keyed.relation, request.at)
    : keyed.relation;
  const isFinal = windowEnd(rows, keyed.columns.map(({ id }) => id)) !== null;
  // Right behind its window an aggregate has the window's columns in front, and they are not among its keys.
  const keys = unique([...own ?? [], ...keyed.columns]).filter((column) => own === null || !isBound(rows, column));
  const columns = unique([...own ?? [], ...keys]).map((column) => ({ column, name: nameIn(rows, column.id)! }));
  const written = aggregate(rows, keys, columns, keyed.columns, request, isFinal, context);
  if (written === null) return null;
  const ids = new Set(written.columns.map(({ column }) => column.id));
  const kept = isFinal ? [...rows.windows].filter(([id]) => ids.has(id)) : [];
  const relation: Relation = {
    ...written,
    times: new Set(kept.filter(([, { part }]) => part === "time").map(([id]) => id)),
    windows: new Map(kept),
    windowed: false,
    changes: !isFinal || isRevised(request.emit),
  };
  const computed = new Map(request.keys.map((key, i) => [JSON.stringify(key.expr), keyed.columns[i]]));
  return { relation, computed };
}

/** The columns of the window node `relation`, if its start and end are keys; its time only if it is a key too. */
function ownWindow(relation: Relation, keys: readonly Column[]): readonly Column[] | null {
  if (!relation.windowed) return null;
  const found = [WINDOW_START, WINDOW_END, WINDOW_TIME].map((name) =>
    relation.columns.find((one) => one.name === name)!.column
  );
  const [start, end, time] = found.map((column) => keys.some(({ id }) => id === column.id));
  return start && end ? found.slice(0, time ? 3 : 2) : null;
}

/** Whether a column is the start or the end of the window node `relation`. */
function isBound(relation: Relation, { id }: Column): boolean {
  return relation.columns.some(({ column, name }) =>
    column.id === id && (name === WINDOW_START || name === WINDOW_END)
  );
}

function unique(columns: readonly Column[]): Column[] {
  return [...new Map(columns.map((column) => [column.id, column])).values()];
}

/** Whether windows give results that are taken back later. */
function isRevised({ emit, lateness }: EmitRequest): boolean {
  return lateness !== null || (emit !== null && emit.mode !== "FINAL");
}

/** The node; null with a problem. */
function aggregate(
  input: Relation,
  keys: readonly Column[],
  keyColumns: readonly PlacedColumn[],
  written: readonly Column[],
  { sets, grouping, calls, emit, at }: GroupRequest,
  isFinal: boolean,
  context: Context,
): Pick<Relation, "node" | "columns"> | null {
  const { settings, nodes } = context;
  const timing = emitOf(emit, isFinal, context);
  if (timing === null) return null;
  const taken = new Set(keyColumns.map(({ name }) => name)), names = keys.map(({ id }) => nameIn(input, id)!);
  const bits = grouping === null ? null : freeName(grouping.name, taken);
  if (bits !== null) taken.add(bits);
  const made = writeCalls(calls, input, taken, context);
  const isKey = new Set(keys.map(({ id }) => id));
  /** A set by the positions of GROUP BY as the node has it. */
  const setOf = (places: readonly number[]) =>
    unique(places.map((place) => written[place]))
      .filter(({ id }) => isKey.has(id)).map(({ id }) => nameIn(input, id)!);
  const body = {
    keys: names,
    aggs: made.aggs,
    two_phase: settings.twoPhase,
    ...(sets === null ? {} : { sets: sets.map(setOf) }),
    ...(bits === null ? {} : { grouping: bits }),
    ...timing,
    ...(isFinal || settings.ttlMs === null ? {} : { ttl_ms: settings.ttlMs }),
  };
  const node = nodes.plan.add("aggregate", [input.node], body, at);
  const added = grouping === null || bits === null ? [] : [{ column: grouping, name: bits }];
  return { node, columns: [...keyColumns, ...added, ...made.columns] };
}

/** When results come out, as EMIT says; nothing where that is what happens anyway. */
function emitOf({ emit, lateness }: EmitRequest, isFinal: boolean, context: Context) {
  const { report } = context;
  let late = {};
  if (lateness !== null) {
    const lateness_ms = milliseconds(lateness, "ALLOWED LATENESS", 0, context);
    if (lateness_ms === null) return null;
    if (!isFinal) return report.add(lateness.at, "ALLOWED LATENESS needs windows: without them no row is late");
    late = { lateness_ms };
  }
  if (emit === null) return late;
  switch (emit.mode) {
    case "FINAL":
      if (!isFinal) {
        const hint = "Group by window_start and window_end, or write EMIT CHANGES";
        return report.add(emit.at, "EMIT FINAL needs windows: groups without an end are never final", hint);
      }
      return { emit: { mode: "final" }, ...late };
    case "CHANGES":
      return { emit: { mode: "changes" }, ...late };
    case "EVERY": {
      const every_ms = milliseconds(emit.every!, "EMIT EVERY", 1, context);
      return every_ms === null ? null : { emit: { mode: "every", every_ms }, ...late };
    }
  }
}

/**
 * A value over the groups instead of the rows: keys stand for their expressions. Null with a problem for columns that
 * are neither keys nor results of aggregates, nor made behind the groups.
 */
export function overGroups(
  value: Value,
  { relation, computed }: Groups,
  isLater: (id: string) => boolean,
  context: Context,
): Value | null {
  const { values, report, nodes } = context;
  const there = new Set(relation.columns.map(({ column }) => column.id));
  let sound = true;
  const walk = (expr: Expression): Expression => {
    const at = values.places.of(expr) ?? value.at;
    if (isCall(expr) || isColumn(expr)) {
      const key = computed.get(JSON.stringify(expr));
      if (key !== undefined) return values.places.mark({ column: key.id }, at);
    }
    if (isCall(expr)) return values.places.mark({ ...expr, args: expr.args.map(walk) }, at);
    if (isColumn(expr) && !there.has(expr.column) && !isLater(expr.column)) {
      const name = quoted(nodes.columns.nameOf(expr.column) ?? "it");
      report.add(
        at,
        `${name} is neither in GROUP BY nor inside an aggregate`,
        `Add it to GROUP BY, or write MAX(${name}) or LAST_VALUE(${name})`,
      );
      sound = false;
    }
    return expr;
  };
  const expr = walk(value.expr);
  return sound ? values.as(value, expr) : null;
}
