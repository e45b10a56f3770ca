import type { Catalog } from "../plan/catalog.ts";
import type { SavedPlan } from "../store.ts";
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
    const { columns, time, delayMs, futureSkewMs } = seen;
    return [[stream!, { columns, time, delayMs, futureSkewMs }] as const];
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
