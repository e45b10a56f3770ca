import assert from "node:assert/strict";
import { frameRows } from "../../src/core/frame_info.ts";
import { IN_FLIGHT_CHUNKS_MAX } from "../../src/core/limits.ts";
import type { Column } from "../../src/core/schema.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { STANDARD_SINKS } from "../../src/plan/catalog.ts";
import type { OrderRecord } from "../../src/log.ts";
import type { Lookup } from "../../src/lookup.ts";
import type { PhysicalPlan } from "../../src/plan/physical.ts";
import type { PipelineInput, Taken } from "../../src/runtime/input.ts";
import { LookupMeter } from "../../src/runtime/lookup_meter.ts";
import { PipelineLookups } from "../../src/runtime/lookups.ts";
import { forgetfulOrder } from "../../src/runtime/order.ts";
import { Pipeline } from "../../src/runtime/pipeline.ts";
import { FunctionFaults } from "../../src/runtime/function_faults.ts";
import { PipelineMeter } from "../../src/runtime/pipeline_meter.ts";
import { modeAfter } from "../../src/runtime/plan_shape.ts";
import type { ArrivedFrame } from "../../src/runtime/protocol.ts";
import type { SideStreams } from "../../src/runtime/side_rows.ts";
import type { OutputBatch, Sink } from "../../src/sink.ts";
import { engineMetrics } from "../../src/telemetry/engine_metrics.ts";
import { silentLog } from "../../src/telemetry/log.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { hostParts } from "../../workers/parts.ts";
import { kernelModule } from "../kernel/load.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import type { Operator } from "../../src/operator.ts";
import type { OperatorFactory } from "../../src/runtime/task/flow.ts";
import { SimClock } from "../sim/clock.ts";
import { type Random, seeded, SimPool } from "../sim/pool.ts";
import { COLUMNS, frameOfRows, type Row, textOfRanges } from "./rows.ts";

/** An input that has what a test puts into it, chunk by chunk. */
export class ChunkInput implements PipelineInput {
  readonly #chunks: (readonly ArrivedFrame[])[] = [];
  #stopped = false;
  #ended = false;
  #position = 0;
  #listener = () => {};
  readonly refusing = false;
  readonly underWaySinceMs = Infinity;
  readonly nextArrivalMs = Infinity;
  readonly reading = false;
  readonly inFlightMax = IN_FLIGHT_CHUNKS_MAX;
  readonly lagRows = 0;
  readonly progress = null;
  closed = false;

  put(chunks: readonly (readonly ArrivedFrame[])[]): void {
    this.#chunks.push(...chunks);
    this.#listener();
  }

  get ready(): boolean {
    return !this.#ended && (this.#chunks.length > 0 || this.#stopped);
  }

  take(): Taken {
    const chunk = this.#chunks.shift() ?? [], from = this.#position++, end = chunk.length === 0;
    this.#ended = end;
    const frames = chunk.map((frame) => ({ ...frame, offset: from }));
    return { frames, range: null, from, to: this.#position, end };
  }

  takeTo(): Taken {
    return this.take();
  }

  get offset(): number {
    return this.#position;
  }

  release(): void {}

  stop(): void {
    this.#stopped = true;
  }

  onReady(listener: () => void): () => void {
    this.#listener = listener;
    return () => this.#listener = () => {};
  }

  close(): void {
    this.closed = true;
  }
}

/** Keeps what pipelines leave out, as text. */
export class SideRows implements SideStreams {
  readonly dead: string[] = [];

  bury(_stream: string, frames: readonly ArrayBuffer[], rows: number): Promise<void> {
    const texts = frames.flatMap((frame) => textOfRanges([{ frame, start: 0, rows: frameRows(frame) }]));
    assert.equal(texts.length, rows);
    this.dead.push(...texts);
    return Promise.resolve();
  }

  readonly lateFrames: ArrayBuffer[] = [];
  /** Late rows are wanted. */
  wanted = false;

  wantsLate(): boolean {
    return this.wanted;
  }

  late(_stream: string, frames: readonly ArrayBuffer[]): Promise<void> {
    this.lateFrames.push(...frames);
    return Promise.resolve();
  }

  columnsOf(): readonly Column[] {
    return COLUMNS;
  }
}

/** Keeps the rows as text. Takes its time, which `random` says. */
export class TextSink implements Sink {
  readonly guarantee = "at least once";
  readonly rows: string[] = [];
  readonly outputs: OutputBatch[] = [];
  opened = 0;
  closed = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  open(): Promise<number> {
    this.opened++;
    return Promise.resolve(-1);
  }

