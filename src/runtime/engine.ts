import type { Clock } from "../core/clock.ts";
import type { StateRoom } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import type { Column } from "../core/schema.ts";
import { DRAIN_MS_MAX, STATE_BYTES_MAX } from "../core/limits.ts";
import type { LogFactory, OrderLog } from "../log.ts";
import type { FunctionRules } from "../plan/catalog.ts";
import type { FileConnector, MadeConnector } from "../plan/plan.ts";
import type { LookupFactory } from "../lookup.ts";
import type { SinkFactory } from "../sink.ts";
import type { RangeSource } from "../source.ts";
import type { Durable } from "../store.ts";
import { type EngineMetrics, engineMetrics } from "../telemetry/engine_metrics.ts";
import type { Logger } from "../telemetry/log.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";
import { Pipelines } from "./pipelines.ts";
import type { LoadExtension } from "../kernel/extension.ts";
import { Kernel } from "../kernel/module.ts";
import { Unmasker } from "../kernel/unmask.ts";
import { Savepoints } from "./savepoint/savepoints.ts";
import { Decoding } from "./decoding.ts";
import { type EnginePool, type SpawnWorker, WorkerPool } from "./pool.ts";
import type { DeadLetterService, EngineService, ReplayService, Unmasked } from "./service.ts";
import { Bodies } from "./task/bodies.ts";
import type { BodyParts } from "./task/decode_job.ts";
import { Streams } from "./streams.ts";
import { States } from "./state/states.ts";
import type { StateService } from "./state_service.ts";
import { type ViewFactory, Views } from "./views.ts";
import { within } from "./within.ts";

/** What an engine is made of; the composition roots choose it for their platform. */
export interface EngineParts {
  /** The compiled kernels. */
  readonly module: WebAssembly.Module;
  readonly loadExtension: LoadExtension;
  readonly spawn: SpawnWorker;
  readonly workers: number;
  /** Starts the tasks elsewhere than in workers; absent: `spawn` starts workers. */
  readonly startPool?: () => Promise<EnginePool>;
  /** Decodes short bodies where the engine is; absent: workers decode them all. */
  readonly bodies?: BodyParts;
  readonly clock: Clock;
  readonly registry: MetricRegistry;
  readonly createLog: LogFactory;
  readonly createOrder: (pipeline: string) => OrderLog;
  /** What outlives the process; absent: nothing does. */
  readonly durable?: Durable | null;
  readonly createView: ViewFactory;
  readonly sinks: ReadonlyMap<string, SinkFactory>;
  /** Kinds of tables that rows can be looked up in; absent: none. */
  readonly lookups?: ReadonlyMap<string, LookupFactory>;
  /** Where it is said that a table outside does not answer, and that a user function fails; absent: nowhere. */
  readonly log?: Logger;
  /** What `createOrder` makes outlives the process. */
  readonly ordersKept?: boolean;
  /** How often checkpoints are taken of what outlives the process; absent: CHECKPOINT_INTERVAL_MS. 0: only at an orderly end. */
  readonly checkpointIntervalMs?: number;
  /** False: pipelines that an earlier process has left are left as they are. */
  readonly recoverPipelines?: boolean;
  readonly openMade: (connector: MadeConnector, columns: readonly Column[]) => RangeSource;
  readonly openRanges: ((file: FileConnector) => RangeSource) | null;
  /** How much memory the state of each task may take; absent: STATE_BYTES_MAX, behind which rows go to working files where they can. */
  readonly state?: StateRoom;
  /** Which user functions plans may call. Absent: those of any module, for plans come from who made the engine. */
  readonly functions?: FunctionRules;
}

const STATE_ROOM: StateRoom = { bytesMax: STATE_BYTES_MAX, cold: { folder: null } };

/** Streams in, pipelines over them, views out: one process's engine, on the server and in the page. */
export class Engine implements EngineService {
  readonly streams: Streams;
  readonly dead: DeadLetterService;
  readonly pipelines: Pipelines;
  readonly savepoints: Savepoints;
  readonly replays: ReplayService;
  readonly states: StateService;
  readonly views: Views;
  readonly #module: WebAssembly.Module;
  /** Made for the first message. */
  #unmasker: Unmasker | null = null;
  readonly #pool: EnginePool;
  readonly #registry: MetricRegistry;
  readonly #clock: Clock;
  readonly #durable: Durable | null;
  /** Pipelines do again what they did in an earlier process. */
  #recovering = false;
  #recovered: Promise<void> = Promise.resolve();
  #draining = false;

