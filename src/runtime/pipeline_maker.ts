import type { Clock } from "../core/clock.ts";
import { RdxError } from "../core/errors.ts";
import { CHECKPOINT_INTERVAL_MS } from "../core/limits.ts";
import { type Column, columnIndex, sameType } from "../core/schema.ts";
import type { OrderLog, OrderReplay } from "../log.ts";
import type { compilePlan } from "../plan/compile.ts";
import type { FunctionRules } from "../plan/catalog.ts";
import type { PhysicalPlan, PhysicalSink, PhysicalSource } from "../plan/physical.ts";
import type { FileConnector, MadeConnector, Plan } from "../plan/plan.ts";
import type { LookupFactory } from "../lookup.ts";
import type { RefusedRows, Sink, SinkFactory } from "../sink.ts";
import type { RangeSource } from "../source.ts";
import type { Durable, QuarantinedChunk, SavedPlan } from "../store.ts";
import type { EngineMetrics } from "../telemetry/engine_metrics.ts";
import { type Logger, silentLog } from "../telemetry/log.ts";
import { Checkpoints } from "./checkpoint/checkpoints.ts";
import { type SavedRun, timesOf } from "./checkpoint/saved_run.ts";
import { letGoBefore, type SourceHold } from "./order_holds.ts";
import type { TaskFacts, TaskPlan } from "./protocol.ts";
import { FunctionFaults } from "./function_faults.ts";
import { LogInput, type PipelineInput, RangeInput } from "./input.ts";
import { LookupMeter } from "./lookup_meter.ts";
import { NumberedSink } from "./numbered_sink.ts";
import { atSink } from "./open_sinks.ts";
import { PipelineLookups } from "./lookups.ts";
import { Pipeline } from "./pipeline.ts";
import { checkPartitions, sharedBefore } from "./partition_inputs.ts";
import { PipelineMeter } from "./pipeline_meter.ts";
import { lookupsOf, modeAfter } from "./plan_shape.ts";
import type { EnginePool } from "./pool.ts";
import { findMeets } from "./task/meets.ts";
import type { PipelineStart } from "./service.ts";
import type { SideStreams } from "./side_rows.ts";
import type { Streams } from "./streams.ts";
import type { Views } from "./views.ts";

/** What pipelines are made of. */
export interface PipelinesParts {
  readonly pool: EnginePool;
  readonly streams: Streams;
  readonly views: Views;
  readonly sinks: ReadonlyMap<string, SinkFactory>;
  /** Kinds of tables that rows can be looked up in; absent: none. */
  readonly lookups?: ReadonlyMap<string, LookupFactory>;
  readonly log?: Logger;
  /** Orders outlive the process, with the answers of lookups. */
  readonly ordersKept?: boolean;
  /** Plans the ranges of a connector that makes its rows, with the columns that are read. */
  readonly openMade: (connector: MadeConnector, columns: readonly Column[]) => RangeSource;
  /** Plans the ranges of a file; null on platforms without files. */
  readonly openRanges: ((file: FileConnector) => RangeSource) | null;
  readonly createOrder: (pipeline: string) => OrderLog;
  /** What outlives the process; absent: nothing does. */
  readonly durable?: Durable | null;
  /** Absent: CHECKPOINT_INTERVAL_MS. 0: only at an orderly end. */
  readonly checkpointIntervalMs?: number;
  readonly clock: Clock;
  readonly metrics: EngineMetrics;
  /** Which user functions plans may call; absent: those of all modules. */
  readonly functions?: FunctionRules;
}

/** A pipeline under its name. */
export interface Deployed {
  readonly plan: Plan;
  readonly pipeline: Pipeline;
  readonly id: number;
  readonly order: PipelineOrder;
}

/** The order of a pipeline, which goes on when its plan is changed. */
export interface PipelineOrder {
  readonly log: OrderLog;
  /** Where it is kept, or null. */
  readonly folder: string | null;
  /** What an earlier process has left of it. */
  replay: OrderReplay | null;
  /** The plans that it was made with, where it is kept: all that are needed to do again what no checkpoint has. */
  plans: readonly SavedPlan[];
  /** Keep what was taken, for as long as it may be done again: also of a pipeline that has ended. */
  readonly holds: SourceHold[];
  /** Chunks that are left out wherever it is done again. */
  quarantined: readonly QuarantinedChunk[];
  /** Null: none are taken. */
  readonly checkpoints: Checkpoints | null;
}