  async write(output: OutputBatch): Promise<void> {
    for (let pauses = this.#random(4); pauses > 0; pauses--) await null;
    this.outputs.push(output);
    this.rows.push(...textOfRanges(output.ranges));
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

export function compiled(
  plan: unknown,
  columns: readonly Column[] = COLUMNS,
  time: string | null = "ts",
): PhysicalPlan {
  const stream = { columns, time, delayMs: 0, futureSkewMs: 3_600_000 };
  return compilePlan(plan, { stream: () => stream, sinkKinds: STANDARD_SINKS }).physical;
}

/** Cuts rows into chunks of several frames. */
export function chunksOf(rows: readonly Row[], random: Random): ArrivedFrame[][] {
  const chunks: ArrivedFrame[][] = [];
  for (let at = 0; at < rows.length;) {
    const chunk: ArrivedFrame[] = [];
    for (let frames = 1 + random(3); frames > 0 && at < rows.length; frames--) {
      const length = 1 + random(random(2) === 0 ? 4 : 60);
      chunk.push({ frame: frameOfRows(COLUMNS, rows.slice(at, at + length)), arrivalMs: 0 });
      at += length;
    }
    chunks.push(chunk);
  }
  return chunks;
}

/** A pipeline over one stream whose tasks run in this thread, with messages in an order that the seed says. */
export class PipelineRun {
  readonly pool: SimPool;
  readonly clock = new SimClock();
  /** One for each source of the plan. */
  readonly inputs: readonly ChunkInput[];
  /** What its order says. */
  readonly order: OrderRecord[] = [];
  readonly registry = new MetricRegistry();
  readonly metrics = engineMetrics(this.registry);
  readonly side = new SideRows();
  readonly random: Random;
  #lastId = 0;
  /** State stays where it is when a plan changes. */
  #owner: number | null = null;
  pipeline!: Pipeline;
  sinks: TextSink[] = [];

  /** What the plan's lookups ask, in their order. */
  tables: readonly Lookup[] = [];

  /** Kernels of its tasks, as operators were made in them. */
  readonly kernels = new Set<Kernel>();

  /** `operators` makes those that the engine has not, or null. */
  constructor(
    readonly tasks: number,
    seed: number,
    sources = 1,
    operators: (...given: Parameters<OperatorFactory>) => Operator | null = () => null,
  ) {
    this.inputs = Array.from({ length: sources }, () => new ChunkInput());
    this.random = seeded(seed);
    const parts = hostParts(null);
    const createOperator: OperatorFactory = (kernel, plan, place, previous) => {
      this.kernels.add(kernel);
      return operators(kernel, plan, place, previous) ?? parts.createOperator(kernel, plan, place, previous);
    };
    this.pool = new SimPool(tasks, kernelModule(), { ...parts, createOperator }, this.random);
    this.pool.receive = (message) => {
      if (message.pipeline === this.#lastId) this.pipeline.receive(message);
    };
  }

  async deploy(plan: PhysicalPlan): Promise<this> {
    this.sinks = plan.sinks.map(() => new TextSink(this.random));
    const meter = new PipelineMeter("p", ["rows"], this.metrics, new FunctionFaults("p", silentLog, this.clock));
    const watermarks = plan.sources.map(() => -Infinity);
    this.#make(plan, { after: 0, watermarks, inherits: null }, meter);
    await this.pipeline.open();
    this.pipeline.start();
    return this;
  }

  /** Replaces the pipeline by one that goes on with its state. Sinks of the same place go on. */
  async change(plan: PhysicalPlan): Promise<void> {
    const before = this.pipeline, inherits = this.#lastId;
    const quiet = before.quiesce();
    for (let settled = false; !settled;) {
      void quiet.then(() => settled = true);
      await this.pool.settle();
      this.clock.advance(5);
    }
    const kept = this.sinks;
    this.sinks = plan.sinks.map((_, i) => kept[i] ?? new TextSink(this.random));
    const watermarks = plan.sources.map(({ id }) => before.watermarkOf(id));
    this.#make(plan, { after: before.number, watermarks, inherits }, before.meter);
    await this.pipeline.open(kept);
    await before.handOver(this.pipeline);
    await this.pool.remove(inherits);
    this.pipeline.start();
  }

  #make(
    plan: PhysicalPlan,
    from: { after: number; watermarks: number[]; inherits: number | null },
    meter: PipelineMeter,
  ) {
    const positions = plan.sources.map(({ columns }) =>
      columns.map(({ name }) => COLUMNS.findIndex((column) => column.name === name))
    );
    const { pool, clock, sinks, inputs } = this, id = ++this.#lastId;
    this.#owner ??= id % pool.tasks;
    const mode = modeAfter(plan, id === 1 ? null : this.pipeline.parts.taskPlan.mode);
    const taskPlan = { plan, positions, ...from, mode, owner: this.#owner };
    this.pipeline = new Pipeline({
      id,
      plan,
      taskPlan,
      inputs,
      sinks,
      pool,
      side: this.side,
      clock,
      order: { ...forgetfulOrder, append: (record) => void this.order.push(record) },
      meter,
      lookups: this.tables.length === 0 ? null : this.#lookups(plan),
    });
  }

  #lookups(plan: PhysicalPlan): PipelineLookups {
    const lookupMeter = new LookupMeter("p", this.metrics, null);
    return new PipelineLookups(plan, this.tables, this.clock, lookupMeter);
  }

  get input(): ChunkInput {
    return this.inputs[0];
  }

  async put(chunks: readonly (readonly ArrivedFrame[])[], source = 0): Promise<void> {
    this.inputs[source].put(chunks);
    await this.pool.settle();
  }

  /** Ends the input and lets everything come to its end. */
  async end(): Promise<void> {
    let isDrained = false;
    const drained = this.pipeline.drain().finally(() => isDrained = true);
    // Many outputs in a row are written without a message to a task, so that the pool looks as if nothing happened any more.
    for (let times = 0; times < 100 && !isDrained; times++) await this.pool.settle();
    await drained;
  }

  get rows(): string[][] {
    return this.sinks.map((sink) => sink.rows);
  }

  async openRows(sink: number): Promise<string[]> {
    return textOfRanges(await this.pipeline.openRows(sink));
  }

  async close(): Promise<void> {
    await this.pipeline.stop();
  }
}
