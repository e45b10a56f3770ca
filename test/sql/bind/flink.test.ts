import assert from "node:assert/strict";
import flink from "../parse_flink.json" with { type: "json" };
import { compileSql, describeProblem } from "../../../src/sql/mod.ts";
import type { PlanNode } from "../../../src/plan/mod.ts";
import { CATALOG } from "./catalog.ts";

const COLUMNS = flink.schema.map((column) => column.replace(/^(?!WATERMARK)(\w+)/, "`$1`")).join(", ");
/** Flink's view V1, which some cases window again; with grouping sets it says which set a row is of. */
const SMALL = `window_start, window_end, window_time AS rowtime, COUNT(*) AS cnt, SUM(\`bigdec\`) AS sum_bigdec,
  MAX(\`double\`) AS max_double, MIN(\`float\`) AS min_float, COUNT(DISTINCT \`string\`) AS uv
  FROM TABLE(TUMBLE(TABLE T1, DESCRIPTOR(rowtime), INTERVAL '5' SECOND))`;
const BY_NAME = `CREATE VIEW V1 AS SELECT \`name\`, ${SMALL} GROUP BY \`name\`, window_start, window_end, window_time;`;
const BY_SETS = `CREATE VIEW V1 AS SELECT GROUPING_ID(\`name\`) AS group_id, \`name\`, ${SMALL}
  GROUP BY CUBE (\`name\`), window_start, window_end, window_time;`;

function nodesOf({ id, query, tables }: (typeof flink.cases)[number]): readonly PlanNode[] {
  const view = !query.includes("TABLE V1") ? "" : query.includes("group_id") ? BY_SETS : BY_NAME;
  const created = [...tables, "MyTable"].map((name) => `CREATE TABLE ${name} (${COLUMNS});`);
  const script = `${created.join("\n")}\n${view}\n${query}`;
  const { problems, pipelines } = compileSql(script, CATALOG, { name: "case" });
  assert.deepEqual(problems.map((problem) => describeProblem(script, problem)), [], id);
  return pipelines[0].plan.nodes;
}

const plans = new Map(flink.cases.map((one) => [one.id, nodesOf(one)]));
const of = <O extends PlanNode["op"]>(nodes: readonly PlanNode[], op: O) =>
  nodes.filter((node): node is Extract<PlanNode, { op: O }> => node.op === op);

Deno.test("all 95 queries of Flink's window tests become plans", () => assert.equal(plans.size, 95));

Deno.test("their event time is computed at the source", () => {
  const computed = [{ as: "rowtime", expr: { call: "to_timestamp", args: [{ column: "ts" }] } }];
  for (const nodes of plans.values()) {
    for (const source of of(nodes, "source")) {
      const { id: _, stream: __, ...rest } = source as Extract<PlanNode, { stream: string }>;
      assert.deepEqual(rest, { op: "source", computed, time: "rowtime", delay_ms: 1000 });
    }
  }
});

Deno.test("their window joins are window joins, of the kind that they say", () => {
  const types = { Inner: "inner", Semi: "semi", Anti: "anti", Left: "left", Right: "right", Outer: "full" };
  let seen = 0;
  for (const [id, nodes] of plans) {
    const kind = /^WindowJoinITCase\.test(Inner|Semi|Anti|Left|Right|Outer)/.exec(id)?.[1];
    if (kind === undefined) continue;
    const [join, ...others] = of(nodes, "join");
    assert.equal(others.length, 0, id);
    assert.equal(join.type, types[kind as keyof typeof types], id);
    assert.ok(join.window, id);
    seen++;
  }
  assert.equal(seen, 20);
});

Deno.test("their ranks are by window", () => {
  const ranks = [...plans.values()].flatMap((nodes) => of(nodes, "rank"));
  assert.equal(ranks.length, 22);
  for (const rank of ranks) assert.equal(rank.window_end, "window_end");
});

Deno.test("their aggregates are by window", () => {
  for (const [id, nodes] of plans) {
    const windows = new Set(of(nodes, "window").map((node) => node.id));
    for (const { input, keys } of of(nodes, "aggregate")) {
      assert.ok(windows.has(input[0]) || (keys.includes("window_start") && keys.includes("window_end")), id);
    }
  }
});
