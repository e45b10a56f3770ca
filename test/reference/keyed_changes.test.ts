import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { PlanNode } from "../../src/plan/plan.ts";
import { textOf } from "../runtime/rows.ts";
import { netCounts, upserted } from "./changes.ts";
import { EngineUnderTest } from "./engine_run.ts";
import { col, project } from "./nodes.ts";
import { anySeeds, rowsOf } from "./random_rows.ts";

const SOURCE = { id: "in0", delayMs: 5, changes: false };
const group = (id: string, key: string, fn: string, arg: string): PlanNode[] => [
  { id, op: "aggregate", input: ["in0"], keys: [key], aggs: [{ fn, arg: col(arg), as: `${id}v` }], two_phase: false },
  project(`${id}p`, id, { [`${id}k`]: key, [`${id}v`]: `${id}v` }),
];
const rank = (input: string, column: string, more: { to: number; as?: string; keys?: string[] }): PlanNode => ({
  id: "r",
  op: "rank",
  input: [input],
  keys: [],
  order: [{ column, desc: true, nulls_last: true }],
  from: 1,
  ...more,
});
const join = (type: "inner" | "left" | "right" | "full" | "semi" | "anti"): PlanNode => ({
  id: "j",
  op: "join",
  input: ["ap", "bp"],
  type,
  on: [{ left: "ak", right: "bk" }],
});
const A = group("a", "k", "last", "n"), B = group("b", "k", "last", "k");

/** Plans whose rows change, by what they end with. */
const PLANS: Readonly<Record<string, readonly PlanNode[]>> = {
  "a numbered rank of groups": [...A, rank("ap", "av", { to: 3, as: "place" })],
  "a numbered rank of groups within keys": [
    ...group("a", "k", "last", "s"),
    ...[rank("ap", "ak", { to: 2, as: "place", keys: ["av"] })],
  ],
  "a rank of groups": [...A, rank("ap", "av", { to: 3 })],
  "the first of groups": [...A, rank("ap", "av", { to: 1, as: "place" })],
  "an inner join of groups": [...A, ...B, join("inner")],
  "a left join of groups": [...A, ...B, join("left")],
  "a right join of groups": [...A, ...B, join("right")],
  "a semi join of groups": [...A, ...B, join("semi")],
  "a numbered rank of joined groups": [...A, ...B, join("left"), rank("j", "av", { to: 3, as: "place" })],
  "a join with a numbered rank": [
    ...A,
    ...B,
    rank("bp", "bv", { to: 3, as: "place" }),
    { ...join("left"), input: ["ap", "r"], on: [{ left: "av", right: "place" }] } as PlanNode,
  ],
};

for (const [name, nodes] of Object.entries(PLANS)) {
  Deno.test(`${name} leaves by its keys what its changes leave`, async () => {
    const engine = await EngineUnderTest.start(2);
    const timing = { time: "ts", delay_ms: 5, idle_timeout_ms: 0, future_skew_ms: 0 };
    const plan = {
      rdx: 1,
      name: "keyed",
      nodes: [
        { id: "in0", op: "source", stream: "in0", ...timing } as const,
        ...nodes,
        { id: "out", op: "sink", input: [nodes.at(-1)!.id], sink: { kind: "collect" } } as const,
      ],
    } as const;
    const random = { plan, sources: [SOURCE], changes: true };
    try {
      await fc.assert(
        fc.asyncProperty(anySeeds(80), fc.array(fc.nat({ max: 30 }), { maxLength: 4 }), async (seeds, cuts) => {
          const { rows, keys } = await engine.run(random, new Map([["in0", rowsOf(SOURCE, seeds)]]), cuts);
          if (keys === null) return assert.fail("nothing tells its rows apart");
          const left = [...netCounts(rows).values()].map(({ values, count }) => `${count} × ${textOf(values)}`);
          assert.deepEqual(upserted(rows, keys).map((values) => `1 × ${textOf(values)}`).sort(), left.sort());
        }),
        { numRuns: 25 },
      );
    } finally {
      await engine.close();
    }
  });
}
