import assert from "node:assert/strict";
import { formatType } from "../../src/core/schema.ts";
import type { DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { compileExpression, findFunction, FUNCTIONS, GROUPS } from "../../src/expr/mod.ts";
import { runProgram } from "../kernel/expr_run.ts";
import { loadFunctions, VARIANTS } from "../kernel/load.ts";
import { decimalText } from "../kernel/reference/expr_number.ts";
import { readCall } from "./sql_call.ts";

/** A value as an SQL literal; a double has a point, an exponent or a name. */
function literal(value: Value, type: DataType): string {
  if (value === null) return "NULL";
  switch (type.kind) {
    case "string":
      return `'${String(value).replaceAll("'", "''")}'`;
    case "bytes":
      return `X'${(value as Uint8Array).toHex().toUpperCase()}'`;
    case "timestamp":
      return `TIMESTAMP '${new Date(Number(value)).toISOString()}'`;
    case "decimal":
      return decimalText(value as bigint, type.scale ?? 0);
    case "double":
      return Number.isInteger(value) && Math.abs(value as number) < 1e21 ? `${value}.0` : String(value);
    default:
      return String(value);
  }
}

Deno.test("the example of every function gives what it says", () => {
  const kernels = VARIANTS.map((variant) => loadFunctions(variant));
  for (const { name, example: { call, result } } of FUNCTIONS.values()) {
    assert.ok(call.startsWith(`${name}(`), call);
    const expression = { call: "coalesce", args: [readCall(call), { literal: null }] };
    const { program, type } = compileExpression(expression, []);
    for (const kernel of kernels) {
      const [value] = runProgram(kernel, program, [], [[]]);
      assert.equal(literal(value, type), result, `${call} as ${formatType(type)}`);
    }
  }
});

Deno.test("names and aliases are found in any case, and none stands for two functions", () => {
  const seen = new Map<string, string>();
  for (const { name, aliases = [], group } of FUNCTIONS.values()) {
    assert.ok(GROUPS.includes(group), name);
    for (const alias of [name, ...aliases]) {
      assert.match(alias, /^[a-z][a-z0-9_]*$/);
      assert.equal(seen.get(alias), undefined, `${alias} is ${seen.get(alias)} and ${name}`);
      seen.set(alias, name);
      assert.equal(findFunction(alias.toUpperCase())?.name, name);
    }
  }
  assert.equal(findFunction("constructor"), null);
  assert.equal(findFunction("no_such_function"), null);
});
