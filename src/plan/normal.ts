import {
  LOOKUP_BATCH_DEFAULT,
  LOOKUP_CACHE_DEFAULT,
  LOOKUP_CACHE_MS,
  LOOKUP_CONCURRENCY_DEFAULT,
  LOOKUP_TIMEOUT_MS,
} from "../core/limits.ts";
import type { Expression } from "../expr/mod.ts";
import type { JsonObject } from "./json_schema.ts";
import type {
  AggregateCall,
  AggregateNode,
  Connector,
  ConnectorSourceNode,
  CumulateWindow,
  HopWindow,
  JoinNode,
  LookupNode,
  NodeInput,
  OrderColumn,
  OverNode,
  PlanNode,
  ProjectColumn,
  ProjectNode,
  RankNode,
  SessionWindow,
  SinkOptions,
  SourceNode,
  TumbleWindow,
  UnnestNode,
  Window,
} from "./plan.ts";

/** A value with some members that may be missing. */
type Short<T, Missing extends keyof T> = Omit<T, Missing> & Partial<Pick<T, Missing>>;
type ShortCall = Omit<AggregateCall, "arg"> & { readonly arg?: string | Expression };

/** The normal form of a node whose shape is right: short forms are spelled out, and defaults filled in. */
export function normalNode(raw: JsonObject): PlanNode {
  const id = raw.id as string, input = raw.input as NodeInput;
  switch (raw.op) {
    case "source":
      return normalSource(raw);
    case "filter":
      return { id, op: "filter", input, where: raw.where as Expression, ...optional({ refuse: raw.refuse as string }) };
    case "project":
      return normalProject(raw);
    case "union":
      return { id, op: "union", input };
    case "window":
      return { id, op: "window", input, window: normalWindow(raw.window as Window) };
    case "aggregate":
      return normalAggregate(raw);
    case "join":
      return normalJoin(raw);
    case "lookup":
      return normalLookup(raw);
    case "unnest":
      return normalUnnest(raw);
    case "rank":
      return normalRank(raw);
    case "over":
      return normalOver(raw);
    default:
      return { id, op: "sink", input, sink: raw.sink as SinkOptions };
  }
}

function normalSource(raw: JsonObject): SourceNode {
  const { id, op, stream, connector, columns, ...rest } = raw as unknown as ConnectorSourceNode & { stream?: string };
  const { changes, computed = [], ...options } = rest;
  const others = {
    ...options,
    ...(computed.length > 0 ? { computed: computed.map(({ as, expr }) => ({ as, expr })) } : {}),
    ...(changes === undefined || changes === "insert" ? {} : { changes }),
  };
  if (stream !== undefined) return { id, op, stream, ...others };
  return {
    id,
    op,
    connector: normalConnector(connector),
    columns: columns.map(({ name, type, nullable = true }) => ({ name, type, nullable })),
    ...others,
  };
}

function normalConnector(raw: Connector): Connector {
  switch (raw.kind) {
    case "file": {
      const { kind, path, format, header = true, delimiter = "," } = raw;
      return { kind, path, format, header, delimiter };
    }
    case "nexmark": {
      const { kind, table, events, events_per_second = 10_000, seed = 1 } = raw;
      return { kind, table, events, events_per_second, seed };
    }
    case "values":
      return { kind: "values", rows: raw.rows };
  }
}

function normalProject(raw: JsonObject): ProjectNode {
  const columns = (raw.columns as readonly (string | ProjectColumn)[]).map((column) =>
    typeof column === "string" ? { as: column, expr: { column } } : { as: column.as, expr: column.expr }
  );
  return {
    id: raw.id as string,
    op: "project",
    input: raw.input as NodeInput,
    columns,
    keep: (raw.keep ?? false) as boolean,
  };
}

type ShortWindow =
  | Short<TumbleWindow, "offset_ms">
  | Short<HopWindow, "offset_ms">
  | Short<CumulateWindow, "offset_ms">
  | Short<SessionWindow, "keys">;

function normalWindow(raw: ShortWindow): Window {
  const time = raw.time === undefined ? {} : { time: raw.time };
  switch (raw.kind) {
    case "tumble":
      return { kind: "tumble", size_ms: raw.size_ms, offset_ms: raw.offset_ms ?? 0, ...time };
    case "hop": {
      const { kind, size_ms, slide_ms, offset_ms = 0 } = raw;
      return { kind, size_ms, slide_ms, offset_ms, ...time };
    }
    case "cumulate": {
      const { kind, size_ms, step_ms, offset_ms = 0 } = raw;
      return { kind, size_ms, step_ms, offset_ms, ...time };
    }
    case "session": {
      const { kind, gap_ms, keys = [], max_ms } = raw;
      return { kind, gap_ms, keys, ...optional({ max_ms }), ...time };
    }
  }
}

