/** The stream `events` as it comes. */
export const SOURCE = { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 };

/** Counts and sums by key of all that has come, as changes. */
export const SUMS = {
  rdx: 1,
  nodes: [
    SOURCE,
    {
      id: "sums",
      op: "aggregate",
      input: ["source"],
      keys: ["key"],
      aggs: [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: "value" }, as: "total" }],
    },
    { id: "view", op: "sink", input: ["sums"], sink: { kind: "view", name: "sums" } },
  ],
};
