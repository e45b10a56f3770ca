import assert from "node:assert/strict";
import { BOOL, type Column } from "../../src/core/schema.ts";
import type { Expression } from "../../src/expr/mod.ts";
import { valuesOf } from "./expr_run.ts";

const COLUMNS: readonly Column[] = ["a", "b"].map((name) => ({ name, type: BOOL, nullable: true }));
const TRUTHS = [true, false, null];
/** All pairs, often enough to fill more than one word of 64 rows. */
const ROWS = Array.from({ length: 8 }, () => TRUTHS.flatMap((a) => TRUTHS.map((b) => [a, b]))).flat();
const [a, b]: Expression[] = [{ column: "a" }, { column: "b" }];

function table(expression: Expression): string {
  const values = valuesOf(expression, COLUMNS, ROWS),
    text = (value: unknown) => value === null ? "N" : value ? "T" : "F";
  const once = values.slice(0, 9).map(text).join("");
  assert.equal(values.map(text).join(""), once.repeat(8));
  return once;
}

// Rows: TT TF TN FT FF FN NT NF NN
const TABLES: Record<string, [Expression, string]> = {
  "a AND b": [{ call: "and", args: [a, b] }, "TFNFFFNFN"],
  "a OR b": [{ call: "or", args: [a, b] }, "TTTTFNTNN"],
  "NOT a": [{ call: "not", args: [a] }, "FFFTTTNNN"],
  "a = b": [{ call: "eq", args: [a, b] }, "TFNFTNNNN"],
  "a < b": [{ call: "lt", args: [a, b] }, "FFNTFNNNN"],
  "a >= b": [{ call: "ge", args: [a, b] }, "TTNFTNNNN"],
  "a IS NULL": [{ call: "is_null", args: [a] }, "FFFFFFTTT"],
  "a IS NOT NULL": [{ call: "is_not_null", args: [a] }, "TTTTTTFFF"],
  "a IS TRUE": [{ call: "is_true", args: [a] }, "TTTFFFFFF"],
  "a IS NOT TRUE": [{ call: "is_not_true", args: [a] }, "FFFTTTTTT"],
  "a IS FALSE": [{ call: "is_false", args: [a] }, "FFFTTTFFF"],
  "a IS NOT FALSE": [{ call: "is_not_false", args: [a] }, "TTTFFFTTT"],
  "a IS NOT DISTINCT FROM b": [{ call: "is_not_distinct", args: [a, b] }, "TFFFTFFFT"],
  "a IS DISTINCT FROM b": [{ call: "is_distinct", args: [a, b] }, "FTTTFTTTF"],
  "a IN (b, NULL)": [{ call: "in", args: [a, b, { literal: null }] }, "TNNNTNNNN"],
  "CASE WHEN a THEN b ELSE NOT b END": [{ call: "case", args: [a, b, { call: "not", args: [b] }] }, "TFNFTNFTN"],
  "COALESCE(a, b)": [{ call: "coalesce", args: [a, b] }, "TTTFFFTFN"],
  "NULLIF(a, b)": [{ call: "nullif", args: [a, b] }, "NTTFNFNNN"],
  "LEAST(a, b)": [{ call: "least", args: [a, b] }, "TFNFFNNNN"],
  "GREATEST(a, b)": [{ call: "greatest", args: [a, b] }, "TTNTFNNNN"],
  "a AND NULL": [{ call: "and", args: [a, { literal: null }] }, "NNNFFFNNN"],
};

for (const [name, [expression, expected]] of Object.entries(TABLES)) {
  Deno.test(`three-valued logic: ${name}`, () => assert.equal(table(expression), expected));
}
