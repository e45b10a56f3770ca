import { RdxError, reasonOf } from "../core/errors.ts";
import { LOOKUP_PENDING_ROWS_MAX, NEAR_CHUNKS_MAX } from "../core/limits.ts";
import type { SourceClock } from "../core/watermark.ts";
import type { PhysicalPlan } from "../plan/physical.ts";
import type { RowRange, Sink } from "../sink.ts";
import { Approach } from "./approach.ts";
import { Collector, type Finished, mergeOutputs } from "./collector.ts";
import { type ChunkPlace, TaskDispatch } from "./dispatch.ts";
import { EdgeFlow } from "./edge_flow.ts";
import { FirstErrors } from "./first_errors.ts";
import type { PipelineInput } from "./input.ts";
import { CutPoint } from "./cut_point.ts";
import { closeSinks, openSinks } from "./open_sinks.ts";
import { chunksInFlight, lagOf, progressOf, sequencedSources } from "./partition_inputs.ts";
import type { PipelineMeter } from "./pipeline_meter.ts";
import type { PipelineParts } from "./pipeline_parts.ts";
import { PipelineTicks } from "./pipeline_ticks.ts";
import { tickMs } from "./plan_shape.ts";
import type { DeadRow, FailedMessage, FromTask, NodeLookups } from "./protocol.ts";
import { comesToRest } from "./quiesce.ts";
import { Sequencer } from "./sequencer.ts";
import { putAside } from "./put_aside.ts";
import type { FlowEdge, PipelineState } from "./service.ts";
import { sourceClock } from "./source_clock.ts";
import { Waiters } from "./waiters.ts";
import { writeOutputs } from "./write_outputs.ts";

/**
 * One deployed plan: its sequencer in front, its tasks in the workers, its sinks behind. Outputs are committed in number
 * order; a number is finished, and its place in the window free, when every sink has taken its rows. So a slow sink slows its own
 * sources down and nothing else.
 */
export class Pipeline {
  readonly plan: PhysicalPlan;
  readonly inputs: readonly PipelineInput[];
  readonly sinks: readonly Sink[];
  readonly meter: PipelineMeter;
  /** What it is made of. */
  readonly parts: PipelineParts;
  /** How it comes near a cut. */
  readonly approach: Approach;
  readonly #clocks: readonly SourceClock[];
  readonly #sequencer: Sequencer;
  readonly #collector: Collector;
  readonly #edges: EdgeFlow;
  readonly #dispatch: TaskDispatch;
  readonly #cleanups: (() => void)[] = [];
  readonly #ticks: PipelineTicks;
  readonly #waiters = new Waiters();
  #committing: Promise<void> = Promise.resolve();
  #committed: number;
  #state: PipelineState = "starting";
  #reason: string | null = null;
  readonly #errors: FirstErrors;
  /** The watermark that has come through its lookups. */
  #heldAt: number;
  #cut: CutPoint | null = null;
  /** How much of the checkpoint that it begins with its tasks and views have taken in, 0 to 1. */
  restored = 1;
  /** What lookups had asked for at its checkpoint, for when it starts. */
  readonly asked: NodeLookups[] = [];
  /** Is called when all is done, in front of its end. */
  ending: (() => Promise<void>) | null = null;
  /** Is told when a task broke, and at which chunk; returns the reason of its end. */
  broke: ((message: FailedMessage, chunk: ChunkPlace | null) => string) | null = null;
  /** All is done; then nothing gets a number any more. */
  #end: "ahead" | "near" | "here" = "ahead";

