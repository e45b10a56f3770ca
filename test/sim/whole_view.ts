import assert from "node:assert/strict";
import { QUERY_ROWS_MAX } from "../../src/core/limits.ts";
import type { View } from "../../src/view.ts";
import { textOfRanges } from "../runtime/rows.ts";

/** All rows of a view as text, in its order, however many there are: one answer to a question may have only the first of them, and has to have just these. */
export function textOfView(view: View): string[] {
  const rows = textOfRanges(view.all());
  assert.equal(rows.length, view.rows, `View ${view.name} counts other rows than it has`);
  const answer = textOfRanges(view.query({ limit: QUERY_ROWS_MAX, order: "asc" }).ranges);
  assert.deepEqual(answer, rows.slice(0, QUERY_ROWS_MAX), `View ${view.name} answers with other rows than it has`);
  return rows;
}
