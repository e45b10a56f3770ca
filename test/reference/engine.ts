import type { RowKind } from "../../src/core/batch.ts";
import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { inputsOf, type Plan, type PlanNode, type SourceNode } from "../../src/plan/plan.ts";
import { build } from "./build.ts";
import { expression, type Known } from "./expression.ts";
import { type Facts, factsBehind, lagOf } from "./facts.ts";
import type { Tables } from "./lookup.ts";
import type { Operator } from "./operator.ts";
import { column, place, places, readType } from "./schema.ts";
import { keyOf, type Row } from "./value.ts";

/**
 * A step of the log: a row of a source (without the column of its kind), that a source gives nothing and its watermark is there nevertheless, or its end; of sources with
 * several partitions, of one of these. Or that a source has so many partitions from now on, each with the watermark of the one that it was part of.
 */
export type LogEntry =
  | {
    readonly source: string;
    readonly partition?: number;
    readonly kind: RowKind;
    readonly values: readonly Value[];
  }
  | { readonly source: string; readonly partition?: number; readonly idle: number }
  | { readonly source: string; readonly partitions: number }
  | { readonly source: string; readonly partition?: number; readonly end: true };

/** How many partitions sources have; 1 if it is not said. */
export type Partitions = ReadonlyMap<string, number>;

/** What came to a sink: a changelog in its order. */
export interface SinkRows {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** A row of a source that a node left out since it came too late. */
export interface LateEntry {
  /** Position of the row in the log. */
  readonly entry: number;
  readonly node: string;
  /** The node's, when the row came to it. */
  readonly watermark: number;
}

/** What became of a source's row at a node. */
interface Fate {
  used: boolean;
  leftOutAt: number | null;
}

interface Station {
  readonly node: PlanNode;
  readonly facts: Facts;
  /** Null: a source or a sink. */
  readonly operator: Operator | null;
  /** Who reads it, and as which of their inputs. */
  readonly readers: { readonly station: Station; readonly input: number }[];
  /** Its watermark is the least of its sources' minus this. */
  readonly lagMs: number;
  watermark: number;
  /** Rows that have come to it. */
  taken: number;
}

/** A source at work: its watermarks, and of upserts the current row of each key. */
interface Feed {
  readonly node: SourceNode;
  readonly station: Station;
  /** Columns behind its own; each may read those before it. */
  readonly computed: readonly Known[];
  /** By partition. */
  readonly watermarks: number[];
  readonly current: Map<string, readonly Value[]>;
}

/**
 * Runs a plan (as `parsePlan` returns it) over a log, row by row: each row goes through the plan as deep as it comes, then the
 * watermark that it makes goes through it, inputs first. `streams` are the columns of streams, `tables` the
 * rows of what is looked up. Returns what came to each sink.
 */
export function runReference(
  plan: Plan,
  log: readonly LogEntry[],
  streams: Readonly<Record<string, readonly Column[]>> = {},
  tables: Tables = new Map(),
  partitions: Partitions = new Map(),
): Map<string, SinkRows> {
  return runWithLate(plan, log, streams, tables, partitions).sinks;
}

/** Rows that a node of a random plan takes at most: aggregates and joins look at all that they have for each, so that a join of joins of few keys would have no end. */
const NODE_ROWS_MAX = 1_000;

class TooManyRows extends Error {}

/** The same of a random plan; null where a node comes to more rows than NODE_ROWS_MAX. */
export function runRandom(
  ...[plan, log, streams, tables, partitions]: Parameters<typeof runReference>
): Map<string, SinkRows> | null {
  const run = new ReferenceRun(plan, streams ?? {}, tables ?? new Map(), partitions ?? new Map(), NODE_ROWS_MAX);
  try {
    for (const step of log) run.step(step);
    return run.sinks;
  } catch (thrown) {
    if (thrown instanceof TooManyRows) return null;
    throw thrown;
  }
}

/** The same, with the rows of sources that nodes left out as late, in the order of the log. */
export function runWithLate(
  plan: Plan,
  log: readonly LogEntry[],
  streams: Readonly<Record<string, readonly Column[]>> = {},
  tables: Tables = new Map(),
  partitions: Partitions = new Map(),
): { sinks: Map<string, SinkRows>; late: readonly LateEntry[] } {
  const run = new ReferenceRun(plan, streams, tables, partitions), late: LateEntry[] = [];
  for (const [entry, step] of log.entries()) late.push(...run.step(step).map((found) => ({ entry, ...found })));
  return { sinks: run.sinks, late };
}

class ReferenceRun {
  readonly sinks = new Map<string, { columns: readonly Column[]; rows: Row[] }>();
  /** Inputs first. */
  readonly #stations: Station[] = [];
  readonly #feeds = new Map<string, Feed>();

  readonly #tables: Tables;
  readonly #partitions: Partitions;
  /** How many rows each node may take. */
  readonly #rowsMax: number;

