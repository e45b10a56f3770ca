import type { ViewColumn } from "../../src/client/rdx/types.ts";
import { formatCell, fullText, isNull, isNumeric, numberOf, timeOf } from "./format.ts";
import { type Entry, shownRow } from "./latest_rows.ts";

/** What a person asked a table for. */
export interface Wanted {
  readonly sort: { readonly column: string; readonly descending: boolean } | null;
  /** Text that a row must hold in one of its cells, as it is or as it is shown; case does not count. */
  readonly filter: string;
}

/** Ordering takes at most this part of the time: a large table is put in order less often than it is drawn. */
const SHARE_MAX = 0.1;

/**
 * The order of a table's lines. Lines change many times a second: they are ordered again when lines came or went, or when what they are
 * ordered by can have changed, and never for more than a tenth of the time.
 */
export class RowOrder {
  #wanted: Wanted = { sort: null, filter: "" };
  #lines: readonly Entry[] = [];
  #members = -1;
  #version = -1;
  #nextMs = -Infinity;

  /** Takes effect with the next `update`, whatever that costs. */
  want(wanted: Wanted): void {
    this.#wanted = wanted;
    this.#members = -1;
    this.#nextMs = -Infinity;
  }

  /** The lines in their order, and whether a later call would bring them nearer to it. `now`: a clock in ms. */
  update(
    rows: { list(): readonly Entry[]; readonly members: number; readonly version: number },
    columns: readonly ViewColumn[],
    keys: readonly string[],
    now: () => number,
  ): { readonly lines: readonly Entry[]; readonly later: boolean } {
    const { sort, filter } = this.#wanted;
    const settled = filter === "" && (sort === null || keys.includes(sort.column));
    const stale = this.#members !== rows.members || (!settled && this.#version !== rows.version);
    if (!stale) return { lines: this.#lines, later: false };
    const started = now();
    if (started < this.#nextMs) return { lines: this.#lines, later: true };
    this.#lines = ordered(rows.list(), columns, this.#wanted);
    this.#members = rows.members;
    this.#version = rows.version;
    const ended = now();
    this.#nextMs = ended + (ended - started) / SHARE_MAX;
    return { lines: this.#lines, later: false };
  }
}

/** Lines that hold the filter's text, by the sort's column; NULL last either way, equal ones in the order they came in. */
export function ordered(
  lines: readonly Entry[],
  columns: readonly ViewColumn[],
  { sort, filter }: Wanted,
): readonly Entry[] {
  const found = filter === "" ? lines : lines.filter(holds(columns, filter.toLowerCase()));
  const column = columns.find(({ name }) => name === sort?.column);
  if (!sort || !column) return found;
  const sign = sort.descending ? -1 : 1, order = Array.from(found, (_, i) => i);
  const values = found.map((line) => shownRow(line)[column.name]);
  const isTime = column.type === "timestamp", numeric = isTime || isNumeric(column.type);
  const keys: ArrayLike<number | bigint | string | null> = numeric
    ? Float64Array.from(values, isTime ? timeOf : numberOf)
    : values.map((value) => isNull(value) ? null : fullText(value));
  order.sort((a, b) => {
    let x = keys[a], y = keys[b];
    // Integers and decimals can have more digits than a double; decimals of a column have one number of places
    if (x === y && numeric && values[a] !== values[b]) {
      [x, y] = [a, b].map((i) => BigInt(String(values[i]).replace(".", "")));
    }
    if (x === y) return a - b;
    // NaN stands for NULL
    const last = x === null || x !== x;
    if (last || y === null || y !== y) return last ? y === y ? 1 : a - b : -1;
    return x! < y ? -sign : sign;
  });
  return order.map((i) => found[i]);
}

function holds(columns: readonly ViewColumn[], text: string): (line: Entry) => boolean {
  return (line) => {
    const row = shownRow(line);
    return columns.some(({ name, type }) => {
      const value = row[name];
      return fullText(value).toLowerCase().includes(text) || formatCell(value, type).toLowerCase().includes(text);
    });
  };
}
