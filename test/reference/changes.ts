import type { Value } from "../../src/core/value.ts";
import { comes, type Row, rowKey } from "./value.ts";

/** How one result becomes another; null: there is none. */
export function change(before: readonly Value[] | null, after: readonly Value[] | null): Row[] {
  if (before === null) return after === null ? [] : [{ kind: "+I", values: after }];
  if (after === null) return [{ kind: "-D", values: before }];
  if (rowKey(before) === rowKey(after)) return [];
  return [{ kind: "-U", values: before }, { kind: "+U", values: after }];
}

/** How a list of results becomes another, as multisets: what goes first, then what comes. */
export function changes(before: readonly (readonly Value[])[], after: readonly (readonly Value[])[]): Row[] {
  const places = Map.groupBy(after.keys(), (at) => rowKey(after[at])), gone: Row[] = [], kept = new Set<number>();
  for (const values of before) {
    const at = places.get(rowKey(values))?.shift();
    if (at === undefined) gone.push({ kind: "-D", values });
    else kept.add(at);
  }
  const left = after.filter((_, at) => !kept.has(at));
  return [...gone, ...left.map((values): Row => ({ kind: "+I", values }))];
}

/**
 * How often each row is there in the end. Less than never: it was taken back and never came, as where a window left out the row
 * for being late and not what took it back.
 */
export function netCounts(
  rows: readonly Row[],
): Map<string, { readonly values: readonly Value[]; readonly count: number }> {
  const counts = new Map<string, { values: readonly Value[]; count: number }>();
  for (const row of rows) {
    const key = rowKey(row.values), entry = counts.get(key) ?? { values: row.values, count: 0 };
    entry.count += comes(row) ? 1 : -1;
    counts.set(key, entry);
    if (entry.count === 0) counts.delete(key);
  }
  return counts;
}

/** The first place where a changelog takes back a row that is not there, or −1. */
export function firstDebt(rows: readonly Row[]): number {
  const counts = new Map<string, number>();
  return rows.findIndex((row) => {
    const key = rowKey(row.values), count = (counts.get(key) ?? 0) + (comes(row) ? 1 : -1);
    counts.set(key, count);
    return count < 0;
  });
}

/** What a table has in the end whose rows are told apart by some columns: a row that comes takes the place of the one with its key, and one that goes takes that away. */
export function upserted(rows: readonly Row[], keys: readonly number[]): (readonly Value[])[] {
  const table = new Map<string, readonly Value[]>();
  for (const row of rows) {
    const key = rowKey(keys.map((at) => row.values[at]));
    if (comes(row)) table.set(key, row.values);
    else table.delete(key);
  }
  return [...table.values()];
}

/** What is left of a changelog in the end. Throws where a row goes that is not there. */
export function materialise(rows: readonly Row[]): Value[][] {
  const debt = firstDebt(rows);
  if (debt >= 0) {
    throw new Error(`Row ${debt} of the changelog takes back what is not there: ${rowKey(rows[debt].values)}`);
  }
  return [...netCounts(rows).values()].flatMap(({ values, count }) => Array.from({ length: count }, () => [...values]));
}
