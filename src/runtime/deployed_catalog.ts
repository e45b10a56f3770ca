import type { Catalog } from "../plan/catalog.ts";
import type { PhysicalPlan } from "../plan/physical.ts";

/** The catalogue as a deployed plan goes on seeing it: columns that it reads keep their types, however their streams widen. */
export function deployedCatalog(catalog: Catalog, { sources }: PhysicalPlan): Catalog {
  return {
    ...catalog,
    stream(name) {
      const stream = catalog.stream(name), source = sources.find((one) => one.stream === name);
      if (!stream || !source) return stream;
      const read = new Map(source.columns.map((column) => [column.name, column]));
      const columns = stream.columns.map((column) => read.get(column.name) ?? column);
      const { time, delayMs, futureSkewMs } = stream;
      return { columns, time, delayMs, futureSkewMs };
    },
  };
}
