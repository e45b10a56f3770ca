import assert from "node:assert/strict";
import { type Column, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { OverOperator, type OverPlan } from "../../src/operator/over.ts";
import fc from "../deps/fast_check.ts";
import { changesOf } from "../kernel/group/run.ts";
import { loadOperators } from "../kernel/load.ts";
import { vectorOf } from "../kernel/vectors.ts";

const column = (name: string, type: Column["type"]): Column => ({ name, type, nullable: true });
const INPUT = [column("ts", TIMESTAMP), column("user", STRING), column("n", INT64)];
const CALLS = ["sum", "count", "max", "first"];

interface Row {
  readonly at: number;
  readonly user: string | null;
  readonly n: bigint | null;
}

/** The aggregates of a frame, by their definitions. */
function aggregates(frame: readonly Row[]): (bigint | null)[] {
  const values = frame.flatMap(({ n }) => n === null ? [] : [n]);
  if (values.length === 0) return [null, 0n, null, null];
  const total = values.reduce((sum, n) => sum + n, 0n), most = values.reduce((a, b) => a > b ? a : b);
  return [total, BigInt(values.length), most, values[0]];
}

/** Rows that are not late, by time and arrival, each with the aggregates of its frame. */
function reference(rows: readonly Row[], delayMs: number, plan: OverPlan): { lines: string[]; late: number } {
  const kept: Row[] = [];
  let most = -Infinity, late = 0;
  for (const row of rows) {
    if (plan.time >= 0 && row.at <= most - delayMs) late++;
    else kept.push(row);
    most = Math.max(most, row.at);
  }
  if (plan.time >= 0) kept.sort((a, b) => a.at - b.at);
  const { kind, preceding } = plan.frame;
  const lines = kept.map((row, i) => {
    const same = kept.filter(({ user }) => user === row.user);
    const isPeer = plan.time >= 0 && kind === "range";
    const before = same.filter((other) => isPeer ? other.at <= row.at : kept.indexOf(other) <= i);
    const frame = preceding < 0
      ? before
      : kind === "rows"
      ? before.slice(-preceding - 1)
      : before.filter(({ at }) => at >= row.at - preceding);
    return [row.at, row.user, row.n, ...aggregates(frame)].join(" ");
  });
  return { lines, late };
}

Deno.test("each row comes with the aggregates of its frame, however the rows are cut into batches", () => {
  const rows = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 120 }),
      user: fc.constantFrom("a", "b", null),
      n: fc.option(fc.bigInt({ min: -9n, max: 9n })),
    }),
    { minLength: 1, maxLength: 300, size: "max" },
  );
  fc.assert(
    fc.property(
      rows,
      fc.constantFrom<{ kind: "range" | "rows"; preceding: number }>(
        { kind: "range", preceding: -1 },
        { kind: "range", preceding: 0 },
        { kind: "range", preceding: 17 },
        { kind: "rows", preceding: -1 },
        { kind: "rows", preceding: 0 },
        { kind: "rows", preceding: 3 },
      ),
      fc.boolean(),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 1, max: 150 }),
      (all, frame, timed, delayMs, cut) => {
        if (!timed && frame.kind === "range" && frame.preceding >= 0) return;
        const plan: OverPlan = {
          id: "o",
          columns: [...INPUT, ...CALLS.map((name) => column(name, INT64))],
          keys: [1],
          time: timed ? 0 : -1,
          frame,
          calls: CALLS.map((fn) => ({ fn, args: [2], distinct: false, filter: -1, params: [] })),
        };
        const kernel = loadOperators(),
          operator = new OverOperator(kernel, plan),
          got: string[] = [],
          causes: number[] = [];
        const drain = (from: number) => {
          for (let out = operator.pull(); out; out = operator.pull()) {
            const changes = changesOf(kernel, out, out.causes ?? 0);
            got.push(...changes.map(({ values }) => values.join(" ")));
            if (!timed) causes.push(...changes.map(({ cause }) => from + cause));
          }
          kernel.reset();
        };
        let most = -Infinity;
        for (let from = 0; from < all.length; from += cut) {
          const part = all.slice(from, from + cut);
          const columns = operator.exchanges[0].columns.map((c) =>
            vectorOf(kernel, INPUT[c].type, part.map(({ at, user, n }): Value => [BigInt(at), user, n][c]))
          );
          const running = kernel.arena(part.length * 8 + 8), before = most;
          part.forEach(({ at }, i) => {
            kernel.data.setBigInt64(running + i * 8, most === -Infinity ? -(2n ** 62n) : BigInt(most), true);
            most = Math.max(most, at);
          });
          const batch = { rows: part.length, columns, selection: 0, selected: part.length, kinds: 0 };
          operator.push(batch, { running, before, delayMs, others: Infinity });
          drain(from);
          operator.advance(most - delayMs);
          drain(from);
        }
        operator.advance(Infinity);
        drain(0);
        const { lines, late } = reference(all, delayMs, plan);
        assert.deepEqual(timed ? got.toSorted() : got, timed ? lines.toSorted() : lines);
        const times = got.map((line) => Number(line.split(" ")[0]));
        if (timed) assert.deepEqual(times, times.toSorted((a, b) => a - b));
        else assert.deepEqual(causes, all.map((_, i) => i));
        assert.equal(operator.counts.late, late);
        if (frame.preceding < 0 || frame.kind === "range") assert.equal(operator.stateRows, 0);
        operator.close();
        assert.equal(kernel.fn("state_bytes")(), 0);
      },
    ),
    { numRuns: 250 },
  );
});

Deno.test("more rows of one time than a step takes are each other's peers all the same", () => {
  const rows = 10_000, kernel = loadOperators();
  const plan: OverPlan = {
    id: "o",
    columns: [INPUT[0], column("count", INT64)],
    keys: [],
    time: 0,
    frame: { kind: "range", preceding: 5 },
    calls: [{ fn: "count", args: [], distinct: false, filter: -1, params: [] }],
  };
  const operator = new OverOperator(kernel, plan);
  const columns = [vectorOf(kernel, TIMESTAMP, Array.from({ length: rows }, (_, i) => i < 10 ? 0n : 3n))];
  const times = { running: 0, before: -Infinity, delayMs: 0, others: Infinity };
  operator.push({ rows, columns, selection: 0, selected: rows, kinds: 0 }, times);
  assert.equal(operator.pull(), null);
  operator.advance(100);
  const counts = new Map<string, number>();
  for (let out = operator.pull(); out; out = operator.pull()) {
    for (const { values } of changesOf(kernel, out)) {
      const text = values.join(" ");
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
  }
  assert.deepEqual([...counts], [["0 10", 10], [`3 ${rows}`, rows - 10]]);
  assert.equal(operator.stateRows, 0);
  operator.close();
  assert.equal(kernel.fn("state_bytes")(), 0);
});
