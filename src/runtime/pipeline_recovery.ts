import { RdxError, reasonOf } from "../core/errors.ts";
import type { Durable, SavedPlan } from "../store.ts";
import { openSinks } from "./open_sinks.ts";
import type { Compiled, Deployed, Ends, PipelineMaker, PipelineOrder, Start } from "./pipeline_maker.ts";

/** What recovery needs of the pipelines that there are. */
export interface RecoveryParts {
  readonly maker: PipelineMaker;
  /** Behind the last row of a stream; 0 for one that is not there. */
  endOf(stream: string): number;
  /** Compiles a plan as it was compiled when it was deployed. */
  compile(name: string, saved: SavedPlan): Compiled;
  /** Loads the user functions that it calls. */
  load(compiled: Compiled): Promise<void>;
  ends(name: string, compiled: Compiled, before: Deployed | null, start: Start): Ends;
  /** Makes a pipeline what its name means. */
  take(name: string, first: Deployed, sql: string | null): void;
  handOver(name: string, before: Deployed, next: Deployed): Promise<void>;
  /** It cannot be made again. */
  lost(name: string, plan: SavedPlan, reason: string): void;
}

/**
 * Opens what the pipelines of an earlier process need, and resolves to what has all of them do again what they did. What stands in the way of one is told
 * where pipelines are listed, and keeps no other from going on.
 */
export async function findPipelines(durable: Durable, parts: RecoveryParts): Promise<() => Promise<void>> {
  const found = await Promise.all(
    durable.meta.pipelines().map(async ({ name, plans, folder }) => {
      const lost = (thrown: unknown) => {
        durable.said(`Pipeline ${name} cannot be recovered: ${reasonOf(thrown)}`);
        parts.lost(name, plans.at(-1)!, reasonOf(thrown));
      };
      try {
        const { order: log, replay, ends } = await durable.openOrder(folder);
        const order: PipelineOrder = { log, folder, replay, plans, holds: [] };
        checkEnds(name, plans, ends, parts);
        const first = resume(name, order, 0, null, parts);
        return () => repeat(name, order, first, parts).catch(lost);
      } catch (thrown) {
        lost(thrown);
        return () => Promise.resolve();
      }
    }),
  );
  return async () => void await Promise.all(found.map((again) => again()));
}

/** Rows that are gone would be taken for those that come in their place. Throws RdxError("invalid"). */
function checkEnds(
  name: string,
  plans: readonly SavedPlan[],
  taken: ReadonlyMap<string, number>,
  { compile, endOf }: RecoveryParts,
): void {
  for (const { id, stream } of plans.flatMap((plan) => compile(name, plan).physical.sources)) {
    const to = taken.get(id) ?? 0, end = stream === null ? Infinity : endOf(stream);
    if (to <= end) continue;
    throw new RdxError(
      "invalid",
      `It has taken rows up to ${to} of stream ${stream}, which ends at ${end}: deploy it anew`,
    );
  }
}

/** The pipeline with the plan at `index` of those that it had; with `before`, in its place. */
function resume(
  name: string,
  order: PipelineOrder,
  index: number,
  before: Deployed | null,
  { maker, compile, ends }: RecoveryParts,
): Deployed {
  const saved = order.plans[index], compiled = compile(name, saved);
  const until = order.plans[index + 1]?.after ?? Infinity;
  return maker.make(name, compiled, ends(name, compiled, before, saved.starts), before, order, { saved, until });
}

/** Has a pipeline do again what it did, under each of its plans. */
async function repeat(name: string, order: PipelineOrder, first: Deployed, parts: RecoveryParts): Promise<void> {
  parts.take(name, first, order.plans.at(-1)!.sql);
  for (const plan of order.plans) await parts.load(parts.compile(name, plan));
  await first.pipeline.open();
  first.pipeline.start();
  let last = first;
  for (const [i, { after, origins }] of order.plans.entries()) {
    if (i === 0) continue;
    await last.pipeline.reached(after);
    const keep = last.pipeline;
    await keep.quiesce();
    const next = resume(name, order, i, last, parts);
    await openSinks(next.pipeline.sinks, next.pipeline.plan, keep.sinks, origins);
    await parts.handOver(name, last, next);
    next.pipeline.start();
    last = next;
  }
  await last.pipeline.reached(order.replay!.last);
}
