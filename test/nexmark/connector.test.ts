import assert from "node:assert/strict";
import { createEngine } from "../../src/compose.ts";
import { FrameView } from "../../src/core/frame.ts";
import type { Engine } from "../../src/runtime/engine.ts";
import { NEXMARK_BASE_MS } from "../../src/source/nexmark.ts";
import { EVALUATORS } from "./evaluate/mod.ts";
import { groupBy } from "./evaluate/result.ts";
import { eventsOf } from "./events.ts";
import { assertSameRows, linesOf } from "./rows_text.ts";

const EVENTS = { events: 50_000, events_per_second: 1000, seed: 5 };
const COLUMNS = [
  { name: "auction", type: "int64" },
  { name: "price", type: "int64" },
  { name: "dateTime", type: "timestamp" },
];
const SOURCE = { id: "bid", op: "source", columns: COLUMNS, time: "dateTime", delay_ms: 4000 };
const sink = (input: string) => ({ id: "out", op: "sink", input: [input], sink: { kind: "view", name: "out" } });

/** Runs a plan to its end; rows as they came to the view. */
async function rowsOf(engine: Engine, ...nodes: unknown[]): Promise<string[]> {
  await engine.pipelines.put("p", { rdx: 1, nodes }, { start: "earliest", state: "fresh" });
  await engine.pipelines.find("p")!.settled();
  const { state, reason, deadRows } = engine.pipelines.get("p");
  assert.deepEqual([state, reason, deadRows], ["completed", null, 0]);
  const changes = (engine.views.get("out").since(0) ?? []).flatMap(({ changes }) => changes);
  const rows = changes.flatMap(({ range: { frame, start, rows } }) => {
    const view = new FrameView(frame);
    return Array.from({ length: rows }, (_, i) => view.types.map((_, column) => view.value(start + i, column)));
  });
  await engine.pipelines.delete("p");
  return linesOf(rows);
}

Deno.test("a nexmark source gives the events of its table, whatever number of workers makes them", async () => {
  const events = eventsOf({ events: 50_000, eventsPerSecond: 1000, seed: 5, baseMs: NEXMARK_BASE_MS });
  const bid = { ...SOURCE, connector: { kind: "nexmark", table: "bid", ...EVENTS } };
  const where = {
    call: "eq",
    args: [{ call: "mod", args: [{ column: "auction" }, { literal: 123 }] }, { literal: 0 }],
  };
  const columns = ["auction", "price"];
  const window = { id: "w", op: "window", input: ["bid"], window: { kind: "tumble", size_ms: 10_000 } };
  const counts = { id: "a", op: "aggregate", input: ["w"], keys: ["auction"], aggs: [{ fn: "count", as: "n" }] };
  const byWindow = groupBy(
    events.bids,
    ({ auction, dateTime }) => `${Math.floor(dateTime / 10_000) * 10_000}|${auction}`,
  );
  const expected = [...byWindow].map(([key, bids]) => {
    const [start, auction] = key.split("|");
    return `${start}|${Number(start) + 10_000}|${auction}|${bids.length}`;
  }).sort();
  for (const workers of [1, 3]) {
    const engine = await createEngine({ workers });
    try {
      const q2 = [bid, { id: "f", op: "filter", input: ["bid"], where }, {
        id: "p",
        op: "project",
        input: ["f"],
        columns,
      }];
      assertSameRows(await rowsOf(engine, ...q2, sink("p")), linesOf(EVALUATORS.q2(events)), "q2");
      assertSameRows(await rowsOf(engine, bid, window, counts, sink("a")), expected, "bids by auction");
    } finally {
      await engine.close();
    }
  }
});

Deno.test("rows that stand in a plan come in their order, also where not all columns are read", async () => {
  const columns = [{ name: "a", type: "int64" }, { name: "b", type: "string" }, { name: "c", type: "decimal(5,2)" }];
  const rows = [[1, "x", "1.50"], [2, null, 3], ["9007199254740993", "z", null]];
  const values = { id: "v", op: "source", connector: { kind: "values", rows }, columns };
  const engine = await createEngine({ workers: 2 });
  try {
    assert.deepEqual(await rowsOf(engine, values, sink("v")), ["1|x|150", "2|null|300", "9007199254740993|z|null"]);
    const project = { id: "p", op: "project", input: ["v"], columns: ["c", "a"] };
    assert.deepEqual(await rowsOf(engine, values, project, sink("p")), ["150|1", "300|2", "null|9007199254740993"]);
  } finally {
    await engine.close();
  }
});

Deno.test("a nexmark source whose numbers cannot be is refused when it is deployed", async () => {
  const engine = await createEngine({ workers: 1 });
  try {
    const connector = { kind: "nexmark", table: "bid", events: 10 ** 12, events_per_second: 1, seed: 1 };
    const plan = { rdx: 1, nodes: [{ ...SOURCE, connector }, sink("bid")] };
    await assert.rejects(engine.pipelines.put("p", plan, { start: "earliest", state: "fresh" }), {
      code: "invalid_plan",
    });
  } finally {
    await engine.close();
  }
});
