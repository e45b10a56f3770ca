import assert from "node:assert/strict";
import { randomOf } from "../kernel/numbers.ts";
import { HOW, sourceOf, wholePlan } from "./cold_plans.ts";
import { DurableRun } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";

const BOUND_BYTES = 3_000_000, KEYS = 30_000, ROUNDS = 16, ROUND_ROWS = 4000, UPPER_MS = 40_000;

/** Each row with those of its key that come later, but not too late; how many rows come of that, and how many of them are pairs. */
const PLAN = wholePlan([
  sourceOf("events"),
  {
    id: "later",
    op: "project",
    input: ["events"],
    columns: [{ as: "at", expr: { column: "ts" } }, { as: "of", expr: { column: "key" } }],
    keep: false,
  },
  {
    id: "pairs",
    op: "join",
    input: ["events", "later"],
    type: "left",
    on: [{ left: "key", right: "of" }],
    within: { left: "ts", right: "at", lower_ms: 1, upper_ms: UPPER_MS },
  },
], [{ fn: "count", as: "rows" }, { fn: "count", arg: { column: "at" }, as: "pairs" }]);

/** How many rows and pairs there are of rows whose times are their numbers, one a millisecond. */
function expected(keys: readonly string[]): readonly [rows: number, pairs: number] {
  const times = new Map<string, number[]>();
  keys.forEach((key, time) => times.set(key, [...times.get(key) ?? [], time]));
  let rows = 0, pairs = 0;
  for (const own of times.values()) {
    for (const time of own) {
      const met = own.filter((other) => other > time && other <= time + UPPER_MS).length;
      rows += Math.max(1, met);
      pairs += met;
    }
  }
  return [rows, pairs];
}

Deno.test("a join by an interval of several times its memory goes on over checkpoints and restarts with other workers, and misses no row", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed), keys: string[] = [];
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("pairs", PLAN, HOW);
    let most = 0, reads = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const rows = Array.from({ length: ROUND_ROWS }, (_, i) => {
        const key = `a key of ${Math.floor(random() * KEYS)} ${"x".repeat(40)}`;
        keys.push(key);
        return { ts: round * ROUND_ROWS + i, key, value: i };
      });
      await life.send("events", rows);
      if (round % 5 === 3) await life.checkpoint("pairs");
      await life.settled();
      const [{ cold }] = (await life.engine.states.get("pairs")).operators.filter(({ node }) => node === "pairs");
      most = Math.max(most, cold.rows);
      reads = Math.max(reads, cold.reads);
      if (round % 5 === 4) await life.restart(1 + (round >> 2));
    }
    assert.ok(most > ROUND_ROWS, `${most} rows were on disk, seed ${seed}`);
    assert.ok(reads > ROUND_ROWS, `${reads} rows came back, seed ${seed}`);
    await life.send("events", [{ ts: 3 * ROUNDS * ROUND_ROWS, key: "much later", value: 1 }]);
    await life.settled();
    const [rows, pairs] = expected(keys);
    assert.deepEqual(life.view("all").rows, [`${rows}n ${pairs}n`], `seed ${seed}`);
  }, { stateBytesMax: BOUND_BYTES });
});
