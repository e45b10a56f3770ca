/** Seeded choices for tests that make many random steps; the seed stands in every message. */
import type { DataType } from "../../src/core/schema.ts";
import { BOOL, BYTES, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";

export const ALL_TYPES: readonly DataType[] = [INT64, DOUBLE, decimal(12, 3), BOOL, TIMESTAMP, STRING, BYTES];

/** SplitMix (Steele et al.), 32 bits. */
export class Random {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed | 0;
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let z = Math.imul(this.#state ^ (this.#state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to n − 1. */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** One of about `distinct` values of a type, so that values meet; −0, NaN, extremes and long strings among them. */
  value(type: DataType, distinct = 12): Value {
    const n = this.below(distinct);
    switch (type.kind) {
      case "double":
        return [0, -0, NaN, 1.5, -1.5, Infinity, -Infinity, 5e-324][n] ?? n / 4;
      case "bool":
        return n % 2 === 1;
      case "string":
        return n === 0 ? "" : n % 5 === 4 ? "é".repeat(n * 9) + n : `key-${n}`.slice(0, 1 + n);
      case "bytes":
        return new Uint8Array(n === 7 ? 9000 : n).fill(n);
      default:
        return [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)][n] ?? BigInt(n);
    }
  }

  /** The same, or NULL one time in `nullOf`. */
  nullable(type: DataType, distinct = 12, nullOf = 6): Value {
    return this.chance(1 / nullOf) ? null : this.value(type, distinct);
  }
}

/** Runs `body` with `runs` seeds from `first` on; a failure names the seed. */
export function seeded(runs: number, body: (random: Random) => void, first = 1): void {
  for (let seed = first; seed < first + runs; seed++) {
    try {
      body(new Random(seed));
    } catch (error) {
      throw new Error(`Seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
}
