import assert from "node:assert/strict";
import { RdxError } from "../../../src/core/errors.ts";
import { seeded } from "../../sim/pool.ts";
import { DurableRun } from "../durable_run.ts";
import { EVENTS } from "../engine_run.ts";
import type { Agg } from "./plans.ts";

const HOW = { start: "earliest", state: "keep" } as const;
const VALUE = { column: "value" };
const N: Agg = { fn: "count", as: "n" },
  TOTAL: Agg = { fn: "sum", arg: VALUE, as: "total" },
  MOST: Agg = { fn: "max", arg: VALUE, as: "most" };

/** Aggregates over the rows in front of each row of its key; `preceding`: null = all of them. */
function overPlan(aggs: readonly Agg[], preceding: number | null) {
  return {
    rdx: 1,
    nodes: [
      { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 },
      {
        id: "over",
        op: "over",
        input: ["source"],
        keys: ["key"],
        time: "ts",
        frame: { kind: "range", preceding },
        aggs,
      },
      { id: "sink", op: "sink", input: ["over"], sink: { kind: "view", name: "p" } },
    ],
  };
}

const seed = 2718;
Deno.test(`aggregates over all rows in front come and go, and the others go on (seed ${seed})`, () =>
  DurableRun.with(async (life) => {
    const random = seeded(seed), totals = new Map<string, { n: number; total: number; most: number }>();
    life.engine.streams.put("events", EVENTS);
    let ts = 0;
    const expected = new Map<number, string>();
    /** Sends rows; what is found out of each, by the names of the aggregates that there are. */
    const send = async (aggs: readonly Agg[], count: number) => {
      for (let i = 0; i < count; i++) {
        const row = { ts: ts += 1 + random(5), key: "abc"[random(3)], value: random(50) };
        const { n, total, most } = totals.get(row.key) ?? { n: 0, total: 0, most: -1 };
        const known = {
          n: n + 1,
          total: total + row.value,
          most: aggs.includes(MOST) ? Math.max(most, row.value) : -1,
        };
        totals.set(row.key, known);
        const cells = aggs.map(({ as }) => `${known[as as keyof typeof known]}n`);
        expected.set(row.ts, [`${row.ts}n`, `"${row.key}"`, `${row.value}n`, ...cells].join(" "));
        await life.send("events", [row]);
      }
      await life.settled();
    };
    const put = async (aggs: readonly Agg[]) => (await life.engine.pipelines.put("p", overPlan(aggs, null), HOW)).notes;
    await put([N, TOTAL]);
    await send([N, TOTAL], 20);
    await life.checkpoint("p");
    await send([N, TOTAL], 5);
    const [note] = await put([MOST, TOTAL, N]);
    assert.match(note, /Aggregate most = max\(int64\) of over is new: it begins empty/);
    await send([MOST, TOTAL, N], 20);
    await life.restart(2);
    await send([MOST, TOTAL, N], 5);
    await life.checkpoint("p");
    await life.restart(1);
    await send([MOST, TOTAL, N], 5);
    const last = [...expected.keys()].at(-1)!, rows = life.view("p").rows;
    // The last row of a stream waits for the watermark to pass it.
    const from = [...expected.keys()][25];
    for (const [at, text] of expected) {
      if (at < from || at >= last) continue;
      assert.ok(rows.includes(text), `${text} is not among\n${rows.join("\n")}`);
    }
  }));

Deno.test("an aggregate over a frame that rows leave again cannot be new, and others there may go", () =>
  DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    const { pipelines } = life.engine;
    await pipelines.put("p", overPlan([N, TOTAL], 1000), HOW);
    for (let i = 0; i < 10; i++) await life.send("events", [{ ts: i * 10, key: "a", value: i }]);
    await life.settled();
    await assert.rejects(pipelines.put("p", overPlan([N, TOTAL, MOST], 1000), HOW), (thrown: RdxError) => {
      assert.ok(thrown instanceof RdxError);
      assert.equal(thrown.code, "conflict");
      assert.match(
        thrown.details[0].reason,
        /most = max\(int64\) is new, and rows that came before will leave its frame/,
      );
      return true;
    });
    assert.equal(pipelines.get("p").state, "running");
    await pipelines.put("p", overPlan([TOTAL], 1000), HOW);
    await life.send("events", [{ ts: 100, key: "a", value: 5 }, { ts: 200, key: "a", value: 0 }]);
    await life.settled();
    assert.ok(life.view("p").rows.includes('100n "a" 5n 50n'), life.view("p").rows.join("\n"));
  }));

Deno.test("aggregates over all rows in front go on under other names and in another order", () =>
  DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    const { pipelines } = life.engine, renamed: Agg = { ...TOTAL, as: "n" }, counted: Agg = { ...N, as: "rows" };
    await pipelines.put("p", overPlan([N, TOTAL, MOST], null), HOW);
    for (let i = 0; i < 10; i++) await life.send("events", [{ ts: i * 10, key: "a", value: i }]);
    await life.settled();
    const { notes } = await pipelines.put("p", overPlan([MOST, renamed, counted], null), HOW);
    assert.ok(!notes.some((note) => /begins empty/.test(note)), notes.join("\n"));
    await life.send("events", [{ ts: 100, key: "a", value: 5 }, { ts: 200, key: "a", value: 0 }]);
    await life.settled();
    assert.ok(life.view("p").rows.includes('100n "a" 5n 9n 50n 11n'), life.view("p").rows.join("\n"));
  }));
