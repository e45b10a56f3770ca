import type { Column } from "../core/schema.ts";
import type { LineMaker, RangeSource } from "../source.ts";
import { NEXMARK_BASE_MS, nexmarkLines, type NexmarkOptions, type NexmarkTable, openNexmark } from "./nexmark.ts";
import { openValues, valuesLines } from "./values.ts";

/** A connector that makes its rows, as plans have it. */
export type MadeConnector =
  | {
    readonly kind: "nexmark";
    readonly table: NexmarkTable;
    readonly events: number;
    readonly events_per_second: number;
    readonly seed: number;
  }
  /** Each row has a value for each of the columns that are read. */
  | { readonly kind: "values"; readonly rows: readonly (readonly unknown[])[] };

/** The ranges of what the connector makes. */
export function openMade(connector: MadeConnector, columns: readonly Column[]): RangeSource {
  if (connector.kind === "nexmark") return openNexmark(nexmarkOptions(connector));
  return openValues({ columns, rows: connector.rows });
}

/** Makes the lines of these ranges. */
export function makeLines(connector: MadeConnector, columns: readonly Column[]): LineMaker {
  if (connector.kind === "nexmark") return nexmarkLines(nexmarkOptions(connector));
  return valuesLines({ columns, rows: connector.rows });
}

function nexmarkOptions(connector: Extract<MadeConnector, { kind: "nexmark" }>): NexmarkOptions {
  const { table, events, events_per_second: eventsPerSecond, seed } = connector;
  return { table, events, eventsPerSecond, seed, baseMs: NEXMARK_BASE_MS };
}
