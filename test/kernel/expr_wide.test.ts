import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { BOOL, type Column, type DataType, decimal, DOUBLE, formatType, INT64, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { compileExpression, type Expression } from "../../src/expr/mod.ts";
import { anyCell } from "./expr_arbitrary.ts";
import { runProgram, valuesOf } from "./expr_run.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { evaluate } from "./reference/expr.ts";

const TYPES: readonly DataType[] = [
  INT64,
  decimal(4, 2),
  decimal(18, 0),
  decimal(18, 18),
  decimal(19, 3),
  decimal(38, 0),
  decimal(38, 6),
  decimal(38, 19),
  decimal(38, 38),
];
const OPERATORS = ["add", "sub", "mul", "div", "mod", "eq", "lt", "ge"];
const columnsOf = (...types: readonly DataType[]): Column[] =>
  types.map((type, i) => ({ name: "ab"[i], type, nullable: true }));

Deno.test("every operator over every pair of widths agrees with whole numbers of any length, digit by digit", () => {
  const kernels = VARIANTS.map((variant) => loadKernel(variant));
  for (const a of TYPES) {
    for (const b of TYPES) {
      const columns = columnsOf(a, b), row = fc.tuple(anyCell(a), anyCell(b));
      fc.assert(
        fc.property(fc.array(row, { minLength: 1, maxLength: 80, size: "max" }), (rows) => {
          for (const operator of OPERATORS) {
            const expression: Expression = { call: operator, args: [{ column: "a" }, { column: "b" }] };
            const { program, type } = compileExpression(expression, columns);
            const expected = rows.map((row) => evaluate(expression, columns, row));
            assert.deepEqual(expected[0].type, type, operator);
            const values = expected.map(({ value }) => value);
            for (const kernel of kernels) {
              assert.deepEqual(runProgram(kernel, program, columns, rows), values, operator);
            }
          }
        }),
        { numRuns: 6 },
      );
    }
  }
});

Deno.test("casts between all widths round halves away from zero, and what has too many digits is NULL", () => {
  const kernels = VARIANTS.map((variant) => loadKernel(variant));
  for (const from of TYPES) {
    for (const to of TYPES) {
      const columns = columnsOf(from);
      const expression: Expression = { call: "cast", args: [{ column: "a" }], type: formatType(to) };
      const { program } = compileExpression(expression, columns);
      fc.assert(
        fc.property(fc.array(anyCell(from), { minLength: 1, maxLength: 80, size: "max" }), (cells) => {
          const rows = cells.map((cell): Value[] => [cell]);
          const values = rows.map((row) => evaluate(expression, columns, row).value);
          for (const kernel of kernels) assert.deepEqual(runProgram(kernel, program, columns, rows), values);
        }),
        { numRuns: 6 },
      );
    }
  }
});

/** Doubles of all magnitudes that decimals have, with few digits and with many. */
const anyDouble = fc.oneof(
  fc.double({ noNaN: true }),
  fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.integer({ min: -42, max: 40 })).map(([x, e]) =>
    Number(`${x}e${e}`)
  ),
  fc.tuple(fc.maxSafeInteger(), fc.integer({ min: -50, max: 30 })).map(([x, e]) => Number(`${x}e${e}`)),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 0.5, 1.5, 2.5, 1e38, 1e37, 9.999999999999999e37),
);
/** Texts of numbers of any length, and some that are none. */
const anyNumber = fc.tuple(
  fc.constantFrom("", "-", "+", " ", "--"),
  fc.stringMatching(/^\d{0,45}$/),
  fc.constantFrom("", ".", "x"),
  fc.stringMatching(/^\d{0,45}$/),
  fc.constantFrom("", "", "e5", "E-7", "e+30", "e-40", "e", " "),
).map((parts) => parts.join(""));

