import assert from "node:assert/strict";
import { DurableRun } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";

const SOURCE = { id: "in", op: "source", stream: "events", idle_timeout_ms: 0 };
const SESSION = [
  { id: "session", op: "window", window: { kind: "session", gap_ms: 5, keys: [], time: "ts" } },
  { id: "count", op: "aggregate", input: ["session"], keys: [], aggs: [{ fn: "count", as: "n" }], two_phase: false },
  { id: "out", op: "sink", input: ["count"], sink: { kind: "view", name: "v" } },
];
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

/** What the session windows show; all rows come before the pipeline (`before`), so that a chunk has several of them, or each by itself. */
async function sessions(before: boolean): Promise<readonly string[]> {
  let rows: readonly string[] = [];
  await DurableRun.with(async (life) => {
    const { streams, pipelines } = life.engine;
    streams.put("events", EVENTS);
    const put = async () => {
      const nodes = [SOURCE, VERSIONS, JOIN, { ...SESSION[0], input: ["join"] }, ...SESSION.slice(1)];
      await pipelines.put("p", { rdx: 1, nodes }, { start: "earliest", state: "keep" });
    };
    if (!before) await put();
    for (const ts of [1000, 1005, 1006, 5000, 5001]) {
      await life.send("events", [{ ts, key: "a", value: 1 }]);
      if (!before) await life.settled();
    }
    if (before) await put();
    await life.settled();
    rows = life.view("v").rows;
  }, { workers: 1 });
  return rows;
}

Deno.test("a session over rows that the watermark lets out of a join ends in front of the row that the watermark has passed it with", async () => {
  const wanted = ["1000n 1005n 1n", "1005n 1011n 2n"];
  assert.deepEqual(await sessions(false), wanted);
  assert.deepEqual(await sessions(true), wanted);
});
