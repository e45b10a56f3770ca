import type { Catalog } from "../../src/plan/catalog.ts";
import { streamColumns } from "../reference/engine_run.ts";
import { type Feature, FEATURES, type RandomSource } from "../reference/random_flow.ts";
import type { StreamRow } from "../reference/random_rows.ts";
import { frameOfRows } from "../runtime/rows.ts";
import type { Input } from "./state_run.ts";

/** What RDX_RANDOM_FEATURES lists, to look into one thing. */
export const STORED = new Set(
  (Deno.env.get("RDX_RANDOM_FEATURES")?.split(" ") ?? FEATURES) as Feature[],
);
const TICK_MS = 1_000_000;

/** The streams of a plan, and a sink that takes anything. */
export function catalogOf(sources: readonly RandomSource[]): Catalog {
  const streams = new Map(sources.map((source) => [source.id, source]));
  return {
    stream: (name) => {
      const source = streams.get(name);
      return source ? { columns: streamColumns(source), time: "ts", delayMs: source.delayMs, futureSkewMs: 0 } : null;
    },
    sinkKinds: new Map([["collect", { changes: "all" as const, options: { type: "object", properties: {} } }]]),
  };
}

/** Chunks of the sources by turns, with ticks between them, and the ends. */
export function inputsOf(
  sources: readonly RandomSource[],
  rows: readonly (readonly StreamRow[])[],
  cuts: readonly number[],
): Input[] {
  const inputs: Input[] = [], at = sources.map(() => 0);
  const left = () => sources.flatMap((_, i) => at[i] < rows[i].length ? [i] : []);
  for (let turn = 0, open = left(); open.length > 0; turn++, open = left()) {
    const source = open[turn % open.length], from = at[source];
    at[source] = Math.min(rows[source].length, from + 1 + (cuts.length === 0 ? 0 : cuts[turn % cuts.length]));
    const { changes } = sources[source], columns = streamColumns(sources[source]);
    const values = rows[source].slice(from, at[source]).map(({ kind, values }) => changes ? [...values, kind] : values);
    const frames = [{ frame: frameOfRows(columns, values), arrivalMs: 0 }];
    inputs.push({ kind: "chunk", source, frames, range: null, late: false });
    if (turn % 5 === 4) inputs.push({ kind: "tick", nowMs: (turn + 1) * TICK_MS });
  }
  return [...inputs, ...sources.map((_, source): Input => ({ kind: "mark", source, watermark: Infinity }))];
}
