import { RdxError, reasonOf } from "../core/errors.ts";
import type { LogHold, OpenedOrder } from "../log.ts";
import type { CheckpointInfo, Durable, OpenedCheckpoint, SavedPipeline, SavedPlan } from "../store.ts";
import { restoreCheckpoint } from "./checkpoint/restore.ts";
import { neededFor, type SavedRun, savedRun, timeOf } from "./checkpoint/saved_run.ts";
import { beginChange, type Change, takeOver } from "./carry/move.ts";
import { openSinks, SinkAhead } from "./open_sinks.ts";
import { keepFor, letGo, turnAt } from "./order_holds.ts";
import { sourceClock } from "./source_clock.ts";
import { WorkerDied } from "./pool_member.ts";
import type { TaskFacts } from "./protocol.ts";
import type { Compiled, Deployed, Ends, PipelineMaker, PipelineOrder, Start } from "./pipeline_maker.ts";

/** What recovery needs of the pipelines that there are. */
export interface RecoveryParts {
  readonly maker: PipelineMaker;
  /** Behind the last row of a stream; 0 for one that is not there. */
  endOf(stream: string): number;
  /** No row that comes to a stream from now on arrives before `timeMs`. */
  arriveFrom(stream: string, timeMs: number): void;
  /** Keeps the rows of a stream from an offset on; null for one that is not there. */
  hold(stream: string, offset: number): LogHold | null;
  /** Compiles a plan as it was compiled when it was deployed. */
  compile(name: string, saved: SavedPlan): Compiled;
  /** Loads the user functions that it calls. */
  load(compiled: Compiled): Promise<void>;
  ends(name: string, compiled: Compiled, before: Deployed | null, start: Start): Ends;
  /** It is about to come back: it is listed, and what it reads stays. */
  awaited(name: string, plan: SavedPlan): void;
  /** It is there, and is through with what it did when `through` resolves: before that, nothing goes on with its state. */
  repeats(name: string, through: Promise<void>): void;
  /** It is through with what it did. */
  arrived(name: string): void;
  /** Changes deployments, when nobody else does. */
  inTurn<T>(change: () => Promise<T>): Promise<T>;
  /** It is what its name means, and the engine is not about to end. */
  isThere(name: string, deployed: Deployed): boolean;
  /** Makes a pipeline what its name means. */
  take(name: string, first: Deployed, sql: string | null): void;
  /** Takes that back: it is awaited again. */
  leave(name: string, first: Deployed): Promise<void>;
  handOver(name: string, before: Deployed, next: Deployed, change: Change): Promise<void>;
  /** Tasks of each pipeline. */
  readonly tasks: number;
  /** It cannot be made again. */
  lost(name: string, plan: SavedPlan, thrown: unknown): void;
}

/** What an earlier process has left of a pipeline. */
interface Found {
  readonly name: string;
  readonly folder: string;
  readonly opened: OpenedOrder;
  readonly order: PipelineOrder;
  /** Newest first. */
  readonly checkpoints: readonly CheckpointInfo[];
}

/** A checkpoint that a pipeline may go on from. */
interface Candidate {
  readonly info: CheckpointInfo;
  readonly opened: OpenedCheckpoint;
  readonly run: SavedRun;
}

/** A pipeline as it is when it comes back, and the place of its plan among those that it had. */
interface Begun {
  readonly first: Deployed;
  readonly index: number;
}

/** One that nobody can go on from. */
interface BadCheckpoint {
  readonly number: number;
  readonly reason: string;
}

/**
 * Has pipelines go on from their checkpoints. Resolves when they are there; `through` does when they have done again what they did behind those, under each of their
 * plans, for which one may wait long whose sink cannot write: nobody awaits it within a turn.
 */
export type GoOn = () => Promise<{ readonly through: Promise<void> }>;

/**
 * Finds what the pipelines of an earlier process need, and resolves to what has all of them go on. What stands in the way of one is told where pipelines are listed,
 * and keeps no other from going on.
 */
export async function findPipelines(durable: Durable, parts: RecoveryParts): Promise<GoOn> {
  const found = await Promise.all(durable.meta.pipelines().map((saved) => findPipeline(saved, durable, parts)));
  return async () => {
    const there = await Promise.all(found.map((goOn) => goOn()));
    return { through: Promise.all(there.map(({ through }) => through)).then(() => {}) };
  };
}

/** The same for one of them, whose order nobody has open. */
export async function findPipeline(
  { name, plans, folder }: SavedPipeline & { readonly folder: string },
  durable: Durable,
  parts: RecoveryParts,
): Promise<GoOn> {
  const lost = (thrown: unknown) => {
    durable.said(`Pipeline ${name} cannot be recovered: ${reasonOf(thrown)}`);
    parts.lost(name, plans.at(-1)!, thrown);
  };
  try {
    parts.awaited(name, plans.at(-1)!);
    const opened = await durable.openOrder(folder, plans[0].after);
    const checkpoints = await durable.checkpoints.list(folder);
    const order = parts.maker.orderOf(name, folder, opened.order, plans);
    const one = { name, folder, opened, order, checkpoints };
    await arriveBehind(one, durable, parts);
    return async () => {
      const recovery = new Recovery(one, durable, parts), begun = await recovery.begin().catch(lost);
      if (!begun) return { through: Promise.resolve() };
      const through = recovery.through(begun).then(() => parts.arrived(name)).catch(lost);
      parts.repeats(name, through);
      return { through };
    };
  } catch (thrown) {
    lost(thrown);
    return () => Promise.resolve({ through: Promise.resolve() });
  }
}

