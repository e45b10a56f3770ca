import assert from "node:assert/strict";
import { randomOf } from "../kernel/numbers.ts";
import { HOW, KeyedSums, keyedSumsPlan, sourceOf, wholePlan } from "./cold_plans.ts";
import { DurableRun } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";

const BOUND_BYTES = 3_000_000, KEYS = 60_000;

Deno.test("state of several times its memory goes on over checkpoints and restarts with other workers, and says where it is", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31), sums = new KeyedSums(randomOf(seed), KEYS, 40);
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("sums", keyedSumsPlan(), HOW);
    let most = 0, reads = 0;
    for (let round = 0; round < 24; round++) {
      await life.send("events", sums.rows(4000));
      if (round % 5 === 3) await life.checkpoint("sums");
      await life.settled();
      const { cold, stateRows, stateBytes } = life.engine.pipelines.get("sums");
      most = Math.max(most, cold.rows);
      reads += cold.reads;
      assert.equal(stateRows, sums.keys + 1, `seed ${seed}, round ${round}`);
      assert.ok(stateBytes <= BOUND_BYTES);
      if (round % 8 === 6) await life.restart(1 + (round >> 3));
    }
    assert.ok(most > KEYS / 3, `${most} rows were on disk`);
    assert.ok(reads > 1000);
    assert.deepEqual(life.view("all").rows, [sums.text], `seed ${seed}`);
    const [{ cold }] = (await life.engine.states.get("sums")).operators.filter(({ node }) => node === "sums");
    assert.ok(cold.rows > 0 && cold.bytes > cold.rows * 64);
    assert.equal(life.said.filter((line) => line.includes("cold rows are on disk")).length, 4, "once in each life");
    assert.match(life.engine.metrics(), /rdx_evicted_rows\{pipeline="sums"\} [1-9]/);
    assert.deepEqual(
      [...Deno.readDirSync(`${life.folder}/data`)].filter(({ name }) => name.includes("cold")),
      [],
      "the working file has no name",
    );
  }, { stateBytesMax: BOUND_BYTES });
});

/** Different values by key, the greatest of what is taken back, and lists, and what they come to. */
const HELD = wholePlan([
  sourceOf("events"),
  {
    id: "held",
    op: "aggregate",
    input: ["events"],
    keys: ["key"],
    aggs: [
      { fn: "count", arg: { column: "value" }, distinct: true, as: "different" },
      { fn: "array_agg", arg: { column: "value" }, as: "listed" },
      { fn: "mode", arg: { column: "value" }, as: "most" },
      { fn: "approx_count_distinct", arg: { column: "value" }, as: "about" },
    ],
  },
], [
  { fn: "count", as: "keys" },
  { fn: "sum", arg: { column: "different" }, as: "different" },
  { fn: "sum", arg: { column: "about" }, as: "about" },
  { fn: "sum", arg: { column: "most" }, as: "most" },
]);

/** The value that is there most often, the least of these. */
function mostFrequent(list: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of list) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || a - b)[0][0];
}

Deno.test("sets, lists and sketches of several times their memory go on over checkpoints and restarts with other workers", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed), values = new Map<string, number[]>();
  const keys = 10_000, bound = 6_000_000;
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("held", HELD, HOW);
    let most = 0, reads = 0;
    for (let round = 0; round < 16; round++) {
      const rows = Array.from({ length: 2500 }, (_, i) => {
        const key = `a key of ${Math.floor(random() * keys)}`, value = Math.floor(random() * 20);
        const own = values.get(key);
        if (own) own.push(value);
        else values.set(key, [value]);
        return { ts: round * 2500 + i, key, value };
      });
      await life.send("events", rows);
      if (round % 4 === 2) await life.checkpoint("held");
      await life.settled();
      const { cold, stateRows, stateBytes } = life.engine.pipelines.get("held");
      most = Math.max(most, cold.rows);
      reads += cold.reads;
      assert.equal(stateRows, values.size + 1, `seed ${seed}, round ${round}`);
      assert.ok(stateBytes <= bound * 1.15);
      if (round % 5 === 4) await life.restart(1 + Math.floor(round / 5));
    }
    assert.ok(most > keys / 8, `${most} rows were on disk`);
    assert.ok(reads > 500);
    const lists = [...values.values()], different = lists.reduce((sum, list) => sum + new Set(list).size, 0);
    const often = lists.reduce((sum, list) => sum + mostFrequent(list), 0);
    const [row] = life.view("all").rows;
    assert.equal(row, `${values.size}n ${different}n ${different}n ${often}n`, `seed ${seed}`);
  }, { stateBytesMax: bound });
});

/** The last text of each key, as long as it is. */
const WIDE = wholePlan([
  sourceOf("events"),
  {
    id: "named",
    op: "aggregate",
    input: ["events"],
    keys: ["key"],
    aggs: [{ fn: "count", as: "n" }, { fn: "last", arg: { column: "key" }, as: "last" }],
  },
], [{ fn: "count", as: "keys" }, { fn: "sum", arg: { column: "n" }, as: "rows" }]);

Deno.test("a checkpoint whose steps are larger than the memory for state is taken in, and rows leave meanwhile", async () => {
  const keys = 4000, bound = 1_500_000, wide = "x".repeat(1500);
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("wide", WIDE, HOW);
    const send = async (from: number, rows: number) => {
      const made = Array.from(
        { length: rows },
        (_, i) => ({ ts: from, key: `${(from + i) % keys} ${wide}`, value: i }),
      );
      await life.send("events", made);
    };
    for (let from = 0; from < keys; from += 500) await send(from, 500);
    await life.settled();
    assert.equal(life.engine.pipelines.get("wide").cold.rows, 0, "all is in memory");
    const number = await life.checkpoint("wide");
    await life.restart(1, { stateBytesMax: bound });
    const { checkpoint, cold, stateBytes } = life.engine.pipelines.get("wide");
    assert.equal(checkpoint?.restored, number);
    assert.ok(
      cold.rows > keys / 2 && stateBytes <= bound,
      `${cold.rows} rows are on disk, ${stateBytes} bytes are not`,
    );
    await send(0, 30);
    await life.settled();
    assert.deepEqual(life.view("all").rows, [`${keys}n ${keys + 30}n`]);
  });
});
