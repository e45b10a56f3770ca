/**
 * Pipelines over one stream whose filters have the same costly test and whose windows differ, against one pipeline alone: what each further
 * one costs. Processor time of all threads counts, without what the rows take to come in.
 */
import { cpuUsage } from "node:process";
import { createEngine } from "../../src/compose.ts";
import { INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { Engine } from "../../src/runtime/engine.ts";
import { benchOnce } from "../lib/compare.ts";

const ROWS = 600_000;
const BODY_ROWS = 20_000;
const ROUNDS = 3;
const WORDS = ["error", "timeout", "login", "checkout", "payment", "search", "refund", "basket", "order", "visitor"];

const text = { column: "text" };
const member = { call: "json_value", args: [{ column: "json" }, { literal: "$.user.country" }], type: "string" };
const TESTS: Readonly<Record<string, unknown>> = {
  "a regular expression": { call: "regexp", args: [text, { literal: "pay[a-z]+ .*(refund|basket)" }] },
  "LIKE": { call: "like", args: [text, { literal: "%payment%refund%" }] },
  "a member of JSON": { call: "eq", args: [member, { literal: "AT" }] },
  "a comparison": { call: "gt", args: [{ column: "id" }, { literal: 5000 }] },
};

function body(from: number): Uint8Array<ArrayBuffer> {
  const lines: string[] = [];
  let seed = from + 1;
  const next = () => (seed = Math.imul(seed, 1664525) + 1013904223 >>> 0) / 2 ** 32;
  for (let i = 0; i < BODY_ROWS; i++) {
    const text = Array.from({ length: 8 }, () => WORDS[Math.floor(next() * WORDS.length)]).join(" ");
    const country = ["AT", "DE", "CH", "FR"][Math.floor(next() * 4)];
    const json = JSON.stringify({ id: i, user: { name: text.slice(0, 12), country }, tags: [1, 2, 3] });
    lines.push(JSON.stringify({ ts: from + i, id: Math.floor(next() * 10_000), text, json }));
  }
  return new TextEncoder().encode(lines.join("\n"));
}

const BODIES = Array.from({ length: ROWS / BODY_ROWS }, (_, i) => body(i * BODY_ROWS));

const plan = (name: string, where: unknown, sizeMs: number) => ({
  rdx: 1,
  nodes: [
    { id: "s", op: "source", stream: "texts", idle_timeout_ms: 0 },
    { id: "f", op: "filter", input: ["s"], where },
    { id: "w", op: "window", input: ["f"], window: { kind: "tumble", size_ms: sizeMs } },
    { id: "a", op: "aggregate", input: ["w"], keys: [], aggs: [{ fn: "count", as: "n" }] },
    { id: "v", op: "sink", input: ["a"], sink: { kind: "view", name } },
  ],
});

/** Processor seconds that all rows take to come in and to go through so many pipelines. */
async function run(engine: Engine, where: unknown, pipelines: number): Promise<number> {
  const names = Array.from({ length: pipelines }, (_, i) => `p${i}`);
  for (const [i, name] of names.entries()) {
    await engine.pipelines.put(name, plan(name, where, 10_000 * (i + 1)), { start: "latest", state: "fresh" });
  }
  const before = cpuUsage();
  for (const body of BODIES) {
    while (engine.streams.credit("texts") < BODY_ROWS) await new Promise((resolve) => setTimeout(resolve, 2));
    await engine.streams.ingest("texts", { body: body.slice(), format: "ndjson", autoCreate: false });
  }
  const busy = (name: string) => engine.pipelines.get(name).rowsIn < ROWS || engine.pipelines.find(name)!.inFlight > 0;
  while (names.some(busy)) await new Promise((resolve) => setTimeout(resolve, 2));
  const { user, system } = cpuUsage(before);
  for (const name of names) await engine.pipelines.delete(name);
  return (user + system) / 1e6;
}

async function measure(workers: number): Promise<void> {
  const engine = await createEngine({ workers });
  const column = (name: string, type: typeof INT64) => ({ name, type, nullable: false });
  engine.streams.put("texts", {
    columns: [column("ts", TIMESTAMP), column("id", INT64), column("text", STRING), column("json", STRING)],
    time: "ts",
    delayMs: 0,
    futureSkewMs: 0,
    onError: "dead_letter",
    retentionMs: null,
  });
  for (const [name, where] of Object.entries(TESTS)) {
    const ones: number[] = [], twos: number[] = [], tens: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const none = await run(engine, where, 0),
        of = async (pipelines: number) => await run(engine, where, pipelines) - none;
      const one = await of(1), two = await of(2), ten = await of(10);
      if (round === 0) continue;
      ones.push(one);
      twos.push(two / one);
      tens.push(ten / one);
    }
    const median = (of: number[]) => of.sort((a, b) => a - b)[of.length >> 1];
    console.log(
      `  ${name.padEnd(22)} ${workers} worker${workers > 1 ? "s" : ""}: one ${
        (median(ones) / ROWS * 1e9).toFixed(0)
      } ns a row, two ${median(twos).toFixed(2)} ×, ten ${median(tens).toFixed(2)} × of that`,
    );
  }
  await engine.close();
}

benchOnce("pipelines that share a costly test", async () => {
  for (const workers of [1, 2]) await measure(workers);
});