/**
 * A pipeline that went by arrival while nothing came has counted on it that what comes later arrives later, and the wall clock may have been set back since: before a stream takes
 * rows, it is told.
 */
async function arriveBehind(
  { name, folder, opened, order, checkpoints }: Found,
  durable: Durable,
  parts: RecoveryParts,
) {
  const sources = order.plans.flatMap((plan) => parts.compile(name, plan).physical.sources)
    .filter(({ time, stream }) => time < 0 && stream !== null);
  const run = sources.length === 0 ? null : await newestRun(folder, checkpoints, durable);
  for (const source of sources) {
    const known = [opened.idle.get(source.id), timeOf(run?.sources[source.id]?.watermark ?? null)];
    for (const watermark of known) {
      if (Number.isFinite(watermark)) parts.arriveFrom(source.stream!, sourceClock(source, watermark!).reached);
    }
  }
}

/** Of the newest checkpoint that tells it. */
async function newestRun(folder: string, checkpoints: readonly CheckpointInfo[], durable: Durable) {
  for (const { number } of checkpoints) {
    try {
      return savedRun((await durable.checkpoints.open(folder, number)).facts);
    } catch { /* What stands in the way is told when the pipeline is to go on from it */ }
  }
  return null;
}

/** Brings one pipeline back. */
class Recovery {
  readonly #found: Found;
  readonly #durable: Durable;
  readonly #parts: RecoveryParts;

  constructor(found: Found, durable: Durable, parts: RecoveryParts) {
    this.#found = found;
    this.#durable = durable;
    this.#parts = parts;
  }

  /** Has it go on from its newest good checkpoint, under the plan that it had there. */
  async begin(): Promise<Begun> {
    const begun = await this.#begin();
    begun.first.pipeline.start();
    return begun;
  }

  /**
   * Has it do again what it did under each of its plans, and resolves when it has done all of that, or does not run any more; from then on checkpoints of it are taken.
   * Only changing to the next plan takes a turn: others are deployed and deleted meanwhile, and so may it be.
   */
  async through({ first, index }: Begun): Promise<void> {
    const { name, order: { plans, checkpoints, replay }, opened } = this.#found, parts = this.#parts;
    let last: Deployed | null = first;
    for (let i = index + 1; last && i < plans.length; i++) {
      const before: Deployed = last;
      await before.pipeline.reached(plans[i].after);
      last = await parts.inTurn(async () => parts.isThere(name, before) ? await this.#change(before, i) : null);
    }
    await last?.pipeline.reached(opened.last);
    replay?.close();
    // One that was deleted, or has another in its place, has none.
    if (last && last.pipeline.state !== "stopped") checkpoints!.attach(last.pipeline, turnAt(plans, plans.length - 1));
  }

  /** Goes on under the plan at `index`; null: it has failed, and says why. */
  async #change(last: Deployed, index: number): Promise<Deployed | null> {
    const { name, order, opened } = this.#found, parts = this.#parts, keep = last.pipeline, saved = order.plans[index];
    if (keep.state === "failed" || keep.state === "stalled") return null;
    await keep.quiesce();
    const change = await beginChange(last, parts.compile(name, saved), parts.tasks);
    const next = this.#make(index, last, null, change.move?.facts ?? null);
    await openSinks(next.pipeline.sinks, next.pipeline.plan, keep.sinks, saved.origins, opened.last);
    await takeOver(keep, next.pipeline, change);
    await parts.handOver(name, last, next, change);
    next.pipeline.start();
    // Another plan has other tables
    await order.checkpoints!.detach();
    return next;
  }

