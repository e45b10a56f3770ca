import { RdxError, reasonOf } from "../core/errors.ts";
import { FUNCTION_LOAD_MS_MAX, PIPELINES_MAX } from "../core/limits.ts";
import { NAME_PATTERN } from "../core/schema.ts";
import { functionName, type FunctionReference } from "../core/user_function.ts";
import { compilePlan } from "../plan/compile.ts";
import type { Catalog } from "../plan/catalog.ts";
import { explainPlan, type Explanation, formatExplanation, type RuntimeFacts } from "../plan/explain.ts";
import { STANDARD_LOOKUPS } from "../plan/lookup_kinds.ts";
import type { PhysicalPlan } from "../plan/physical.ts";
import { compareState } from "../plan/state.ts";
import { referencesIn } from "../kernel/user_functions.ts";
import { deployedCatalog } from "./deployed_catalog.ts";
import { sideDepth } from "./late_columns.ts";
import { modeAfter, shareState } from "./plan_shape.ts";
import { openSinks } from "./open_sinks.ts";
import type { Pipeline } from "./pipeline.ts";
import {
  closeEnds,
  type Compiled,
  type Deployed,
  type Ends,
  PipelineMaker,
  type PipelinesParts,
  type Start,
  streamsOf,
} from "./pipeline_maker.ts";
import type { FromTask } from "./protocol.ts";
import { labelNodes } from "./node_labels.ts";
import { within } from "./within.ts";
import type { PipelineFlow, PipelineInfo, PipelineService } from "./service.ts";

/** The pipelines of an engine, by name. */
export class Pipelines implements PipelineService {
  readonly #parts: PipelinesParts;
  readonly #deployed = new Map<string, Deployed>();
  readonly #byId = new Map<number, Pipeline>();
  /** The scripts of SQL that pipelines were deployed as. */
  readonly #scripts = new Map<string, string>();
  /** Changes of deployments happen one after the other. */
  #changes: Promise<unknown> = Promise.resolve();
  readonly #maker: PipelineMaker;
  /** What the nodes of a deployed plan do, once somebody asked. */
  readonly #labels = new WeakMap<Pipeline, PipelineFlow["nodes"]>();
  #closing = false;

  constructor(parts: PipelinesParts) {
    this.#parts = parts;
    this.#maker = new PipelineMaker(parts);
    parts.pool.onMessage(
      (message: FromTask) => this.#byId.get(message.pipeline)?.receive(message),
      (reason) => this.#workerDied(reason),
    );
  }

  #workerDied(reason: string): void {
    for (const { pipeline } of this.#deployed.values()) pipeline.fail(`${reason}; restart the engine`);
  }

  get catalog(): Catalog {
    const { streams, sinks, views, lookups, functions } = this.#parts;
    return {
      ...(functions ? { functions } : {}),
      lookupKinds: new Map([...STANDARD_LOOKUPS].filter(([kind]) => lookups?.has(kind))),
      stream: (name) => streams.seen(name),
      streamNames: () => streams.names(),
      sinkKinds: new Map([
        ["view", views.kind],
        ...[...sinks].map(([kind, { options, target, changes, guarantee }]) =>
          [kind, { options, ...(target ? { target } : {}), changes, guarantee }] as const
        ),
      ]),
    };
  }

