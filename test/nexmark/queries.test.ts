import assert from "node:assert/strict";
import { STANDARD_SINKS } from "../../src/plan/catalog.ts";
import { compileSqlOrThrow } from "../../src/sql/mod.ts";
import { sideInput } from "../../examples/nexmark/side_input.ts";
import { CaseEngine, CATALOG } from "../cases/case_engine.ts";
import { netCounts } from "../reference/changes.ts";
import { EVALUATORS } from "./evaluate/mod.ts";
import { groupBy, type Rows } from "./evaluate/result.ts";
import { eventsOf } from "./events.ts";
import { QUERIES, queryScript, withoutSink } from "./queries.ts";
import { assertSameRows, linesOf } from "./rows_text.ts";
import { SCALE } from "./scale.ts";

/** What is left of a changelog in the end, row by row. */
function* left(rows: Parameters<typeof netCounts>[0]): Generator<readonly unknown[]> {
  for (const { values, count } of netCounts(rows).values()) {
    assert.ok(count > 0, `${values} goes and never came`);
    for (let i = 0; i < count; i++) yield values;
  }
}

/** Bids by bidder, whenever they were counted. */
function byBidder(rows: Iterable<readonly unknown[]>): Rows {
  return [...groupBy(rows, ([bidder]) => Number(bidder))].map(([bidder, all]) => {
    return [bidder, all.reduce((sum, [, count]) => sum + Number(count), 0)];
  });
}

Deno.test("the queries of the examples compile as they stand there", async () => {
  for (const name of QUERIES) {
    const script = await queryScript(name, SCALE, "."), catalog = { ...CATALOG, sinkKinds: STANDARD_SINKS };
    assert.deepEqual(compileSqlOrThrow(script, catalog).pipelines.map((pipeline) => pipeline.name), [name]);
  }
});

for (const workers of [1, 2]) {
  Deno.test(`Nexmark's queries, with ${workers} workers, answer what their evaluators do`, async (test) => {
    const folder = await Deno.makeTempDir({ prefix: "rdx-nexmark-" }), engine = await CaseEngine.start(workers);
    try {
      await Deno.writeTextFile(`${folder}/side_input.csv`, sideInput());
      const events = eventsOf(SCALE);
      for (const name of QUERIES) {
        await test.step(name, async () => {
          const script = withoutSink(await queryScript(name, SCALE, folder));
          const { pipelines: [{ plan }] } = compileSqlOrThrow(script, CATALOG, { name, sink: { kind: "collect" } });
          const found = left((await engine.run(plan)).rows);
          assertSameRows(linesOf(name === "q12" ? byBidder(found) : found), linesOf(EVALUATORS[name](events)), name);
        });
      }
    } finally {
      await engine.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}