function normalCalls(raw: unknown): AggregateCall[] {
  return (raw as readonly ShortCall[]).map(({ fn, arg, args, as, distinct, filter }) => ({
    fn,
    ...(arg === undefined ? {} : { arg: typeof arg === "string" ? { column: arg } : arg }),
    ...(args === undefined || args.length === 0 ? {} : { args }),
    as,
    ...(distinct ? { distinct } : {}),
    ...(filter === undefined ? {} : { filter }),
  }));
}

function normalAggregate(raw: JsonObject): AggregateNode {
  const { id, op, input, keys, aggs, two_phase = false, sets, grouping, emit, lateness_ms, ttl_ms } =
    raw as unknown as Short<AggregateNode, "two_phase">;
  return {
    id,
    op,
    input,
    keys,
    aggs: normalCalls(aggs),
    two_phase,
    ...optional({ sets, grouping, emit, lateness_ms, ttl_ms }),
  };
}

function normalJoin(raw: JsonObject): JoinNode {
  const { id, op, input, type, on, where, within, as_of, window, ttl_ms, null_aware } = raw as unknown as JoinNode;
  return {
    id,
    op,
    input,
    type,
    on: on.map(({ left, right }) => ({ left, right })),
    ...optional({ where, within, as_of, window, ttl_ms }),
    ...(null_aware ? { null_aware } : {}),
  };
}

type LookupDefaults = "cache_rows" | "cache_ttl_ms" | "batch_rows" | "concurrency" | "timeout_ms" | "on_error";

function normalLookup(raw: JsonObject): LookupNode {
  const { id, op, input, type, table, on, columns, where, ...options } = raw as unknown as Short<
    LookupNode,
    LookupDefaults
  >;
  return {
    id,
    op,
    input,
    type,
    table,
    on: on.map(({ left, right }) => ({ left, right })),
    columns: columns.map(({ name, type, nullable = true, as }) => ({ name, type, nullable, ...optional({ as }) })),
    ...optional({ where }),
    cache_rows: options.cache_rows ?? LOOKUP_CACHE_DEFAULT,
    cache_ttl_ms: options.cache_ttl_ms ?? LOOKUP_CACHE_MS,
    batch_rows: options.batch_rows ?? (asksForOne(table) ? 1 : LOOKUP_BATCH_DEFAULT),
    concurrency: options.concurrency ?? LOOKUP_CONCURRENCY_DEFAULT,
    timeout_ms: options.timeout_ms ?? LOOKUP_TIMEOUT_MS,
    on_error: options.on_error ?? "retry",
  };
}

/** Most addresses are good for one key. */
function asksForOne({ kind, method }: LookupNode["table"]): boolean {
  return kind === "http" && method !== "POST";
}

function normalUnnest(raw: JsonObject): UnnestNode {
  type ShortUnnest = Omit<Short<UnnestNode, "type">, "of"> & { readonly of: string | Expression };
  const { id, op, input, of, type = "inner", as, ordinality } = raw as unknown as ShortUnnest;
  const list = typeof of === "string" ? { column: of } : of;
  return { id, op, input, of: list, type, as, ...optional({ ordinality }) };
}

function normalRank(raw: JsonObject): RankNode {
  type ShortRank = Omit<Short<RankNode, "from">, "order"> & {
    readonly order: readonly (string | Short<OrderColumn, "desc" | "nulls_last">)[];
  };
  const { id, op, input, keys, order, from = 1, to, fn, as, window_end, ttl_ms } = raw as unknown as ShortRank;
  const columns = order.map((one): OrderColumn => {
    const { column, desc = false, nulls_last = desc } = typeof one === "string" ? { column: one } : one;
    return { column, desc, nulls_last };
  });
  return { id, op, input, keys, order: columns, from, to, ...optional({ fn, as, window_end, ttl_ms }) };
}

function normalOver(raw: JsonObject): OverNode {
  const { id, op, input, keys, time, frame, aggs } = raw as unknown as OverNode;
  const { kind, preceding } = frame;
  return { id, op, input, keys, ...optional({ time }), frame: { kind, preceding }, aggs: normalCalls(aggs) };
}

/** The members that are there. */
function optional<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
