import type { Clock } from "../../core/clock.ts";
import { Ending } from "../../core/ending.ts";
import { RdxError, reasonOf } from "../../core/errors.ts";
import { CHECKPOINT_REST_SHARE_MAX, CHECKPOINT_RETRY_MS_MAX } from "../../core/limits.ts";
import type { CheckpointStore } from "../../store.ts";
import type { EngineMetrics } from "../../telemetry/engine_metrics.ts";
import type { Pipeline } from "../pipeline.ts";
import { SpareShelf } from "../spare_frames.ts";
import { Churn } from "./churn.ts";
import { type EarlierCheckpoint, neededFor } from "./saved_run.ts";
import { takeCheckpoint } from "./take.ts";

/** What is known of the checkpoints of a pipeline. */
export interface CheckpointStatus {
  /** The number behind which the newest is the state, and when it was taken (epoch ms); null: there is none yet. */
  readonly number: number | null;
  readonly takenMs: number | null;
  /** Of the rows that were written for it, how long that took, and in how much of it a task did nothing else, at most. */
  readonly bytes: number | null;
  readonly seconds: number | null;
  readonly stoodSeconds: number | null;
  /** The checkpoint that it went on from when it was last started; null: from its beginning. */
  readonly restored: number | null;
  /** Why it went on from no newer one then; null: it was the newest. */
  readonly passedOver: string | null;
  /** Why it has none, or no newer one; null: nothing is wrong. */
  readonly problem: string | null;
  /** It had one, which somebody took away: until the next, a crash would take what the pipeline has with it. */
  readonly missing: boolean;
}

export interface CheckpointsParts {
  readonly store: CheckpointStore;
  readonly folder: string;
  readonly name: string;
  /** 0: only when somebody asks for one. */
  readonly intervalMs: number;
  /** What sinks have written has to outlive a crash of the machine. */
  readonly flush: boolean;
  readonly clock: Clock;
  readonly metrics: Pick<EngineMetrics, "checkpointSeconds">;
  said(what: string): void;
  /** What lies before the oldest checkpoint is not needed any more. */
  kept(oldest: EarlierCheckpoint): void;
}

