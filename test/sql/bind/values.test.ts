import assert from "node:assert/strict";
import { type DataType, formatType } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import { compileExpression, type Expression } from "../../../src/expr/mod.ts";
import type { PlanNode } from "../../../src/plan/mod.ts";
import { compileSql, describeProblem } from "../../../src/sql/mod.ts";
import { valuesOf } from "../../kernel/function/run.ts";
import { decimalText } from "../../kernel/reference/expr_number.ts";
import { CATALOG } from "./catalog.ts";

/** The expression that a SELECT of it computes. */
function bound(text: string): Expression {
  const script = `SELECT ${text} AS x FROM bid`, { problems, pipelines } = compileSql(script, CATALOG, { name: "p" });
  assert.deepEqual(problems.map((problem) => describeProblem(script, problem)), []);
  const project = pipelines[0].plan.nodes.find((node): node is Extract<PlanNode, { op: "project" }> =>
    node.op === "project"
  );
  return { call: "coalesce", args: [project!.columns[0].expr, { literal: null }] };
}

function textOf(value: Value, type: DataType): string {
  if (value === null) return "NULL";
  switch (type.kind) {
    case "timestamp":
      return new Date(Number(value)).toISOString();
    case "decimal":
    case "decimal128":
      return decimalText(value as bigint, type.scale ?? 0);
    case "double":
      return Number.isInteger(value) ? `${value}.0` : String(value);
    case "string":
      return `'${value}'`;
    default:
      return value instanceof Uint8Array ? `X'${value.toHex()}'` : String(value);
  }
}

const text = Deno.readTextFileSync(new URL("golden/values.txt", import.meta.url));
for (const section of text.split(/^# /m).slice(1)) {
  const [name, ...lines] = section.trim().split("\n");
  Deno.test(`SQL's values: ${name}`, () => {
    for (const line of lines) {
      const [sql, expected] = line.split(" => "), expression = bound(sql);
      const { type } = compileExpression(expression, []), [value] = valuesOf(expression, [], [[]]);
      assert.equal(textOf(value, type), expected, `${sql}, of ${formatType(type)}`);
    }
  });
}
