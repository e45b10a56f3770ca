import assert from "node:assert/strict";
import type { OrderRecord, OrderReplay } from "../../src/log.ts";
import { Ending } from "../../src/core/ending.ts";
import { IN_FLIGHT_CHUNKS_MAX } from "../../src/core/limits.ts";
import { referencesIn } from "../../src/kernel/user_functions.ts";
import type { PhysicalPlan } from "../../src/plan/physical.ts";
import { restoreCheckpoint } from "../../src/runtime/checkpoint/restore.ts";
import { type SavedRun, savedRun, timesOf } from "../../src/runtime/checkpoint/saved_run.ts";
import { takeCheckpoint } from "../../src/runtime/checkpoint/take.ts";
import { FunctionFaults } from "../../src/runtime/function_faults.ts";
import type { PipelineInput, Taken } from "../../src/runtime/input.ts";
import { forgetfulOrder } from "../../src/runtime/order.ts";
import { Pipeline } from "../../src/runtime/pipeline.ts";
import { PipelineMeter } from "../../src/runtime/pipeline_meter.ts";
import { modeAfter } from "../../src/runtime/plan_shape.ts";
import type { ArrivedFrame } from "../../src/runtime/protocol.ts";
import type { OutputBatch, Sink } from "../../src/sink.ts";
import type { OpenedCheckpoint, TableKeeper } from "../../src/store.ts";
import { MemoryCheckpoints } from "../sim/checkpoints.ts";
import { takeDigest } from "../../src/runtime/state/take_digest.ts";
import type { Digest } from "../../src/runtime/state_service.ts";
import { engineMetrics } from "../../src/telemetry/engine_metrics.ts";
import { silentLog } from "../../src/telemetry/log.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { createView } from "../../src/view/create.ts";
import type { View } from "../../src/view.ts";
import { hostParts } from "../../workers/parts.ts";
import { frameText } from "../contract/state_run.ts";
import { kernelModule } from "../kernel/load.ts";
import { SimClock } from "../sim/clock.ts";
import { type Random, seeded, SimPool } from "../sim/pool.ts";
import { SideRows } from "./pipeline_run.ts";
import { UNTIL_MS_MAX } from "../until.ts";
import { textOfRanges } from "./rows.ts";

export type Chunks = readonly (readonly ArrivedFrame[])[];

/** A log whose records are chunks; offsets count these. */
class ChunkLog implements PipelineInput {
  readonly inFlightMax = IN_FLIGHT_CHUNKS_MAX;
  readonly refusing = false;
  readonly underWaySinceMs = Infinity;
  readonly nextArrivalMs = Infinity;
  readonly reading = false;
  readonly lagRows = 0;
  readonly progress = null;
  #ended = false;
  #listener = () => {};

  /** `there` of the chunks have come. */
  constructor(readonly chunks: Chunks, public there: number, public offset: number) {}

  get ready(): boolean {
    return !this.#ended && (this.offset < this.there || this.there === this.chunks.length);
  }

  take(): Taken {
    const from = this.offset, end = from >= this.there;
    if (end) this.#ended = true;
    const frames = end ? [] : this.chunks[this.offset++].map((frame) => ({ ...frame, offset: from }));
    return { frames, range: null, from, to: this.offset, end };
  }

  takeTo(to: number): Taken | null {
    assert.equal(to, this.offset + 1);
    return this.offset < this.there ? this.take() : null;
  }

  come(count: number): void {
    this.there = Math.min(this.chunks.length, this.there + count);
    this.#listener();
  }

  release(): void {}
  stop(): void {}
  close(): void {}

  onReady(listener: () => void): () => void {
    this.#listener = listener;
    return () => this.#listener = () => {};
  }
}

/** What came for a sink, by number, in all lives: what comes again has to be the same. */
class Outputs {
  readonly byNumber = new Map<number, string>();
  last = 0;

