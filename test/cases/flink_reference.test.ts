import assert from "node:assert/strict";
import type { ConnectorSourceNode, Plan } from "../../src/plan/plan.ts";
import { compileSqlOrThrow } from "../../src/sql/mod.ts";
import { materialise } from "../reference/changes.ts";
import { runReference } from "../reference/engine.ts";
import { CATALOG } from "./case_engine.ts";
import { caseLog, sourceNode } from "./case_log.ts";
import { caseScript } from "./case_sql.ts";
import { type FlinkCase, flinkCases } from "./flink_cases.ts";
import { FLINK_PLANS } from "./flink_plans.ts";
import { rowText } from "./java_text.ts";
import { comparable } from "./rows.ts";

/** The reference engine has no windows of less than nothing either. */
const DEBT = "WindowAggregateITCase.testRetractPreviousSlicingStateWithSlicingWindow";
const SINK = { kind: "collect" };
const cases = new Map((await flinkCases()).map((one) => [one.id, one]));

/** Sources of a plan have names of their own: the case's source that has the rows of one. */
function nameOf({ sources }: FlinkCase, { connector }: ConnectorSourceNode): string {
  const given = connector.kind === "values" ? connector.rows : [];
  return sources.find(({ rows }) => {
    const cells = rows.map(({ row }) =>
      row.map((value) => value !== null && typeof value === "object" ? value.decimal : value)
    );
    return rows.length === given.length && cells.every((row, i) => row.every((value, at) => value === given[i][at]));
  })!.name;
}

Deno.test("the reference engine gives what Flink gives for the plans that SQL makes of all cases", async (test) => {
  for (const one of cases.values()) {
    await test.step({
      name: one.id,
      ignore: one.id === DEBT,
      fn() {
        const { pipelines: [{ plan }] } = compileSqlOrThrow(caseScript(one), CATALOG, { name: "case", sink: SINK });
        const inputs = plan.nodes.filter((node): node is ConnectorSourceNode => node.op === "source");
        // A source may be there twice, and computes its own time.
        const log = caseLog(one.sources).flatMap((entry) => {
          const own = "values" in entry ? { ...entry, values: entry.values.slice(0, -1) } : entry;
          return inputs.filter((input) => nameOf(one, input) === entry.source).map(({ id }) => ({
            ...own,
            source: id,
          }));
        });
        const [{ columns, rows }] = runReference(plan, log).values(), types = columns.map(({ type }) => type);
        assert.deepEqual(comparable(materialise(rows).map((row) => rowText(row, types))), comparable(one.expected));
      },
    });
  }
});

for (const [id, nodes] of Object.entries(FLINK_PLANS)) {
  Deno.test(`the reference engine gives what Flink gives in ${id}`, () => {
    const { sources, expected } = cases.get(id)!;
    const plan: Plan = { rdx: 1, name: "case", nodes: [...sources.map(sourceNode), ...nodes] };
    const { columns, rows } = runReference(plan, caseLog(sources)).get("out")!, types = columns.map(({ type }) => type);
    const found = materialise(rows).map((row) => rowText(row, types));
    assert.deepEqual(comparable(found), comparable(expected));
  });
}