/** What of an earlier process a plan goes on with. */
export interface Resumed {
  readonly saved: SavedPlan;
  /** The number at which another plan goes on. */
  readonly until: number;
  /** What it begins with; null: nothing, or what the plan before it has. */
  readonly checkpoint: { readonly number: number; readonly run: SavedRun } | null;
}

/** What a pipeline reads and writes, in the order of its plan. */
export interface Ends {
  readonly inputs: readonly PipelineInput[];
  readonly sinks: readonly Sink[];
  /** Keep what the inputs take, so that it can be taken again; they belong to the pipeline's order. */
  readonly holds: readonly SourceHold[];
  /** Null: the plan looks nothing up. */
  readonly lookups: PipelineLookups | null;
  /** Takes what it leaves out; absent: the streams do. */
  readonly side?: SideStreams;
}

/** Where sources begin; by their ids, where they have begun, or have come to, in an earlier process. */
export type Start = "earliest" | "latest" | Readonly<Record<string, number>>;
/** The offsets at which sources begin that begin at a time. */
export async function startOf(start: PipelineStart, { sources }: PhysicalPlan, streams: Streams): Promise<Start> {
  if (typeof start === "string") return start;
  const offsets = sources.filter(({ stream }) => stream !== null).map(async ({ id, stream }) =>
    [id, await streams.find(stream!)!.log.offsetAt(start.timeMs)] as const
  );
  return Object.fromEntries(await Promise.all(offsets));
}

export type Compiled = ReturnType<typeof compilePlan>;

/** Puts pipelines together. With `keep`, a pipeline in whose place the new one comes, what both have in common goes on. */
export class PipelineMaker {
  readonly #parts: PipelinesParts;
  #lastId = 0;

  constructor(parts: PipelinesParts) {
    this.#parts = parts;
  }

