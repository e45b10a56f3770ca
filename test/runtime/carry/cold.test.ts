import assert from "node:assert/strict";
import { randomOf } from "../../kernel/numbers.ts";
import { DurableRun } from "../durable_run.ts";
import { EVENTS } from "../engine_run.ts";

const HOW = { start: "earliest", state: "keep" } as const;
const BOUND_BYTES = 2_000_000, KEYS = 9_000, ROWS = 2000, DAY_MS = 86_400_000;

const COUNT = { fn: "count", as: "n" }, SUM = { fn: "sum", arg: { column: "value" }, as: "s" };
const WINDOWS = {
  groups: null,
  tumble: { kind: "tumble", size_ms: DAY_MS },
  cumulate: { kind: "cumulate", step_ms: DAY_MS, size_ms: DAY_MS },
  session: { kind: "session", gap_ms: DAY_MS / 2, keys: ["key"] },
} as const;
type Kind = keyof typeof WINDOWS;

/** Aggregates by key, and how many keys there are with the sum of each. */
function planOf(kind: Kind, aggs: readonly { readonly as: string }[]) {
  const window = WINDOWS[kind];
  return {
    rdx: 1,
    nodes: [
      { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 },
      ...(window ? [{ id: "window", op: "window", input: ["source"], window }] : []),
      { id: "keyed", op: "aggregate", input: [window ? "window" : "source"], keys: ["key"], aggs },
      { id: "sink", op: "sink", input: ["keyed"], sink: { kind: "view", name: "p" } },
    ],
  };
}

const keyOf = (number: number) => `a key of ${number} ${"x".repeat(200)}`;

/** What comes in a round: the numbers of keys, with values. */
function eventsOf(random: () => number, round: number) {
  return Array.from({ length: ROWS }, (_, i) => {
    const number = Math.floor(random() * KEYS);
    return { ts: round * ROWS + i, key: keyOf(number), value: Math.floor(random() * 1000) };
  });
}

for (const kind of Object.keys(WINDOWS) as Kind[]) {
  Deno.test(`state of which most has left memory goes on under a changed plan, with all of its keys: ${kind}`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed);
    const counts = new Map<string, number>(), sums = new Map<string, number>();
    await DurableRun.with(async (life) => {
      life.engine.streams.put("events", EVENTS);
      await life.engine.pipelines.put("p", planOf(kind, [COUNT]), HOW);
      let most = 0;
      for (let round = 0; round < 10; round++) {
        if (round === 6) {
          const { notes } = await life.engine.pipelines.put("p", planOf(kind, [COUNT, SUM]), HOW);
          assert.ok(notes.length > 0);
        }
        const events = eventsOf(random, round);
        for (const { key, value } of events) {
          counts.set(key, (counts.get(key) ?? 0) + 1);
          if (round >= 6) sums.set(key, (sums.get(key) ?? 0) + value);
        }
        await life.send("events", events);
        await life.settled();
        most = Math.max(most, life.engine.pipelines.get("p").cold.rows);
        if (round === 4) await life.checkpoint("p");
        if (round === 8) await life.restart(2);
      }
      assert.ok(most > 1000, `${most} rows were on disk, seed ${seed}`);
      await life.send("events", [{ ts: 9 * DAY_MS, key: "the last", value: 1 }]);
      await life.settled();
      const expected = [...counts].map(([key, count]) => {
        const sum = sums.get(key);
        return `${JSON.stringify(key)} ${count}n ${sum === undefined ? "null" : `${sum}n`}`;
      });
      const rows = life.view("p").rows.map((row) => row.slice(row.indexOf('"'))).filter((row) => !row.includes("last"));
      assert.deepEqual(rows.sort(), expected.sort(), `seed ${seed}`);
    }, { stateBytesMax: BOUND_BYTES });
  });
}

/** Rows of two streams by key, under a condition behind the join. */
function joinPlan(least: number) {
  const named = (side: string) => [
    { as: `${side}_key`, expr: { column: "key" } },
    { as: `${side}_value`, expr: { column: "value" } },
  ];
  const source = (id: string, stream: string) => ({ id, op: "source", stream, idle_timeout_ms: 0 });
  return {
    rdx: 1,
    nodes: [
      source("left", "events"),
      source("right", "others"),
      { id: "lefts", op: "project", input: ["left"], columns: named("l") },
      { id: "rights", op: "project", input: ["right"], columns: named("r") },
      {
        id: "joined",
        op: "join",
        type: "inner",
        input: ["lefts", "rights"],
        on: [{ left: "l_key", right: "r_key" }],
      },
      {
        id: "some",
        op: "filter",
        input: ["joined"],
        where: {
          call: "ge",
          args: [{ call: "add", args: [{ column: "l_value" }, { column: "r_value" }] }, { literal: least }],
        },
      },
      {
        id: "all",
        op: "aggregate",
        input: ["some"],
        keys: [],
        aggs: [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: "l_value" }, as: "s" }],
      },
      { id: "sink", op: "sink", input: ["all"], sink: { kind: "view", name: "p" } },
    ],
  };
}

Deno.test("rows of a join of which most have left memory meet their others under a changed plan", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed), lefts = new Map<string, number[]>();
  let pairs = 0, sum = 0;
  await DurableRun.with(async (life) => {
    for (const stream of ["events", "others"]) life.engine.streams.put(stream, EVENTS);
    await life.engine.pipelines.put("p", joinPlan(0), HOW);
    for (let round = 0; round < 8; round++) {
      const events = eventsOf(random, round);
      for (const { key, value } of events) lefts.set(key, [...lefts.get(key) ?? [], value]);
      await life.send("events", events);
    }
    await life.settled();
    assert.ok(life.engine.pipelines.get("p").cold.rows > 2000, `seed ${seed}`);
    for (const [round, least] of [0, 1000, 1000].entries()) {
      if (round === 1) await life.engine.pipelines.put("p", joinPlan(least), HOW);
      if (round === 2) await life.restart(2);
      const others = eventsOf(random, round);
      for (const { key, value: right } of others) {
        for (const value of lefts.get(key) ?? []) {
          if (value + right < least) continue;
          pairs++;
          sum += value;
        }
      }
      await life.send("others", others);
      await life.settled();
      assert.deepEqual(life.view("p").rows, [`${pairs}n ${sum}n`], `seed ${seed}, round ${round}`);
    }
  }, { stateBytesMax: BOUND_BYTES });
});
