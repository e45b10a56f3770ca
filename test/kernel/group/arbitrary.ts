import { BOOL, type DataType, decimal, DOUBLE, INT64, STRING } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import type { GroupCallSpec } from "../../../src/kernel/group.ts";
import fc from "../../deps/fast_check.ts";
import type { Change } from "./reference.ts";

/** Columns of random rows. */
export const TYPES: readonly DataType[] = [STRING, INT64, INT64, DOUBLE, decimal(10, 2), BOOL, STRING, decimal(38, 2)];
const FNS_OF_NUMBERS = ["sum", "avg", "min", "max", "first", "last", "count"];

/** Few different values, so that rows meet: doubles are multiples of a quarter, whose sums are exact. */
export const VALUES: readonly fc.Arbitrary<Value>[] = [
  fc.constantFrom<Value>("a", "b", "", "a longer key than fits eight bytes", null),
  fc.constantFrom<Value>(0n, 1n, -1n, 7n, null),
  fc.oneof(fc.bigInt({ min: -3n, max: 3n }), fc.constantFrom<Value>(2n ** 62n, -(2n ** 63n), null)),
  fc.constantFrom<Value>(0, -0.25, 1.5, 2.75, 1e6, null),
  fc.constantFrom<Value>(0n, 150n, -325n, null),
  fc.constantFrom<Value>(true, false, null),
  fc.constantFrom<Value>("x", "yy", "", 'say "z"\\ \n and more', null),
  fc.oneof(
    fc.bigInt({ min: -3n, max: 3n }),
    fc.constantFrom<Value>(2n ** 64n, -(2n ** 127n) / 9n * 5n, 10n ** 38n - 1n, 1n - 10n ** 38n, null),
  ),
];

const PARAMS: Readonly<Record<string, readonly (string | number)[]>> = {
  string_agg: ["; "],
  percentile_cont: [0.3],
  percentile_disc: [0.5],
  top_k: [2],
};
export const call = (fn: string, arg: number, distinct: boolean, filter: boolean): GroupCallSpec => ({
  fn,
  args: arg < 0 ? [] : [arg],
  distinct: distinct && arg >= 0,
  filter: filter ? 5 : -1,
  params: PARAMS[fn] ?? [],
});

/** Aggregates of them that may be taken back. */
export const calls: fc.Arbitrary<GroupCallSpec> = fc.oneof(
  fc.tuple(fc.constantFrom("count"), fc.constantFrom(-1, 0, 2, 3, 6), fc.boolean(), fc.boolean()),
  fc.tuple(fc.constantFrom(...FNS_OF_NUMBERS), fc.constantFrom(2, 3, 4, 7), fc.boolean(), fc.boolean()),
  fc.tuple(fc.constantFrom("min", "max", "first", "last", "string_agg"), fc.constant(6), fc.boolean(), fc.boolean()),
  fc.tuple(fc.constant("array_agg"), fc.constantFrom(2, 3, 4, 5, 6, 7), fc.boolean(), fc.boolean()),
  fc.tuple(
    fc.constantFrom("percentile_disc", "mode"),
    fc.constantFrom(2, 3, 4, 6, 7),
    fc.constant(false),
    fc.boolean(),
  ),
  fc.tuple(fc.constant("percentile_cont"), fc.constantFrom(3, 4, 7), fc.constant(false), fc.boolean()),
  fc.tuple(fc.constantFrom("histogram", "top_k"), fc.constantFrom(2, 3, 5, 6, 7), fc.constant(false), fc.boolean()),
  fc.tuple(fc.constantFrom("bool_and", "bool_or", "min"), fc.constant(5), fc.constant(false), fc.boolean()),
).map(([fn, arg, distinct, filter]) => call(fn, arg, distinct && !["first", "last"].includes(fn), filter));

export const rows = fc.array(fc.tuple(...VALUES), { minLength: 1, maxLength: 700, size: "max" });

/** Rows come; with `retracts` a third of them go again, some twice or without having come. */
export function changelog(all: readonly (readonly Value[])[], retracts: boolean, random: () => number): Change[] {
  const alive: (readonly Value[])[] = [], changes: Change[] = [];
  for (const values of all) {
    changes.push({ kind: random() < 0.8 ? 0 : 2, values });
    alive.push(values);
    while (retracts && alive.length > 0 && random() < 0.45) {
      const [gone] = alive.splice(Math.floor(random() * alive.length), 1);
      changes.push({ kind: random() < 0.5 ? 1 : 3, values: gone });
    }
  }
  return changes;
}