/** Takes the checkpoints of a pipeline, under each of its plans, at an interval and when somebody asks. One that fails is told and tried again, and stops nothing. */
export class Checkpoints {
  readonly #parts: CheckpointsParts;
  #pipeline: Pipeline | null = null;
  #turn = 0;
  /** The next one has everything. */
  #whole = true;
  readonly #churn = new Churn();
  readonly #spare = new SpareShelf();
  #kept: readonly EarlierCheckpoint[] = [];
  /** The last number that a checkpoint was taken behind. */
  #last = -1;
  #failures = 0;
  #taking: Promise<void> | null = null;
  /** What is done instead of a checkpoint. */
  #apart: Promise<void> | null = null;
  #cancel = () => {};
  #left = new Ending();
  #status: CheckpointStatus = {
    number: null,
    takenMs: null,
    bytes: null,
    seconds: null,
    stoodSeconds: null,
    restored: null,
    passedOver: null,
    problem: null,
    missing: false,
  };

  constructor(parts: CheckpointsParts) {
    this.#parts = parts;
  }

  get status(): CheckpointStatus {
    return this.#status;
  }

  /** Nothing up to this number is ever done again. */
  get oldest(): number {
    return this.#kept[0]?.number ?? 0;
  }

  /** It went on from this one of an earlier process; those before it, the oldest first, are there too. */
  restored(number: number, takenMs: number, kept: readonly EarlierCheckpoint[]): void {
    this.#whole = false;
    this.#last = number;
    this.#kept = kept;
    this.#status = { ...this.#status, number, takenMs, restored: number };
  }

  /** It has gone further back than to its newest one, for this reason. */
  passedOver(reason: string): void {
    this.#status = { ...this.#status, passedOver: reason };
  }

  /** From now on those of this pipeline are taken, which has begun under the plan `turn`. */
  attach(pipeline: Pipeline, turn: number): void {
    this.#left = new Ending();
    this.#pipeline = pipeline;
    this.#turn = turn;
    // One that is under way may be of an earlier number
    pipeline.ending = () => this.take().then(() => this.take());
    this.#later();
  }

  /** Takes none any more until another is there; resolves when nothing is under way. What comes next has everything. */
  async detach(): Promise<void> {
    this.#cancel();
    this.#left.end(nobody());
    await this.#taking;
    this.#pipeline = null;
    this.#whole = true;
    this.#spare.clear();
  }

  /** The interval is that from one to the next; one that took long is followed by a rest. */
  #later(tookMs = 0): void {
    const { intervalMs, clock } = this.#parts;
    this.#cancel();
    if (intervalMs === 0) return;
    const restMs = Math.max(intervalMs - tookMs, intervalMs * CHECKPOINT_REST_SHARE_MAX);
    const retryMs = Math.min(CHECKPOINT_RETRY_MS_MAX, intervalMs * 2 ** this.#failures);
    const waitMs = this.#failures === 0 ? restMs : Math.max(intervalMs, retryMs);
    this.#cancel = clock.after(waitMs, () => void this.take());
  }

  /** Takes one now, if there is something new; resolves when it is there, or could not be taken: `status` says why. */
  take(): Promise<void> {
    if (this.#apart) return this.#apart.then(() => this.take());
    const { clock } = this.#parts, beganMs = clock.monotonic();
    return this.#taking ??= this.#take().finally(() => {
      this.#taking = null;
      if (this.#pipeline) this.#later(clock.monotonic() - beganMs);
    });
  }

  /** Does something that has tasks and views hand out what they have, while no checkpoint is taken; the next one has everything. */
  async alone<T>(act: () => Promise<T>): Promise<T> {
    while (this.#taking) await this.#taking;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#taking = this.#apart = promise;
    try {
      return await act();
    } finally {
      this.#whole = true;
      this.#taking = this.#apart = null;
      resolve();
    }
  }

  async #take(): Promise<void> {
    const { store, folder, name, clock, flush, metrics } = this.#parts;
    await this.#miss();
    const pipeline = this.#pipeline;
    if (!pipeline || pipeline.state !== "running" || pipeline.number <= this.#last) {
      this.#spare.clear();
      return;
    }
    const known = knownOf(pipeline), basesCome = this.#churn.makesBases(known.coldRows);
    const whole = this.#whole || this.#churn.wantsWhole(known),
      turn = this.#turn,
      earlier = this.#kept,
      left = this.#left;
    const beganMs = clock.monotonic();
    // Whatever comes of it, tasks have handed out what had changed
    this.#whole = true;
    try {
      const taken = await takeCheckpoint(pipeline, {
        store,
        folder,
        below: whole ? null : this.#last,
        basesCome,
        spare: this.#spare,
        turn,
        earlier,
        flush,
        clock,
        left,
      });
      if (!taken) return;
      const { number, takenMs, run, bytes, stoodMs } = taken, seconds = (clock.monotonic() - beganMs) / 1000;
      this.#whole = false;
      this.#churn.took(whole, bytes, run.counts.rowsIn);
      this.#last = number;
      this.#failures = 0;
      const stoodSeconds = stoodMs / 1000;
      const done = { problem: null, missing: false };
      this.#status = { ...this.#status, number, takenMs, bytes, seconds, stoodSeconds, ...done };
      metrics.checkpointSeconds.with(name).observe(seconds);
      await this.#letGo([...earlier, neededFor(number, run)]);
    } catch (thrown) {
      if (this.#left === left && pipeline.state === "running") this.#failed(reasonOf(thrown));
    }
  }

  /** Sees to it that the newest is there still: else that is said, and the next one has everything, also where nothing is new. */
  async #miss(): Promise<void> {
    const { store, folder, name, said } = this.#parts, number = this.#last, left = this.#left;
    if (number < 0) return;
    const there = await store.list(folder).catch(reasonOf);
    const isThere = typeof there !== "string" && there.some((one) => one.number === number);
    // What was done meanwhile, such as an end, is not to be undone
    if (isThere || this.#left !== left || this.#last !== number) return;
    const why = typeof there === "string" ? `cannot be read (${there})` : "is gone";
    const problem = `Checkpoint ${number} of pipeline ${name} ${why}: it has none until one with everything is taken`;
    said(problem);
    this.#whole = true;
    this.#last = -1;
    this.#kept = [];
    this.#status = { ...this.#status, number: null, takenMs: null, problem, missing: true };
  }

  /** What no checkpoint needs any more goes. */
  async #letGo(kept: readonly EarlierCheckpoint[]): Promise<void> {
    const { store, folder } = this.#parts, there = await store.list(folder);
    this.#kept = kept.filter(({ number }) => there.some((one) => one.number === number));
    if (this.#kept.length > 0) this.#parts.kept(this.#kept[0]);
  }

  #failed(reason: string): void {
    const { name, said } = this.#parts;
    if (this.#failures++ === 0) {
      said(`No checkpoint of pipeline ${name} could be taken, which is tried again: ${reason}`);
    }
    this.#status = { ...this.#status, problem: `The last checkpoint could not be taken: ${reason}` };
  }
}

function knownOf({ meter: { rowsIn, stateRows, cold } }: Pipeline) {
  return { rowsIn, stateRows, coldRows: cold.rows };
}

function nobody(): RdxError {
  return new RdxError("closing", "The pipeline does not run any more");
}
