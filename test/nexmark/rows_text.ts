import assert from "node:assert/strict";

/** Rows as sorted lines: equal lists are equal multisets. */
export function linesOf(rows: Iterable<readonly unknown[]>): string[] {
  return Array.from(rows, (row) => row.map(String).join("|")).sort();
}

/** Fails with the first rows that only one side has. */
export function assertSameRows(found: readonly string[], expected: readonly string[], what: string): void {
  const extra: string[] = [], missing: string[] = [];
  for (let i = 0, j = 0; (i < found.length || j < expected.length) && extra.length + missing.length < 6;) {
    if (found[i] === expected[j]) {
      i++;
      j++;
    } else if (j >= expected.length || found[i] < expected[j]) extra.push(found[i++]);
    else missing.push(expected[j++]);
  }
  const same = extra.length === 0 && missing.length === 0;
  assert.ok(
    same,
    `${what}: ${found.length} rows, expected ${expected.length}\n too much: ${extra.join("\n  ")}\n missing: ${
      missing.join("\n  ")
    }`,
  );
}
