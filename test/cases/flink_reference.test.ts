import assert from "node:assert/strict";
import type { Plan } from "../../src/plan/plan.ts";
import { materialise } from "../reference/changes.ts";
import { runReference } from "../reference/engine.ts";
import { caseLog, sourceNode } from "./case_log.ts";
import { flinkCases } from "./flink_cases.ts";
import { FLINK_PLANS } from "./flink_plans.ts";
import { rowText } from "./java_text.ts";
import { comparable } from "./rows.ts";

const cases = new Map((await flinkCases()).map((one) => [one.id, one]));

for (const [id, nodes] of Object.entries(FLINK_PLANS)) {
  Deno.test(`the reference engine gives what Flink gives in ${id}`, () => {
    const { sources, expected } = cases.get(id)!;
    const plan: Plan = { rdx: 1, name: "case", nodes: [...sources.map(sourceNode), ...nodes] };
    const { columns, rows } = runReference(plan, caseLog(sources)).get("out")!, types = columns.map(({ type }) => type);
    const found = materialise(rows).map((row) => rowText(row, types));
    assert.deepEqual(comparable(found), comparable(expected));
  });
}