  all(): Iterable<Pipeline> {
    return [...this.#deployed.values()].map(({ pipeline }) => pipeline);
  }

  find(name: string): Pipeline | null {
    return this.#deployed.get(name)?.pipeline ?? null;
  }

  list(): PipelineInfo[] {
    return [...this.#deployed.values()].map((deployed) => this.#info(deployed));
  }

  get(name: string): PipelineInfo {
    return this.#info(this.#get(name));
  }

  #get(name: string): Deployed {
    const deployed = this.#deployed.get(name);
    if (!deployed) throw new RdxError("not_found", `There is no pipeline ${name}`);
    return deployed;
  }

  put(name: string, json: unknown, options: { start: Start; state: "keep" | "fresh"; sql?: string }) {
    return this.#inTurn(() => this.#put(name, json, options));
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#changes.then(change, change);
    this.#changes = turn.catch(() => {});
    return turn;
  }

  async #put(
    name: string,
    json: unknown,
    { start, state, sql }: { start: Start; state: "keep" | "fresh"; sql?: string },
  ) {
    if (this.#closing) throw new RdxError("closing", "The engine is shutting down and takes no more pipelines");
    const compiled = await this.#compile(named(json, name)), before = this.#deployed.get(name);
    if (!before && this.#deployed.size >= PIPELINES_MAX) {
      throw new RdxError("busy", `There are ${PIPELINES_MAX} pipelines already: delete one first`);
    }
    this.#checkViews(name, compiled.physical);
    this.#parts.streams.keepRead(compiled.physical);
    if (before?.pipeline.state === "stalled" && state === "keep") {
      throw new RdxError(
        "conflict",
        `Pipeline ${name} is stalled, and a plan cannot take its state over: state=fresh starts without it`,
      );
    }
    const running = before?.pipeline.state === "running";
    const comparison = before && running && state === "keep"
      ? compareState(before.pipeline.plan, compiled.physical)
      : null;
    if (comparison?.verdict === "incompatible") {
      throw new RdxError(
        "conflict",
        `The state of pipeline ${name} does not fit its new plan; state=fresh starts without it`,
        comparison.differences,
      );
    }
    if (comparison?.verdict === "compatible" && this.#parts.pool.tasks > 1) {
      this.#checkPlaces(before!, compiled.physical);
    }
    if (comparison?.verdict === "compatible") await this.#continue(name, compiled, before!, start);
    else if (comparison === null) await this.#renew(name, compiled, before ?? null, start);
    if (sql === undefined) this.#scripts.delete(name);
    else this.#scripts.set(name, sql);
    return { created: before === undefined, pipeline: this.get(name) };
  }

  /** State that is spread over workers cannot come together in one. */
  #checkPlaces({ pipeline }: Deployed, plan: PhysicalPlan): void {
    const spread = pipeline.mode === "parallel" && modeAfter(plan, pipeline.mode) === "ordered";
    if (!spread || !shareState(pipeline.plan, plan)) return;
    throw new RdxError(
      "conflict",
      `The state of pipeline ${plan.name} is spread over ${this.#parts.pool.tasks} workers, and its new plan, whose operators feed each ` +
        "other, runs in one; state=fresh starts without it",
    );
  }

