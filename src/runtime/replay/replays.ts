import { RdxError } from "../../core/errors.ts";
import type { OrderReplay } from "../../log.ts";
import type { Catalog } from "../../plan/catalog.ts";
import { compilePlan } from "../../plan/compile.ts";
import type { PhysicalPlan, PhysicalSink } from "../../plan/physical.ts";
import type { Sink } from "../../sink.ts";
import type { OpenedCheckpoint, QuarantinedChunk, SavedPlan } from "../../store.ts";
import { referencesIn } from "../../kernel/user_functions.ts";
import { restoreCheckpoint } from "../checkpoint/restore.ts";
import { neededFor, type SavedRun, savedRun } from "../checkpoint/saved_run.ts";
import type { PipelineInput } from "../input.ts";
import { loadFunctions } from "../load_functions.ts";
import { offsetOf } from "../log_follower.ts";
import { named } from "../named_plan.ts";
import { forgetfulOrder } from "../order.ts";
import { turnAt } from "../order_holds.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Compiled, Deployed, Ends, PipelineMaker, PipelineOrder, PipelinesParts } from "../pipeline_maker.ts";
import { catalogOf } from "../saved_plan.ts";
import type { LogPlace, ReplayService, ReplaySlice } from "../service.ts";
import type { SideStreams } from "../side_rows.ts";
import type { Stream } from "../stream.ts";
import { EndlessOrder, lastNumber } from "./order_slice.ts";
import { OutputQueue, QueueSink } from "./outputs.ts";
import { ReplayRun } from "./run.ts";
import { SliceInput } from "./slice_input.ts";

/** What is replayed: a plan over a slice, or what a pipeline did behind a checkpoint. */
interface Replayed {
  readonly name: string;
  readonly compiled: Compiled;
  readonly start: Readonly<Record<string, number>> | "earliest";
  readonly again: Again | null;
}

interface Again {
  readonly saved: SavedPlan;
  readonly number: number;
  readonly run: SavedRun;
  readonly opened: OpenedCheckpoint;
  readonly bytes: number;
  /** The last number that is done again. */
  readonly last: number;
  readonly replay: OrderReplay;
}

/** A pipeline's plans and order, as it runs or as an earlier process has left them. */
interface Left {
  readonly plans: readonly SavedPlan[];
  readonly folder: string | null;
  readonly quarantined: readonly QuarantinedChunk[];
  replay(after: number): OrderReplay;
  close(): Promise<void>;
}

/** The pipelines that there are. */
export interface ReplayedPipelines {
  readonly catalog: Catalog;
  find(name: string): Pipeline | null;
  /** Throws not_found. */
  deployed(name: string): Deployed;
}

/** Runs plans once more over what logs have, beside all else: nothing that is there changes. */
export class Replays implements ReplayService {
  readonly #engine: PipelinesParts;
  readonly #maker: PipelineMaker;
  readonly #heard: Map<number, Pipeline>;
  readonly #pipelines: ReplayedPipelines;

  /** `heard`: pipelines that hear their tasks, by their ids. */
  constructor(
    engine: PipelinesParts,
    maker: PipelineMaker,
    heard: Map<number, Pipeline>,
    pipelines: ReplayedPipelines,
  ) {
    this.#engine = engine;
    this.#maker = maker;
    this.#heard = heard;
    this.#pipelines = pipelines;
  }

  async plan(name: string, json: unknown, slice: Omit<ReplaySlice, "at">): Promise<ReplayRun> {
    const compiled = compilePlan(named(json, name), this.#pipelines.catalog);
    return await this.#run({ name, compiled, start: "earliest", again: null }, slice);
  }

  async pipeline(name: string, { at, ...slice }: ReplaySlice): Promise<ReplayRun> {
    const left = await this.#left(name);
    try {
      if (at !== undefined) return await this.#run(await this.#behind(name, at, left, slice), slice, left);
      const saved = left.plans.at(-1)!, compiled = this.#compile(name, saved);
      return await this.#run({ name, compiled, start: "earliest", again: null }, slice, left);
    } catch (thrown) {
      await left.close();
      throw thrown;
    }
  }

  async #left(name: string): Promise<Left> {
    const { durable } = this.#engine;
    if (this.#pipelines.find(name)) {
      const deployed = this.#pipelines.deployed(name),
        { log, folder, plans, quarantined } = deployed.order,
        plan = { plan: deployed.plan, sql: null, streams: {} };
      const now: SavedPlan = { ...plan, after: 0, starts: {}, origins: {} };
      const replay = (after: number) => log.replay!(after);
      const all = plans.length > 0 ? plans : [now];
      return { plans: all, folder, quarantined, replay, close: () => Promise.resolve() };
    }
    const saved = durable?.meta.pipelines().find((one) => one.name === name);
    if (!saved) throw new RdxError("not_found", `There is no pipeline ${name}`);
    const { plans, folder } = saved, { order, replay } = await durable!.openOrder(folder, plans[0].after);
    return { plans, folder, quarantined: durable!.meta.quarantined(folder), replay, close: () => order.close() };
  }

