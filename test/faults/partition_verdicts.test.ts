import assert from "node:assert/strict";
import { type LoggedRow, verdicts } from "./partition_verdicts.ts";

/** Ids 0 to 9, of which the odd ones are in partition 1. */
const LOG: LoggedRow[] = Array.from({ length: 10 }, (_, id) => ({ id, partition: id % 2 }));

Deno.test("partitions whose rows came once and in order are in no verdict, however they came between each other", () => {
  assert.deepEqual(verdicts(LOG, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), []);
  assert.deepEqual(verdicts(LOG, [1, 3, 0, 5, 7, 9, 2, 4, 6, 8]), []);
});

Deno.test("rows that are lost, doubled, reordered or nobody's are told with their partition", () => {
  assert.deepEqual(verdicts(LOG, [0, 1, 2, 5, 3, 4, 4, 6, 8, 9, 99, 1]), [
    { partition: null, lost: [], doubled: [99], reordered: [] },
    { partition: 0, lost: [], doubled: [4], reordered: [] },
    { partition: 1, lost: [7], doubled: [1], reordered: [3] },
  ]);
  assert.deepEqual(verdicts(LOG.slice(0, 2), []), [
    { partition: 0, lost: [0], doubled: [], reordered: [] },
    { partition: 1, lost: [1], doubled: [], reordered: [] },
  ]);
});
