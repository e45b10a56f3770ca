import { type Column, formatType } from "../core/schema.ts";
import { writtenSource } from "./partitions.ts";
import type {
  GroupCall,
  PhysicalAggregate,
  PhysicalGroup,
  PhysicalJoin,
  PhysicalOperator,
  PhysicalOver,
  PhysicalRank,
  PhysicalSession,
} from "./physical.ts";

/** A column of a state table's key, with its type as `formatType` writes it. */
export interface StateColumn {
  readonly name: string;
  readonly type: string;
}

/** A column that a state table holds, or an aggregate's accumulators: `type` is the argument's then, null for count(*). */
export interface StateValue {
  readonly name: string;
  readonly fn: string | null;
  readonly type: string | null;
}

/**
 * What an operator keeps under its keys: accumulators of windows (by slice), groups and sessions, or rows. All of it
 * belongs to the same point of the log as the positions of its sources.
 */
export interface KeyedTable {
  readonly table:
    | "windows"
    | "groups"
    | "sessions"
    | "session_rows"
    | "left"
    | "right"
    | "ranked"
    | "before"
    | "upserts";
  readonly node: string;
  readonly keys: readonly StateColumn[];
  readonly values: readonly StateValue[];
  /** Where the plan says what `values` are. */
  readonly valuePath: "aggs" | "columns";
  /** What else decides over what is in the table, by where the plan says it. */
  readonly settings: Readonly<Record<string, string | number>>;
}

/** The tables that an operator keeps; none: it keeps nothing. */
export function keyedTables(operator: PhysicalOperator): KeyedTable[] {
  switch (operator.op) {
    case "aggregate":
      return [windowTable(operator)];
    case "group":
      return [groupTable(operator)];
    case "session":
      return [sessionTable(operator)];
    case "join":
      return [joinTable(operator, "left"), joinTable(operator, "right")];
    case "rank":
      return [rankTable(operator)];
    case "over":
      return [overTable(operator)];
    case "normalize": {
      const { id, sources, columns, keys } = operator;
      return [{
        table: "upserts",
        node: id,
        keys: described(columns, keys),
        values: rowValues(columns),
        valuePath: "columns",
        settings: sourcesOf(sources),
      }];
    }
    default:
      return [];
  }
}

function described(columns: readonly Column[], at: readonly number[]): StateColumn[] {
  return at.map((i) => ({ name: columns[i].name, type: formatType(columns[i].type) }));
}

function rowValues(columns: readonly Column[]): StateValue[] {
  return columns.map(({ name, type }) => ({ name, fn: null, type: formatType(type) }));
}

/** The calls' accumulators under the names of the last columns of the output. */
function callValues(calls: readonly GroupCall[], input: readonly Column[], output: readonly Column[]): StateValue[] {
  const names = output.slice(output.length - calls.length);
  return calls.map(({ fn, args, distinct, params }, i) => ({
    name: names[i].name,
    fn: [distinct ? `${fn} distinct` : fn, ...params.map((one) => JSON.stringify(one))].join(" "),
    type: args.length === 0 ? null : args.map((arg) => formatType(input[arg].type)).join(", "),
  }));
}

function sourcesOf(sources: readonly string[]): { readonly source: string } {
  return { source: [...new Set(sources.map(writtenSource))].join(", ") };
}

function timeName(columns: readonly Column[], time: number): string {
  return time < 0 ? "the time of arrival" : columns[time].name;
}

function windowTable(aggregate: PhysicalAggregate): KeyedTable {
  const { id, sources, inputColumns, keys, aggregates, columns, time, sizeMs, slideMs, offsetMs } = aggregate;
  const names = columns.slice(columns.length - aggregates.length);
  return {
    table: "windows",
    node: id,
    keys: described(inputColumns, keys),
    values: aggregates.map(({ fn, arg }, i) => ({
      name: names[i].name,
      fn,
      type: arg < 0 ? null : formatType(inputColumns[arg].type),
    })),
    valuePath: "aggs",
    settings: {
      ...sourcesOf(sources),
      "window.time": timeName(inputColumns, time),
      "window.size_ms": sizeMs,
      "window.slide_ms": slideMs,
      "window.offset_ms": offsetMs,
    },
  };
}

function groupTable({ id, sources, inputColumns, keys, calls, columns, retracts, emit }: PhysicalGroup): KeyedTable {
  return {
    table: "groups",
    node: id,
    keys: described(inputColumns, keys),
    values: callValues(calls, inputColumns, columns),
    valuePath: "aggs",
    settings: { ...sourcesOf(sources), input: retracts ? "changes" : "inserts", emit: emit.mode },
  };
}

function sessionTable(session: PhysicalSession): KeyedTable {
  const { id, sources, inputColumns, keys, calls, columns, time, gapMs, maxMs } = session;
  return {
    table: calls ? "sessions" : "session_rows",
    node: id,
    keys: described(inputColumns, keys),
    values: calls ? callValues(calls, inputColumns, columns) : rowValues(inputColumns),
    valuePath: calls ? "aggs" : "columns",
    settings: {
      ...sourcesOf(sources),
      "window.time": timeName(inputColumns, time),
      "window.gap_ms": gapMs,
      "window.max_ms": maxMs,
    },
  };
}

function joinTable(join: PhysicalJoin, side: "left" | "right"): KeyedTable {
  const { id, sources, type, mode, nullAware } = join, left = side === "left";
  const columns = left ? join.leftColumns : join.rightColumns, changes = left ? join.leftChanges : join.rightChanges;
  return {
    table: side,
    node: id,
    keys: described(columns, left ? join.leftKeys : join.rightKeys),
    values: rowValues(columns),
    valuePath: "columns",
    settings: {
      ...(left ? { ...sourcesOf(sources), type: nullAware ? `${type}, null-aware` : type, mode: modeText(join) } : {}),
      [`${side}.input`]: changes ? "changes" : "inserts",
      ...(mode.mode === "interval" || mode.mode === "temporal" || mode.mode === "asof"
        ? { [`${side}.time`]: columns[left ? mode.leftTime : mode.rightTime].name }
        : {}),
    },
  };
}

function modeText({ mode }: PhysicalJoin): string {
  return mode.mode === "interval" ? `interval of ${mode.lowerMs} to ${mode.upperMs} ms` : mode.mode;
}

function rankTable(
  { id, sources, columns, keys, order, from, to, fn, retracts, ties, mode }: PhysicalRank,
): KeyedTable {
  const sorted = order.map(({ column, desc, nullsLast }) =>
    `${columns[column].name}${desc ? " desc" : ""}${nullsLast ? " nulls last" : ""}`
  );
  return {
    table: "ranked",
    node: id,
    keys: described(columns, keys),
    values: rowValues(columns),
    valuePath: "columns",
    settings: {
      ...sourcesOf(sources),
      input: retracts ? "changes" : "inserts",
      order: sorted.join(", ") || "the order of the log",
      from,
      to,
      ...(fn === "row_number" ? {} : { fn }),
      ...(ties ? { ties: "all" } : {}),
      emit: mode.mode === "window" ? "final" : "changes",
    },
  };
}

function overTable({ id, sources, columns, keys, time, frame, calls }: PhysicalOver): KeyedTable {
  const input = columns.slice(0, columns.length - calls.length);
  return {
    table: "before",
    node: id,
    keys: described(input, keys),
    values: callValues(calls, input, columns),
    valuePath: "aggs",
    settings: {
      ...sourcesOf(sources),
      time: time < 0 ? "the order of the log" : input[time].name,
      frame: `${frame.kind} ${frame.preceding < 0 ? "unbounded" : frame.preceding}`,
    },
  };
}