  #compile(name: string, saved: SavedPlan): Compiled {
    const catalog = this.#pipelines.catalog, known = Object.keys(saved.streams).length > 0;
    return compilePlan(named(saved.plan, name), known ? catalogOf(saved, catalog) : catalog);
  }

  /** What it did behind checkpoint `at`, under the plan that it had. */
  async #behind(name: string, at: number, left: Left, { from, to }: Omit<ReplaySlice, "at">): Promise<Replayed> {
    const { folder, plans } = left, store = this.#engine.durable?.checkpoints;
    if (from !== undefined) {
      throw new RdxError("invalid", "A replay from a checkpoint begins where that was taken: leave from out");
    }
    const all = folder === null ? [] : await store!.list(folder), info = all.find(({ number }) => number === at);
    if (!info) {
      const there = all.map(({ number }) => number).join(", ") || "none";
      throw new RdxError(
        "not_found",
        `There is no checkpoint ${at} of pipeline ${name}; those that are kept: ${there}`,
      );
    }
    const opened = await store!.open(folder!, at), run = savedRun(opened.facts);
    const index = plans.findIndex((_, i) => turnAt(plans, i) === run.turn);
    if (index < 0) throw new RdxError("invalid", `Checkpoint ${at} is of a plan that is not kept any more`);
    const saved = plans[index], compiled = this.#compile(name, saved), ends = await this.#ends(compiled.physical, to);
    const last = await lastNumber(left.replay(at), at, ends, plans[index + 1]?.after ?? Infinity);
    const replay = new EndlessOrder(left.replay(at)), again = { saved, number: at, run, opened, last, replay };
    return { name, compiled, start: neededFor(at, run).positions, again: { ...again, bytes: info.bytes } };
  }

  /** Where the sources of a plan end, by their ids. */
  async #ends({ sources }: PhysicalPlan, to: ReplaySlice["to"]): Promise<Map<string, number>> {
    const ends = new Map<string, number>();
    for (const { id, stream } of sources) {
      if (to !== undefined && stream !== null) ends.set(id, await placeIn(this.#engine.streams.find(stream)!, to));
    }
    return ends;
  }

  async #run(replayed: Replayed, slice: Omit<ReplaySlice, "at">, left: Left | null = null): Promise<ReplayRun> {
    const { name, compiled, start, again } = replayed,
      { physical } = compiled,
      maker = this.#maker,
      heard = this.#heard;
    await loadFunctions(referencesIn(physical), this.#engine);
    const queue = new OutputQueue(),
      label = `replay of ${name}`,
      views = { ...physical, sinks: physical.sinks.map(asView) };
    const opened = maker.ends(label, views, null, start);
    const inputs = again ? opened.inputs : await this.#sliced(physical, opened.inputs, slice);
    const sinks = physical.sinks.map((sink, i) => sink.sink.kind === "view" ? opened.sinks[i] : queueSink(queue, sink));
    const ends: Ends = { ...opened, inputs, sinks, side: quietSide(this.#engine.streams) };
    const order: PipelineOrder = {
      log: forgetfulOrder,
      folder: null,
      replay: again?.replay ?? null,
      plans: [],
      holds: [],
      quarantined: left?.quarantined ?? [],
      checkpoints: null,
    };
    const resumed = again &&
      { saved: again.saved, until: again.last, checkpoint: { number: again.number, run: again.run } };
    const { pipeline, id } = maker.make(label, compiled, ends, null, order, { resumed });
    heard.set(id, pipeline);
    const close = async () => {
      queue.end();
      await pipeline.stop();
      pipeline.meter.close();
      heard.delete(id);
      for (const { hold } of order.holds) hold.close();
      again?.replay.close();
      await left?.close();
    };
    try {
      await pipeline.open();
      if (again) await restoreCheckpoint(pipeline, again.opened, again.bytes);
    } catch (thrown) {
      await close();
      throw thrown;
    }
    return new ReplayRun(pipeline, queue, again?.last ?? null, close);
  }

  /** Inputs over slices, in the place of those over whole logs. */
  async #sliced(
    { sources }: PhysicalPlan,
    inputs: readonly PipelineInput[],
    { from = "earliest", to = "latest" }: Omit<ReplaySlice, "at">,
  ): Promise<PipelineInput[]> {
    return await Promise.all(sources.map(async ({ stream, partition }, i) => {
      if (stream === null) return inputs[i];
      const found = this.#engine.streams.find(stream)!,
        first = await placeIn(found, from),
        end = await placeIn(found, to);
      inputs[i].close();
      return new SliceInput(found.log, first, end, partition);
    }));
  }
}

/** The offset that a place means, among those that a log still has. */
async function placeIn(stream: Pick<Stream, "log">, place: LogPlace): Promise<number> {
  const { start, end } = stream.log;
  return Math.min(end, Math.max(start, await offsetOf(stream, place)));
}

/** A sink whose rows are only looked at. */
function asView(sink: PhysicalSink): PhysicalSink {
  return sink.sink.kind === "view" ? sink : { ...sink, sink: { kind: "view", name: sink.id } };
}

function queueSink(queue: OutputQueue, { id: node, columns, changes }: PhysicalSink): Sink {
  return new QueueSink(queue, { node, columns, changes });
}

/** What a replay leaves out was put aside when it was done first. */
function quietSide(streams: Pick<SideStreams, "columnsOf">): SideStreams {
  return {
    bury: () => Promise.resolve(),
    late: () => Promise.resolve(),
    wantsLate: () => false,
    columnsOf: (name) => streams.columnsOf(name),
  };
}
