import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { DEAD_TURN_ROWS } from "../../src/core/limits.ts";
import { chunksOf, compiled, PipelineRun } from "./pipeline_run.ts";
import type { Row } from "./rows.ts";

const isSmall = { call: "lt", args: [{ column: "value" }, { literal: 5 }] };
const source = { id: "source", op: "source", stream: "rows", delay_ms: 1, idle_timeout_ms: 0 };
const check = { id: "check", op: "filter", input: ["source"], where: isSmall, refuse: "Values are less than 5" };
const group = (input: string) => ({
  ...{ id: "group", op: "aggregate", input: [input], keys: ["number"] },
  aggs: [{ fn: "count", as: "value" }],
});
const sink = (input: string) => ({ id: "out", op: "sink", input: [input], sink: { kind: "view", name: "out" } });
const planOf = (...nodes: readonly object[]) => ({ rdx: 1, name: "p", nodes });

const rowOf = (value: bigint | null, i: number): Row => [BigInt(i), 1n, "a", null, null, null, value, 0];
const anyRows = fc.array(fc.option(fc.bigInt({ min: 0n, max: 9n })), { maxLength: 200 }).map((all) => all.map(rowOf));
const isBad = ([, , , , , , value]: Row) => value !== null && value >= 5n;

async function runOnce(plan: object, rows: readonly Row[], tasks: number, seed: number) {
  const run = await new PipelineRun(tasks, seed).deploy(compiled(plan));
  await run.put(chunksOf(rows, run.random));
  await run.end();
  assert.equal(run.pipeline.reason, null);
  const { meter: { deadRows }, errors } = run.pipeline, { dead } = run.side;
  await run.close();
  return { rows: run.rows[0].length, deadRows, dead, reasons: errors.map(({ reason }) => reason) };
}

Deno.test("rows that a filter refuses are dead letters, whole and in their order, and those without a verdict go on", async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(anyRows, fc.integer(), async (rows, seed) => {
      const bad = rows.filter(isBad), plan = planOf(source, check, sink("check"));
      refused += bad.length;
      for (const tasks of [1, 3]) {
        const { dead, reasons, ...counts } = await runOnce(plan, rows, tasks, seed + tasks);
        assert.deepEqual(counts, { rows: rows.length - bad.length, deadRows: bad.length });
        assert.ok(reasons.every((reason) => reason === "Values are less than 5"));
        const values = dead.map((text) => /\\"value\\":(\d+)/.exec(text)?.[1]);
        assert.deepEqual(values, bad.map((row) => String(row[6])));
        assert.ok(dead.every((text) => text.includes('\\"text\\":\\"a\\"')), "rows are whole");
      }
    }),
    { numRuns: 30 },
  );
  assert.ok(refused > 10, `${refused} rows`);
});

Deno.test("behind what changes, a refused row is told when it comes and not when it goes", async () => {
  const plan = planOf(source, group("source"), { ...check, input: ["group"] }, sink("check"));
  const rows = Array.from({ length: 7 }, (_, i) => rowOf(1n, i));
  for (const tasks of [1, 2]) {
    const { dead, deadRows, rows: out } = await runOnce(plan, rows, tasks, 1);
    assert.deepEqual([deadRows, dead.length], [3, 3]);
    assert.deepEqual(dead.map((text) => /\\"value\\":(\d)/.exec(text)?.[1]), ["5", "6", "7"]);
    // 1, then -U and +U up to 4, and -U when that becomes 5
    assert.equal(out, 8);
  }
});

Deno.test("many refused rows of one number come in letters of a bounded size", async () => {
  const rows = Array.from({ length: DEAD_TURN_ROWS + 10 }, (_, i) => rowOf(9n, i));
  const { deadRows, dead } = await runOnce(planOf(source, check, sink("check")), rows, 2, 5);
  assert.deepEqual([deadRows, dead.length], [rows.length, rows.length]);
});
