import type { Expression } from "../../../src/expr/mod.ts";

export interface Agg {
  readonly fn: string;
  readonly arg?: Expression;
  readonly args?: readonly Expression[];
  readonly as: string;
  readonly distinct?: boolean;
  readonly filter?: Expression;
}

export type Kind = "tumble" | "hop" | "groups" | "ttl" | "session";

const WINDOWS = {
  tumble: { kind: "tumble", size_ms: 1000 },
  hop: { kind: "hop", size_ms: 1000, slide_ms: 500 },
  session: { kind: "session", gap_ms: 100 },
};

/** A plan that aggregates the rows of `events` by key, in a view that is called like it. */
export function aggregatePlan(kind: Kind, aggs: readonly Agg[]) {
  const windows = kind === "tumble" || kind === "hop" || kind === "session";
  return {
    rdx: 1,
    nodes: [
      { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 },
      ...(windows ? [{ id: "window", op: "window", input: ["source"], window: WINDOWS[kind] }] : []),
      {
        id: "aggregate",
        op: "aggregate",
        input: [windows ? "window" : "source"],
        keys: ["key"],
        aggs,
        ...(kind === "ttl" ? { ttl_ms: 3_600_000 } : {}),
      },
      { id: "sink", op: "sink", input: ["aggregate"], sink: { kind: "view", name: "p" } },
    ],
  };
}
