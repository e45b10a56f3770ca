import assert from "node:assert/strict";
import { QUERY_ROWS_MAX } from "../../src/core/limits.ts";
import { INT64 } from "../../src/core/schema.ts";
import { createView } from "../../src/view/create.ts";
import { output, rangeOf } from "../contract/view.ts";
import { textOfView } from "./whole_view.ts";

const COLUMNS = [{ name: "id", type: INT64, nullable: false }];

for (const changes of [false, true]) {
  const kind = changes ? "changes" : "rows that stay";
  Deno.test(`a simulation holds all of a view of ${kind} against the reference, also more than one answer takes`, () => {
    const view = createView("v", COLUMNS, { keys: [], upsertKeys: changes ? ["id"] : null, changes });
    const ids = Array.from({ length: QUERY_ROWS_MAX + 7 }, (_, i) => BigInt(i));
    view.apply(output(1, [rangeOf(COLUMNS, ids.map((id) => [id]), 1, changes ? ids.map(() => "+I") : undefined)]));
    assert.deepEqual(textOfView(view).sort(), ids.map((id) => `${id}n`).sort());
  });
}
