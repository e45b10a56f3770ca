import fc from "../deps/fast_check.ts";
import type { RowKind } from "../../src/core/batch.ts";
import type { Value } from "../../src/core/value.ts";
import type { RandomSource } from "./random_flow.ts";

/** A row of a stream, with a value for each of STREAM_COLUMNS. */
export interface StreamRow {
  readonly kind: RowKind;
  readonly values: readonly Value[];
}

/** Where rows come from: a step in time, the other values, and what a changelog does. */
export interface Seed {
  readonly step: number;
  readonly values: readonly Value[];
  readonly act: number;
}

const FIRST_TIME = 1000;
/** Around what fits 64 bits and 18 digits, and the widest that there are. */
const WIDE = [
  0n,
  150n,
  -150n,
  10n ** 18n,
  1n - 10n ** 18n,
  2n ** 64n,
  -(2n ** 63n) - 1n,
  10n ** 30n - 1n,
  1n - 10n ** 30n,
];

/** Seeds of up to `most` rows: times ascend with steps back and gaps, and few keys make rows meet. */
export function anySeeds(most: number): fc.Arbitrary<Seed[]> {
  const optional = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null, freq: 6 });
  const step = fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 3 }) },
    { weight: 3, arbitrary: fc.integer({ min: -30, max: 10 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 90 }) },
  );
  const values = fc.tuple(
    optional(fc.bigInt({ min: 0n, max: 3n })),
    optional(fc.constantFrom("a", "b", "", "ä", "B")),
    optional(fc.boolean()),
    optional(fc.bigInt({ min: -300n, max: 300n })),
    optional(fc.integer({ min: -40, max: 40 }).map((quarters) => quarters === 0 ? 0 : quarters / 4)),
    optional(fc.bigInt({ min: -9n, max: 9n })),
    optional(fc.constantFrom(...WIDE)),
  );
  return fc.array(fc.record({ step, values, act: fc.nat({ max: 5 }) }), { maxLength: most, size: "max" });
}

/** The rows of a source. Of a changelog each row that goes was there. */
export function rowsOf({ changes }: RandomSource, seeds: readonly Seed[]): StreamRow[] {
  const rows: StreamRow[] = [], live: (readonly Value[])[] = [];
  let time = FIRST_TIME;
  for (const { step, values, act } of seeds) {
    time = Math.max(0, time + step);
    const fresh = [BigInt(time), ...values];
    const gone = changes && act > 2 && live.length > 0 ? live.splice(act % live.length, 1)[0] : null;
    if (gone !== null) rows.push({ kind: act === 3 ? "-D" : "-U", values: gone });
    if (gone !== null && act === 3) continue;
    rows.push({ kind: gone === null ? "+I" : "+U", values: fresh });
    live.push(fresh);
  }
  return rows;
}
