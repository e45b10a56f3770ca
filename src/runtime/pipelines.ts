import { RdxError, reasonOf } from "../core/errors.ts";
import { PIPELINES_MAX } from "../core/limits.ts";
import { Turns } from "../core/turns.ts";
import { compilePlan } from "../plan/compile.ts";
import type { Catalog } from "../plan/catalog.ts";
import { referencesIn } from "../kernel/user_functions.ts";
import { catalogFrom } from "./deployed_catalog.ts";
import { allAtRest, drainAll } from "./ends_of_pipelines.ts";
import { checkState, checkTargets, checkViews } from "./deploy_checks.ts";
import { PipelinePictures } from "./pipeline_pictures.ts";
import { type ContinueParts, continueWith, handOver } from "./carry/continue.ts";
import { viewsToMove } from "./carry/views.ts";
import type { ReturningView } from "./views.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Compiled, Deployed, Ends, PipelinesParts, Start } from "./pipeline_maker.ts";
import { closeEnds, PipelineMaker, startOf } from "./pipeline_maker.ts";
import type { OpenedSavepoint } from "../store.ts";
import type { CheckpointStatus } from "./checkpoint/checkpoints.ts";
import { AbsentPipelines } from "./absent_pipelines.ts";
import { checkSinks } from "./open_sinks.ts";
import { removeOrder, turnAt } from "./order_holds.ts";
import { noteReader } from "./readers.ts";
import { startOfOthers } from "./partition_inputs.ts";
import { gauge, pipelineInfo } from "./pipeline_info.ts";
import { named } from "./named_plan.ts";
import { findPipelines, type RecoveryParts } from "./pipeline_recovery.ts";
import { Repeating } from "./repeating.ts";
import { Revival } from "./revival.ts";
import { Replays } from "./replay/replays.ts";
import { checkPlan, type RestoredPlan, restoreSavepoint, type SavedStart } from "./savepoint/restore.ts";
import { catalogOf, newestPlan, notePlan, noteText, type Text } from "./saved_plan.ts";
import type { FromTask } from "./protocol.ts";
import { compileAndLoad, loadFunctions } from "./load_functions.ts";
import type { Deployment, PipelineFlow, PipelineInfo, PipelineService } from "./service.ts";

/** The pipelines of an engine, by name. */
export class Pipelines implements PipelineService {
  readonly #parts: PipelinesParts;
  readonly #deployed = new Map<string, Deployed>();
  readonly #byId = new Map<number, Pipeline>();
  /** The scripts of SQL that pipelines were deployed as. */
  readonly #scripts = new Map<string, string | null>();
  /** Those that an earlier process has left and that are not there. */
  readonly #absent: AbsentPipelines;
  /** Changes of deployments happen one after the other. */
  readonly #changes = new Turns();
  readonly #maker: PipelineMaker;
  readonly #pictures: PipelinePictures;
  #closing = false;
  readonly replays: Replays;
  readonly #revival: Revival;
  readonly #repeating = new Repeating();

  constructor(parts: PipelinesParts) {
    this.#parts = parts;
    this.#maker = new PipelineMaker(parts);
    this.#pictures = new PipelinePictures(parts, this, this.#deployed);
    this.replays = new Replays(parts, this.#maker, this.#byId, this);
    this.#absent = new AbsentPipelines(parts.pool.tasks);
    parts.pool.onMessage(
      (message: FromTask) => this.#byId.get(message.pipeline)?.receive(message),
      (reason, whole) => this.#revival.workerDied(reason, whole, this.#byId.values()),
    );
    this.#revival = new Revival({
      ...{ durable: parts.durable ?? null, pool: parts.pool, clock: parts.clock, deployed: this.#deployed },
      closing: () => this.#closing,
      recovery: () => this.#recovery(),
      awaited: (name, plan) => this.#absent.await(name, plan),
      lost: (name, plan, reason) => this.#absent.lose(name, plan, reason),
      inTurn: (change) => this.#changes.take(change),
      remove: (name, deployed) => this.#remove(name, deployed, true),
    });
  }

