import fc from "../deps/fast_check.ts";
import { DOUBLE, INT64, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { AggregateCall } from "../../src/kernel/aggregate.ts";
import type { LogRow } from "./reference/aggregate.ts";

/** Slices get their slab between blocks of 1024 rows, so that logs here are long and drawn from a seed. */
export interface Case {
  readonly seed: number;
  readonly calls: readonly AggregateCall[];
  /** For each window: how many rows, the first key, how many keys, and how many rows in 1000 have a key far away. */
  readonly windows: readonly { rows: number; first: number; keys: number; strays: number; ascending: boolean }[];
  readonly nulls: boolean;
  /** Rows in 1000 that belong to the window after. */
  readonly early: number;
  readonly batchRows: number;
}

/** count(*) */
export const COUNT: AggregateCall = { fn: "count", type: null };
/** Calls of cases. */
export const CALLS: readonly (readonly AggregateCall[])[] = [
  [COUNT, { fn: "sum", type: INT64 }],
  [COUNT, { fn: "sum", type: INT64 }],
  [{ fn: "sum", type: DOUBLE }, COUNT],
  [COUNT, { fn: "sum", type: INT64 }, { fn: "min", type: INT64 }, { fn: "max", type: DOUBLE }],
  [{ fn: "last", type: INT64 }],
  [COUNT, { fn: "max", type: STRING }],
];

/** Any case. */
export function anyCase(): fc.Arbitrary<Case> {
  const window = fc.record({
    rows: fc.constantFrom(100, 3000, 8000),
    first: fc.constantFrom(0, 0, -700, 900, 2 ** 40),
    keys: fc.constantFrom(20, 1500, 40_000, 40_000),
    strays: fc.constantFrom(0, 0, 2, 60, 500),
    ascending: fc.boolean(),
  });
  return fc.record({
    seed: fc.integer({ min: 1 }),
    calls: fc.constantFrom(...CALLS),
    windows: fc.array(window, { minLength: 1, maxLength: 4 }),
    nulls: fc.boolean(),
    early: fc.constantFrom(0, 0, 5, 300),
    batchRows: fc.constantFrom(700, 2048, 8192),
  });
}

/** xorshift32 (Marsaglia, 2003). */
export function xorshift(seed: number): () => number {
  let x = seed | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

const EXTREMES = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 62n];

/** An argument of the call from a random word. */
export function anyValue(call: AggregateCall, random: number): Value {
  if (call.type === null) return null;
  if (call.type.kind === "double") return (random % 2001) / 8 - 100;
  if (call.type.kind === "string") return `value-${random % 50}`;
  return random % 97 === 0 ? EXTREMES[random % 3] : BigInt(random % 1000) - 500n;
}

/** Length of the windows (hopping: of the slices) of a case. */
export const SIZE_MS = 1000;

/** The log of a case. */
export function logOf({ seed, calls, windows, nulls, early }: Case): LogRow[] {
  const random = xorshift(seed), log: LogRow[] = [];
  windows.forEach(({ rows, first, keys, strays, ascending }, window) => {
    for (let i = 0; i < rows; i++) {
      const time = BigInt((window + (random() % 1000 < early ? 1 : 0)) * SIZE_MS + random() % SIZE_MS);
      const far = random() % 1000 < strays, near = ascending ? Math.floor(i * keys / rows) : random() % keys;
      const key = nulls && random() % 200 === 0 ? null : BigInt(first) + BigInt(far ? near * 1_000_003 : near);
      log.push({ time, keys: [key], args: calls.map((call) => anyValue(call, random())) });
    }
  });
  return log;
}
