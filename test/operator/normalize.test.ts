import assert from "node:assert/strict";
import { type Column, INT64, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { NormalizeOperator } from "../../src/operator/normalize.ts";
import fc from "../deps/fast_check.ts";
import { changesOf } from "../kernel/group/run.ts";
import { loadOperators } from "../kernel/load.ts";
import { vectorOf } from "../kernel/vectors.ts";

const COLUMNS: readonly Column[] = [
  { name: "n", type: INT64, nullable: true },
  { name: "key", type: STRING, nullable: true },
];

Deno.test("rows that replace each other by key say what was there before, and equal ones say nothing", () => {
  const changes = fc.array(
    fc.record({
      kind: fc.constantFrom(0, 1, 2, 3),
      n: fc.option(fc.bigInt({ min: 0n, max: 3n })),
      key: fc.constantFrom("a", "b", "a key that is longer than eight bytes", null),
    }),
    { minLength: 1, maxLength: 500, size: "max" },
  );
  fc.assert(
    fc.property(changes, fc.integer({ min: 1, max: 200 }), (all, cut) => {
      const kernel = loadOperators(),
        operator = new NormalizeOperator(kernel, { id: "n", columns: COLUMNS, keys: [1] });
      const newest = new Map<string | null, bigint | null>(), expected: string[] = [], got: string[] = [];
      all.forEach(({ kind, n, key }, cause) => {
        const had = newest.has(key), was = newest.get(key);
        if (kind === 1) return;
        if (kind === 3) {
          if (had) expected.push(`${cause} 3 ${was} ${key}`);
          newest.delete(key);
          return;
        }
        newest.set(key, n);
        if (had && was === n) return;
        if (had) expected.push(`${cause} 1 ${was} ${key}`);
        expected.push(`${cause} ${had ? 2 : 0} ${n} ${key}`);
      });
      for (let from = 0; from < all.length; from += cut) {
        const part = all.slice(from, from + cut), kinds = kernel.arena(part.length + 64);
        part.forEach(({ kind }, i) => kernel.bytes[kinds + i] = kind);
        const columns = [
          vectorOf(kernel, STRING, part.map(({ key }): Value => key)),
          vectorOf(kernel, INT64, part.map(({ n }): Value => n)),
        ];
        operator.push({ rows: part.length, columns, selection: 0, selected: part.length, kinds });
        for (let out = operator.pull(); out; out = operator.pull()) {
          got.push(
            ...changesOf(kernel, out, out.causes).map(({ kind, values, cause }) =>
              `${from + cause} ${kind} ${values.map(String).join(" ")}`
            ),
          );
        }
        kernel.reset();
      }
      assert.deepEqual(got, expected);
      assert.equal(operator.stateRows, newest.size);
      operator.close();
      assert.equal(kernel.fn("state_bytes")(), 0);
    }),
    { numRuns: 150 },
  );
});