  get catalog(): Catalog {
    return catalogFrom(this.#parts);
  }

  all(): Iterable<Pipeline> {
    return [...this.#deployed.values()].map(({ pipeline }) => pipeline);
  }

  find(name: string): Pipeline | null {
    return this.#deployed.get(name)?.pipeline ?? null;
  }

  list(): PipelineInfo[] {
    const there = [...this.#deployed].filter(([name]) => this.#absent.get(name) === null);
    return [...there.map(([, deployed]) => this.#info(deployed)), ...this.#absent.list()];
  }

  get(name: string): PipelineInfo {
    return this.#absent.get(name) ?? this.#info(this.deployed(name));
  }

  /** Those that are not through with doing again what an earlier process did; `progress` is how much of it they have. */
  recovering(): PipelineInfo[] {
    return this.list().filter(({ state }) => state === "recovering");
  }

  /** Some go on from their checkpoints. */
  get reviving(): boolean {
    return this.#revival.busy;
  }

  #info(deployed: Deployed): PipelineInfo {
    return pipelineInfo(deployed, this.#scripts.get(deployed.plan.name) ?? null, this.#parts.pool.tasks);
  }

  /** The pipeline of a name with its order. Throws not_found, or unavailable for one that is about to come back. */
  deployed(name: string): Deployed {
    const deployed = this.#deployed.get(name);
    if (deployed) return deployed;
    this.#absent.check(name);
    throw new RdxError("not_found", `There is no pipeline ${name}`);
  }

  get returningViews(): readonly ReturningView[] {
    return this.#absent.views;
  }

  async put(name: string, json: unknown, how: Deployment & { readonly sql?: string }) {
    const whole = this.#repeating.whole(name, this.#absent.get(name)?.state === "recovering", this.#changes.through);
    if (whole && how.state === "keep") await whole;
    return await this.#changes.take(() => this.#put(name, json, how));
  }

  async #put(name: string, json: unknown, { start: from, state, sql }: Deployment & { readonly sql?: string }) {
    this.#admit(this.#deployed.get(name) ?? null);
    const plan = named(json, name), before = this.#deployed.get(name);
    const compiled = await compileAndLoad(plan, () => this.catalog, this.#parts);
    checkViews(name, compiled.physical, this.#parts.views);
    checkTargets(name, compiled.physical, [...this.all(), ...this.#absent.targets], this.#parts);
    this.#parts.streams.keepRead(compiled.physical);
    const start = await startOf(from, compiled.physical, this.#parts.streams);
    const newest = (deployed: Deployed) => newestPlan(deployed, this.#recovery());
    const { way, notes } = checkState(before ?? null, compiled, state, newest), save = { plan, sql: sql ?? null };
    if (way === "again") {
      await this.#revival.again(name);
      return { created: false, pipeline: this.get(name), notes };
    }
    if (way === "continue") await this.#continue(name, compiled, before!, start, save);
    else if (way === "afresh") await this.#renew(name, compiled, before ?? null, start, save);
    else noteText(name, before!, save, this.#parts.durable);
    this.#scripts.set(name, save.sql);
    this.#settle(name);
    return { created: before === undefined, pipeline: this.get(name), notes };
  }

  /** What is deployed is all that its name means. */
  #settle(name: string): void {
    this.#revival.forget(name);
    this.#absent.delete(name);
    this.#reads(name, this.#deployed.get(name)!, null);
  }

  /** Deploys a plan that starts without state, in the place of what has its name. */
  async #renew(name: string, compiled: Compiled, before: Deployed | null, start: Start, save: Text): Promise<void> {
    const ends = this.#ends(name, compiled, before, null, start);
    try {
      await ends.lookups?.open();
      await checkSinks(ends.sinks, compiled.physical, []);
    } catch (thrown) {
      await closeEnds(ends, null);
      this.#reads(name, before, null);
      throw thrown;
    }
    if (before) await this.#remove(name, before);
    this.#reads(name, null, compiled);
    const next = this.#maker.make(name, compiled, ends, null, this.#maker.newOrder(name));
    this.#take(name, next);
    try {
      await next.pipeline.open();
      notePlan(name, next, save, 0, this.#parts.durable, this.catalog);
    } catch (thrown) {
      await this.#remove(name, next);
      this.#forget(name, next);
      throw thrown;
    } finally {
      if (before) removeOrder(before.order, this.#parts.durable);
    }
    this.#begin(next);
  }

  /** It takes rows from now on (`held`: once it is told), and checkpoints of it are taken. */
  #begin({ pipeline, order: { checkpoints, plans } }: Deployed, held = false): void {
    pipeline.start(held);
    checkpoints?.attach(pipeline, turnAt(plans, plans.length - 1));
  }

  /** Deploys a changed plan that goes on with the state of `before`, which goes on by itself when that is not possible. */
  async #continue(name: string, compiled: Compiled, before: Deployed, start: Start, save: Text): Promise<void> {
    const { durable } = this.#parts, from = startOfOthers(start, compiled.physical, before.pipeline);
    const ends = this.#ends(name, compiled, before, before.pipeline, from);
    const note = (next: Deployed) => notePlan(name, next, save, before.pipeline.number, durable, this.catalog);
    this.#begin(await continueWith({ name, compiled, before, ends }, note, this.#going));
  }

  get #going(): ContinueParts {
    return {
      pool: this.#parts.pool,
      maker: this.#maker,
      reads: (name, before, after) => this.#reads(name, before, after),
      leave: ({ id }) => this.#byId.delete(id),
      take: (name, next) => this.#take(name, next),
    };
  }

  /**
   * Finds the pipelines that an earlier process has left, with all that they need at once, so that nothing of it goes. Resolves to what has them do
   * again what they did; that resolves when they have.
   */
  async recover(): Promise<() => Promise<void>> {
    const { durable } = this.#parts;
    if (!durable) return () => Promise.resolve();
    const goOn = await findPipelines(durable, this.#recovery());
    return async () => await (await this.#changes.take(goOn)).through;
  }

  #recovery(): RecoveryParts {
    const { streams } = this.#parts;
    return {
      maker: this.#maker,
      endOf: (stream) => streams.find(stream)?.log.end ?? 0,
      arriveFrom: (stream, timeMs) => streams.find(stream)?.log.arrivals.raise(timeMs),
      hold: (stream, offset) => streams.find(stream)?.log.hold(offset) ?? null,
      load: ({ physical }) => loadFunctions(referencesIn(physical), this.#parts),
      compile: (name, saved) => compilePlan(named(saved.plan, name), catalogOf(saved, this.catalog)),
      ends: (name, compiled, before, start) => this.#ends(name, compiled, before, before?.pipeline ?? null, start),
      awaited: (name, saved) => {
        this.#absent.await(name, saved);
        this.#reads(name, null, null);
      },
      inTurn: (change) => this.#changes.take(change),
      isThere: (name, deployed) => !this.#closing && this.#deployed.get(name) === deployed,
      repeats: (name, through) => this.#repeating.add(name, through),
      arrived: (name) => this.#absent.get(name) ?? this.#arrive(name),
      take: (name, first, sql) => {
        this.#absent.take(name);
        this.#take(name, first);
        this.#scripts.set(name, sql);
      },
      leave: async (name, first) => {
        this.#absent.await(name, first.order.plans.at(-1)!);
        await this.#remove(name, first);
      },
      tasks: this.#parts.pool.tasks,
      handOver: (name, before, next, change) => handOver(name, before, next, change, () => {}, this.#going),
      lost: (name, plan, thrown) => {
        if (this.#revival.isTriedAgain(name, thrown)) return;
        const made = this.find(name), reason = reasonOf(thrown);
        if (!made) return this.#absent.lose(name, plan, reason);
        made.fail(`It cannot be recovered: ${reason}`);
        this.#arrive(name);
      },
    };
  }

  /** It does nothing again any more, and has what its plan has alone; where it has failed, also what its newest plan has: it goes on with that when it is deployed again. */
  #arrive(name: string): void {
    if (this.find(name)?.state !== "failed") this.#absent.arrive(name);
    const reads = () => this.#absent.get(name) ?? this.#reads(name, this.#deployed.get(name) ?? null, null);
    void this.#changes.through.then(reads);
  }

  /** Makes a pipeline of what a savepoint has, in the place of what has its name; that goes on when it cannot be made. */
  restore(name: string, saved: OpenedSavepoint, start: SavedStart, under: RestoredPlan = "saved") {
    return this.#changes.take(async () => {
      const before = this.#deployed.get(name) ?? null, sql = this.#scripts.get(name) ?? undefined;
      const plan = under === "saved" ? null : checkPlan({ name, saved, before }, this.#recovery(), this.catalog);
      this.#admit(before);
      const next = await restoreSavepoint({ name, saved, start, before }, this.#parts, {
        ...this.#recovery(),
        catalog: this.catalog,
        others: [...this.all(), ...this.#absent.targets],
        fresh: (compiled, positions) => this.#ends(name, compiled, before, null, positions),
        remove: (deployed) => this.#remove(name, deployed),
        removeOrder: ({ order }) => removeOrder(order, this.#parts.durable),
      });
      this.#settle(name);
      this.#begin(next, plan !== null);
      if (plan) {
        const from = start === "saved" ? "earliest" : start;
        await this.#put(name, plan, { start: from, state: "keep", sql }).finally(() => this.find(name)?.resume());
      }
      return { created: before === null, pipeline: this.get(name) };
    });
  }

  #admit(before: Deployed | null): void {
    if (this.#closing) throw new RdxError("closing", "The engine is shutting down and takes no more pipelines");
    if (before || this.#deployed.size < PIPELINES_MAX) return;
    throw new RdxError("busy", `There are ${PIPELINES_MAX} pipelines already: delete one first`);
  }

  /** Makes `next` what the name means. */
  #take(name: string, next: Deployed): void {
    this.#byId.set(next.id, next.pipeline);
    this.#deployed.set(name, next);
    next.pipeline.broke = (message, chunk) => this.#revival.broke(name, next, message, chunk);
    this.#parts.views.show(name, next.pipeline.sinks);
  }

  /** What the plan reads and writes; when one of them is refused, nothing has changed. */
  #ends(name: string, compiled: Compiled, before: Deployed | null, keep: Pipeline | null, start: Start): Ends {
    this.#reads(name, before, compiled);
    try {
      const anew = before && keep ? viewsToMove(before, compiled) : undefined;
      return this.#maker.ends(name, compiled.physical, keep, start, anew);
    } catch (thrown) {
      this.#reads(name, before, null);
      throw thrown;
    }
  }

  #reads(name: string, before: Deployed | null, after: Compiled | null): void {
    noteReader(this.#parts.streams, name, [before?.pipeline.plan, after?.physical], this.#absent.reads(name));
  }

  /** Takes a checkpoint now; resolves to what is known of the newest, `problem` says why it could not be taken. Null: nothing outlives the process. */
  async checkpoint(name: string): Promise<CheckpointStatus | null> {
    const { checkpoints } = this.deployed(name).order;
    await checkpoints?.take();
    return checkpoints?.status ?? null;
  }

  delete(name: string): Promise<void> {
    return this.#changes.take(async () => {
      const deployed = this.#deployed.get(name) ?? null;
      if (!deployed && !this.#absent.get(name)) this.deployed(name);
      if (deployed) await this.#remove(name, deployed);
      this.#forget(name, deployed);
    });
  }

  /** It is not there again after a restart. */
  #forget(name: string, deployed: Deployed | null): void {
    this.#parts.durable?.meta.dropPipeline(name);
    this.#absent.delete(name);
    this.#revival.forget(name);
    this.#scripts.delete(name);
    this.#reads(name, null, null);
    if (deployed) removeOrder(deployed.order, this.#parts.durable);
  }

  async #remove(name: string, { pipeline, id, order }: Deployed, comesBack = false): Promise<void> {
    await pipeline.stop();
    await order.checkpoints?.detach();
    this.#byId.delete(id);
    this.#deployed.delete(name);
    if (!comesBack) this.#parts.views.show(name, []);
    pipeline.meter.close();
    this.#reads(name, null, null);
  }

  flow(name: string): Promise<PipelineFlow> {
    return this.#pictures.flow(name);
  }

  explain(name: string) {
    return this.#pictures.explain(name);
  }

  explainPlan(plan: unknown, catalog = this.catalog) {
    return this.#pictures.explainPlan(plan, catalog);
  }

  /** Brings the gauges up to date. */
  gauge(): void {
    for (const deployed of this.#deployed.values()) gauge(deployed, this.#parts.clock.now());
  }

  /** Deploys nothing more, and ends pipelines over what others leave out behind those others; resolves when all pipelines have come to their end. */
  async drain(): Promise<void> {
    this.#closing = true;
    await this.#changes.through;
    await drainAll(this.all());
  }

  /**
   * Resolves when nothing that was accepted waits for a pipeline, and all have checkpoints of what they have; those that an earlier process has left go on in the
   * next.
   */
  async rest(): Promise<void> {
    this.#closing = true;
    await allAtRest(() => this.all(), this.#parts.clock);
    await Promise.all([...this.#deployed.values()].map(({ order }) => order.checkpoints?.take()));
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#revival.close();
    // What is recovering goes on in the next process.
    if (!this.#parts.durable) await this.#changes.through;
    await Promise.all([...this.#deployed].map(async ([name, deployed]) => {
      await this.#remove(name, deployed);
      await deployed.order.log.close();
    }));
  }
}