Deno.test("doubles and texts become wide decimals and these become doubles and texts, as whole numbers of any length do", () => {
  const kernels = VARIANTS.map((variant) => loadKernel(variant)),
    widths = TYPES.filter(({ kind }) => kind === "decimal128");
  const pairs = widths.flatMap((type): [DataType, DataType, fc.Arbitrary<Value>][] => [
    [DOUBLE, type, anyDouble],
    [STRING, type, anyNumber],
    [type, DOUBLE, anyCell(type)],
    [type, STRING, anyCell(type)],
    [type, BOOL, anyCell(type)],
  ]);
  for (const [from, to, any] of pairs) {
    const columns = columnsOf(from);
    const expression: Expression = { call: "cast", args: [{ column: "a" }], type: formatType(to) };
    const { program } = compileExpression(expression, columns);
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 200, size: "max" }), (cells) => {
        const rows = cells.map((cell): Value[] => [cell]);
        const values = rows.map((row) => evaluate(expression, columns, row).value);
        for (const kernel of kernels) assert.deepEqual(runProgram(kernel, program, columns, rows), values);
      }),
      { numRuns: 20 },
    );
  }
});

const wide = (text: string, precision: number, scale: number): Expression => ({
  literal: text,
  type: `decimal(${precision},${scale})`,
});
const shown = (expression: Expression) =>
  valuesOf({ call: "cast", args: [expression], type: "string" }, columnsOf(INT64), [[0n]])[0];

Deno.test("38 digits are exact, and the first number beyond them is NULL", () => {
  const most = wide("9".repeat(38), 38, 0), one: Expression = { literal: 1 };
  assert.equal(shown(most), "9".repeat(38));
  assert.equal(shown({ call: "add", args: [most, one] }), null);
  assert.equal(shown({ call: "sub", args: [{ call: "neg", args: [most] }, one] }), null);
  assert.equal(shown({ call: "sub", args: [most, one] }), `${"9".repeat(37)}8`);
  assert.equal(shown({ call: "mul", args: [most, wide("1.0", 2, 1)] }), null, "its place is kept, so it has no room");
  assert.equal(shown({ call: "div", args: [most, { literal: 0, type: "decimal(1,0)" }] }), null);
});

Deno.test("a quotient keeps six places when its digits do not all fit, rounded half away from zero", () => {
  const two = wide("2.0", 38, 10), three = wide("-3.0", 38, 10);
  assert.equal(shown({ call: "div", args: [two, three] }), "-0.666667");
  assert.equal(shown({ call: "div", args: [wide("1.0", 38, 10), wide("2000000.0", 38, 10)] }), "0.000001");
});

Deno.test("round, floor, ceil, truncate, sign and abs of wide decimals", () => {
  const value = wide("-12345678901234567890.5555", 38, 4),
    call = (name: string, ...args: Expression[]) => shown({ call: name, args: [value, ...args] });
  assert.equal(call("round", { literal: 2 }), "-12345678901234567890.56");
  assert.equal(call("round", { literal: -3 }), "-12345678901234568000");
  assert.equal(call("round", { literal: -30 }), "0");
  assert.equal(call("truncate", { literal: 3 }), "-12345678901234567890.555");
  assert.equal(call("floor"), "-12345678901234567891");
  assert.equal(call("ceil"), "-12345678901234567890");
  assert.equal(call("abs"), "12345678901234567890.5555");
  assert.equal(call("sign"), "-1");
  assert.equal(call("neg"), "12345678901234567890.5555");
});

Deno.test("a wide decimal is in a list of literals where it equals one of them by value", () => {
  const columns = columnsOf(decimal(38, 2)),
    rows: Value[][] = [[123456789012345678901234567890n], [500n], [null], [-1n]];
  const list = ["1234567890123456789012345678.90", "5", "5.001"].map((text): Expression => wide(text, 38, 3));
  assert.deepEqual(valuesOf({ call: "in", args: [{ column: "a" }, ...list] }, columns, rows), [
    true,
    true,
    null,
    false,
  ]);
});
