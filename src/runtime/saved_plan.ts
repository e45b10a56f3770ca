import type { Catalog } from "../plan/catalog.ts";
import type { Durable, SavedPlan } from "../store.ts";
import { turnAt } from "./order_holds.ts";
import { partitionsRead } from "./partition_inputs.ts";
import type { Compiled, Deployed } from "./pipeline_maker.ts";
import type { Pipeline } from "./pipeline.ts";

/** What a pipeline that is open and has not begun needs to do the same in another process. `after`: the last number before it. */
export function savedPlan(
  plan: unknown,
  sql: string | null,
  pipeline: Pipeline,
  after: number,
  catalog: Catalog,
): SavedPlan {
  const { sources, sinks } = pipeline.plan;
  const streams = sources.flatMap(({ stream }) => {
    const seen = stream === null ? null : catalog.stream(stream);
    if (!seen) return [];
    const { columns, time, delayMs, futureSkewMs } = seen, partitions = partitionsRead(pipeline.plan, stream!);
    return [[stream!, { columns, time, delayMs, futureSkewMs, ...(partitions > 1 ? { partitions } : {}) }] as const];
  });
  const starts = sources.flatMap(({ id, stream }, i) =>
    stream === null ? [] : [[id, pipeline.inputs[i].offset] as const]
  );
  const origins = sinks.flatMap(({ id }, i) => {
    const { place } = pipeline.sinks[i];
    return place === undefined || place === null ? [] : [[id, place] as const];
  });
  return {
    after,
    plan,
    sql,
    streams: Object.fromEntries(streams),
    starts: Object.fromEntries(starts),
    origins: Object.fromEntries(origins),
  };
}

/** The catalogue as it was when the plan was deployed. */
export function catalogOf({ streams }: SavedPlan, catalog: Catalog): Catalog {
  return { ...catalog, stream: (name) => Object.hasOwn(streams, name) ? streams[name] : null };
}

/** The plan that a pipeline was deployed with last: it may be on its way there, or have failed on it. */
export function newestPlan(
  { plan, pipeline, order }: Deployed,
  { compile }: { compile(name: string, saved: SavedPlan): Compiled },
): Compiled {
  const saved = order.plans.at(-1);
  return saved ? compile(plan.name, saved) : { plan, physical: pipeline.plan };
}

/** A plan as it was deployed, and the script that it came from. */
export type Text = Pick<SavedPlan, "plan" | "sql">;

/** Notes the plan that a pipeline has from now on, behind the number `after`, before anything comes of it. */
export function notePlan(
  name: string,
  { order, pipeline }: Deployed,
  { plan, sql }: Text,
  after: number,
  durable: Durable | null | undefined,
  catalog: Catalog,
): void {
  if (!durable) return;
  const turn = order.plans.length === 0 ? 0 : turnAt(order.plans, order.plans.length - 1) + 1;
  order.plans = [...order.plans, { ...savedPlan(plan, sql, pipeline, after, catalog), turn }];
  durable.meta.putPipeline({ name, plans: order.plans }, order.folder!);
}

/** A plan that means the same is written in another way. */
export function noteText(name: string, { order }: Deployed, { sql }: Text, durable: Durable | null | undefined): void {
  const last = order.plans.at(-1);
  if (!durable || !last || last.sql === sql) return;
  order.plans = [...order.plans.slice(0, -1), { ...last, sql }];
  durable.meta.putPipeline({ name, plans: order.plans }, order.folder!);
}
