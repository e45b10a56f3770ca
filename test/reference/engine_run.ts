import { systemClock } from "../../src/core/clock.ts";
import type { ColdFacts, StateRoom } from "../../src/core/cold_file.ts";
import type { Column } from "../../src/core/schema.ts";
import { memoryLogs } from "../../src/log/memory.ts";
import type { OrderRecord } from "../../src/log.ts";
import type { LookupFactory } from "../../src/lookup.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { Engine } from "../../src/runtime/engine.ts";
import { forgetfulOrder } from "../../src/runtime/order.ts";
import type { PipelineInfo } from "../../src/runtime/service.ts";
import { openMade } from "../../src/source/made.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { createView } from "../../src/view/create.ts";
import { extensionModule, kernelModule } from "../kernel/load.ts";
import { CollectSinks } from "./collect_sink.ts";
import type { LogEntry, Partitions } from "./engine.ts";
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

/**
 * What came to the sink of a plan, the log in the order in which the engine took it, the columns that tell rows that change apart, and how many partitions its
 * streams had.
 */
export interface FoundRows {
  readonly rows: readonly Row[];
  readonly log: LogEntry[];
  readonly keys: readonly number[] | null;
  readonly partitions: Partitions;
  /** Rows of its state that were in a working file. */
  readonly cold: ColdFacts;
}

/** A pipeline stands still since its state has no room. */
export class Stalled extends Error {}

/** How often is looked whether a pipeline stands still. */
const STALLED_POLL_MS = 200;

/** An engine with real workers, for one plan after the other, or several beside each other. */
export class EngineUnderTest {
  readonly #engine: Engine;
  readonly #sinks: CollectSinks;
  /** By pipeline. */
  readonly #orders: Map<string, OrderRecord[]>;

  private constructor(engine: Engine, sinks: CollectSinks, orders: Map<string, OrderRecord[]>) {
    this.#engine = engine;
    this.#sinks = sinks;
    this.#orders = orders;
  }

  /** `lookups`: what tables outside are made by; `state`: memory for state in each worker. */
  static async start(
    workers: number,
    lookups: readonly LookupFactory[] = [],
    state?: StateRoom,
  ): Promise<EngineUnderTest> {
    const sinks = new CollectSinks(), orders = new Map<string, OrderRecord[]>();
    const engine = await Engine.start({
      module: kernelModule(),
      loadExtension: (name) => Promise.resolve(extensionModule(name)),
      spawn: (index) => new Worker(WORKER, { type: "module", name: `task ${index}` }),
      workers,
      clock: systemClock,
      registry: new MetricRegistry(),
      createLog: memoryLogs(systemClock),
      createOrder(pipeline) {
        const order: OrderRecord[] = [];
        orders.set(pipeline, order);
        return { ...forgetfulOrder, append: (record) => void order.push(record) };
      },
      createView,
      sinks: new Map([[sinks.kind, sinks]]),
      lookups: new Map(lookups.map((lookup) => [lookup.kind, lookup])),
      openMade,
      openRanges: null,
      state,
    });
    return new EngineUnderTest(engine, sinks, orders);
  }

  /**
   * Runs a plan over the rows of its sources, which come in pieces of these lengths by turns. `partitions`: of each source, by its place; 1 if none is said.
   */
  async run(
    random: RandomPlan,
    rows: ReadonlyMap<string, readonly StreamRow[]>,
    cuts: readonly number[],
    partitions: readonly number[] = [],
  ): Promise<FoundRows> {
    const counts = new Map(random.sources.map(({ id }, i) => [id, partitions[i] ?? 1]));
    const [found] = await this.runBeside([random], rows, cuts, counts);
    return found;
  }

