import assert from "node:assert/strict";
import type { Batch, Vector } from "../../src/core/batch.ts";
import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { compileExpression, type Expression } from "../../src/expr/mod.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { type Program, ProgramRunner } from "../../src/kernel/program.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { valueAt, vectorOf } from "./vectors.ts";

const CANONICAL_NAN = 0x7ff8000000000000n;

type Rows = readonly (readonly Value[])[];

export function batchOf(kernel: Kernel, columns: readonly Column[], rows: Rows): Batch {
  const vectors = columns.map(({ type }, i) => vectorOf(kernel, type, rows.map((row) => row[i])));
  return { rows: rows.length, columns: vectors, selection: 0, selected: rows.length, kinds: 0 };
}

/** The values of a vector; every NaN must be the canonical one. */
export function cellsOf(kernel: Kernel, vector: Vector, rows: number): Value[] {
  return Array.from({ length: rows }, (_, row) => {
    const value = valueAt(kernel, vector, row);
    if (typeof value === "number" && Number.isNaN(value)) {
      assert.equal(kernel.data.getBigUint64(vector.data + row * 8, true), CANONICAL_NAN);
    }
    return value;
  });
}

/** The values of `program` for `rows`, by one build of the kernels; the program goes through JSON first, as to a worker. */
export function runProgram(kernel: Kernel, program: Program, columns: readonly Column[], rows: Rows): Value[] {
  kernel.reset();
  const runner = new ProgramRunner(kernel, JSON.parse(JSON.stringify(program)) as Program);
  const result = runner.run(batchOf(kernel, columns, rows)), cells = cellsOf(kernel, result, rows.length);
  runner.dispose();
  return cells;
}

/** The values of `expression` for `rows`: both builds of the kernels must agree on them. */
export function valuesOf(expression: Expression, columns: readonly Column[], rows: Rows): Value[] {
  const { program } = compileExpression(expression, columns);
  const [simd, scalar] = VARIANTS.map((variant) => runProgram(loadKernel(variant), program, columns, rows));
  assert.deepEqual(simd, scalar, "SIMD and scalar kernels agree");
  return simd;
}
