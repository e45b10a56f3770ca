import assert from "node:assert/strict";
import { formatType } from "../../src/core/schema.ts";
import { compileExpression, findFunction, FUNCTIONS, GROUPS } from "../../src/expr/mod.ts";
import { runProgram } from "../kernel/expr_run.ts";
import { loadFunctions, VARIANTS } from "../kernel/load.ts";
import { literalText, readCall } from "./sql_call.ts";

Deno.test("the example of every function gives what it says", () => {
  const kernels = VARIANTS.map((variant) => loadFunctions(variant));
  for (const { name, example: { call, result } } of FUNCTIONS.values()) {
    assert.ok(call.startsWith(`${name}(`), call);
    const expression = { call: "coalesce", args: [readCall(call), { literal: null }] };
    const { program, type } = compileExpression(expression, []);
    for (const kernel of kernels) {
      const [value] = runProgram(kernel, program, [], [[]]);
      assert.equal(literalText(value, type), result, `${call} as ${formatType(type)}`);
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