  /** The same of plans that run at the same time over the same sources, as far as each reads them. */
  async runBeside(
    randoms: readonly RandomPlan[],
    rows: ReadonlyMap<string, readonly StreamRow[]>,
    cuts: readonly number[],
    partitions: Partitions = new Map(),
  ): Promise<FoundRows[]> {
    const { streams, pipelines } = this.#engine;
    const sources = [...new Map(randoms.flatMap(({ sources }) => sources.map((one) => [one.id, one]))).values()];
    for (const source of sources) {
      const timing = { time: "ts", delayMs: source.delayMs, futureSkewMs: 0, partitions: partitions.get(source.id) };
      streams.put(source.id, { columns: streamColumns(source), ...timing, onError: "reject", retentionMs: null });
    }
    const plans = randoms.map(({ plan }, i) => named(plan, `${plan.name}_${i}`));
    for (const plan of plans) await pipelines.put(plan.name, plan, { start: "earliest", state: "fresh" });
    const sent = await this.#send(sources, rows, cuts);
    for (const { id } of sources) await streams.end(id);
    const states: PipelineInfo[] = [];
    for (const { name } of plans) {
      await this.#settled(name);
      states.push(pipelines.get(name));
      await pipelines.delete(name);
    }
    for (const { id } of sources) streams.delete(id);
    return plans.map(({ name, nodes }, i): FoundRows => {
      const { state, reason, cold } = states[i], sink = this.#sinks.made.get(name)!;
      if (state === "stalled") throw new Stalled(reason ?? "");
      if (state !== "completed") throw new Error(`The pipeline is ${state}: ${reason}; ${JSON.stringify(nodes)}`);
      const log = this.#orders.get(name)!.flatMap((record) => entriesOf(record, rows, sent));
      return { rows: sink.rows, log, keys: sink.keys, partitions, cold };
    });
  }

  /** Resolves when a pipeline is through, or stands still since its state has no room. */
  async #settled(name: string): Promise<void> {
    const pipeline = this.#engine.pipelines.find(name)!, isThrough = pipeline.settled().then(() => true);
    const later = () => new Promise<boolean>((resolve) => setTimeout(() => resolve(false), STALLED_POLL_MS));
    while (!await Promise.race([isThrough, later()])) {
      if (this.#engine.pipelines.get(name).state === "stalled") return;
    }
  }

  /** Resolves to the partitions of the rows. */
  async #send(
    sources: readonly RandomSource[],
    rows: ReadonlyMap<string, readonly StreamRow[]>,
    cuts: readonly number[],
  ): Promise<Map<string, number[]>> {
    const partitions = new Map<string, number[]>(sources.map(({ id }) => [id, []]));
    const sent = new Map(sources.map(({ id }) => [id, 0]));
    const left = () => sources.filter(({ id }) => sent.get(id)! < rows.get(id)!.length);
    for (let turn = 0; left().length > 0; turn++) {
      const open = left(), source = open[turn % open.length], from = sent.get(source.id)!;
      const to = Math.min(from + 1 + (cuts.length === 0 ? 0 : cuts[turn % cuts.length]), rows.get(source.id)!.length);
      sent.set(source.id, to);
      const body = encoder.encode(rows.get(source.id)!.slice(from, to).map((row) => lineOf(source, row)).join(""));
      const answer = await this.#engine.streams.ingest(source.id, { body, format: "ndjson", autoCreate: false });
      const [{ partition }] = answer.partitions ?? [{ partition: 0 }];
      partitions.get(source.id)!.push(...Array.from({ length: to - from }, () => partition));
    }
    return partitions;
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** The plan under another name, which its sink has too. */
function named(plan: Plan, name: string): Plan {
  const nodes = plan.nodes.map((node) => node.op === "sink" ? { ...node, sink: { ...node.sink, name } } : node);
  return { ...plan, name, nodes };
}

/** A row as a line of JSON. */
export function lineOf({ changes }: RandomSource, { kind, values }: StreamRow): string {
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

/** What the engine took in one step of its order. `sent`: the partitions of the rows of each source. */
function entriesOf(
  record: OrderRecord,
  rows: ReadonlyMap<string, readonly StreamRow[]>,
  sent: ReadonlyMap<string, readonly number[]>,
): LogEntry[] {
  if (record.kind === "tick" || record.kind === "lookup") return [];
  const [source, further] = record.source.split("$p"), partition = Number(further ?? 0);
  if (record.kind === "end") return [{ source, partition, end: true }];
  if (record.kind === "idle") throw new Error(`Source ${source} was taken for idle`);
  const { from, to } = record, partitions = sent.get(source)!;
  return rows.get(source)!.flatMap(({ kind, values }, offset) =>
    offset >= from && offset < to && partitions[offset] === partition ? [{ source, partition, kind, values }] : []
  );
}
