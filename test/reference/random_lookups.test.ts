import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { type Column, INT64 } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { LookupFactory } from "../../src/lookup.ts";
import type { LookupNode, Plan, PlanNode } from "../../src/plan/plan.ts";
import { MemoryTable } from "../runtime/lookup_table.ts";
import { textOf } from "../runtime/rows.ts";
import { seeded } from "../sim/pool.ts";
import { netCounts } from "./changes.ts";
import { runReference } from "./engine.ts";
import { EngineUnderTest, streamColumns } from "./engine_run.ts";
import { project } from "./nodes.ts";
import { type Feature, FEATURES, STREAM_COLUMNS } from "./random_flow.ts";
import { anyChoices, randomPlan } from "./random_plan.ts";
import { anySeeds, rowsOf } from "./random_rows.ts";
import type { Row } from "./value.ts";

/** Features of plans whose rows are only inserted and come from one source: a lookup holds the watermark of what is behind it alone. */
const features = new Set<Feature>(
  FEATURES.filter((feature) => !["lateness", "changelog", "several_sources"].includes(feature)),
);

const COLUMNS: readonly Column[] = [
  { name: "id", type: INT64, nullable: false },
  { name: "found", type: INT64, nullable: true },
];
/** None, one or several rows for a key. */
const TABLE: readonly (readonly Value[])[] = Array.from(
  { length: 12 },
  (_, i) => [BigInt(i * i % 7 - 1), i % 4 === 0 ? null : BigInt(i)],
);

/** Answers come after some turns of the event loop. */
const memory: LookupFactory = {
  kind: "sqlite",
  create: (_, { keys, columns }) => new MemoryTable(COLUMNS, TABLE, { tableKeys: keys, picks: columns }, seeded(7)),
};

type Asked = Pick<LookupNode, "type" | "cache_rows" | "batch_rows" | "concurrency">;

/** The plan with a lookup right behind its source, whose finds stand in the place of the column n. */
function lookedUp({ nodes, ...plan }: Plan, source: string, asked: Asked): Plan {
  const lookup: LookupNode = {
    id: "looked_up",
    op: "lookup",
    input: [source],
    ...asked,
    table: { kind: "sqlite", path: "dim.db", table: "dim" },
    on: [{ left: "k", right: "id" }],
    columns: COLUMNS.map(({ name, nullable }) => ({ name, type: "int64", nullable })),
    cache_ttl_ms: 0,
    timeout_ms: 60_000,
    on_error: "retry",
  };
  const columns = Object.fromEntries(STREAM_COLUMNS.map(({ name }) => [name, name === "n" ? "found" : name]));
  const behind = nodes.map((node): PlanNode =>
    node.op === "source" ? node : { ...node, input: node.input.map((id) => id === source ? "found" : id) } as PlanNode
  );
  const at = behind.findIndex(({ id }) => id === source) + 1;
  return {
    ...plan,
    nodes: [...behind.slice(0, at), lookup, project("found", "looked_up", columns), ...behind.slice(at)],
  };
}

const netText = (rows: readonly Row[]) =>
  [...netCounts(rows).values()].map(({ values, count }) => `${count} × ${textOf(values)}`).sort();

const anyAsked: fc.Arbitrary<Asked> = fc.record({
  type: fc.constantFrom("inner", "left"),
  cache_rows: fc.constantFrom(0, 2, 1000),
  batch_rows: fc.constantFrom(1, 3, 100),
  concurrency: fc.constantFrom(1, 3),
});

Deno.test("a random plan behind a lookup gives what the reference engine gives with the table as it stands", async () => {
  const engines = new Map<number, EngineUnderTest>();
  let rowsOut = 0;
  const run = fc.record({
    workers: fc.integer({ min: 1, max: 3 }),
    cuts: fc.array(fc.nat({ max: 30 }), { maxLength: 6 }),
  });
  try {
    await fc.assert(
      fc.asyncProperty(
        anyChoices(5),
        anySeeds(120),
        anyAsked,
        run,
        async (choices, seeds, asked, { workers, cuts }) => {
          const random = randomPlan(choices, features), { sources: [source, ...others] } = random;
          fc.pre(others.length === 0);
          const plan = lookedUp(random.plan, source.id, asked);
          let engine = engines.get(workers);
          if (!engine) engines.set(workers, engine = await EngineUnderTest.start(workers, [memory]));
          const found = await engine.run({ ...random, plan }, new Map([[source.id, rowsOf(source, seeds)]]), cuts);
          const streams = { [source.id]: streamColumns(source) };
          const expected = runReference(plan, found.log, streams, new Map([["looked_up", TABLE]])).get("out")!;
          assert.deepEqual(netText(found.rows), netText(expected.rows), JSON.stringify(plan.nodes));
          rowsOut += found.rows.length;
        },
      ),
      { numRuns: Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 25) },
    );
  } finally {
    for (const engine of engines.values()) await engine.close();
  }
  assert.ok(rowsOut > 100, `${rowsOut} rows`);
});
