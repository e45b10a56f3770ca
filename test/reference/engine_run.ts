import { systemClock } from "../../src/core/clock.ts";
import type { Column } from "../../src/core/schema.ts";
import { memoryLogs } from "../../src/log/memory.ts";
import type { OrderRecord } from "../../src/log.ts";
import type { LookupFactory } from "../../src/lookup.ts";
import { Engine } from "../../src/runtime/engine.ts";
import { forgetfulOrder } from "../../src/runtime/order.ts";
import { openMade } from "../../src/source/made.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { createView } from "../../src/view/create.ts";
import { extensionModule, kernelModule } from "../kernel/load.ts";
import { CollectSink } from "./collect_sink.ts";
import type { LogEntry } from "./engine.ts";
import { KIND_COLUMN, type RandomSource, STREAM_COLUMNS } from "./random_flow.ts";
import type { RandomPlan } from "./random_plan.ts";
import type { StreamRow } from "./random_rows.ts";
import { column, readType } from "./schema.ts";
import type { Row } from "./value.ts";

const encoder = new TextEncoder();
const WORKER = new URL("../../workers/task_deno.ts", import.meta.url);

/** The columns of a stream of these tests. */
export function streamColumns({ changes }: RandomSource): Column[] {
  const columns = STREAM_COLUMNS.map(({ name, type }) => column(name, readType(type), name !== "ts"));
  return changes ? [...columns, column(KIND_COLUMN, { kind: "string" }, false)] : columns;
}

/** An engine with real workers, for one plan after the other. */
export class EngineUnderTest {
  readonly #engine: Engine;
  readonly #sink: CollectSink;
  readonly #order: OrderRecord[];

  private constructor(engine: Engine, sink: CollectSink, order: OrderRecord[]) {
    this.#engine = engine;
    this.#sink = sink;
    this.#order = order;
  }

  /** `lookups`: what tables outside are made by. */
  static async start(workers: number, lookups: readonly LookupFactory[] = []): Promise<EngineUnderTest> {
    const sink = new CollectSink(), order: OrderRecord[] = [];
    const engine = await Engine.start({
      module: kernelModule(),
      loadExtension: (name) => Promise.resolve(extensionModule(name)),
      spawn: (index) => new Worker(WORKER, { type: "module", name: `task ${index}` }),
      workers,
      clock: systemClock,
      registry: new MetricRegistry(),
      createLog: memoryLogs(systemClock),
      createOrder: () => ({ ...forgetfulOrder, append: (record) => void order.push(record) }),
      createView,
      sinks: new Map([[sink.kind, sink]]),
      lookups: new Map(lookups.map((lookup) => [lookup.kind, lookup])),
      openMade,
      openRanges: null,
    });
    return new EngineUnderTest(engine, sink, order);
  }

  /**
   * Runs a plan over the rows of its sources, which come in pieces of these lengths by turns. Returns what came to the sink, the log
   * in the order in which the engine took it, and the columns that tell rows that change apart.
   */
  async run(
    { plan, sources }: RandomPlan,
    rows: ReadonlyMap<string, readonly StreamRow[]>,
    cuts: readonly number[],
  ): Promise<{ rows: Row[]; log: LogEntry[]; keys: readonly number[] | null }> {
    const { streams, pipelines } = this.#engine;
    this.#sink.rows.length = this.#order.length = 0;
    for (const source of sources) {
      const timing = { time: "ts", delayMs: source.delayMs, futureSkewMs: 0 };
      streams.put(source.id, { columns: streamColumns(source), ...timing, onError: "reject", retentionMs: null });
    }
    await pipelines.put(plan.name, plan, { start: "earliest", state: "fresh" });
    await this.#send(sources, rows, cuts);
    for (const { id } of sources) await streams.end(id);
    await pipelines.find(plan.name)!.settled();
    const { state, reason } = pipelines.get(plan.name);
    await pipelines.delete(plan.name);
    for (const { id } of sources) streams.delete(id);
    if (state !== "completed") throw new Error(`The pipeline is ${state}: ${reason}; ${JSON.stringify(plan.nodes)}`);
    const log = this.#order.flatMap((record) => entriesOf(record, rows));
    return { rows: [...this.#sink.rows], log, keys: this.#sink.keys };
  }

  async #send(
    sources: readonly RandomSource[],
    rows: ReadonlyMap<string, readonly StreamRow[]>,
    cuts: readonly number[],
  ): Promise<void> {
    const sent = new Map(sources.map(({ id }) => [id, 0]));
    const left = () => sources.filter(({ id }) => sent.get(id)! < rows.get(id)!.length);
    for (let turn = 0; left().length > 0; turn++) {
      const open = left(), source = open[turn % open.length], from = sent.get(source.id)!;
      const to = Math.min(from + 1 + (cuts.length === 0 ? 0 : cuts[turn % cuts.length]), rows.get(source.id)!.length);
      sent.set(source.id, to);
      const body = encoder.encode(rows.get(source.id)!.slice(from, to).map((row) => lineOf(source, row)).join(""));
      await this.#engine.streams.ingest(source.id, { body, format: "ndjson", autoCreate: false });
    }
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** A row as a line of JSON. */
function lineOf({ changes }: RandomSource, { kind, values }: StreamRow): string {
  const members = STREAM_COLUMNS.map(({ name, type }, i) => {
    const value = values[i], scaled = type.startsWith("decimal") && typeof value === "bigint";
    const text = scaled
      ? `"${value < 0n ? "-" : ""}${String(value).replace("-", "").padStart(3, "0").replace(/..$/, ".$&")}"`
      : typeof value === "bigint"
      ? String(value)
      : JSON.stringify(value);
    return `"${name}":${text}`;
  });
  if (changes) members.push(`"${KIND_COLUMN}":"${kind}"`);
  return `{${members.join(",")}}\n`;
}

/** What the engine took in one step of its order. */
function entriesOf(record: OrderRecord, rows: ReadonlyMap<string, readonly StreamRow[]>): LogEntry[] {
  if (record.kind === "tick" || record.kind === "lookup") return [];
  const { source } = record;
  if (record.kind === "end") return [{ source, end: true }];
  if (record.kind === "idle") throw new Error(`Source ${source} was taken for idle`);
  return rows.get(source)!.slice(record.from, record.to).map(({ kind, values }) => ({ source, kind, values }));
}
