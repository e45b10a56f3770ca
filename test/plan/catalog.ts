import { BOOL, type Column, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { type Catalog, STANDARD_SINKS, type StreamInfo } from "../../src/plan/catalog.ts";

const column = (name: string, type: Column["type"], nullable = false): Column => ({ name, type, nullable });

export const FLIGHTS: readonly Column[] = [
  column("ts", TIMESTAMP),
  column("origin", STRING),
  column("destination", STRING),
  column("delay", INT64, true),
  column("distance", DOUBLE),
  column("cancelled", BOOL),
  column("scheduled", TIMESTAMP),
];

const STREAMS: ReadonlyMap<string, StreamInfo> = new Map<string, StreamInfo>([
  ["flights", { columns: FLIGHTS, time: "ts", delayMs: 1000, futureSkewMs: 3_600_000 }],
  ["untimed", { columns: FLIGHTS, time: null, delayMs: 0, futureSkewMs: 3_600_000 }],
  ["odd", {
    columns: [column("__proto__", INT64), column("constructor", STRING)],
    time: null,
    delayMs: 0,
    futureSkewMs: 3_600_000,
  }],
]);

/** The catalogue that plans of the tests are compiled against. */
export const CATALOG: Catalog = {
  stream: (name) => STREAMS.get(name) ?? null,
  streamNames: () => STREAMS.keys(),
  sinkKinds: STANDARD_SINKS,
};

export type Json = Record<string, unknown>;

export const col = (name: string): Json => ({ column: name });
export const lit = (literal: unknown): Json => ({ literal });
export const call = (name: string, ...args: unknown[]): Json => ({ call: name, args });

/** A plan of these nodes; a node is `[id, input, the rest]`, and its operation is the first word of the id. */
export function planOf(...nodes: readonly (readonly [string, string | null, Json])[]): Json {
  return {
    rdx: 1,
    name: "p",
    nodes: nodes.map(([id, input, rest]) => ({
      id,
      op: id.split("_")[0],
      ...(input === null ? {} : { input: [input] }),
      ...rest,
    })),
  };
}

export const SOURCE = ["source", null, { stream: "flights" }] as const;
export const UNTIMED = ["source", null, { stream: "untimed" }] as const;
export const HOUR = { window: { kind: "tumble", size_ms: 3_600_000 } };
export const COUNT = { keys: ["origin"], aggs: [{ fn: "count", as: "n" }] };
export const sinkOf = (input: string, id = "sink") => [id, input, { sink: { kind: "discard" } }] as const;
