/**
 * Rows of a file, each looked up in a table of SQLite, then counted by what was found: against a loop that has JSON.parse, a Map in front
 * of the same table, and no thread but its own. Nothing is known of the table when a run begins.
 */
import { benchOnce, compare } from "../lib/compare.ts";
import { loopWithMap, OrdersRun, ROWS, writeItems, writeOrders } from "./orders.ts";

const LOOP = "JSON.parse + Map over node:sqlite";

benchOnce("NDJSON file → lookup in SQLite → windows", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-bench-" }), items = writeItems(folder);
  try {
    for (const keys of [1000, 200_000]) {
      const { path, bytes } = writeOrders(folder, keys), ours = await OrdersRun.open(path, items);
      await compare({
        title: `Lookup of one of ${keys} items for each of ${ROWS} rows, one worker`,
        events: ROWS,
        bytes,
        ours: { name: "rdx, one worker", run: () => ours.run() },
        rivals: [{ name: LOOP, run: () => ({ answer: loopWithMap(path, items), seconds: null }) }],
      });
      await ours.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
