import assert from "node:assert/strict";
import { type Batch, ROW_KINDS } from "../../src/core/batch.ts";
import type { Column, DataType } from "../../src/core/schema.ts";
import { INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { compileExpression } from "../../src/expr/mod.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { StateFull } from "../../src/operator.ts";
import { JoinOperator, type JoinPlan } from "../../src/operator/join.ts";
import { loadOperators } from "../kernel/load.ts";
import { valueAt, vectorOf } from "../kernel/vectors.ts";

const column = (name: string, type: DataType): Column => ({ name, type, nullable: true });
const ORDERS = [column("at", TIMESTAMP), column("item", STRING), column("shop", INT64), column("count", INT64)];
const SHIPS = [column("ship_shop", INT64), column("ship_at", TIMESTAMP), column("ship_item", STRING)];

const plan = (more: Partial<JoinPlan>): JoinPlan => ({
  id: "meet",
  columns: [...ORDERS, ...SHIPS],
  leftColumns: ORDERS,
  rightColumns: SHIPS,
  type: "left",
  leftKeys: [2, 1],
  rightKeys: [0, 2],
  where: null,
  nullAware: false,
  mode: { mode: "regular", ttlMs: 0 },
  leftChanges: false,
  rightChanges: false,
  leftUnique: false,
  rightUnique: false,
  ...more,
});

/** Rows in the layout that the operator's exchange asks for. */
function travel(kernel: Kernel, join: JoinOperator, input: number, rows: readonly Value[][]): Batch {
  const given = input === 0 ? ORDERS : SHIPS;
  const columns = join.exchanges[input].columns.map((i) => vectorOf(kernel, given[i].type, rows.map((row) => row[i])));
  return { rows: rows.length, columns, selection: 0, selected: rows.length, kinds: 0 };
}

const INSERT = ROW_KINDS.indexOf("+I"), DELETE = ROW_KINDS.indexOf("-D");
const AT_ONCE = { running: 0, before: -Infinity, delayMs: 0, others: Infinity };

function drain(kernel: Kernel, join: JoinOperator): Value[][] {
  const rows: Value[][] = [];
  for (let batch = join.pull(3); batch; batch = join.pull(3)) {
    for (let row = 0; row < batch.rows; row++) rows.push(batch.columns.map((vector) => valueAt(kernel, vector, row)));
  }
  return rows;
}

Deno.test("both inputs of a join travel whole, keys in front and the time last, and come out in the plan's order", () => {
  const kernel = loadOperators();
  const mode = { mode: "interval", leftTime: 0, rightTime: 1, lowerMs: 0, upperMs: 10 } as const;
  const join = new JoinOperator(kernel, plan({ mode }));
  assert.deepEqual(join.exchanges, [{ columns: [2, 1, 3, 0], keys: 2 }, { columns: [0, 2, 1], keys: 2 }]);
  assert.equal(join.push(travel(kernel, join, 0, [[100n, "tea", 1n, 5n], [101n, "tea", 2n, 6n]]), AT_ONCE, 0), null);
  assert.deepEqual(drain(kernel, join), []);
  join.push(travel(kernel, join, 1, [[1n, 105n, "tea"], [1n, 111n, "tea"], [1n, 110n, "milk"]]), AT_ONCE, 1);
  assert.deepEqual(drain(kernel, join), [[100n, "tea", 1n, 5n, 1n, 105n, "tea"]]);
  join.advance(200);
  assert.deepEqual(drain(kernel, join), [[101n, "tea", 2n, 6n, null, null, null]]);
  assert.deepEqual([join.stateRows, join.counts], [0, { late: 0, nullTime: 0 }]);
  join.push(travel(kernel, join, 0, [[199n, "tea", 1n, 5n], [null, "tea", 1n, 5n], [200n, "tea", 1n, 5n]]), AT_ONCE, 0);
  assert.deepEqual(drain(kernel, join), []);
  assert.deepEqual([join.stateRows, join.counts], [1, { late: 1, nullTime: 1 }]);
  join.close();
});

Deno.test("a window that is a key travels in front and as the time, and orders what comes out", () => {
  const kernel = loadOperators();
  const ends = { leftKeys: [0, 1], rightKeys: [1, 2], mode: { mode: "window", leftEnd: 0, rightEnd: 1 } } as const;
  const join = new JoinOperator(kernel, plan(ends));
  assert.deepEqual([join.exchanges[0].columns, join.windowEnd], [[0, 1, 2, 3, 0], 0]);
  assert.equal(new JoinOperator(kernel, plan({ ...ends, type: "full" })).windowEnd, -1, "padded rows have no end");
  join.push(travel(kernel, join, 0, [[20n, "tea", 1n, 5n], [10n, "tea", 2n, 6n]]), AT_ONCE, 0);
  const next = travel(kernel, join, 1, [[7n, 20n, "tea"], [8n, 10n, "milk"]]);
  assert.throws(() => join.push(next, AT_ONCE, 1), { code: "internal" }, "the batch before it is not drained");
  assert.deepEqual(drain(kernel, join), []);
  join.push(next, AT_ONCE, 1);
  assert.deepEqual(drain(kernel, join), []);
  join.advance(19);
  assert.deepEqual(drain(kernel, join), [[10n, "tea", 2n, 6n, null, null, null], [20n, "tea", 1n, 5n, 7n, 20n, "tea"]]);
  join.close();
});

Deno.test("a join whose state has no room for a batch says so before it takes any row of it", () => {
  const kernel = loadOperators(), join = new JoinOperator(kernel, plan({}));
  const some = [[1n, "tea", 1n, 5n]], many = Array.from({ length: 4000 }, (_, i) => [1n, "tea", BigInt(i), 5n]);
  join.push(travel(kernel, join, 0, some), AT_ONCE, 0);
  assert.equal(drain(kernel, join).length, 1);
  kernel.limitState(100_000);
  assert.throws(() => join.push(travel(kernel, join, 0, many), AT_ONCE, 0), (error: Error) => {
    return error instanceof StateFull &&
      /^Node meet has no room for more rows of state: 1 rows take \d+ bytes/.test(error.message);
  });
  assert.deepEqual([drain(kernel, join), join.stateRows], [[], 1]);
  kernel.limitState(10_000_000);
  join.push(travel(kernel, join, 0, many), AT_ONCE, 0);
  assert.deepEqual([drain(kernel, join).length, join.stateRows], [4000, 4001]);
  join.close();
});

Deno.test("a later deployment goes on with the rows, the counts and the watermark, under another condition", () => {
  const kernel = loadOperators(), held = kernel.fn("state_bytes")();
  const first = new JoinOperator(
    kernel,
    plan({ type: "inner", leftChanges: true, rightUnique: true, rightChanges: true }),
  );
  first.push(travel(kernel, first, 0, [[1n, "tea", 1n, 5n], [2n, "tea", 1n, 7n]]), AT_ONCE, 0);
  assert.deepEqual(drain(kernel, first), []);
  const less = { call: "gt", args: [{ column: "count" }, { literal: 6 }] };
  const where = compileExpression(less, [...ORDERS, ...SHIPS]).program;
  const changed = { type: "inner", leftChanges: true, rightChanges: true, rightUnique: true, where } as const;
  const next = new JoinOperator(kernel, plan(changed), first);
  first.close();
  next.push(travel(kernel, next, 1, [[1n, 3n, "tea"]]), AT_ONCE, 1);
  assert.deepEqual(drain(kernel, next), [[2n, "tea", 1n, 7n, 1n, 3n, "tea"]]);
  assert.equal(next.stateRows, 3);
  // What rows lack that are there already cannot be had.
  const ttl = plan({ ...changed, mode: { mode: "regular", ttlMs: 5 } }),
    plain = plan({ ...changed, rightUnique: false });
  assert.throws(() => new JoinOperator(kernel, ttl, next), {
    code: "invalid_plan",
    message: /time to live .* state=fresh/,
  });
  assert.throws(() => new JoinOperator(kernel, plain, next), {
    code: "invalid_plan",
    message: /no more: .* state=fresh/,
  });
  next.push(travel(kernel, next, 1, [[1n, 4n, "tea"]]), AT_ONCE, 1);
  assert.equal(drain(kernel, next).length, 2, "the upsert takes the pair back and makes it anew");
  next.close();
  assert.equal(kernel.fn("state_bytes")(), held);
});

Deno.test("what takes back a row that is not there takes nothing back, and counts against no partner", () => {
  for (const type of ["inner", "left", "right", "full", "semi", "anti"] as const) {
    const kernel = loadOperators(),
      join = new JoinOperator(kernel, plan({ type, leftChanges: true, rightChanges: true }));
    const [left, right] = [[[1n, "tea", 1n, 5n]], [[1n, 3n, "tea"]]], other = [[1n, 4n, "tea"]];
    const send = (input: number, rows: Value[][], kind: number): number => {
      const batch = travel(kernel, join, input, rows), kinds = kernel.arena(rows.length);
      kernel.bytes.fill(kind, kinds, kinds + rows.length);
      join.push({ ...batch, kinds }, AT_ONCE, input);
      return drain(kernel, join).length;
    };
    send(0, left, INSERT);
    const came = send(1, right, INSERT);
    assert.equal(send(1, other, DELETE) + send(0, [[1n, "tea", 1n, 6n]], DELETE), 0, `${type}: both never came`);
    // The partner is still counted: it comes and goes as if nothing had been.
    assert.equal(send(1, right, DELETE), came, type);
    assert.equal(join.stateRows, 1, type);
    join.close();
  }
});

Deno.test("a time to live that a later deployment changes holds for the rows that are there", () => {
  const kernel = loadOperators(), mode = (ttlMs: number) => plan({ type: "inner", mode: { mode: "regular", ttlMs } });
  const pairs = (join: JoinOperator) => {
    join.push(travel(kernel, join, 1, [[1n, 3n, "tea"]]), AT_ONCE, 1);
    return drain(kernel, join).length;
  };
  const first = new JoinOperator(kernel, mode(100));
  first.advance(1000);
  first.push(travel(kernel, first, 0, [[1n, "tea", 1n, 5n]]), AT_ONCE, 0);
  assert.deepEqual(drain(kernel, first), []);
  const shorter = new JoinOperator(kernel, mode(10), first), longer = new JoinOperator(kernel, mode(0), shorter);
  longer.advance(1050);
  assert.equal(pairs(longer), 1);
  const last = new JoinOperator(kernel, mode(50), longer);
  assert.equal(pairs(last), 0, "it came 50 ms ago");
  last.advance(1051);
  assert.deepEqual([drain(kernel, last), last.stateRows], [[], 2], "the two rows of the right are younger");
  for (const join of [first, shorter, longer, last]) join.close();
});
