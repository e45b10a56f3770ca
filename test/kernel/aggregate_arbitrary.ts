import fc from "../deps/fast_check.ts";
import { BOOL, BYTES, type DataType, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { AggregateCall, AggregateFunction, AggregateSpec } from "../../src/kernel/aggregate.ts";
import type { Way } from "./aggregate_run.ts";
import type { LogRow } from "./reference/aggregate.ts";

const TYPES: readonly DataType[] = [
  INT64,
  DOUBLE,
  decimal(12, 3),
  decimal(18, 2),
  decimal(30, 4),
  BOOL,
  TIMESTAMP,
  STRING,
  BYTES,
];
const FUNCTIONS: readonly AggregateFunction[] = ["count", "sum", "min", "max", "avg", "first", "last"];

/** Few distinct values, so that rows meet; −0, NaN, extremes and long strings among them. */
export function anyCell(type: DataType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case "double":
      return fc.constantFrom<Value>(0, -0, NaN, 1.5, -2.25, 0.1, 1e300, -1e300, Infinity, -Infinity, 1e-320);
    case "bool":
      return fc.boolean();
    case "string":
      return fc.constantFrom<Value>(
        "",
        "a",
        "b",
        "ab",
        "é",
        "\u{1f600}",
        "user-12345678",
        "user-12345679",
        "x".repeat(300),
      );
    case "bytes":
      return fc.constantFrom(0, 1, 7, 8, 9, 40).map((length): Value => new Uint8Array(length).fill(length));
    case "int64":
      return fc.oneof(
        { weight: 4, arbitrary: fc.bigInt(-20n, 20n) },
        { weight: 1, arbitrary: fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 10n ** 12n) },
      );
    case "decimal":
    case "decimal128": {
      const most = 10n ** BigInt(type.precision!) - 1n;
      return fc.oneof(fc.bigInt(-2000n, 2000n), fc.constantFrom(most, -most));
    }
    default:
      return fc.bigInt(0n, 9n);
  }
}

function anyCall(): fc.Arbitrary<AggregateCall> {
  const numeric = TYPES.filter(({ kind }) => kind === "int64" || kind === "double" || kind === "decimal");
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant<AggregateCall>({ fn: "count", type: null }) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(...FUNCTIONS).chain((fn) =>
        fc.constantFrom(...(fn === "sum" || fn === "avg" ? numeric : TYPES)).map((type): AggregateCall => ({
          fn,
          type,
        }))
      ),
    },
  );
}

/** Tumbling, hopping by whole slides, hopping otherwise, many slices a window; offsets of either sign. */
function anyWindow(): fc.Arbitrary<{ sizeMs: number; slideMs: number; offsetMs: number }> {
  const lengths = fc.oneof(
    fc.constantFrom(1, 5, 10, 60).map((size) => [size, size]),
    fc.tuple(fc.constantFrom(1, 4, 10), fc.integer({ min: 2, max: 12 })).map(([slide, n]) => [slide * n, slide]),
    fc.constantFrom([10, 4], [9, 6], [7, 5]),
    fc.constantFrom([64, 1], [120, 3], [130, 4]),
  );
  return fc.record({ lengths, offsetMs: fc.integer({ min: -30, max: 30 }) })
    .map(({ lengths: [sizeMs, slideMs], offsetMs }) => ({ sizeMs, slideMs, offsetMs }));
}

export function anySpec(): fc.Arbitrary<AggregateSpec> {
  const keys = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...TYPES).map((type) => [type]) },
    { weight: 2, arbitrary: fc.array(fc.constantFrom(...TYPES), { maxLength: 4 }) },
  );
  return fc.record({ keys, aggregates: fc.array(anyCall(), { maxLength: 6 }), window: anyWindow() })
    .map(({ keys, aggregates, window }) => ({ keys, aggregates, ...window, groupFrom: 0, groupTo: 128 }));
}

/** Rows whose times mostly ascend, with steps back, gaps, ties, NULLs and times that are none. */
export function anyLog(spec: AggregateSpec, rowsMax: number): fc.Arbitrary<LogRow[]> {
  const nullable = (type: DataType) => fc.option(anyCell(type), { nil: null, freq: 6 });
  const step = fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 3 }) },
    { weight: 4, arbitrary: fc.integer({ min: -40, max: 10 }) },
    { weight: 1, arbitrary: fc.integer({ min: 50, max: 400 }) },
  );
  const odd = fc.oneof(
    { weight: 30, arbitrary: fc.constant<bigint | null | undefined>(undefined) },
    { weight: 1, arbitrary: fc.constantFrom<bigint | null | undefined>(null, 2n ** 63n - 1n, -(2n ** 63n)) },
  );
  const row = fc.record({
    step,
    odd,
    keys: fc.tuple(...spec.keys.map(nullable)),
    args: fc.tuple(...spec.aggregates.map(({ type }) => type === null ? fc.constant(null) : nullable(type))),
  });
  return fc.tuple(fc.integer({ min: -500, max: 500 }), fc.array(row, { maxLength: rowsMax, size: "max" }))
    .map(([start, rows]) => {
      let now = start;
      return rows.map(({ step, odd, keys, args }): LogRow => {
        now += step;
        // A step back is one row out of order, not a clock that goes back
        const time = BigInt(now);
        if (step < 0) now -= step;
        return { time: odd === undefined ? time : odd, keys, args };
      });
    });
}

export function anyWay(): fc.Arbitrary<Way> {
  return fc.record({
    delayMs: fc.constantFrom(0, 0, 1, 3, 20),
    chunks: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 8 }),
    batchRows: fc.constantFrom(1, 7, 64, 8192),
    unselected: fc.constantFrom(0, 0, 1, 3),
    pullRows: fc.constantFrom(1, 5, 8192),
    pullEvery: fc.constantFrom(1, 1, 2, 100),
    twoPhase: fc.boolean(),
  });
}
