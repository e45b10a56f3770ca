import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { Batch } from "../../src/core/batch.ts";
import { BOOL, type Column, INT64 } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { compileExpression, type Expression } from "../../src/expr/mod.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { filter, ProgramRunner } from "../../src/kernel/program.ts";
import { batchOf } from "./expr_run.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { selectionOf } from "./vectors.ts";

const COLUMNS: readonly Column[] = [{ name: "keep", type: BOOL, nullable: true }, {
  name: "n",
  type: INT64,
  nullable: false,
}];

function selectedRows(kernel: Kernel, { selection, selected, rows }: Batch): number[] {
  if (selection === 0) return Array.from({ length: rows }, (_, row) => row);
  return Array.from({ length: selected }, (_, i) => kernel.data.getInt32(selection + i * 4, true));
}

function filtered(kernel: Kernel, batch: Batch, where: Expression): Batch {
  return filter(batch, new ProgramRunner(kernel, compileExpression(where, COLUMNS).program));
}

const anyRow = fc.record({ keep: fc.option(fc.boolean(), { nil: null }), before: fc.boolean() });

Deno.test("a filter selects the rows that are true, neither false nor NULL, within those selected before", () => {
  const kernels = VARIANTS.map((variant) => loadKernel(variant));
  fc.assert(fc.property(fc.array(anyRow, { maxLength: 300, size: "max" }), fc.boolean(), (rows, hasSelection) => {
    for (const kernel of kernels) {
      kernel.reset();
      const batch = batchOf(kernel, COLUMNS, rows.map(({ keep }, i): Value[] => [keep, BigInt(i)]));
      const before = rows.flatMap(({ before }, i) => before ? [i] : []);
      const input = hasSelection
        ? { ...batch, selection: selectionOf(kernel, before), selected: before.length }
        : batch;
      const expected = rows.flatMap(({ keep, before }, i) => keep === true && (before || !hasSelection) ? [i] : []);
      const result = filtered(kernel, input, { column: "keep" });
      assert.equal(result.selected, expected.length);
      assert.deepEqual(selectedRows(kernel, result), expected);
      assert.equal(result.columns, batch.columns);
    }
  }));
});

Deno.test("a filter that keeps all rows gives the batch itself", () => {
  const kernel = loadKernel(),
    batch = batchOf(kernel, COLUMNS, Array.from({ length: 65 }, (_, i) => [true, BigInt(i)]));
  assert.equal(filtered(kernel, batch, { column: "keep" }), batch);
  assert.equal(filtered(kernel, batch, { literal: true }), batch);
});

Deno.test("a filter that is false or NULL for all rows gives an empty selection", () => {
  const kernel = loadKernel(),
    batch = batchOf(kernel, COLUMNS, Array.from({ length: 65 }, (_, i) => [true, BigInt(i)]));
  for (const literal of [false, null]) {
    const result = filtered(kernel, batch, { literal, type: "bool" });
    assert.equal(result.selected, 0);
    assert.notEqual(result.selection, 0);
  }
});

Deno.test("a filter takes no program but a bool", () => {
  const kernel = loadKernel(), batch = batchOf(kernel, COLUMNS, []);
  assert.throws(() => filtered(kernel, batch, { column: "n" }), /Cannot filter by a int64/);
});