  add({ number, ranges, watermark }: OutputBatch): void {
    const rows = ranges.flatMap(({ frame, start, rows }) => frameText(frame).slice(start, start + rows));
    const text = `${watermark} ${rows.join("\n")}`, before = this.byNumber.get(number);
    if (before !== undefined) assert.equal(text, before, `output ${number} came again`);
    this.byNumber.set(number, text);
    this.last = Math.max(this.last, number);
  }
}

/** A view that shows all that it is given. */
class LifeSink implements Sink {
  readonly guarantee = "effectively once";
  readonly keeper: TableKeeper;

  constructor(readonly view: View, readonly outputs: Outputs) {
    this.keeper = view.keeper!;
  }

  open(): Promise<number> {
    return Promise.resolve(-1);
  }

  write(output: OutputBatch): Promise<void> {
    this.outputs.add(output);
    this.view.apply(output);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** An order of an earlier life from behind a number on. */
class Records implements OrderReplay {
  readonly last: number;
  #at: number;

  constructor(readonly records: readonly OrderRecord[], after: number) {
    this.last = records.length;
    this.#at = after;
  }

  peek(): OrderRecord | null {
    return this.records[this.#at] ?? null;
  }

  shift(): void {
    this.#at++;
  }

  onReady(): () => void {
    return () => {};
  }

  close(): void {}
}

/** A pipeline that ends at any moment without a word, and goes on from its newest checkpoint with any number of tasks. */
export class Lives {
  readonly random: Random;
  readonly store = new MemoryCheckpoints();
  readonly outputs: readonly Outputs[];
  order: OrderRecord[] = [];
  pool!: SimPool;
  clock!: SimClock;
  pipeline!: Pipeline;
  sinks: LifeSink[] = [];
  inputs: ChunkLog[] = [];
  /** Checkpoints that were taken, and that were gone on from. */
  taken = 0;
  restored = 0;
  #whole = true;
  #last = 0;
  #there: number[];
  #taking: Promise<void> | null = null;
  #leave: (reason: unknown) => void = () => {};

  constructor(
    readonly plan: PhysicalPlan,
    readonly positions: readonly (readonly number[])[],
    readonly chunks: readonly Chunks[],
    seed: number,
  ) {
    this.random = seeded(seed);
    this.outputs = plan.sinks.map(() => new Outputs());
    this.#there = chunks.map(() => 0);
  }

  /** Begins a life; with `fromStart`, it does all again that the order says. */
  async start(tasks: number, fromStart = false): Promise<void> {
    const [info] = fromStart ? [] : await this.store.list("p");
    const opened = info ? await this.store.open("p", info.number) : null, run = opened && savedRun(opened.facts);
    const after = info?.number ?? 0;
    this.clock = new SimClock(1_700_000_000_000 + this.random(2) * 1000);
    this.pool = new SimPool(tasks, kernelModule(), hostParts(null), this.random);
    await Promise.all(this.pool.hosts.map((host) => host.loadFunctions(referencesIn(this.plan))));
    this.#make(tasks, after, run);
    this.pool.receive = (message) => this.pipeline.receive(message);
    await this.pipeline.open();
    if (opened) await this.#restore(opened, info.bytes);
    this.#whole = opened === null;
    this.#last = after;
    this.pipeline.start();
  }

  async #restore(opened: OpenedCheckpoint, bytes: number): Promise<void> {
    await restoreCheckpoint(this.pipeline, opened, bytes);
    this.restored++;
  }

  #make(tasks: number, after: number, run: SavedRun | null): void {
    const { plan, positions, clock, pool } = this, from = run && timesOf(run, plan);
    this.inputs = plan.sources.map(({ id }, i) =>
      new ChunkLog(this.chunks[i], this.#there[i], run?.sources[id].position ?? 0)
    );
    this.sinks = plan.sinks.map(({ columns, keys, upsertKeys, changes }, i) =>
      new LifeSink(createView("v", columns, { keys, upsertKeys, changes }), this.outputs[i])
    );
    const owner = this.random(tasks),
      meter = new PipelineMeter(
        "p",
        plan.sources.map(({ id }) => id),
        engineMetrics(new MetricRegistry()),
        new FunctionFaults("p", silentLog, clock),
        run?.counts,
        owner,
      );
    this.pipeline = new Pipeline({
      id: 1,
      plan,
      taskPlan: {
        plan,
        positions,
        after,
        watermarks: from?.watermarks ?? plan.sources.map(() => -Infinity),
        inherits: null,
        mode: modeAfter(plan, null),
        owner,
        resumes: from?.facts ?? null,
      },
      inputs: this.inputs,
      sinks: this.sinks,
      pool,
      side: new SideRows(),
      clock,
      order: { ...forgetfulOrder, append: (record) => void this.order.push(record) },
      meter,
      recovery: { replay: new Records([...this.order], after), until: Infinity },
    });
  }

  /** Lets something happen: rows come, time passes, messages arrive. */
  async happen(): Promise<void> {
    const { random, inputs, clock } = this;
    if (random(3) === 0) inputs[random(inputs.length)].come(1 + random(2));
    if (random(6) === 0) clock.advance(random(3000));
    for (let steps = random(30); steps > 0 && this.pool.step(); steps--) if (random(4) === 0) await null;
    await null;
  }

  /** Begins to take a checkpoint, which goes on beside what happens. */
  take(): void {
    const { pipeline, store, clock } = this;
    if (this.#taking || pipeline.state !== "running" || pipeline.number <= this.#last) return;
    const left = new Ending(), below = this.#whole ? null : this.#last;
    this.#leave = (reason) => left.end(reason);
    this.#whole = true;
    const options = { store, folder: "p", below, turn: 0, earlier: [], flush: true, clock, left };
    this.#taking = takeCheckpoint(pipeline, options).then((taken) => {
      if (!taken) return;
      this.taken++;
      this.#last = taken.number;
      this.#whole = false;
    }).catch((thrown) => {
      // Its tasks go when it has come to its end
      if (thrown !== "crash" && pipeline.state === "running") throw thrown;
    }).finally(() => this.#taking = null);
  }

  /** Ends at once. What the order has behind what has been seen may be lost with it. */
  async crash(): Promise<void> {
    this.#there = this.inputs.map(({ there }) => there);
    this.#leave("crash");
    while (this.#taking) await this.settle();
    const seen = Math.max(...this.outputs.map(({ last }) => last));
    this.pool.receive = () => {};
    await this.pipeline.stop();
    this.order.length = seen + this.random(this.order.length - seen + 1);
  }

  /** What it has comes to, once nothing is under way; the next checkpoint has everything. Null: it has come to its end. */
  async digest(): Promise<Digest | null> {
    while (this.#taking) await this.settle();
    await this.settle();
    if (this.pipeline.state !== "running") return null;
    this.#whole = true;
    let digest: Digest | null = null;
    const taking = takeDigest(this.pipeline, this.clock).then((taken) => digest = taken);
    for (const giveUp = performance.now() + UNTIL_MS_MAX; digest === null;) {
      assert.ok(performance.now() < giveUp, "no digest comes");
      await this.settle();
      // What hashes does so outside of this thread
      await Promise.race([taking, new Promise((resolve) => setTimeout(resolve, 0))]);
    }
    return digest;
  }

  async settle(): Promise<void> {
    await this.pool.settle();
  }

  /** Lets everything come to its end. */
  async end(): Promise<void> {
    for (const input of this.inputs) input.come(Infinity);
    for (let turns = 0; this.pipeline.state !== "completed" || this.#taking; turns++) {
      assert.ok(turns < 100, `it is ${this.pipeline.state}: ${this.pipeline.reason}`);
      await this.settle();
    }
  }

  /** What can be seen of it. */
  get results() {
    return this.sinks.map(({ view, outputs }) => [
      [...outputs.byNumber].sort(([a], [b]) => a - b),
      [view.seq, view.watermark, view.rows, textOfRanges(view.all())],
    ]);
  }
}
