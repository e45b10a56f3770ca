import assert from "node:assert/strict";
import { DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { compileExpression } from "../../src/expr/mod.ts";
import { Join, type JoinSpec } from "../../src/kernel/join.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { loadOperators } from "./load.ts";
import { valueAt, vectorOf } from "./vectors.ts";

const SPEC: JoinSpec = {
  type: "inner",
  mode: { mode: "regular", ttlMs: 0 },
  left: [INT64, INT64],
  right: [INT64, STRING],
  leftKeys: [0],
  rightKeys: [0],
  where: null,
  nullAware: false,
  leftChanges: false,
  rightChanges: false,
  leftUnique: false,
  rightUnique: false,
};

const AT_ONCE = { running: 0, before: -Infinity, delayMs: 0, others: Infinity };

/** `rows` rows with key 1; the second column counts, as a number or as text. */
function push(kernel: Kernel, join: Join, input: number, rows: number, first = 0): void {
  const numbers = Array.from({ length: rows }, (_, i) => BigInt(first + i));
  const second = input === 0 ? vectorOf(kernel, INT64, numbers) : vectorOf(kernel, STRING, numbers.map(String));
  const columns = [vectorOf(kernel, INT64, numbers.map(() => 1n)), second];
  assert.ok(join.push({ rows, columns, selection: 0, selected: rows, kinds: 0 }, input, AT_ONCE));
}

/** A side with `count` rows of one key. */
function fill(kernel: Kernel, join: Join, input: number, count: number): void {
  for (let at = 0; at < count; at += 5000) {
    push(kernel, join, input, Math.min(5000, count - at), at);
    assert.equal(join.pull(1000), null);
    kernel.reset();
  }
}

Deno.test("rows that meet hundreds of thousands come out in steps, in order, and the arena stays small", () => {
  const kernel = loadOperators(), join = new Join(kernel, SPEC), count = 200_000;
  fill(kernel, join, 1, count);
  push(kernel, join, 0, 2);
  const held = kernel.memoryBytes;
  for (let at = 0; at < 2 * count;) {
    const mark = kernel.mark(), batch = join.pull(4096)!;
    assert.ok(batch.rows > 0 && batch.rows <= 4096);
    for (const row of [0, batch.rows - 1]) {
      const text = valueAt(kernel, batch.columns[3], row), left = valueAt(kernel, batch.columns[1], row);
      assert.deepEqual([left, text], [BigInt(Math.floor((at + row) / count)), String((at + row) % count)]);
      assert.equal(kernel.data.getUint32(batch.causes! + row * 4, true), Math.floor((at + row) / count));
    }
    at += batch.rows;
    kernel.release(mark);
  }
  assert.equal(join.pull(4096), null);
  assert.ok(kernel.memoryBytes - held < 4 << 20, `${kernel.memoryBytes - held} bytes more`);
  join.close();
});

Deno.test("a condition that almost no pair fulfils is looked for in steps, and memory stays where it is", () => {
  const kernel = loadOperators(), columns = ["a", "b", "c"].map((name) => ({ name, type: INT64, nullable: true }));
  const rare = { call: "eq", args: [{ column: "b" }, { column: "c" }] };
  const where = compileExpression(rare, columns).program;
  // The condition reads left's second column and right's first, which is 1.
  const join = new Join(kernel, { ...SPEC, where });
  fill(kernel, join, 1, 100_000);
  push(kernel, join, 0, 3);
  const held = kernel.memoryBytes;
  let rows = 0;
  for (let batch = join.pull(100); batch; batch = join.pull(100)) {
    assert.equal(valueAt(kernel, batch.columns[1], 0), 1n);
    rows += batch.rows;
  }
  assert.equal(rows, 100_000);
  assert.ok(kernel.memoryBytes - held < 20 << 20, `${kernel.memoryBytes - held} bytes more`);
  join.close();
});

Deno.test("semi and anti joins keep one row of the right for each key, unless it may be taken back or a condition asks for all", () => {
  const kernel = loadOperators();
  const rows = (more: Partial<JoinSpec>) => {
    const join = new Join(kernel, { ...SPEC, type: "semi", ...more });
    for (let i = 0; i < 3; i++) fill(kernel, join, 1, 100);
    push(kernel, join, 0, 2);
    let out = 0;
    for (let batch = join.pull(100); batch; batch = join.pull(100)) out += batch.rows;
    assert.equal(out, 2);
    const { stateRows } = join;
    join.close();
    return stateRows;
  };
  assert.equal(rows({}), 3);
  assert.equal(rows({ rightChanges: true }), 302);
  assert.equal(rows({ mode: { mode: "regular", ttlMs: 5 } }), 302);
});

Deno.test("a join at the maximum of memory throws, and leaves the rest of the kernel as it was", () => {
  const kernel = loadOperators("simd", 6 << 20), join = new Join(kernel, SPEC);
  const text = "x".repeat(4000);
  const pushText = () => {
    const columns = [vectorOf(kernel, INT64, Array(400).fill(1n)), vectorOf(kernel, STRING, Array(400).fill(text))];
    join.push({ rows: 400, columns, selection: 0, selected: 400, kinds: 0 }, 1, AT_ONCE);
    while (join.pull(1000));
    kernel.reset();
  };
  assert.throws(() => {
    for (let i = 0; i < 100; i++) pushText();
  }, { name: "RdxError", code: "no_space" });
  join.close();
  assert.equal(kernel.fn("state_bytes")(), 0);
});

Deno.test("what cannot be joined is refused, with what to do", () => {
  const kernel = loadOperators(), held = kernel.memoryBytes;
  const times = { leftTime: 0, rightTime: 0 }, timed = { left: [TIMESTAMP], right: [TIMESTAMP] };
  const interval = { mode: "interval", ...times, lowerMs: 0, upperMs: 1 } as const,
    asof = { mode: "asof", ...times } as const;
  const cases: readonly [Partial<JoinSpec>, RegExp][] = [
    [{ rightKeys: [] }, /1 keys and 0/],
    [{ right: [DOUBLE, STRING] }, /Cannot join int64 with double: cast/],
    [{ leftKeys: Array(17).fill(0), rightKeys: Array(17).fill(0) }, /17 keys: at most 16/],
    [{ nullAware: true }, /NOT IN/],
    [{ mode: interval }, /left's time from int64: expected timestamp/],
    [{ ...timed, mode: { ...interval, lowerMs: 2 } }, /from 2 to 1 ms: the interval is empty/],
    [{ ...timed, mode: interval, leftChanges: true }, /an input takes rows back/],
    [{ ...timed, mode: asof, type: "full" }, /full as of a time: only inner and left/],
    [{ ...timed, mode: asof, rightChanges: true }, /ASOF/],
  ];
  for (const [more, message] of cases) {
    assert.throws(() => new Join(kernel, { ...SPEC, ...more }), { name: "RdxError", code: "invalid_plan", message });
  }
  assert.equal(kernel.memoryBytes, held);
});