  private constructor(parts: EngineParts, pool: EnginePool) {
    const { clock, registry, bodies = null } = parts, metrics: EngineMetrics = engineMetrics(registry);
    const decoding = new Decoding({ workers: pool, here: bodies && new Bodies(parts.module, bodies, null), clock });
    this.#module = parts.module;
    this.#pool = pool;
    this.#clock = clock;
    this.#registry = registry;
    this.#durable = parts.durable ?? null;
    this.streams = new Streams({ ...parts, metrics, decode: (job) => decoding.decode(job) });
    this.dead = this.streams.dead;
    this.views = new Views(parts.createView, () => this.pipelines);
    this.pipelines = new Pipelines({ ...parts, metrics, pool, streams: this.streams, views: this.views });
    this.replays = this.pipelines.replays;
    this.savepoints = new Savepoints(this.#durable, this.pipelines);
    const info = (name: string) => this.pipelines.get(name);
    const find = (name: string) => this.pipelines.find(name) === null ? null : this.pipelines.deployed(name);
    this.states = new States({ info, find, clock, store: parts.durable?.checkpoints ?? null });
  }

  /** Starts the workers, and opens what an earlier process has left. Throws RdxError("invalid") for what is damaged of it. */
  static async start(parts: EngineParts): Promise<Engine> {
    const { spawn, workers, module, loadExtension, clock, state = STATE_ROOM } = parts;
    const { startPool = () => WorkerPool.start({ spawn, tasks: workers, module, loadExtension, clock, state }) } =
      parts;
    const pool = await startPool(), engine = new Engine(parts, pool);
    try {
      await engine.#recover(parts.recoverPipelines ?? true);
    } catch (thrown) {
      await engine.streams.close();
      pool.close();
      throw thrown;
    }
    return engine;
  }

  /** When it returns, streams take rows; pipelines may still do again what they did. */
  async #recover(pipelines: boolean): Promise<void> {
    if (!this.#durable) return;
    const release = await this.streams.recover();
    if (!pipelines) return;
    const repeat = await this.pipelines.recover();
    this.#recovering = true;
    this.#recovered = repeat().finally(() => {
      release();
      this.#recovering = false;
    });
  }

  get recovered(): Promise<void> {
    return this.#recovered;
  }

  metrics(): string {
    this.pipelines.gauge();
    return this.#registry.render();
  }

  readiness(): { ready: boolean; reason: string; progress: number | null } {
    if (this.#draining) return { ready: false, reason: "The engine is shutting down", progress: null };
    const { broken } = this.#pool, failed = this.streams.failure;
    if (broken !== null) return { ready: false, reason: `${broken}; restart the engine`, progress: null };
    if (failed !== null) return { ready: false, reason: failed, progress: null };
    if (!this.#recovering && !this.pipelines.reviving) {
      const missing = this.#missing();
      return { ready: missing === null, reason: missing ?? "Ready", progress: null };
    }
    const left = this.pipelines.recovering(), all = Math.max(1, this.pipelines.list().length);
    const progress = (all - left.length + left.reduce((sum, { progress }) => sum + (progress ?? 0), 0)) / all;
    const percent = Math.floor(progress * 100);
    const stuck = left.filter(({ sinks }) => sinks.some(({ trouble }) => trouble !== null)).map(({ name }) => name);
    const waits = stuck.length === 0 ? "" : `; ${stuck.join(", ")} cannot write to a sink, and waits for it`;
    const reason = `Recovering: ${left.length} of ${all} pipelines do again what they did, ${percent} %${waits}`;
    return { ready: false, reason, progress };
  }

  /** What a crash would take with it, since somebody took away what it would come back from; null: nothing. */
  #missing(): string | null {
    for (const { state, checkpoint } of this.pipelines.list()) {
      if (state === "running" && checkpoint?.missing) return checkpoint.problem;
    }
    return null;
  }

  async drain(): Promise<void> {
    this.#draining = true;
    await this.streams.stop();
    // What is not in the results yet when the time is over is so in the next process.
    if (this.#durable) return void await within(this.#clock, DRAIN_MS_MAX, this.pipelines.rest());
    await within(this.#clock, DRAIN_MS_MAX, this.pipelines.drain());
    const left = [...this.pipelines.all()].filter(({ state }) => state !== "completed" && state !== "stopped");
    if (left.length === 0) return;
    const each = left.map(({ plan: { name }, state, reason }) =>
      state === "running" ? `${name} still runs after ${DRAIN_MS_MAX / 1000} s` : `${name} has ${state}: ${reason}`
    );
    throw new RdxError("busy", `Not everything that was accepted is in the results: ${each.join("; ")}`);
  }

  unmask(bytes: Uint8Array, mask: number): Unmasked {
    this.#unmasker ??= new Unmasker(new Kernel(this.#module));
    return this.#unmasker.unmask(bytes, mask);
  }

  async close(): Promise<void> {
    this.#draining = true;
    await this.streams.stop();
    await this.pipelines.close();
    await this.streams.close();
    await this.#durable?.close();
    this.#pool.close();
  }
}
