import { STANDARD_LOOKUPS } from "../plan/lookup_kinds.ts";
import type { PipelinesParts } from "./pipeline_maker.ts";
import type { Catalog } from "../plan/catalog.ts";
import { partitionsRead } from "./partition_inputs.ts";
import type { PhysicalPlan } from "../plan/physical.ts";

/** The catalogue as a deployed plan goes on seeing it: columns that it reads keep their types, however their streams widen. */
export function deployedCatalog(catalog: Catalog, plan: PhysicalPlan): Catalog {
  const { sources } = plan;
  return {
    ...catalog,
    stream(name) {
      const stream = catalog.stream(name), source = sources.find((one) => one.stream === name);
      if (!stream || !source) return stream;
      const read = new Map(source.columns.map((column) => [column.name, column]));
      const columns = stream.columns.map((column) => read.get(column.name) ?? column);
      const { time, delayMs, futureSkewMs } = stream;
      return { columns, time, delayMs, futureSkewMs, partitions: partitionsRead(plan, name) };
    },
  };
}

/** What there is for plans to read and write. */
export function catalogFrom(
  { streams, sinks, views, lookups, functions }: Pick<
    PipelinesParts,
    "streams" | "sinks" | "views" | "lookups" | "functions"
  >,
): Catalog {
  return {
    ...(functions ? { functions } : {}),
    lookupKinds: new Map([...STANDARD_LOOKUPS].filter(([kind]) => lookups?.has(kind))),
    stream: (name) => streams.seen(name),
    streamNames: () => streams.names(),
    sinkKinds: new Map([
      ["view", views.kind],
      ...[...sinks].map(([kind, { options, target, changes, guarantee, by }]) =>
        [kind, { options, ...(target ? { target } : {}), changes, guarantee, ...(by ? { by } : {}) }] as const
      ),
    ]),
  };
}