  constructor(
    { nodes }: Plan,
    streams: Readonly<Record<string, readonly Column[]>>,
    tables: Tables,
    partitions: Partitions,
    rowsMax = Infinity,
  ) {
    this.#tables = tables;
    this.#partitions = partitions;
    this.#rowsMax = rowsMax;
    const made = new Map<string, Station>();
    while (made.size < nodes.length) {
      const before = made.size;
      for (const node of nodes) {
        if (made.has(node.id) || !inputsOf(node).every((id) => made.has(id))) continue;
        if (node.op === "source") made.set(node.id, this.#source(node, streams));
        else made.set(node.id, this.#station(node, inputsOf(node).map((id) => made.get(id)!), made));
      }
      if (made.size === before) throw new Error("The plan has a cycle or an unknown input");
    }
  }

  #station(node: PlanNode, named: readonly Station[], made: ReadonlyMap<string, Station>): Station {
    // An aggregate right behind a window is by window, and reads what the window reads.
    const window = node.op === "aggregate" && named[0].node.op === "window" ? named[0].node : null;
    const inputs = window ? [made.get(window.input[0])!] : named, facts = inputs.map((input) => input.facts);
    const operator = node.op === "sink" ? null : build(node, facts, window, this.#tables);
    const behind = operator ? factsBehind(node, operator.columns, facts, window) : facts[0];
    const lagMs = lagOf(node, facts, window);
    const station: Station = { node, facts: behind, operator, readers: [], lagMs, watermark: -Infinity, taken: 0 };
    inputs.forEach((input, i) => input.readers.push({ station, input: i }));
    this.#stations.push(station);
    if (node.op === "sink") this.sinks.set(node.id, { columns: behind.columns, rows: [] });
    return station;
  }

  #source(node: SourceNode, streams: Readonly<Record<string, readonly Column[]>>): Station {
    const declared = "stream" in node
      ? streams[node.stream]
      : node.columns.map(({ name, type, nullable }) => column(name, readType(type), nullable));
    const own = declared.filter(({ name }) => name !== node.kind_column), columns = [...own], computed: Known[] = [];
    for (const { as, expr } of node.computed ?? []) {
      const value = expression(expr, columns);
      computed.push(value);
      columns.push(column(as, value.type));
    }
    const time = node.time ?? null, lags = new Map(time === null ? [] : [[time, 0]]);
    const facts = { columns, time, lags, spans: [], sources: [node.id] };
    const station: Station = { node, facts, operator: null, readers: [], lagMs: 0, watermark: -Infinity, taken: 0 };
    const watermarks = Array.from({ length: this.#partitions.get(node.id) ?? 1 }, () => -Infinity);
    this.#feeds.set(node.id, { node, station, computed, watermarks, current: new Map() });
    return station;
  }

  /** The nodes that left the entry out since it came too late. */
  step(entry: LogEntry): Omit<LateEntry, "entry">[] {
    const fates = new Map<Station, Fate>(), feed = this.#feeds.get(entry.source)!, { watermarks } = feed;
    const partition = "partition" in entry ? entry.partition ?? 0 : 0;
    if ("end" in entry) watermarks[partition] = Infinity;
    else if ("idle" in entry) watermarks[partition] = Math.max(watermarks[partition], entry.idle);
    else if ("partitions" in entry) {
      for (let { length: i } = watermarks, of = i; i < entry.partitions; i++) watermarks.push(watermarks[i % of]);
    } else {
      const values = feed.computed.reduce<readonly Value[]>((row, one) => [...row, one.of(row)], entry.values);
      for (const row of rowsOf(feed, { ...entry, values })) this.#pass(feed.station, row, fates);
      const { time, delay_ms = 0 } = feed.node;
      const at = time === undefined || time === null ? null : values[place(feed.station.facts.columns, time)];
      if (at !== null) watermarks[partition] = Math.max(watermarks[partition], Number(at) - delay_ms);
    }
    this.#advance();
    return [...fates].flatMap(([{ node }, { used, leftOutAt: watermark }]) =>
      used || watermark === null ? [] : [{ node: node.id, watermark }]
    );
  }

  /** Hands a row to all who read the station, each time as deep as it comes. `fates`: of the source's row that it is; null: it is none. */
  #pass({ readers }: Station, row: Row, fates: Map<Station, Fate> | null): void {
    for (const { station, input } of readers) {
      if (++station.taken > this.#rowsMax) throw new TooManyRows();
      const { operator, watermark } = station;
      if (!operator) {
        this.sinks.get(station.node.id)!.rows.push(row);
        continue;
      }
      // A window with an aggregate right behind it is made with that one, and has no readers.
      if (fates && station.readers.length > 0) {
        noteFate(fates, station, operator.isLate?.(row, input, watermark) ?? false);
      }
      const own = handsRowsOn(station.node) ? fates : null;
      for (const out of operator.take(row, input, watermark)) this.#pass(station, out, own);
    }
  }

  #advance(): void {
    for (const station of this.#stations) {
      const least = Math.min(...station.facts.sources.flatMap((id) => this.#feeds.get(id)!.watermarks));
      const watermark = least - station.lagMs;
      if (!station.operator || watermark <= station.watermark) continue;
      station.watermark = watermark;
      for (const out of station.operator.advance(watermark)) this.#pass(station, out, null);
    }
  }
}

function noteFate(fates: Map<Station, Fate>, station: Station, isLate: boolean): void {
  const fate = fates.get(station) ?? { used: false, leftOutAt: null };
  if (isLate) fate.leftOutAt ??= station.watermark;
  else fate.used = true;
  fates.set(station, fate);
}

/** Whether what comes out of a node at once are the rows that came in, perhaps several times. */
function handsRowsOn(node: PlanNode): boolean {
  return ["filter", "project", "union", "window", "unnest"].includes(node.op) ||
    (node.op === "over" && node.time === undefined);
}

/** The changes that an entry of a source stands for. */
function rowsOf({ node, station, current }: Feed, entry: Extract<LogEntry, { values: readonly Value[] }>): Row[] {
  const { kind, values } = entry;
  if (node.changes !== "upsert") return [{ kind, values }];
  const key = keyOf(places(station.facts.columns, node.primary_key!).map((at) => values[at])),
    before = current.get(key);
  if (kind === "-U") return [];
  if (kind === "-D") current.delete(key);
  else current.set(key, values);
  if (kind === "-D") return before ? [{ kind: "-D", values: before }] : [];
  return before ? [{ kind: "-U", values: before }, { kind: "+U", values }] : [{ kind: "+I", values }];
}
