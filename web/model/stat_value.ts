import type { Row } from "../../src/client/rdx/types.ts";
import { formatNumber, isNull, listOf, numberOf } from "./format.ts";
import { keyText, TimeReader, windowStart } from "./row_key.ts";

export type Fold = "last" | "sum" | "avg" | "min" | "max" | "count";

/** Points of a sparkline. */
const POINTS_MAX = 60;

/**
 * One figure of a live view: a column folded over the keys of the newest window, and what it was in the windows before. Views without windows have
 * one, which never ends: there each change is a point.
 */
export class StatValue {
  readonly #column: string;
  readonly #fold: Fold;
  readonly #times = new TimeReader();
  readonly #values = new Map<string, number>();
  #start = -Infinity;
  #last: unknown = null;
  #rows = 0;
  /** Figures of the windows that are over, oldest first. */
  readonly past: number[] = [];

  constructor(column: string, fold: Fold) {
    this.#column = column;
    this.#fold = fold;
  }

  get isEmpty(): boolean {
    return this.#rows === 0;
  }

  /** The figure now: as the column has it for `last`, a number for the others; null when there is none. */
  get value(): unknown {
    if (this.#fold === "last") return this.#last;
    const value = this.#folded();
    return Number.isNaN(value) ? null : value;
  }

  /** When the newest window begins, epoch ms; −Infinity where there are no windows. */
  get start(): number {
    return this.#start;
  }

  put(row: Row, keys: readonly string[]): void {
    const start = windowStart(row, this.#times);
    if (this.#rows > 0 && start < this.#start) return;
    if (this.#rows > 0 && start > this.#start) this.#turn();
    this.#start = start;
    this.#rows++;
    this.#last = row[this.#column];
    this.#values.set(keyText(row, keys), isNull(this.#last) ? NaN : numberOf(this.#last));
  }

  remove(row: Row, keys: readonly string[]): void {
    if (windowStart(row, this.#times) === this.#start) this.#values.delete(keyText(row, keys));
  }

  /** A change is over. */
  settle(): void {
    if (this.#start === -Infinity && this.#rows > 0) this.#remember();
  }

  #turn(): void {
    this.#remember();
    this.#values.clear();
  }

  #remember(): void {
    this.past.push(this.#fold === "last" ? numberOf(this.#last) : this.#folded());
    if (this.past.length > POINTS_MAX) this.past.shift();
  }

  #folded(): number {
    if (this.#fold === "count") return this.#values.size;
    let sum = 0, count = 0, least = Infinity, most = -Infinity;
    for (const value of this.#values.values()) {
      if (Number.isNaN(value)) continue;
      sum += value;
      count++;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    if (count === 0) return NaN;
    return this.#fold === "sum" ? sum : this.#fold === "avg" ? sum / count : this.#fold === "min" ? least : most;
  }
}

/** The values of key columns that an attribute names: one as it stands, several with commas or as a JSON array. Empty: all keys. */
export function wantedKey(text: string | null, columns: number): string[] {
  if (text === null) return [];
  if (columns === 1) return [text];
  try {
    const values: unknown = JSON.parse(text);
    if (Array.isArray(values)) return values.map(String);
  } catch {
    // It is a list with commas.
  }
  return listOf(text);
}

export interface Threshold {
  /** True: values below it are meant. */
  readonly below: boolean;
  readonly at: number;
}

/** `80`: from 80 on · `<5`: below 5. Null when there is none, a sentence when it cannot be read. */
export function parseThreshold(text: string | null, name: string): Threshold | string | null {
  if (text === null || text.trim() === "") return null;
  const below = text.trim().startsWith("<"), at = Number(text.trim().slice(below ? 1 : 0));
  return Number.isFinite(at)
    ? { below, at }
    : `Cannot read ${name}="${text}": expected a number, with a leading < for values below it`;
}

/** What a threshold says of a value: a sentence's part, or null when it is not reached. */
export function reached(value: number, threshold: Threshold | null): string | null {
  if (threshold === null || Number.isNaN(value)) return null;
  const { below, at } = threshold, is = below ? value < at : value >= at;
  return is ? (below ? `below ${formatNumber(at)}` : `${formatNumber(at)} or more`) : null;
}