  /** The pipeline as its newest good checkpoint has it, or at its beginning, and the place of its plan. */
  async #begin(): Promise<Begun> {
    const { name, opened, order, checkpoints } = this.#found, bad: BadCheckpoint[] = [];
    for (const info of checkpoints) {
      try {
        const candidate = await this.#open(info), made = await this.#from(candidate);
        await this.#discard(bad);
        this.#tell(candidate);
        return made;
      } catch (thrown) {
        // Nothing is wrong with the checkpoint.
        if (thrown instanceof WorkerDied || thrown instanceof SinkAhead) throw thrown;
        const { number } = info, reason = reasonOf(thrown);
        bad.push({ number, reason });
        this.#durable.said(
          `Pipeline ${name} cannot go on from its checkpoint ${number}, and goes further back: ${reason}`,
        );
      }
    }
    if (opened.first > 1 || turnAt(order.plans, 0) > 0) {
      const tried = bad.length === 0 ? "it has no checkpoint" : `none of its ${bad.length} checkpoints can be used`;
      throw new RdxError(
        "invalid",
        `Its log is kept from number ${opened.first} on, and ${tried}: put a copy of them in their place, or deploy it anew`,
      );
    }
    const made = await this.#from(null);
    await this.#discard(bad);
    return made;
  }

  async #open(info: CheckpointInfo): Promise<Candidate> {
    const { folder, opened: { first, last } } = this.#found, { number } = info;
    if (number > last) throw new RdxError("invalid", `It is behind number ${number}, and its order ends at ${last}`);
    if (first > number + 1) {
      throw new RdxError("invalid", `It is behind number ${number}, and its order begins at ${first}`);
    }
    const opened = await this.#durable.checkpoints.open(folder, number);
    return { info, opened, run: savedRun(opened.facts) };
  }

  /** Makes it, with all that a checkpoint has; null: as it began. Throws what stands in the way, and has left nothing then. */
  async #from(candidate: Candidate | null): Promise<Begun> {
    const { name, order, opened } = this.#found, { plans } = order, parts = this.#parts;
    const index = candidate ? plans.findIndex((_, i) => turnAt(plans, i) === candidate.run.turn) : 0;
    if (index < 0) throw new RdxError("invalid", `It is of a plan ${candidate!.run.turn} that is not kept`);
    order.replay = opened.replay(candidate?.info.number ?? 0);
    let first: Deployed | null = null;
    try {
      this.#checkEnds(index, candidate?.run ?? null);
      first = this.#make(index, null, candidate);
      parts.take(name, first, plans.at(-1)!.sql);
      for (const plan of plans.slice(index)) await parts.load(parts.compile(name, plan));
      await first.pipeline.open();
      if (candidate) await restoreCheckpoint(first.pipeline, candidate.opened, candidate.info.bytes);
      return { first, index };
    } catch (thrown) {
      if (candidate === null) throw thrown;
      if (first) await parts.leave(name, first);
      letGo(order);
      order.replay.close();
      if (thrown instanceof WorkerDied) await order.log.close();
      throw thrown;
    }
  }

  /** The pipeline with the plan at `index` of those that it had; with `before`, in its place. */
  #make(
    index: number,
    before: Deployed | null,
    candidate: Candidate | null,
    moved: TaskFacts | null = null,
  ): Deployed {
    const { name, order } = this.#found, { maker, compile, ends } = this.#parts;
    const saved = order.plans[index],
      compiled = compile(name, saved),
      until = order.plans[index + 1]?.after ?? Infinity;
    const checkpoint = candidate && { number: candidate.info.number, run: candidate.run };
    const start = candidate ? neededFor(0, candidate.run).positions : saved.starts;
    const resumed = { saved, until, checkpoint };
    return maker.make(name, compiled, ends(name, compiled, before, start), before, order, { resumed, moved });
  }

  /** Rows that are gone would be taken for those that come in their place. Throws RdxError("invalid"). */
  #checkEnds(index: number, run: SavedRun | null): void {
    const { name, order, opened: { ends } } = this.#found, { compile, endOf } = this.#parts;
    for (const { id, stream } of order.plans.slice(index).flatMap((plan) => compile(name, plan).physical.sources)) {
      const to = ends.get(id) ?? run?.sources[id]?.position ?? 0, end = stream === null ? Infinity : endOf(stream);
      if (to <= end) continue;
      throw new RdxError(
        "invalid",
        `It has taken rows up to ${to} of stream ${stream}, which ends at ${end}: deploy it anew`,
      );
    }
  }

  /** Those that could not be used: nothing may lie on them. */
  async #discard(bad: readonly BadCheckpoint[]): Promise<void> {
    const { folder, order } = this.#found;
    for (const { number } of bad) await this.#durable.checkpoints.discard(folder, number);
    if (bad.length === 0) return;
    const each = bad.map(({ number, reason }) => `checkpoint ${number} cannot be used (${reason})`);
    order.checkpoints!.passedOver(`At the last start it went further back: ${each.join("; ")}`);
  }

  /** What is there from now on. */
  #tell({ info: { number, takenMs }, run }: Candidate): void {
    const { order, checkpoints } = this.#found;
    const earlier = run.earlier.filter((one) => checkpoints.some((other) => other.number === one.number));
    const kept = [...earlier, neededFor(number, run)];
    keepFor(order, kept, (source, turn, offset) => this.#hold(source, turn, offset));
    order.checkpoints!.restored(number, takenMs, kept);
  }

  #hold(source: string, turn: number, offset: number): LogHold | null {
    const { name, order: { plans } } = this.#found, { compile, hold } = this.#parts;
    const plan = plans.find((_, i) => turnAt(plans, i) === turn);
    const found = plan && compile(name, plan).physical.sources.find(({ id }) => id === source);
    return found && found.stream !== null ? hold(found.stream, offset) : null;
  }
}
