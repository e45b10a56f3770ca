import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { type Column, DOUBLE, INT64, sameType, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { compileExpression, type Expression } from "../../src/expr/mod.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { ProgramRunner } from "../../src/kernel/program.ts";
import { anyExpression, anyRows, COLUMNS } from "./expr_arbitrary.ts";
import { batchOf, runProgram, valuesOf } from "./expr_run.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { evaluate } from "./reference/expr.ts";

function check(kernels: readonly Kernel[], expression: Expression, rows: readonly (readonly Value[])[]): void {
  const { program, type, nullable } = compileExpression(expression, COLUMNS);
  const expected = rows.map((row) => evaluate(expression, COLUMNS, row));
  for (const cell of expected) {
    assert.ok(sameType(cell.type, type), `${JSON.stringify(cell.type)} is ${JSON.stringify(type)}`);
  }
  const values = expected.map(({ value }) => value);
  if (!nullable) assert.ok(!values.includes(null), "an expression that is not nullable gives no NULL");
  for (const kernel of kernels) assert.deepEqual(runProgram(kernel, program, COLUMNS, rows), values);
}

Deno.test("random typed expressions: SIMD kernels, scalar kernels and the row-by-row reference agree bit for bit", () => {
  const kernels = VARIANTS.map((variant) => loadKernel(variant));
  fc.assert(
    fc.property(anyExpression, anyRows(COLUMNS), (expression, rows) => check(kernels, expression, rows)),
    { numRuns: 1500 },
  );
});

const A: Column = { name: "a", type: INT64, nullable: true };

Deno.test("a program that is a column gives the batch's own vector", () => {
  const kernel = loadKernel(), batch = batchOf(kernel, [A], [[1n], [null]]);
  const runner = new ProgramRunner(kernel, compileExpression({ column: "a" }, [A]).program);
  assert.equal(runner.run(batch), batch.columns[0]);
});

Deno.test("a cast that keeps the cells gives the column's cells under the new type", () => {
  const kernel = loadKernel(), batch = batchOf(kernel, [A], [[1n], [null]]);
  const cast: Expression = { call: "cast", args: [{ column: "a" }], type: "timestamp" };
  const result = new ProgramRunner(kernel, compileExpression(cast, [A]).program).run(batch);
  assert.deepEqual(result, { ...batch.columns[0], type: TIMESTAMP });
});

Deno.test("results share the validity of their only operand with NULLs, and have none where every value is there", () => {
  const kernel = loadKernel(), columns = [{ ...A, type: DOUBLE }, { name: "b", type: DOUBLE, nullable: false }];
  const batch = batchOf(kernel, columns, [[1, 2], [null, 3]]);
  const run = (expression: Expression) =>
    new ProgramRunner(kernel, compileExpression(expression, columns).program).run(batch).validity;
  assert.equal(run({ call: "add", args: [{ column: "a" }, { column: "b" }] }), batch.columns[0].validity);
  assert.equal(run({ call: "add", args: [{ column: "b" }, { literal: 1 }] }), 0);
  assert.equal(run({ call: "coalesce", args: [{ column: "a" }, { column: "b" }] }), 0);
});

Deno.test("int64 operations that stay in range have no validity, and one overflow is the only NULL", () => {
  const rows = Array.from({ length: 200 }, (_, i): Value[] => [i === 150 ? 2n ** 63n - 1n : BigInt(i)]);
  const values = valuesOf({ call: "add", args: [{ column: "a" }, { literal: 1 }] }, [A], rows);
  assert.deepEqual(values, rows.map(([a], i) => i === 150 ? null : a as bigint + 1n));
});

Deno.test("a constant program fills a column of as many rows as the batch has", () => {
  const rows = Array.from({ length: 130 }, (): Value[] => [0n]);
  const concat: Expression = { call: "concat", args: [{ literal: "é" }, { literal: "b" }] };
  assert.deepEqual(valuesOf(concat, [A], rows), rows.map(() => "éb"));
  assert.deepEqual(valuesOf({ literal: null, type: "bool" }, [A], rows), rows.map(() => null));
  assert.deepEqual(valuesOf({ call: "div", args: [{ literal: 1 }, { literal: 0 }] }, [A], rows), rows.map(() => null));
});

Deno.test("constant strings outlive the batch arena in which they were computed", () => {
  const kernel = loadKernel(), columns = [{ ...A, type: STRING }];
  const expression: Expression = {
    call: "concat",
    args: [{ column: "a" }, { call: "upper", args: [{ literal: "tail" }] }],
  };
  const runner = new ProgramRunner(kernel, compileExpression(expression, columns).program);
  for (let batch = 0; batch < 3; batch++) {
    kernel.reset();
    kernel.bytes.fill(0xff, kernel.arena(4096), kernel.arena(64));
    const result = runner.run(batchOf(kernel, columns, [["x"]]));
    const at = kernel.data.getUint32(result.data, true), length = kernel.data.getUint32(result.data + 4, true);
    assert.equal(new TextDecoder().decode(kernel.bytes.slice(at, at + length)), "xTAIL");
  }
});

Deno.test("a runner gives its memory back, so that runners can come and go", () => {
  const kernel = loadKernel("simd", 4 << 20), columns = [{ ...A, type: STRING }];
  const list = Array.from({ length: 500 }, (_, i): Expression => ({ literal: `value ${i}` }));
  const { program } = compileExpression({ call: "in", args: [{ column: "a" }, ...list] }, columns);
  for (let i = 0; i < 500; i++) new ProgramRunner(kernel, program).dispose();
});

Deno.test("what does not fit the kernel's memory is an error with the code no_space", () => {
  const kernel = loadKernel("simd", 4 << 20), columns = [{ ...A, type: STRING }];
  const expression: Expression = { call: "concat", args: Array.from({ length: 200 }, () => ({ column: "a" })) };
  const runner = new ProgramRunner(kernel, compileExpression(expression, columns).program);
  const rows = Array.from({ length: 100 }, () => ["x".repeat(1000)]);
  assert.throws(() => runner.run(batchOf(kernel, columns, rows)), { code: "no_space" });
});

Deno.test("an empty batch gives an empty result", () => {
  assert.deepEqual(valuesOf({ call: "mul", args: [{ column: "a" }, { literal: 2 }] }, [A], []), []);
});
