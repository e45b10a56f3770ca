import type { RowKind } from "../../src/core/batch.ts";
import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { inputsOf, type Plan, type PlanNode, type SourceNode } from "../../src/plan/plan.ts";
import { build } from "./build.ts";
import { expression, type Known } from "./expression.ts";
import { type Facts, factsBehind } from "./facts.ts";
import type { Tables } from "./lookup.ts";
import type { Operator } from "./operator.ts";
import { column, place, places, readType } from "./schema.ts";
import { keyOf, type Row } from "./value.ts";

/** A step of the log: a row of a source (without the column of its kind), or a source's end. */
export type LogEntry =
  | { readonly source: string; readonly kind: RowKind; readonly values: readonly Value[] }
  | { readonly source: string; readonly end: true };

/** What came to a sink: a changelog in its order. */
export interface SinkRows {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
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
}

/** A source at work: its watermark, and of upserts the current row of each key. */
interface Feed {
  readonly node: SourceNode;
  readonly station: Station;
  /** Columns behind its own; each may read those before it. */
  readonly computed: readonly Known[];
  watermark: number;
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
): Map<string, SinkRows> {
  const run = new ReferenceRun(plan, streams, tables);
  for (const entry of log) run.step(entry);
  return run.sinks;
}

class ReferenceRun {
  readonly sinks = new Map<string, { columns: readonly Column[]; rows: Row[] }>();
  /** Inputs first. */
  readonly #stations: Station[] = [];
  readonly #feeds = new Map<string, Feed>();

  readonly #tables: Tables;

  constructor({ nodes }: Plan, streams: Readonly<Record<string, readonly Column[]>>, tables: Tables) {
    this.#tables = tables;
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
    const behind = operator ? factsBehind(node, operator.columns, facts) : facts[0];
    const lagMs = Math.max(...facts.map((input) => input.lagMs));
    const station: Station = { node, facts: behind, operator, readers: [], lagMs, watermark: -Infinity };
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
    const facts = { columns, time: node.time ?? null, spans: [], sources: [node.id], lagMs: 0 };
    const station: Station = { node, facts, operator: null, readers: [], lagMs: 0, watermark: -Infinity };
    this.#feeds.set(node.id, { node, station, computed, watermark: -Infinity, current: new Map() });
    return station;
  }

  step(entry: LogEntry): void {
    const feed = this.#feeds.get(entry.source)!;
    if ("end" in entry) feed.watermark = Infinity;
    else {
      const values = feed.computed.reduce<readonly Value[]>((row, one) => [...row, one.of(row)], entry.values);
      for (const row of rowsOf(feed, { ...entry, values })) this.#pass(feed.station, row);
      const { time, delay_ms = 0 } = feed.node;
      const at = time === undefined ? null : values[place(feed.station.facts.columns, time)];
      if (at !== null) feed.watermark = Math.max(feed.watermark, Number(at) - delay_ms);
    }
    this.#advance();
  }

  /** Hands a row to all who read the station, each time as deep as it comes. */
  #pass({ readers }: Station, row: Row): void {
    for (const { station, input } of readers) {
      if (!station.operator) this.sinks.get(station.node.id)!.rows.push(row);
      else for (const out of station.operator.take(row, input, station.watermark)) this.#pass(station, out);
    }
  }

  #advance(): void {
    for (const station of this.#stations) {
      const watermark = Math.min(...station.facts.sources.map((id) => this.#feeds.get(id)!.watermark)) - station.lagMs;
      if (!station.operator || watermark <= station.watermark) continue;
      station.watermark = watermark;
      for (const out of station.operator.advance(watermark)) this.#pass(station, out);
    }
  }
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