  /**
   * Compiles a plan and loads its user functions: what cannot be loaded is refused before anything has changed. Streams may have changed
   * meanwhile, so that the plan is compiled once more.
   */
  async #compile(json: unknown): Promise<Compiled> {
    const compiled = compilePlan(json, this.catalog), references = referencesIn(compiled.physical);
    if (references.length === 0) return compiled;
    await this.#loadFunctions(references);
    return compilePlan(json, this.catalog);
  }

  async #loadFunctions(references: readonly FunctionReference[]): Promise<void> {
    const rules = this.#parts.functions;
    for (const { module } of references) {
      const refused = rules?.refusal(module);
      if (refused) throw new RdxError("invalid_plan", refused.reason, [refused]);
    }
    const loaded = this.#parts.pool.loadFunctions(references);
    if (await within(this.#parts.clock, FUNCTION_LOAD_MS_MAX, loaded)) return;
    const names = references.map(functionName).join(", "), seconds = FUNCTION_LOAD_MS_MAX / 1000;
    throw new RdxError(
      "invalid_plan",
      `Cannot load user functions in ${seconds} s: ${names}; does one of them never end?`,
    );
  }

  /** No two pipelines write one view. */
  #checkViews(name: string, plan: PhysicalPlan): void {
    for (const { id, sink } of plan.sinks) {
      const owner = sink.kind === "view" ? this.#parts.views.ownerOf(String(sink.name)) : null;
      if (owner === null || owner === name) continue;
      const reason = `View ${sink.name} belongs to pipeline ${owner}`;
      throw new RdxError("conflict", reason, [{ node: id, path: "sink.name", reason, hint: "Choose another name" }]);
    }
  }

  /** Deploys a plan that starts without state, in the place of what has its name. */
  async #renew(name: string, compiled: Compiled, before: Deployed | null, start: Start): Promise<void> {
    const ends = this.#ends(name, compiled, before, null, start);
    try {
      await ends.lookups?.open();
    } catch (thrown) {
      await closeEnds(ends, null);
      this.#reads(name, before, null);
      throw thrown;
    }
    if (before) await this.#remove(name, before);
    this.#reads(name, null, compiled);
    const next = this.#maker.make(name, compiled, ends, null);
    this.#take(name, next);
    try {
      await next.pipeline.open();
    } catch (thrown) {
      await this.#remove(name, next);
      throw thrown;
    }
    next.pipeline.start();
  }

  /** Deploys a changed plan that goes on with the state of `before`, which goes on by itself when that is not possible. */
  async #continue(name: string, compiled: Compiled, before: Deployed, start: Start): Promise<void> {
    const keep = before.pipeline, ends = this.#ends(name, compiled, before, keep, start);
    try {
      await ends.lookups?.open();
      await keep.quiesce();
      await openSinks(ends.sinks, compiled.physical, keep.sinks);
    } catch (thrown) {
      await closeEnds(ends, keep);
      this.#reads(name, before, null);
      keep.resume();
      throw thrown;
    }
    await this.#handOver(name, before, this.#maker.make(name, compiled, ends, before));
  }

  /** From here on there is no way back: the tasks of `next` take the state over. */
  async #handOver(name: string, before: Deployed, next: Deployed): Promise<void> {
    try {
      await next.pipeline.open(next.pipeline.sinks);
    } catch (thrown) {
      before.pipeline.fail(`Its state was lost on the way to a changed plan: ${reasonOf(thrown)}`);
      await next.pipeline.stop();
      this.#reads(name, before, null);
      throw thrown;
    }
    this.#byId.delete(before.id);
    await before.pipeline.handOver(next.pipeline);
    await this.#parts.pool.remove(before.id);
    next.pipeline.meter.reads(streamsOf(next.pipeline.plan));
    this.#reads(name, next, null);
    this.#take(name, next);
    next.pipeline.start();
  }

  /** Makes `next` what the name means. */
  #take(name: string, next: Deployed): void {
    this.#byId.set(next.id, next.pipeline);
    this.#deployed.set(name, next);
    this.#parts.views.show(name, next.pipeline.sinks);
  }

  /** What the plan reads and writes; when one of them is refused, nothing has changed. */
  #ends(name: string, compiled: Compiled, before: Deployed | null, keep: Pipeline | null, start: Start): Ends {
    this.#reads(name, before, compiled);
    try {
      return this.#maker.ends(name, compiled.physical, keep, start);
    } catch (thrown) {
      this.#reads(name, before, null);
      throw thrown;
    }
  }

  /** Notes what the pipeline reads, before or after a change, so that nobody deletes it meanwhile. */
  #reads(name: string, before: Deployed | null, after: Compiled | null): void {
    const sources = [...(before?.pipeline.plan.sources ?? []), ...(after?.physical.sources ?? [])];
    const read = new Set(sources.map(({ stream }) => stream));
    for (const { name: stream, readers } of this.#parts.streams.all()) {
      if (read.has(stream)) readers.add(name);
      else readers.delete(name);
    }
  }

  delete(name: string): Promise<void> {
    return this.#inTurn(() => this.#remove(name, this.#get(name)));
  }

  async #remove(name: string, { pipeline, id }: Deployed): Promise<void> {
    await pipeline.stop();
    this.#byId.delete(id);
    this.#deployed.delete(name);
    this.#parts.views.show(name, []);
    pipeline.meter.close();
    this.#reads(name, null, null);
  }

  async flow(name: string): Promise<PipelineFlow> {
    const { plan, pipeline } = this.#get(name);
    let nodes = this.#labels.get(pipeline);
    if (!nodes) {
      nodes = labelNodes(explainPlan(plan, deployedCatalog(this.catalog, pipeline.plan)), pipeline.plan);
      this.#labels.set(pipeline, nodes);
    }
    const edges = await pipeline.flow();
    return { name, state: pipeline.state, reason: pipeline.reason, nodes, edges };
  }

  explain(name: string) {
    const { plan, pipeline } = this.#get(name);
    return rendered(explainPlan(plan, deployedCatalog(this.catalog, pipeline.plan), this.#facts(name)));
  }

  explainPlan(plan: unknown, catalog = this.catalog) {
    return rendered(explainPlan(plan, catalog, this.#facts(null)));
  }

  /** `shared` lists the streams that other pipelines read too: their rows are decoded once for all. */
  #facts(name: string | null): RuntimeFacts {
    const shared = [...this.#parts.streams.all()]
      .filter(({ readers }) => readers.size > 1 && (name === null || readers.has(name)))
      .map((stream) => ({ stream: stream.name, pipelines: [...stream.readers] }));
    const { streams } = this.#parts, late = [...streams.names()].filter((stream) => streams.wantsLate(stream));
    return { workers: this.#parts.pool.tasks, shared, late, answersLogged: this.#parts.ordersKept ?? false };
  }

  #info({ plan, pipeline }: Deployed): PipelineInfo {
    const { meter, watermark, plan: physical } = pipeline;
    return {
      name: plan.name,
      state: pipeline.state,
      reason: pipeline.reason,
      sources: streamsOf(physical),
      sinks: physical.sinks.map(({ id, sink }, i) => ({
        kind: sink.kind,
        name: String(sink.name ?? sink.path ?? id),
        guarantee: pipeline.sinks[i].guarantee,
      })),
      watermark: watermark === -Infinity ? null : watermark,
      rowsIn: meter.rowsIn,
      rowsOut: meter.rowsOut,
      lateRows: meter.lateRows,
      rowsInPerSecond: meter.rowsInPerSecond,
      rowsOutPerSecond: meter.rowsOutPerSecond,
      latencyMs: meter.latencyMs,
      lagRows: pipeline.lagRows,
      stateRows: meter.stateRows,
      stateBytes: meter.stateBytes,
      progress: pipeline.progress,
      tasks: this.#parts.pool.tasks,
      deadRows: meter.deadRows,
      functionErrors: meter.functionErrors,
      errors: pipeline.errors,
      plan,
      sql: this.#scripts.get(plan.name) ?? null,
    };
  }

  /** Brings the gauges up to date. */
  gauge(): void {
    for (const { pipeline } of this.#deployed.values()) {
      pipeline.meter.gauge(pipeline.watermark, this.#parts.clock.now(), pipeline.lagRows);
    }
  }

  /** Deploys nothing more, and ends pipelines over what others leave out behind those others; resolves when all pipelines have come to their end. */
  async drain(): Promise<void> {
    await this.#close();
    const stages = Map.groupBy(this.all(), ({ plan }) => Math.max(0, ...plan.sources.map(sideDepth)));
    for (const [, pipelines] of [...stages].sort(([a], [b]) => a - b)) {
      await Promise.all(pipelines.map((pipeline) => pipeline.drain()));
    }
  }

  async #close(): Promise<void> {
    this.#closing = true;
    await this.#changes;
  }

  async close(): Promise<void> {
    await this.#close();
    await Promise.all([...this.#deployed.keys()].map((name) => this.delete(name)));
  }
}

/** The plan with the name it is deployed under; a plan that says another is refused by the plan's own check. */
function named(json: unknown, name: string): unknown {
  if (!NAME_PATTERN.test(name)) throw new RdxError("invalid_plan", `Cannot use ${JSON.stringify(name)} as a name`);
  if (typeof json !== "object" || json === null || Array.isArray(json)) return json;
  const given = Object.hasOwn(json, "name") ? (json as { name: unknown }).name : name;
  if (given === name) return { ...json, name };
  const reason = `The plan is named ${JSON.stringify(given)} and was put as ${name}`;
  throw new RdxError("invalid_plan", reason, [{ path: "name", reason }]);
}

function rendered(explanation: Explanation): { text: string; json: unknown } {
  return { text: formatExplanation(explanation), json: explanation };
}
