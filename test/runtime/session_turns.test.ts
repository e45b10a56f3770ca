import assert from "node:assert/strict";
import { DurableRun } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";

type PlanNode = Record<string, unknown>;
type Row = { readonly ts: number; readonly key: string; readonly value: number };

const SOURCE = { id: "in", op: "source", stream: "events", idle_timeout_ms: 0 };
const VERSIONS = {
  id: "versions",
  op: "project",
  input: ["in"],
  columns: [{ as: "at", expr: { column: "ts" } }, { as: "of", expr: { column: "key" } }],
  keep: false,
};
const JOIN = {
  id: "join",
  op: "join",
  input: ["in", "versions"],
  type: "inner",
  on: [{ left: "key", right: "of" }],
  as_of: { left: "ts", right: "at", kind: "asof" },
};
const FILE = { kind: "file", path: "out.ndjson", format: "ndjson" };

function session(input: string, keys: readonly string[], time: string, gap_ms = 5): PlanNode {
  return { id: "session", op: "window", input: [input], window: { kind: "session", gap_ms, keys, time } };
}

function count(id: string, input: string, keys: readonly string[]): PlanNode {
  return { id, op: "aggregate", input: [input], keys, aggs: [{ fn: "count", as: "n" }], two_phase: false };
}

function sink(input: string, where: PlanNode): PlanNode {
  return { id: "out", op: "sink", input: [input], sink: where };
}

function rowsAt(times: readonly number[], key = "a"): Row[] {
  return times.map((ts) => ({ ts, key, value: 1 }));
}

/** What a plan has written; all rows come before the pipeline (`before`), so that a chunk has several of them, or each by itself. */
async function written(nodes: readonly PlanNode[], given: readonly Row[], before: boolean): Promise<readonly string[]> {
  let lines: readonly string[] = [];
  await DurableRun.with(async (life) => {
    const { streams, pipelines } = life.engine;
    streams.put("events", EVENTS);
    const put = () => pipelines.put("p", { rdx: 1, nodes: [SOURCE, ...nodes] }, { start: "earliest", state: "keep" });
    if (before) {
      await life.send("events", given);
      await put();
    } else {
      await put();
      for (const row of given) {
        await life.send("events", [row]);
        await life.settled();
      }
    }
    await life.settled();
    lines = (await life.file("out.ndjson")).trim().split("\n").map((line) => {
      const { window_start, window_end, ...rest } = JSON.parse(line);
      return [Date.parse(window_start), Date.parse(window_end), ...Object.values(rest)].join(" ");
    });
  }, { workers: 1 });
  return lines;
}

Deno.test("a session over rows that the watermark lets out of a join ends in front of the row that the watermark has passed it with", async () => {
  const nodes = [VERSIONS, JOIN, session("join", [], "ts"), count("count", "session", []), sink("count", FILE)];
  const given = rowsAt([1000, 1005, 1006, 5000, 5001]), wanted = ["1000 1005 1", "1005 1011 2"];
  assert.deepEqual(await written(nodes, given, false), wanted);
  assert.deepEqual(await written(nodes, given, true), wanted);
});

Deno.test("a session over windows ends where the watermark has passed it, though other windows have ended since in the same chunk", async () => {
  const window = { id: "window", op: "window", input: ["in"], window: { kind: "tumble", size_ms: 3, time: "ts" } };
  const nodes = [
    window,
    count("counts", "window", ["window_time", "key"]),
    session("counts", ["key"], "window_time", 6),
    count("sessions", "session", ["key"]),
    sink("sessions", FILE),
  ];
  // Windows have their last milliseconds at 2, 8, 11 and 20. The first session ends at 8: the row at 8 moves the watermark to its end,
  // and only the one at 9 that to the end of the second window
  const given = rowsAt([0, 6, 7, 8, 9, 10, 18, 60, 61]);
  const wanted = await written(nodes, given, false);
  assert.deepEqual(wanted, ["2 8 a 1", "8 17 a 2", "20 26 a 1"]);
  assert.deepEqual(await written(nodes, given, true), wanted);
});

Deno.test("sessions that end together leave in the order in which their keys began, whether the ones before are still there or gone", async () => {
  const nodes = [session("in", ["key"], "ts"), sink("session", FILE)];
  const keys = Array.from({ length: 60 }, (_, i) => `k${i}`), at = (ts: number) => (key: string) => rowsAt([ts], key);
  const given = [
    ...keys.flatMap(at(1000)),
    ...rowsAt([1050], "m"),
    ...keys.toReversed().flatMap(at(1100)),
    ...rowsAt([5000, 5001], "m"),
  ];
  const wanted = await written(nodes, given, false);
  assert.equal(wanted.length, 2 * keys.length + 1);
  assert.deepEqual(await written(nodes, given, true), wanted);
});
