/**
 * The stream of flights and both plans over it as they travel: what examples/flights/pipelines.ts builds, for whoever has no builder. A
 * test holds them equal.
 */

/** How the stream is declared: event time is the scheduled departure. */
export const FLIGHTS = {
  columns: [
    { name: "ts", type: "timestamp", nullable: false },
    { name: "delay", type: "int64", nullable: true },
    { name: "distance", type: "int64", nullable: true },
    { name: "origin", type: "string", nullable: false },
    { name: "destination", type: "string", nullable: false },
  ],
  time: "ts",
  delay_ms: 0,
  on_error: "dead_letter",
};

const AGGREGATES = [
  { fn: "avg", arg: { column: "delay" }, as: "avg_delay" },
  { fn: "max", arg: { column: "delay" }, as: "max_delay" },
  { fn: "count", as: "flights" },
];

function plan(name: string, view: string, window: Readonly<Record<string, unknown>>) {
  return {
    rdx: 1,
    name,
    nodes: [
      { id: "source", op: "source", stream: "flights", time: "ts" },
      { id: "window", op: "window", input: ["source"], window },
      { id: "aggregate", op: "aggregate", input: ["window"], keys: ["origin"], aggs: AGGREGATES, two_phase: false },
      { id: "sink", op: "sink", input: ["aggregate"], sink: { kind: "view", name: view } },
    ],
  };
}

/** Average and maximum delay by origin, hour by hour. */
export const HOURLY = plan("flights_hourly", "delays_hourly", { kind: "tumble", size_ms: 3_600_000, offset_ms: 0 });

/** The same over a whole day, every hour. */
export const DAILY = plan("flights_daily", "delays_daily", {
  kind: "hop",
  size_ms: 86_400_000,
  slide_ms: 3_600_000,
  offset_ms: 0,
});
