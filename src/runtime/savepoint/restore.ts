import { type ErrorDetail, RdxError } from "../../core/errors.ts";
import { type Column, columnIndex, formatType, sameType } from "../../core/schema.ts";
import { widerType } from "../../core/wider_type.ts";
import type { Catalog } from "../../plan/catalog.ts";
import { compareState } from "../../plan/state.ts";
import { compilePlan } from "../../plan/compile.ts";
import type { Plan } from "../../plan/plan.ts";
import type { PhysicalPlan, PhysicalSource } from "../../plan/physical.ts";
import type { CheckpointFacts, Durable, OpenedSavepoint, SavedPlan, SavedStep } from "../../store.ts";
import { restoreCheckpoint } from "../checkpoint/restore.ts";
import { neededFor, type SavedRun, savedRun } from "../checkpoint/saved_run.ts";
import { checkTargets, checkViews, type Writer } from "../deploy_checks.ts";
import { checkSinks } from "../open_sinks.ts";
import { letGo } from "../order_holds.ts";
import type { Compiled, Deployed, Ends, PipelinesParts } from "../pipeline_maker.ts";
import { findPipeline, type RecoveryParts } from "../pipeline_recovery.ts";
import { catalogOf, newestPlan, savedPlan } from "../saved_plan.ts";
import type { Stream } from "../stream.ts";
import { renamedPlan } from "./renamed.ts";

/** Where sources of streams go on: behind what the savepoint has of them, or at an end of what the streams have here. */
export type SavedStart = "saved" | "earliest" | "latest";

/** The plan that it goes on under: the savepoint's, or that which the pipeline of its name has here. */
export type RestoredPlan = "saved" | "deployed";

export interface RestoreRequest {
  readonly name: string;
  readonly saved: OpenedSavepoint;
  readonly start: SavedStart;
  /** What has its name, or null. */
  readonly before: Deployed | null;
}

/** What restoring needs of the pipelines that there are. */
export interface RestoreParts extends RecoveryParts {
  readonly catalog: Catalog;
  readonly others: Iterable<Writer>;
  /** Opens what a plan reads and writes, with nothing that is there already. */
  fresh(compiled: Compiled, positions: Readonly<Record<string, number>>): Ends;
  remove(deployed: Deployed): Promise<void>;
  removeOrder(deployed: Deployed): void;
}

type Engine = Pick<PipelinesParts, "durable" | "streams" | "views" | "sinks">;

/**
 * Makes a pipeline, which has not begun, of a savepoint, in the place of what has its name. Its numbers go on behind those of the savepoint; sinks but views begin
 * a new run. Throws RdxError("conflict") for positions and streams that are not there; whatever it throws, what was there goes on.
 */
export async function restoreSavepoint(
  request: RestoreRequest,
  engine: Engine,
  parts: RestoreParts,
): Promise<Deployed> {
  const { name, saved: { facts } } = request, { checkpoint, plan: was } = facts, { durable } = engine;
  if (!durable) {
    throw new RdxError("conflict", "Nothing outlives this process: start it with a data directory (--data)");
  }
  const from = savedRun(checkpoint);
  const renamed = renamedPlan(was.plan, facts.pipeline, name);
  const plan: SavedPlan = { ...was, plan: renamed, after: checkpoint.number, origins: {} };
  const compiled = parts.compile(name, plan), { physical } = compiled;
  checkViews(name, physical, engine.views);
  checkTargets(name, physical, parts.others, engine);
  const sources = positionsOf(physical, from, request, engine);
  await parts.load(compiled);
  const run: SavedRun = { ...from, sources, places: null, earlier: [] };
  const folder = durable.meta.newOrder(name);
  try {
    await writeCheckpoint(durable, folder, { ...checkpoint, run }, request.saved.steps());
  } catch (thrown) {
    durable.remove(folder);
    throw thrown;
  }
  return await replace(request, { plan, compiled, run, folder }, durable, parts);
}

/**
 * Whether the plan that a pipeline has here can go on with a savepoint's state, as a deployed one can. Throws RdxError("conflict") with the differences;
 * nothing has changed then.
 */
export function checkPlan(
  { name, saved: { facts }, before }: Omit<RestoreRequest, "start">,
  parts: Pick<RestoreParts, "compile">,
  catalog: Catalog,
): Plan {
  if (!before) {
    throw new RdxError(
      "conflict",
      `There is no pipeline ${name} whose plan could go on with the savepoint: deploy it first, or take the savepoint's plan`,
    );
  }
  const { plan: was, pipeline, checkpoint: { number } } = facts;
  const saved = { ...was, plan: renamedPlan(was.plan, pipeline, name), after: number, origins: {} };
  const { plan: own } = newestPlan(before, parts);
  const { plan, physical } = parts.compile(name, saved), after = compilePlan(own, catalog);
  const { verdict, differences } = compareState(physical, after.physical, { before: plan, after: after.plan });
  if (verdict !== "incompatible") return own;
  throw new RdxError(
    "conflict",
    `The state of the savepoint does not fit the plan that pipeline ${name} has here; with its own plan it can be taken in`,
    differences.map(({ hint: _, ...difference }) => difference),
  );
}

