import assert from "node:assert/strict";
import type { Value } from "../../src/core/value.ts";
import { anyCase } from "./join_arbitrary.ts";
import { type JoinCase, run } from "./join_run.ts";
import { loadOperators } from "./load.ts";
import { seeded } from "./random.ts";
import { isBack, type JoinOutput, sameRows, textOf } from "./reference/join.ts";

type Rows = (readonly Value[])[];

const lineOf = (values: readonly Value[]) => values.map(textOf).join(", ");

/** Rows of one input that are there at the end of the log. */
function tableOf({ spec, chunks }: JoinCase, input: number): Rows {
  const rows: Rows = [], keys = input === 0 ? spec.leftKeys : spec.rightKeys;
  const unique = input === 0 ? spec.leftUnique : spec.rightUnique;
  const hasKey = (values: readonly Value[]) => keys.every((key) => values[key] !== null);
  const sameKey = (a: readonly Value[], b: readonly Value[]) =>
    hasKey(a) && hasKey(b) && sameRows(keys.map((key) => a[key]), keys.map((key) => b[key]));
  for (const chunk of chunks.filter((chunk) => chunk.input === input)) {
    for (const { kind, values } of chunk.rows) {
      const old = rows.findIndex((row) => isBack(kind) ? sameRows(row, values) : unique && sameKey(row, values));
      if (old >= 0) rows.splice(old, 1);
      if (!isBack(kind)) rows.push(values);
    }
  }
  return rows;
}

/** The join of two tables as SQL defines it. */
function joinOf({ spec, condition }: JoinCase, left: Rows, right: Rows): string[] {
  const meets = (l: readonly Value[], r: readonly Value[]) => {
    const pairs = spec.leftKeys.map((key, i) => [l[key], r[spec.rightKeys[i]]]);
    return pairs.every(([a, b]) => a !== null && b !== null && textOf(a) === textOf(b)) && condition(l, r);
  };
  const { type } = spec, half = type === "semi" || type === "anti";
  if (half) return left.filter((l) => right.some((r) => meets(l, r)) === (type === "semi")).map(lineOf);
  const pairs = left.flatMap((l) => right.filter((r) => meets(l, r)).map((r) => [...l, ...r]));
  if (type === "left" || type === "full") {
    pairs.push(
      ...left.filter((l) => !right.some((r) => meets(l, r))).map((l) => [...l, ...spec.right.map(() => null)]),
    );
  }
  if (type === "right" || type === "full") {
    pairs.push(...right.filter((r) => !left.some((l) => meets(l, r))).map((r) => [...spec.left.map(() => null), ...r]));
  }
  return pairs.map(lineOf);
}

/** What a reader of the output has at the end; a row that is taken back must be there. */
function fold(out: readonly JoinOutput[]): string[] {
  const rows = new Map<string, number>();
  for (const { kind, values } of out) {
    const line = lineOf(values), count = (rows.get(line) ?? 0) + (isBack(kind) ? -1 : 1);
    assert.ok(count >= 0, `${kind} of a row that is not there: ${line.slice(0, 200)}`);
    if (count === 0) rows.delete(line);
    else rows.set(line, count);
  }
  return [...rows].flatMap(([line, count]) => Array.from({ length: count }, () => line));
}

Deno.test("what changelogs of a regular join come to is the SQL join of what its inputs came to", () => {
  const kernel = loadOperators();
  seeded(120, (random) => {
    const test = anyCase(random, { mode: "regular", changes: "strict" });
    // A −U whose +U has not come yet is a row less, on both sides of the comparison.
    const joined = joinOf(test, tableOf(test, 0), tableOf(test, 1));
    assert.deepEqual(fold(run(kernel, test, random).out).sort(), joined.sort());
  });
});
