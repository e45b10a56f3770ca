import assert from "node:assert/strict";
import { compiled, PipelineRun } from "./pipeline_run.ts";
import { COLUMNS, frameOfRows, type Row } from "./rows.ts";

const rowAt = (time: number): Row => [BigInt(time), 1n, "a", null, null, null, 1n, 0];
const source = (id: string, more: object) => ({ id, op: "source", stream: "rows", idle_timeout_ms: 0, ...more });
const counted = (id: string, from: string) => [
  { id: `${id}_window`, op: "window", input: [from], window: { kind: "tumble", size_ms: 10 } },
  { id, op: "aggregate", input: [`${id}_window`], keys: [], aggs: [{ fn: "count", as: "n" }] },
  { id: `${id}_out`, op: "sink", input: [id], sink: { kind: "discard" } },
];

Deno.test("windows by arrival and by event time of one stream stand beside each other", async () => {
  const nodes = [
    source("arrives", { time: null }),
    source("happens", {}),
    ...counted("a", "arrives"),
    ...counted("h", "happens"),
  ];
  const plan = { rdx: 1, name: "p", nodes };
  for (const tasks of [1, 3]) {
    const run = await new PipelineRun(tasks, 1, 2).deploy(compiled(plan));
    const frame = (arrivalMs: number, ...times: number[]) => ({
      frame: frameOfRows(COLUMNS, times.map(rowAt)),
      arrivalMs,
    });
    const chunks = [[frame(1000, 5, 15, 16), frame(1012, 25)], [frame(1013, 26)]];
    const { sources } = compiled(plan);
    for (const at of sources.keys()) await run.put(chunks, at);
    await run.end();
    assert.deepEqual(run.rows[0], ["1000n 1010n 3n", "1010n 1020n 2n"]);
    assert.deepEqual(run.rows[1], ["0n 10n 1n", "10n 20n 2n", "20n 30n 2n"]);
    await run.close();
  }
});
