import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { type DataType, decimal, DOUBLE, INT64, TIMESTAMP } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import { valuesOf } from "./run.ts";

const INTEGERS = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
const TYPES: readonly (readonly [DataType, fc.Arbitrary<Value>])[] = [
  [INT64, INTEGERS],
  [decimal(18, 4), fc.bigInt(-(10n ** 18n) + 1n, 10n ** 18n - 1n)],
  [decimal(38, 4), fc.oneof(INTEGERS, fc.bigInt(-(10n ** 38n) + 1n, 10n ** 38n - 1n))],
  [TIMESTAMP, fc.bigInt(-8_640_000_000_000n, 8_640_000_000_000n)],
  [DOUBLE, fc.double({ noNaN: true })],
];

for (const [type, values] of TYPES) {
  Deno.test(`keys of ${type.kind} are digits that sort as the values do`, () => {
    fc.assert(fc.property(fc.array(values, { minLength: 1, maxLength: 200 }), (given) => {
      const column = { name: "a", type, nullable: true };
      const keys = valuesOf({ call: "order_key", args: [{ column: "a" }] }, [column], [...given, null].map((a) => [a]));
      assert.equal(keys.pop(), null);
      const pairs = given.map((value, i) => ({ value: value as bigint | number, key: keys[i] as string }));
      for (const { key } of pairs) assert.match(key, type.kind === "decimal128" ? /^[0-9A-F]{32}$/ : /^[0-9A-F]{16}$/);
      pairs.sort((a, b) => a.key < b.key ? -1 : Number(a.key > b.key));
      for (let i = 1; i < pairs.length; i++) assert.ok(pairs[i - 1].value <= pairs[i].value);
    }));
  });
}
