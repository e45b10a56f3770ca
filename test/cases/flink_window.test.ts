import assert from "node:assert/strict";
import { compileSqlOrThrow } from "../../src/sql/mod.ts";
import { materialise } from "../reference/changes.ts";
import { caseScript } from "./case_sql.ts";
import { CaseEngine, CATALOG } from "./case_engine.ts";
import { flinkCases, SKIPPED } from "./flink_cases.ts";
import { rowText } from "./java_text.ts";
import { comparable } from "./rows.ts";

const cases = await flinkCases();

Deno.test("no more than three of Flink's window cases are skipped, and those that are exist", () => {
  assert.equal(cases.length, 95);
  assert.ok(Object.keys(SKIPPED).length <= 3);
  for (const id of Object.keys(SKIPPED)) assert.ok(cases.some((one) => one.id === id), id);
});

Deno.test("Flink's window cases give what they give in Flink", async (test) => {
  const engine = await CaseEngine.start();
  try {
    for (const one of cases) {
      await test.step({
        name: one.id,
        ignore: one.id in SKIPPED,
        async fn() {
          const { pipelines } = compileSqlOrThrow(caseScript(one), CATALOG, {
            name: "case",
            sink: { kind: "collect" },
          });
          assert.equal(pipelines.length, 1);
          const { rows, types } = await engine.run(pipelines[0].plan);
          const found = materialise(rows).map((row) => rowText(row, types));
          assert.deepEqual(comparable(found), comparable(one.expected));
        },
      });
    }
  } finally {
    await engine.close();
  }
});