  /**
   * Opens what the plan reads and makes its sinks, which are not open yet; those in `anew`, by their ids, also where `keep` has the same. When it throws, nothing
   * new is left open.
   */
  ends(
    name: string,
    plan: PhysicalPlan,
    keep: Pipeline | null,
    start: Start,
    anew: ReadonlySet<string> = new Set(),
  ): Ends {
    findMeets(plan); // a plan that no task could run is refused before anything is open
    const inputs: PipelineInput[] = [], sinks: Sink[] = [], holds: SourceHold[] = [];
    try {
      for (const source of plan.sources) inputs.push(this.#input(source, keep, start, holds));
      for (const sink of plan.sinks) sinks.push(this.#sink(name, sink, anew.has(sink.id) ? null : keep));
      return { inputs, sinks, holds, lookups: this.#lookups(name, plan) };
    } catch (thrown) {
      closeInputs(inputs, keep);
      for (const { hold } of holds) hold.close();
      throw thrown;
    }
  }

  #lookups(name: string, plan: PhysicalPlan): PipelineLookups | null {
    const nodes = lookupsOf(plan);
    if (nodes.length === 0) return null;
    const { clock, metrics, log = null } = this.#parts;
    const lookups = nodes.map(({ id, table: { kind, ...options }, tableKeys, picks }) => {
      const factory = this.#parts.lookups?.get(kind);
      if (!factory) throw noLookup(id, `This platform looks nothing up in tables of kind ${kind}`);
      try {
        return factory.create(options, { keys: tableKeys, columns: picks });
      } catch (thrown) {
        if (thrown instanceof RdxError) throw noLookup(id, thrown.message);
        throw thrown;
      }
    });
    return new PipelineLookups(plan, lookups, clock, new LookupMeter(name, metrics, log));
  }

  /** The pipeline of a plan; with `before`, whose number and watermarks stand still, it goes on from there; `moved`: in tasks that will be given its state. */
  make(
    name: string,
    { plan, physical }: Compiled,
    { inputs, sinks, holds, lookups, side = this.#parts.streams }: Ends,
    before: Deployed | null,
    order: PipelineOrder,
    { resumed = null, moved = null }: { resumed?: Resumed | null; moved?: TaskFacts | null } = {},
  ): Deployed {
    const id = ++this.#lastId, { pool, clock, metrics } = this.#parts, keep = before?.pipeline;
    if (keep && !resumed) checkPartitions(keep, physical, (stream) => this.#parts.streams.find(stream)!.partitions);
    for (const input of inputs) if (input instanceof LogInput) input.begin();
    const run = resumed?.checkpoint?.run ?? null, from = run && timesOf(run, physical);
    const taskPlan: TaskPlan = {
      plan: physical,
      positions: physical.sources.map((source) => this.#positions(source)),
      after: keep?.number ?? resumed?.checkpoint?.number ?? 0,
      watermarks: from?.watermarks ?? physical.sources.map((source) => this.#reached(keep ?? null, source)),
      inherits: moved ? null : before?.id ?? null,
      mode: modeAfter(physical, moved ? null : keep?.parts.taskPlan.mode ?? null),
      // State stays where it is.
      owner: keep?.parts.taskPlan.owner ?? id % pool.tasks,
      resumes: from?.facts ?? moved,
    };
    const faults = new FunctionFaults(name, this.#parts.log ?? silentLog, clock);
    const { mode, owner } = taskPlan, first = mode === "ordered" ? owner : 0;
    const meter = keep?.meter ?? new PipelineMeter(name, streamsOf(physical), metrics, faults, run?.counts, first);
    const ends = { inputs, sinks, lookups, side, order: order.log };
    const errors = run?.errors ?? keep?.errors ?? [];
    const { replay, quarantined } = order;
    const recovery = resumed && replay ? { replay, until: resumed.until, errors, quarantined } : null;
    const again = { recovery, origins: run?.places ?? resumed?.saved.origins ?? {}, writer: order.folder };
    order.holds.push(...holds);
    const parts = { id, plan: physical, taskPlan, ...ends, ...again, pool, clock, meter };
    return { plan, pipeline: new Pipeline(parts), id, order };
  }

  /** An order that begins. */
  newOrder(name: string): PipelineOrder {
    const { durable, createOrder } = this.#parts, rest = { replay: null, plans: [], checkpoints: null };
    if (!durable) return { log: createOrder(name), folder: null, holds: [], quarantined: [], ...rest };
    const folder = durable.meta.newOrder(name);
    return this.orderOf(name, folder, durable.createOrder(folder), []);
  }

  /** An order that is kept in a folder. */
  orderOf(name: string, folder: string, log: OrderLog, plans: readonly SavedPlan[]): PipelineOrder {
    const { durable, clock, metrics, checkpointIntervalMs: intervalMs = CHECKPOINT_INTERVAL_MS } = this.#parts;
    const { checkpoints: store, durability, meta } = durable!, flush = durability === "fsync";
    const checkpoints = new Checkpoints({
      ...{ store, folder, name, intervalMs, flush, clock, metrics },
      said: (what) => durable!.said(what),
      kept: (oldest) => {
        if (letGoBefore(order, oldest)) meta.putPipeline({ name, plans: order.plans }, folder);
      },
    });
    const quarantined = meta.quarantined(folder);
    const order: PipelineOrder = { log, folder, replay: null, plans, holds: [], quarantined, checkpoints };
    return order;
  }

  #input(source: PhysicalSource, keep: Pipeline | null, start: Start, holds: SourceHold[]): PipelineInput {
    const shared = sharedBefore(keep, source), kept = keep?.plan.sources.findIndex(({ id }) => id === source.id) ?? -1;
    if (kept >= 0 && shared === null) return keep!.inputs[kept];
    const known = typeof start !== "string" && Object.hasOwn(start, source.id) ? start[source.id] : null;
    if (source.stream !== null) {
      const { log, underWay } = this.#parts.streams.find(source.stream)!;
      const before = shared === null ? null : keep!.inputs[shared];
      // What the one before it takes until it rests is not taken again. Where it has begun in an earlier process is known: rows of partitions that came since may lie there.
      const from = known ?? (before ? () => before.offset : typeof start === "string" ? start : "earliest");
      const input = new LogInput(log, from, source.partition, underWay);
      if (this.#parts.durable) holds.push({ source: source.id, hold: log.hold(known ?? (before ?? input).offset) });
      return input;
    }
    if (source.made) return new RangeInput(this.#parts.openMade(source.made, source.columns), known ?? 0);
    if (!this.#parts.openRanges) {
      const reason = "This platform has no files";
      throw new RdxError("invalid_plan", reason, [{ node: source.id, path: "connector", reason }]);
    }
    return new RangeInput(this.#parts.openRanges(source.file!), known ?? 0);
  }

  /** The watermark that a pipeline has come to in what a source reads; −Infinity: it does not read it. */
  #reached(keep: Pipeline | null, source: PhysicalSource): number {
    const before = sharedBefore(keep, source);
    return keep?.watermarkOf(before === null ? source.id : keep.plan.sources[before].id) ?? -Infinity;
  }

  #positions({ stream, columns }: PhysicalSource): number[] {
    const all = stream === null ? columns : this.#parts.streams.find(stream)!.columns;
    return columns.map(({ name }) => columnIndex(all, name));
  }

  #sink(pipeline: string, given: PhysicalSink, keep: Pipeline | null): Sink {
    const { kind, ...options } = given.sink, isKeyed = this.#parts.sinks.get(kind)?.changes === "upsert";
    const same = keep?.plan.sinks.findIndex((other) => sameSink(other, given, isKeyed)) ?? -1;
    if (same >= 0) return keep!.sinks[same];
    if (kind === "view") return this.#parts.views.create(String(options.name), given);
    const { id: node, upsertKeys, changes } = given, { streams } = this.#parts;
    const refuse = (rows: RefusedRows, run: string) => streams.refuse(pipeline, node, rows, run);
    try {
      const input = { pipeline, node, upsertKeys, changes, refuse };
      return new NumberedSink(this.#parts.sinks.get(kind)!.create(options, given.columns, input));
    } catch (thrown) {
      throw thrown instanceof RdxError ? atSink(node, thrown) : thrown;
    }
  }
}

function noLookup(node: string, reason: string): RdxError {
  return new RdxError("invalid_plan", reason, [{ node, path: "table", reason }]);
}

/** Whether what was written to one goes on with the other. `isKeyed`: what is written depends on what tells its rows apart. */
function sameSink(a: PhysicalSink, b: PhysicalSink, isKeyed: boolean): boolean {
  const facts = ({ id, sink, keys, upsertKeys, changes }: PhysicalSink) =>
    JSON.stringify([
      id,
      sink,
      ...(isKeyed ? [upsertKeys, changes] : sink.kind === "view" ? [keys, upsertKeys, changes] : []),
    ]);
  return facts(a) === facts(b) && sameColumns(a.columns, b.columns);
}

/** Closes what `keep` does not use. */
export async function closeEnds({ inputs, sinks, holds, lookups }: Ends, keep: Pipeline | null): Promise<void> {
  for (const { hold } of holds) hold.close();
  closeInputs(inputs, keep);
  await lookups?.close();
  await Promise.allSettled(sinks.filter((sink) => !keep?.sinks.includes(sink)).map((sink) => sink.close()));
}

function closeInputs(inputs: readonly PipelineInput[], keep: Pipeline | null): void {
  for (const input of inputs) if (!keep?.inputs.includes(input)) input.close();
}

/** What each source reads, as people name it. */
export function streamsOf({ sources }: PhysicalPlan): string[] {
  return sources.map(({ stream, file, made }) => stream ?? file?.path ?? nameOf(made!));
}

function nameOf(made: MadeConnector): string {
  return made.kind === "nexmark" ? `nexmark ${made.table}` : made.kind;
}

function sameColumns(a: readonly Column[], b: readonly Column[]): boolean {
  return a.length === b.length && a.every(({ name, type }, i) => name === b[i].name && sameType(type, b[i].type));
}
