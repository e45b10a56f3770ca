import { reasonOf } from "../../core/errors.ts";
import { countState } from "../checkpoint/restore.ts";
import { checkSinks, openSinks } from "../open_sinks.ts";
import { turnAt } from "../order_holds.ts";
import type { Compiled, Deployed, Ends, PipelineMaker } from "../pipeline_maker.ts";
import { closeEnds, streamsOf } from "../pipeline_maker.ts";
import type { EnginePool } from "../pool.ts";
import { beginChange, type Change, takeOver } from "./move.ts";

/** What going on needs of the pipelines that there are. */
export interface ContinueParts {
  readonly pool: EnginePool;
  readonly maker: PipelineMaker;
  /** What it reads is kept for it. */
  reads(name: string, before: Deployed | null, after: Compiled | null): void;
  /** Nothing that its tasks say is for it any more. */
  leave(deployed: Deployed): void;
  /** Makes it what the name means. */
  take(name: string, next: Deployed): void;
}

/** Deploys a changed plan that goes on with the state of `before`, which goes on by itself when that is not possible. */
export async function continueWith(
  { name, compiled, before, ends }: { name: string; compiled: Compiled; before: Deployed; ends: Ends },
  save: (next: Deployed) => void,
  parts: ContinueParts,
): Promise<Deployed> {
  const keep = before.pipeline, { order } = before, { pool, maker } = parts, held = order.holds.length;
  let next: Deployed | null = null, change: Change;
  try {
    await ends.lookups?.open();
    await checkSinks(ends.sinks, compiled.physical, keep.sinks);
    await order.checkpoints?.detach();
    await keep.quiesce();
    await openSinks(ends.sinks, compiled.physical, keep.sinks);
    change = await beginChange(before, compiled, pool.tasks);
    next = maker.make(name, compiled, ends, before, order, { moved: change.move?.facts ?? null });
    await takeOver(keep, next.pipeline, change);
    if (change.move) save(next);
  } catch (thrown) {
    if (next) await pool.remove(next.id);
    order.holds.splice(held);
    await closeEnds(ends, keep);
    parts.reads(name, before, null);
    keep.resume();
    order.checkpoints?.attach(keep, turnAt(order.plans, order.plans.length - 1));
    throw thrown;
  }
  const made = next;
  await handOver(name, before, made, change, () => change.move ? undefined : save(made), parts);
  return made;
}

/** From here on there is no way back: `next` has the state, or its tasks take it over. */
export async function handOver(
  name: string,
  before: Deployed,
  next: Deployed,
  { move }: Change,
  save: () => unknown,
  parts: ContinueParts,
): Promise<void> {
  try {
    if (!move) await next.pipeline.open(next.pipeline.sinks);
    save();
  } catch (thrown) {
    before.pipeline.fail(`Its state was lost on the way to a changed plan: ${reasonOf(thrown)}`);
    await next.pipeline.stop();
    parts.reads(name, before, null);
    throw thrown;
  }
  parts.leave(before);
  await before.pipeline.handOver(next.pipeline);
  await parts.pool.remove(before.id);
  const { meter, plan } = next.pipeline;
  if (move) {
    meter.moved(next.pipeline.parts.taskPlan.mode === "ordered" ? next.pipeline.parts.taskPlan.owner : 0);
    await countState(next.pipeline);
  }
  meter.reads(streamsOf(plan));
  parts.reads(name, next, null);
  parts.take(name, next);
}