  constructor(parts: PipelineParts) {
    this.parts = parts;
    ({ plan: this.plan, inputs: this.inputs, sinks: this.sinks, meter: this.meter } = parts);
    const { after, watermarks, resumes } = parts.taskPlan;
    this.#errors = new FirstErrors(parts.recovery?.errors);
    this.#heldAt = Math.min(Infinity, ...resumes?.reached ?? []);
    this.#ticks = new PipelineTicks(parts.clock);
    this.#clocks = parts.plan.sources.map((source, i) => sourceClock(source, watermarks[i]));
    this.#collector = new Collector(after);
    this.#edges = new EdgeFlow(parts.plan, () => parts.pool.flow(parts.id), parts.clock);
    const sources = sequencedSources(parts.plan, parts.inputs, this.#clocks);
    this.#dispatch = new TaskDispatch(parts, this.#collector);
    const { lookups, clock, order, recovery, pool: { tasks } } = parts, window = chunksInFlight(parts) * tasks;
    lookups?.listen({
      answered: (operator, record) => this.#sequence(() => this.#sequencer.answer(operator, record)),
      failed: (reason) => this.fail(reason),
    });
    this.#committed = after;
    const nearWindow = NEAR_CHUNKS_MAX * tasks, own = { window, nearWindow, clock, order, after };
    const sequencer = this.#sequencer = new Sequencer(sources, this.#dispatch, { ...own, ...recovery });
    const comes = { runs: () => this.#state === "running", pump: () => this.#pump() };
    this.approach = new Approach(nearWindow, sequencer, this.#collector, this.#waiters, comes);
    if (sequencer.repeating) lookups?.repeat();
  }

  /** The watermark of a source by its id; −Infinity for one that it does not have. */
  watermarkOf(source: string): number {
    return this.#clocks[this.plan.sources.findIndex(({ id }) => id === source)]?.watermark ?? -Infinity;
  }

  readonly isIdle = (source: string): boolean => this.#sequencer.isIdle(source);

  /** Opens those of its sinks that no earlier deployment hands on, and puts a task on every worker. */
  async open(handedOn: readonly Sink[] = []): Promise<void> {
    const { pool, id, taskPlan, sinks, recovery } = this.parts;
    await this.parts.lookups?.open();
    await openSinks(sinks, this.plan, handedOn, this.parts.origins, recovery?.replay.last);
    await pool.deploy(id, taskPlan);
  }

  /** Begins to take rows; `held`: once `resume` is called. */
  start(held = false): void {
    if (held) this.#sequencer.pause();
    const { broken } = this.parts.pool;
    if (broken !== null) this.fail(broken);
    if (this.#state !== "starting") return;
    this.#state = "running";
    const { inputs, recovery } = this.parts, ready = recovery ? [...inputs, recovery.replay] : inputs;
    this.#cleanups.push(...ready.map((one) => one.onReady(() => this.#pump())));
    this.#ticks.idle((stood) => {
      this.parts.meter.tick(this.parts.clock.monotonic());
      this.#sequence(() => stood ? this.#sequencer.stood() : this.#sequencer.idleTick());
    });
    const everyMs = tickMs(this.plan), { clock } = this.parts;
    if (everyMs !== null) this.#ticks.every(everyMs, () => this.#sequence(() => this.#sequencer.tick(clock.now())));
    this.#lookUp(this.asked.splice(0));
    if (this.parts.taskPlan.resumes && this.#sequencer.complete && this.pendingRows === 0) void this.#complete();
    else this.#pump();
  }

  get state(): PipelineState {
    const again = this.parts.recovery && (this.#state === "starting" || this.#state === "running");
    return again && this.#recovered < 1 ? "recovering" : this.#state;
  }

  /** How much of what an earlier process did it has again, 0 to 1. */
  get #recovered(): number {
    const { after, resumes } = this.parts.taskPlan, last = this.parts.recovery?.replay.last ?? 0;
    const repeated = last <= this.#committed ? 1 : (this.#committed - after) / (last - after);
    return resumes ? (this.restored + repeated) / 2 : repeated;
  }

  get reason(): string | null {
    return this.#reason;
  }

  /** The lowest of its sources', and of what has come through its lookups. */
  get watermark(): number {
    return Math.min(this.#heldAt, ...this.#clocks.map((clock) => clock.watermark));
  }

  /** The last number that its order has. */
  get number(): number {
    return this.#sequencer.number;
  }

  /** Behind it, nothing is in the sinks. */
  get committed(): number {
    return this.#committed;
  }

  /** Numbers whose effect is not in the sinks yet. */
  get inFlight(): number {
    return this.#sequencer.inFlight;
  }

  get lagRows(): number {
    return lagOf(this.plan, this.parts.inputs);
  }

  /** While it recovers, how far it is, 0 to 1; then of bounded inputs; null when one is not bounded. */
  get progress(): number | null {
    return this.state === "recovering" ? this.#recovered : progressOf(this.parts.inputs);
  }

  /** The first dead rows. */
  get errors(): readonly DeadRow[] {
    return this.#errors.rows;
  }

  #pump(): void {
    this.#sequence(() => this.#sequencer.pump());
  }

  /** What its inputs or its order throw ends the pipeline, and nobody who happened to wake it. */
  #sequence(step: () => void): void {
    if (this.#state !== "running") return;
    try {
      step();
    } catch (thrown) {
      this.fail(`Its input cannot be read: ${reasonOf(thrown)}`);
    }
  }

  /** Takes what a task of this pipeline says. */
  receive(message: FromTask): void {
    if (this.#state !== "running" || this.#cut?.holds(message)) return;
    if (message.kind === "failed") {
      if (message.stalled) this.#fail("stalled", message.reason);
      else this.fail(this.broke?.(message, this.#dispatch.chunkAt(message.number)) ?? message.reason);
      return;
    }
    this.parts.meter.answered(message);
    for (const error of message.errors) this.#errors.note(error);
    for (const { sink, rows } of message.outputs) this.#edges.came(sink, rows);
    this.#lookUp(message.lookups);
    for (const finished of this.#collector.take(message)) {
      this.#dispatch.took(finished);
      this.#observe(finished);
      const watermark = this.watermark;
      this.#committing = this.#committing.then(() => this.#commit(finished, watermark));
    }
    this.#waiters.wake();
    const cut = this.#cut;
    if (cut?.number !== this.#collector.last) return;
    this.#cut = null;
    for (const later of cut.reach()) this.receive(later);
  }

  /** Has its tasks set their state aside behind a number of its own, while it goes on. `note`: see CutPoint. Null: no cut is possible now. */
  cut(whole: boolean, note: () => void): CutPoint | null {
    if (this.#state !== "running" || this.#cut || this.#end === "here" || this.#sequencer.repeating) return null;
    this.#sequence(() => this.#cut = new CutPoint(this.#sequencer.cut(whole), note));
    return this.#cut;
  }

  /** Does something behind the results of all that its tasks are through with, and in front of those that follow. */
  behind<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#committing.then(act);
    this.#committing = done.then(() => {}, () => {});
    return done;
  }

  /** Asks what its lookups want to know, and takes no more rows while too many wait. */
  #lookUp(reports: readonly NodeLookups[]): void {
    const { lookups } = this.parts;
    if (!lookups || reports.length === 0) return;
    lookups.take(reports);
    this.#sequencer.holdBack(lookups.pendingRows > LOOKUP_PENDING_ROWS_MAX);
  }

  /** Rows that wait for answers from outside. */
  get pendingRows(): number {
    return this.parts.lookups?.pendingRows ?? 0;
  }

  #observe({ number, answers }: Finished): void {
    this.#heldAt = Math.min(...answers.map(({ heldAt }) => heldAt));
    for (const { chunk } of answers) if (chunk) this.#clocks[chunk.source].observe(chunk.timeMax);
    const mark = this.#dispatch.markOf(number);
    if (mark) this.#clocks[mark.source].raise(mark.watermark);
  }

  async #commit(finished: Finished, watermark: number): Promise<void> {
    if (this.#state !== "running") return;
    const { meter, order } = this.parts, taken = this.#dispatch.takenOf(finished.number), { number } = finished;
    let rows = 0;
    // Nothing of it may be seen before it is certain that it would come out the same after a crash.
    if (!await this.#could("Its order cannot be written", async () => await order.durable(number))) return;
    const leaveOut = async () => {
      meter.lost(await putAside(this.parts, finished, taken, (row) => this.#errors.note(row)));
    };
    if (!await this.#could("Rows that it leaves out cannot be kept", leaveOut)) return;
    if (!await this.#could("A sink cannot write", async () => rows = await this.#write(finished, watermark))) return;
    if (rows > 0 && taken?.live) meter.committed(this.parts.clock.now() - taken.frames[0].arrivalMs);
    this.#committed = number;
    this.#sequence(() => this.#sequencer.finished(number));
    this.#waiters.wake();
    if (this.#state === "running" && this.#sequencer.complete && this.pendingRows === 0) void this.#complete();
    else this.#pump();
  }

  /** Whether it was done, and the pipeline still runs; when it cannot be done, it has ended with the reason. */
  async #could(failure: string, act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
    } catch (thrown) {
      this.fail(`${failure}: ${reasonOf(thrown)}`);
    }
    return this.#state === "running";
  }

  #write(finished: Finished, watermark: number): Promise<number> {
    const { sinks, meter } = this.parts, wrote = (sink: number, rows: number) => this.#edges.wrote(sink, rows);
    return writeOutputs(sinks, finished, watermark, { writes: (rows) => meter.wrote(rows), wrote });
  }

  async #complete(): Promise<void> {
    if (this.#end !== "ahead") return;
    this.#end = "near";
    await this.ending?.();
    this.#end = "here";
    await this.#waiters.until(() => this.#state !== "running" || this.inFlight === 0);
    if (this.#state !== "running") return;
    const close = () => Promise.all(this.parts.sinks.map((sink) => sink.close()));
    if (await this.#could("A sink cannot be closed", close)) this.#leave("completed", null);
  }

  #fail(state: "failed" | "stalled", reason: string): void {
    if (this.#state === "running" || this.#state === "starting") this.#leave(state, reason);
  }

  readonly fail = (reason: string): void => this.#fail("failed", reason);

  /** Ends taking part, and gives the memory of its tasks back. A stalled pipeline keeps its place in its inputs, and its state. */
  #leave(state: PipelineState, reason: string | null): void {
    this.#state = state;
    this.#reason = reason;
    this.#detach();
    void this.parts.lookups?.close();
    this.parts.meter.rest();
    if (state !== "stalled") {
      this.#edges.rest();
      for (const input of this.parts.inputs) input.close();
      this.parts.pool.remove(this.parts.id).catch(() => {});
    }
    this.#waiters.wake();
  }

  /** Resolves when it has done again what it has to (up to number `to`), or does nothing any more. */
  reached(to: number): Promise<void> {
    return this.#waiters.until(() => this.#state !== "running" || this.#committed >= to);
  }

  #detach(): void {
    this.#cut?.end();
    this.#cut = null;
    this.#ticks.stop();
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }

  /** Ends its sources behind what they have accepted; resolves when all of that is committed or it failed. */
  drain(): Promise<void> {
    for (const input of this.parts.inputs) input.stop();
    this.#pump();
    return this.settled();
  }

  /** Resolves when the pipeline no longer runs. */
  settled(): Promise<void> {
    return this.#waiters.until(() => this.#state !== "running" && this.#state !== "starting");
  }

  /**
   * Lets what is in flight come to its end and takes nothing more: then another deployment can go on from here. Throws RdxError("busy") when that
   * takes longer than QUIESCE_MS_MAX, and goes on as before; "conflict" when it ended meanwhile.
   */
  async quiesce(): Promise<void> {
    this.#sequencer.pause();
    try {
      await comesToRest(this, this.parts.clock);
    } catch (thrown) {
      this.resume();
      throw thrown;
    }
    if (this.#state === "running") return;
    const why = this.#reason === null ? "" : ` (${this.#reason})`;
    throw new RdxError("conflict", `Pipeline ${this.plan.name} is ${this.#state} since a moment ago${why}: try again`);
  }

  /** Takes rows again. */
  resume(): void {
    this.#sequencer.resume();
    this.#pump();
  }

  /** Hands its sources and sinks on to `next`, which is in their place from now on; closes those that it does not keep. */
  async handOver(next: { inputs: readonly PipelineInput[]; sinks: readonly Sink[] }): Promise<void> {
    this.#state = "stopped";
    this.#detach();
    void this.parts.lookups?.close();
    this.#waiters.wake();
    for (const input of this.parts.inputs) if (!next.inputs.includes(input)) input.close();
    const left = this.parts.sinks.filter((sink) => !next.sinks.includes(sink));
    await closeSinks(this.parts.clock, this.#committing, left);
  }

  /** Removes its tasks and closes its sinks. What was in flight has no effect any more. */
  async stop(): Promise<void> {
    const before = this.#state;
    await this.parts.lookups?.close();
    if (before === "running" || before === "starting" || before === "stalled") this.#leave("stopped", null);
    await this.parts.pool.remove(this.parts.id);
    if (before !== "completed") await closeSinks(this.parts.clock, this.#committing, this.parts.sinks);
  }

  /** What goes through the edges of its plan. */
  flow(): Promise<FlowEdge[]> {
    return this.#edges.edges({
      watermark: (source) => this.#clocks[source].watermark,
      lagRows: (source) => this.parts.inputs[source].lagRows,
      heldAt: this.#heldAt,
    });
  }

  /** Rows of open windows for the sink at `sink`, in canonical order. */
  async openRows(sink: number): Promise<RowRange[]> {
    if (this.#state !== "running") return [];
    const perTask = await this.parts.pool.open(this.parts.id, sink);
    return mergeOutputs(perTask.map((outputs, task) => ({ task, outputs })), sink);
  }
}
