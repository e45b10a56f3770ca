import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { SHARED_RESULTS_BYTES_MAX } from "../../src/core/limits.ts";
import { type Column, DOUBLE, INT64, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { compileExpression, type Expression } from "../../src/expr/mod.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { type Program, ProgramRunner } from "../../src/kernel/program.ts";
import { SharedPrograms, type SharePoint } from "../../src/kernel/shared_programs.ts";
import { SharedResults } from "../../src/kernel/shared_results.ts";
import { batchOf, cellsOf } from "./expr_run.ts";
import { loadKernel } from "./load.ts";

const COLUMNS: readonly Column[] = [
  { name: "n", type: INT64, nullable: true },
  { name: "d", type: DOUBLE, nullable: true },
  { name: "s", type: STRING, nullable: true },
];
const n = { column: "n" },
  d = { column: "d" },
  s = { column: "s" },
  of = (call: string, ...args: Expression[]) => ({ call, args });
const EXPRESSIONS: readonly Expression[] = [
  of("and", of("like", s, { literal: "%a%" }), of("gt", n, { literal: 2 })),
  of("concat", of("upper", s), of("lower", s)),
  of("add", of("mul", n, n), { literal: 1 }),
  of("sqrt", of("abs", d)),
  { call: "cast", args: [s], type: "int64" },
];
const anyRows = fc.array(
  fc.tuple(
    fc.option(fc.bigInt(-9n, 9n)),
    fc.option(fc.double({ noNaN: true })),
    fc.option(
      fc.oneof(fc.string({ maxLength: 12 }).map((one) => one.toWellFormed()), fc.constantFrom("5", "-7", "a", "é")),
    ),
  ),
  { minLength: 1, maxLength: 200 },
);

/** Points at every instruction: the same numbers in each kernel. */
const pointsOf = (program: Program): SharePoint[] =>
  program.instructions.map((_, i) => ({ key: i + 1, others: 1, selected: false }));

function runnerOf(kernel: Kernel, results: SharedResults, program: Program): ProgramRunner {
  kernel.shared = new SharedPrograms(kernel, results, new Map([[program, pointsOf(program)]]));
  return new ProgramRunner(kernel, program);
}

Deno.test("what a program takes from another kernel is what it computes by itself", () => {
  const [first, second, alone] = [loadKernel("simd"), loadKernel("simd"), loadKernel("simd")];
  fc.assert(
    fc.property(fc.constantFrom(...EXPRESSIONS), anyRows, (expression, rows) => {
      const { program } = compileExpression(expression, COLUMNS),
        results = new SharedResults(),
        frame = new ArrayBuffer(8);
      const valuesIn = (kernel: Kernel, runner: ProgramRunner): Value[] => {
        kernel.reset();
        return cellsOf(kernel, runner.run(batchOf(kernel, COLUMNS, rows)), rows.length);
      };
      const runners = [first, second].map((kernel) => runnerOf(kernel, results, program));
      results.add(frame);
      for (const kernel of [first, second]) kernel.shared!.frame = frame;
      const plain = new ProgramRunner(alone, program), expected = valuesIn(alone, plain);
      assert.deepEqual(valuesIn(first, runners[0]), expected);
      assert.ok(results.bytes > 0, "something is kept");
      const before = results.bytes;
      assert.deepEqual(valuesIn(second, runners[1]), expected);
      assert.ok(results.bytes < before, "it was taken from there");
      results.drop(frame);
      assert.equal(results.bytes, 0);
      for (const runner of [...runners, plain]) runner.dispose();
    }),
  );
});

Deno.test("results of frames that are gone, and beyond the bound, are not kept, and what nobody asks for is kept seldom", () => {
  const results = new SharedResults(), frame = new ArrayBuffer(8), column = new ArrayBuffer(1000), rows = null;
  assert.equal(results.wants(frame, 1), false, "the frame is not there");
  results.add(frame);
  assert.ok(results.wants(frame, 1));
  results.put(frame, 1, { column: new ArrayBuffer(SHARED_RESULTS_BYTES_MAX), rows }, 1);
  assert.equal(results.wants(frame, 2), false, "there is no room");
  assert.ok(results.take(frame, 1));
  assert.equal(results.take(frame, 1), null, "one waited for it");
  assert.equal(results.bytes, 0);
  let kept = 0;
  for (let i = 0; i < 160; i++) {
    const next = new ArrayBuffer(8);
    results.add(next);
    if (!results.wants(next, 7)) continue;
    kept++;
    results.put(next, 7, { column, rows }, 1);
    results.drop(next);
  }
  assert.ok(kept >= 8 && kept <= 20, `${kept} of 160 were kept`);
  const next = new ArrayBuffer(8);
  results.add(next);
  results.put(next, 7, { column, rows }, 1);
  assert.ok(results.take(next, 7));
  assert.ok(results.wants(next, 7), "somebody asks again");
});
