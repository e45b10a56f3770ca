import { FrameView } from "../../../src/core/frame.ts";
import { RowRenderer } from "../../../src/core/render.ts";
import type { EngineService } from "../../../src/runtime/service.ts";

const ROWS = 60_000, BODY_ROWS = 1500, SEED = 20_260_101;
/** 2026-01-01, and what lies between two rows. */
const FIRST_MS = 1_767_225_600_000, STEP_MS = 20;
const SIZE_MS = 60_000, SLIDE_MS = 20_000;
/** One row in a hundred comes so late that its windows may be closed. */
const LATE_MS = 150_000;

/** A small generator with a seed (mulberry32): the same numbers in every JavaScript engine. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** NDJSON bodies of orders that come up to two seconds out of order, a few far later; some are broken. */
function* bodies(): Generator<string> {
  const next = random(SEED);
  for (let row = 0; row < ROWS;) {
    let body = "";
    for (const end = row + BODY_ROWS; row < end; row++) {
      const lag = next() < 0.01 ? LATE_MS : 2000, ts = FIRST_MS + row * STEP_MS - Math.floor(next() * lag);
      const city = ["Zürich", "São Paulo", "東京", "O\\u0027Fallon", "none"][Math.floor(next() * 5)];
      const price = Math.round(next() * 100_000) / 100;
      body += next() < 0.001
        ? '{"ts": broken}\n'
        : `{"ts":${ts},"city":${city === "none" ? "null" : `"${city}"`},"item":${
          Math.floor(next() * 200)
        },"price":${price}}\n`;
    }
    yield body;
  }
}

/** A module that browser and Deno import alike: whether an item is one of a few, and its city begins with S. */
const FAVOURED = `export const favoured = (rows, item, city) =>
  Array.from({ length: rows }, (_, i) => city.nulls?.[i] === 1 ? null : item.values[i] % 7n === 0n && city.values[i].startsWith("S"));`;

const PLAN = {
  rdx: 1,
  nodes: [
    { id: "orders", op: "source", stream: "orders", time: "ts", delay_ms: 1000 },
    {
      id: "dear",
      op: "filter",
      input: ["orders"],
      where: {
        call: "or",
        args: [
          { call: "gt", args: [{ column: "price" }, { literal: 10, type: "double" }] },
          // A function of the second module, which is loaded for this plan
          { call: "eq", args: [{ call: "right", args: [{ column: "city" }, { literal: 2 }] }, { literal: "lo" }] },
          {
            call: "favoured",
            args: [{ column: "item" }, { column: "city" }],
            function: {
              module: `data:text/javascript,${encodeURIComponent(FAVOURED)}`,
              export: "favoured",
              takes: ["int64", "string"],
              returns: "bool",
            },
          },
        ],
      },
    },
    { id: "hop", op: "window", input: ["dear"], window: { kind: "hop", size_ms: SIZE_MS, slide_ms: SLIDE_MS } },
    {
      id: "sums",
      op: "aggregate",
      input: ["hop"],
      keys: ["city", "item"],
      aggs: [
        { fn: "count", as: "n" },
        { fn: "sum", arg: "price", as: "total" },
        { fn: "max", arg: "price", as: "top" },
        { fn: "first", arg: "price", as: "opening" },
      ],
    },
    { id: "view", op: "sink", input: ["sums"], sink: { kind: "view", name: "sums" } },
  ],
};

const COLUMNS = [
  { name: "ts", type: { kind: "timestamp" as const }, nullable: false },
  { name: "city", type: { kind: "string" as const }, nullable: true },
  { name: "item", type: { kind: "int64" as const }, nullable: false },
  { name: "price", type: { kind: "double" as const }, nullable: true },
];

export interface JobResult {
  readonly rows: number;
  readonly late: number;
  readonly rejected: number;
  readonly sha256: string;
}

declare global {
  /** What the page offers the test that opens it. */
  var runInPage: (workers: number) => Promise<JobResult>;
}

/** Runs one fixed piece of work on an engine, and hashes the text of all its results. */
export async function runJob(engine: EngineService): Promise<JobResult> {
  engine.streams.put("orders", {
    columns: COLUMNS,
    time: "ts",
    delayMs: 1000,
    futureSkewMs: 0,
    onError: "dead_letter",
    retentionMs: null,
  });
  await engine.pipelines.put("orders_by_city", PLAN, { start: "earliest", state: "fresh" });
  const encoder = new TextEncoder();
  let rejected = 0;
  for (const body of bodies()) {
    const request = { body: encoder.encode(body), format: "ndjson" as const, autoCreate: false };
    rejected += (await engine.streams.ingest("orders", request)).rejected;
  }
  await engine.streams.end("orders");
  let info = engine.pipelines.get("orders_by_city");
  for (; info.state === "running"; info = engine.pipelines.get("orders_by_city")) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (info.state !== "completed") throw new Error(`The pipeline is ${info.state}: ${info.reason}`);
  const view = engine.views.get("sums"), renderer = new RowRenderer(view.columns);
  let text = "", rows = 0;
  for (let from = FIRST_MS - LATE_MS - SIZE_MS; from < FIRST_MS + ROWS * STEP_MS; from += SLIDE_MS) {
    for (const range of view.query({ from, to: from + SLIDE_MS, limit: 10_000, order: "asc" }).ranges) {
      text += renderer.rows(new FrameView(range.frame), range.start, range.rows, "\n") + "\n";
      rows += range.rows;
    }
  }
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
  const sha256 = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { rows, late: info.lateRows, rejected, sha256 };
}
