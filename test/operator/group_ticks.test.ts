import assert from "node:assert/strict";
import { type Column, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { GroupOperator, type GroupPlan } from "../../src/operator/group.ts";
import { changesOf } from "../kernel/group/run.ts";
import { loadOperators } from "../kernel/load.ts";
import { vectorOf } from "../kernel/vectors.ts";

const column = (name: string, type: Column["type"]): Column => ({ name, type, nullable: true });
const INPUT = [column("window_end", TIMESTAMP), column("key", STRING), column("n", INT64)];
const SUM = { fn: "sum", args: [2], distinct: false, filter: -1, params: [] };

function run(plan: GroupPlan, kernel = loadOperators(), previous: GroupOperator | null = null) {
  const operator = new GroupOperator(kernel, plan, previous);
  const drain = () => {
    const got = [];
    for (let more = true; more;) {
      // As in a task, what a pull takes from the batch arena goes with what it gave
      const mark = kernel.mark(), out = operator.pull();
      more = out !== null;
      if (out) got.push(...changesOf(kernel, out));
      kernel.release(mark);
    }
    kernel.reset();
    return got.map(({ kind, values }) => [kind, ...values]);
  };
  return {
    operator,
    kernel,
    push(...rows: (readonly [kind: number, ...values: Value[]])[]) {
      const columns = operator.exchanges[0].columns.map((c) =>
        vectorOf(kernel, INPUT[c].type, rows.map(([_, ...values]) => values[c]))
      );
      const kinds = kernel.arena(rows.length + 64);
      rows.forEach(([kind], i) => kernel.bytes[kinds + i] = kind);
      operator.push({ rows: rows.length, columns, selection: 0, selected: rows.length, kinds });
      return drain();
    },
    tick: () => (operator.tick(), drain()),
    advance: (watermark: number) => (operator.advance(watermark), drain()),
  };
}

Deno.test("what has changed since a tick comes at the next, as changes of what was told", () => {
  const { operator, kernel, push, tick } = run({
    id: "g",
    columns: [INPUT[1], column("total", INT64)],
    inputColumns: INPUT,
    keys: [1],
    calls: [SUM],
    retracts: true,
    emit: { mode: "every", everyMs: 1000, ttlMs: 0, end: -1 },
  });
  assert.deepEqual(push([0, 0n, "a", 1n], [0, 0n, "b", 2n], [0, 0n, "a", 3n]), []);
  assert.deepEqual(tick(), [[0, "a", 4n], [0, "b", 2n]]);
  assert.deepEqual(tick(), []);
  assert.deepEqual(push([0, 0n, "b", 5n], [3, 0n, "b", 5n], [0, 0n, "c", 1n], [3, 0n, "c", 1n]), []);
  assert.deepEqual(tick(), []);
  assert.deepEqual(push([0, 0n, "b", 5n], [3, 0n, "a", 1n], [3, 0n, "a", 3n]), []);
  assert.deepEqual(tick(), [[1, "b", 2n], [2, "b", 7n], [3, "a", 4n]]);
  // Rows of what came out last go with the next step
  assert.deepEqual(push(), []);
  assert.equal(operator.stateRows, 1);
  operator.close();
  assert.equal(kernel.fn("state_bytes")(), 0);
});

Deno.test("early results of windows are followed by their last ones, and then forgotten", () => {
  const { operator, kernel, push, tick, advance } = run({
    id: "g",
    columns: [INPUT[0], INPUT[1], column("total", INT64)],
    inputColumns: INPUT,
    keys: [0, 1],
    calls: [SUM],
    retracts: false,
    emit: { mode: "every", everyMs: 1000, ttlMs: 0, end: 0 },
  });
  assert.deepEqual(push([0, 100n, "a", 1n], [0, 200n, "a", 5n]), []);
  assert.deepEqual(tick(), [[0, 100n, "a", 1n], [0, 200n, "a", 5n]]);
  assert.deepEqual(push([0, 100n, "a", 2n], [0, 100n, "b", 7n]), []);
  const last = advance(99).toSorted((x, y) => String(x[2]).localeCompare(String(y[2])));
  assert.deepEqual(last, [[1, 100n, "a", 1n], [2, 100n, "a", 3n], [0, 100n, "b", 7n]]);
  assert.deepEqual(tick(), []);
  assert.deepEqual(advance(Infinity), []);
  assert.equal(operator.stateRows, 0);
  operator.close();
  assert.equal(kernel.fn("state_bytes")(), 0);
});

Deno.test("what has changed since the last tick comes when the input ends, for no tick does any more", () => {
  const { operator, kernel, push, tick, advance } = run({
    id: "g",
    columns: [INPUT[1], column("total", INT64)],
    inputColumns: INPUT,
    keys: [1],
    calls: [SUM],
    retracts: false,
    emit: { mode: "every", everyMs: 1000, ttlMs: 0, end: -1 },
  });
  push([0, 0n, "a", 1n]);
  assert.deepEqual(tick(), [[0, "a", 1n]]);
  push([0, 0n, "a", 2n], [0, 0n, "b", 7n]);
  assert.deepEqual(advance(10_000), []);
  assert.deepEqual(advance(Infinity), [[1, "a", 1n], [2, "a", 3n], [0, "b", 7n]]);
  operator.close();
  assert.equal(kernel.fn("state_bytes")(), 0);
});

Deno.test("groups that are handed on give the rows before updates as the new plan needs them", () => {
  const plan = (upsert: boolean): GroupPlan => ({
    id: "g",
    columns: [INPUT[1], column("total", INT64)],
    inputColumns: INPUT,
    keys: [1],
    calls: [SUM],
    retracts: false,
    emit: { mode: "changes", ttlMs: 0, end: -1 },
    upsert,
  });
  const kernel = loadOperators(), first = run(plan(true), kernel);
  first.push([0, 0n, "a", 1n]);
  assert.deepEqual(first.push([0, 0n, "a", 2n]), [[2, "a", 3n]]);
  const second = run(plan(false), kernel, first.operator);
  assert.deepEqual(second.push([0, 0n, "a", 2n]), [[1, "a", 3n], [2, "a", 5n]]);
  first.operator.close();
  second.operator.close();
  assert.equal(kernel.fn("state_bytes")(), 0);
});

Deno.test("thousands of groups that have changed since a tick come in several batches, each with the row before", () => {
  const plan: GroupPlan = {
    ...{
      id: "g",
      columns: [column("key", STRING), column("sum", INT64)],
      inputColumns: INPUT,
      keys: [1],
      retracts: false,
    },
    calls: [SUM],
    emit: { mode: "every", everyMs: 10, ttlMs: 0, end: -1 },
  };
  const { operator, push, tick } = run(plan), keys = Array.from({ length: 7000 }, (_, i) => `key ${i}`);
  const rows = (n: bigint) => keys.map((key): [number, ...Value[]] => [0, 0n, key, n]);
  push(...rows(1n));
  assert.deepEqual(tick(), keys.map((key) => [0, key, 1n]));
  push(...rows(2n));
  assert.deepEqual(tick(), keys.flatMap((key) => [[1, key, 1n], [2, key, 3n]]));
  operator.close();
});
