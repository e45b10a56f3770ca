import assert from "node:assert/strict";
import type { Column } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import { compileExpression, type Expression } from "../../../src/expr/mod.ts";
import { runProgram } from "../expr_run.ts";
import { loadFunctions, VARIANTS } from "../load.ts";

const kernels = VARIANTS.map((variant) => loadFunctions(variant));

/** The values of `expression` for `rows`, with the functions of the language: both builds must agree on them. */
export function valuesOf(
  expression: Expression,
  columns: readonly Column[],
  rows: readonly (readonly Value[])[],
): Value[] {
  const { program } = compileExpression(expression, columns);
  const [simd, scalar] = kernels.map((kernel) => runProgram(kernel, program, columns, rows));
  assert.deepEqual(simd, scalar, "SIMD and scalar kernels agree");
  return simd;
}

/** A generator of random numbers from a seed, which tests print: xorshift64*. */
export function randomOf(seed: number): { bits: () => bigint; below: (n: number) => number; unit: () => number } {
  let state = BigInt(seed) * 0x9e3779b97f4a7c15n & 0xffffffffffffffffn || 1n;
  const bits = () => {
    state ^= state >> 12n;
    state = (state ^ state << 25n) & 0xffffffffffffffffn;
    state ^= state >> 27n;
    return state * 0x2545f4914f6cdd1dn & 0xffffffffffffffffn;
  };
  const unit = () => Number(bits() >> 11n) / 2 ** 53;
  return { bits, unit, below: (n) => Math.floor(unit() * n) };
}

/** The seed of random inputs: RDX_SEED, or another at each run; tests have it in their names, so that it is printed. */
export const SEED = Number(Deno.env.get("RDX_SEED") ?? Math.floor(Math.random() * 2 ** 31));