interface Prepared {
  readonly plan: SavedPlan;
  readonly compiled: Compiled;
  readonly run: SavedRun;
  readonly folder: string;
}

/** Puts it in the place of what was there. Until it is noted, what was there is what the next process finds. */
async function replace(
  { name, saved: { facts: { checkpoint: { number, takenMs } } }, before }: RestoreRequest,
  { plan, compiled, run, folder }: Prepared,
  durable: Durable,
  parts: RestoreParts,
): Promise<Deployed> {
  const { maker, catalog } = parts,
    { physical } = compiled,
    order = maker.orderOf(name, folder, durable.createOrder(folder, number), []);
  let next: Deployed | null = null;
  try {
    if (before) {
      await before.order.checkpoints?.take();
      await parts.remove(before);
    }
    const ends = parts.fresh(compiled, neededFor(number, run).positions), at = { number, run };
    next = maker.make(name, compiled, ends, null, order, {
      resumed: { saved: plan, until: Infinity, checkpoint: at },
    });
    parts.take(name, next, plan.sql);
    await checkSinks(ends.sinks, physical, []);
    await next.pipeline.open();
    const [info] = await durable.checkpoints.list(folder);
    await restoreCheckpoint(next.pipeline, await durable.checkpoints.open(folder, number), info.bytes);
    const { plan: json, sql } = plan, { turn } = run;
    order.plans = [{ ...savedPlan(json, sql, next.pipeline, number, catalogOf(plan, catalog)), turn }];
    durable.meta.putPipeline({ name, plans: order.plans }, folder);
  } catch (thrown) {
    if (next) await parts.remove(next);
    await order.log.close();
    letGo(order);
    durable.remove(folder);
    if (before) await bringBack(name, before, durable, parts);
    throw thrown;
  }
  order.checkpoints!.restored(number, takenMs, [neededFor(number, run)]);
  if (before) parts.removeOrder(before);
  return next;
}

/** The pipeline that was there goes on. */
async function bringBack(name: string, { order }: Deployed, durable: Durable, parts: RestoreParts): Promise<void> {
  await order.log.close();
  const again = await findPipeline({ name, plans: order.plans, folder: order.folder! }, durable, parts);
  await again();
  letGo(order);
}

async function writeCheckpoint(
  { checkpoints }: Durable,
  folder: string,
  facts: CheckpointFacts,
  steps: AsyncIterable<SavedStep>,
): Promise<void> {
  const writer = await checkpoints.begin(folder, null);
  try {
    for await (const step of steps) await writer.add(step);
    await writer.commit(facts);
  } catch (thrown) {
    await writer.abandon();
    throw thrown;
  }
}

/** Where the sources go on. Throws RdxError("conflict") with all streams that do not have what follows. */
function positionsOf(
  { sources }: PhysicalPlan,
  run: SavedRun,
  { name, start }: RestoreRequest,
  { streams }: Engine,
): SavedRun["sources"] {
  const details: ErrorDetail[] = [];
  const all = sources.map((source) => {
    const was = run.sources[source.id] ?? { position: 0, watermark: null };
    if (source.stream === null) return [source.id, was] as const;
    const stream = streams.find(source.stream),
      misfit = stream ? misfitOf(source, stream) : `There is no stream ${source.stream}`;
    if (!stream || misfit) {
      details.push({
        node: source.id,
        path: "stream",
        reason: misfit!,
        hint: `Declare it with ${shown(source.columns)}`,
      });
      return [source.id, was] as const;
    }
    const { start: first, end } = stream.log,
      position = start === "saved" ? was.position : start === "earliest" ? first : end;
    if (position < first || position > end) {
      const reason = `It goes on at row ${position} of stream ${source.stream}, which has ${first} to ${end}`;
      details.push({
        node: source.id,
        path: "stream",
        reason,
        hint: "start=earliest or start=latest goes on at an end of what there is",
      });
    }
    return [source.id, { ...was, position }] as const;
  });
  if (details.length === 0) return Object.fromEntries(all);
  throw new RdxError(
    "conflict",
    `Pipeline ${name} cannot go on from the savepoint with the streams that are here`,
    details,
  );
}

/** Why a source cannot read a stream any more, or null. */
function misfitOf({ columns, stream: name }: PhysicalSource, stream: Stream): string | null {
  for (const column of columns) {
    const own = stream.columns[columnIndex(stream.columns, column.name)];
    if (!own) return `Stream ${name} has no column ${column.name}`;
    if (sameType(own.type, column.type) || sameType(own.type, widerType(column.type, own.type))) continue;
    return `Column ${column.name} of stream ${name} is ${formatType(own.type)}, and was ${formatType(column.type)}`;
  }
  return null;
}

function shown(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `${name} ${formatType(type)}`).join(", ");
}
