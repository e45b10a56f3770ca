import type { Value } from "../../src/core/value.ts";
import { type Row, rowKey } from "./value.ts";

/** How one result becomes another; null: there is none. */
export function change(before: readonly Value[] | null, after: readonly Value[] | null): Row[] {
  if (before === null) return after === null ? [] : [{ kind: "+I", values: after }];
  if (after === null) return [{ kind: "-D", values: before }];
  if (rowKey(before) === rowKey(after)) return [];
  return [{ kind: "-U", values: before }, { kind: "+U", values: after }];
}

/** How a list of results becomes another, as multisets: what goes first, then what comes. */
export function changes(before: readonly (readonly Value[])[], after: readonly (readonly Value[])[]): Row[] {
  const left = [...after], gone: Row[] = [];
  for (const values of before) {
    const kept = left.findIndex((other) => rowKey(other) === rowKey(values));
    if (kept >= 0) left.splice(kept, 1);
    else gone.push({ kind: "-D", values });
  }
  return [...gone, ...left.map((values): Row => ({ kind: "+I", values }))];
}

/** What is left of a changelog in the end. Throws where a row goes that is not there. */
export function materialise(rows: readonly Row[]): Value[][] {
  const current = new Map<string, { values: readonly Value[]; count: number }>();
  rows.forEach(({ kind, values }, i) => {
    const key = rowKey(values), entry = current.get(key) ?? { values, count: 0 };
    entry.count += kind === "+I" || kind === "+U" ? 1 : -1;
    current.set(key, entry);
    if (entry.count < 0) throw new Error(`Row ${i} of the changelog, ${kind} ${key}, takes back what is not there`);
  });
  return [...current.values()].flatMap(({ values, count }) => Array.from({ length: count }, () => [...values]));
}
