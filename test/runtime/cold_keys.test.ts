import assert from "node:assert/strict";
import { randomOf } from "../kernel/numbers.ts";
import { HOW, sourceOf, wholePlan } from "./cold_plans.ts";
import { DurableRun } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";

const BOUND_BYTES = 1_500_000, KEYS = 3_000, ROUNDS = 12, ROWS = 1500;

const SOURCE = sourceOf("events");
const OTHERS = sourceOf("others");

/** How many rows come out, and what their values come to. */
function planOf(nodes: Parameters<typeof wholePlan>[0], value: string) {
  return wholePlan(nodes, [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: value }, as: "total" }]);
}

/** Sessions that end a while behind the rows that come. */
const SESSIONS = planOf([
  SOURCE,
  { id: "window", op: "window", input: ["events"], window: { kind: "session", gap_ms: 3 * ROWS, keys: ["key"] } },
  {
    id: "kept",
    op: "aggregate",
    input: ["window"],
    keys: ["key"],
    aggs: [{ fn: "sum", arg: { column: "value" }, as: "total" }, { fn: "max", arg: { column: "value" }, as: "most" }],
  },
], "total");
/** Windows that grow for two thirds of a run, of which a row is in up to two. */
const CUMULATING = planOf([
  SOURCE,
  {
    id: "window",
    op: "window",
    input: ["events"],
    window: { kind: "cumulate", step_ms: 4 * ROWS, size_ms: 8 * ROWS },
  },
  {
    id: "kept",
    op: "aggregate",
    input: ["window"],
    keys: ["key"],
    aggs: [
      { fn: "sum", arg: { column: "value" }, as: "total" },
      { fn: "count", arg: { column: "value" }, distinct: true, as: "different" },
    ],
  },
], "total");
const RANKS = planOf([
  SOURCE,
  {
    id: "kept",
    op: "rank",
    input: ["events"],
    keys: ["key"],
    order: [{ column: "value", desc: true }],
    from: 1,
    to: 3,
  },
], "value");
const JOINS = planOf([
  SOURCE,
  OTHERS,
  { id: "right", op: "project", input: ["others"], columns: [{ as: "of", expr: { column: "key" } }], keep: false },
  { id: "kept", op: "join", input: ["events", "right"], type: "left", on: [{ left: "key", right: "of" }] },
], "value");

interface Case {
  readonly name: string;
  readonly plan: Record<string, unknown>;
  readonly streams: readonly string[];
}
const CASES: readonly Case[] = [
  { name: "sessions", plan: SESSIONS, streams: ["events"] },
  { name: "cumulating windows", plan: CUMULATING, streams: ["events"] },
  { name: "ranks", plan: RANKS, streams: ["events"] },
  { name: "joins", plan: JOINS, streams: ["events", "others"] },
];

/** What the digest is of: making one takes a number of the order, so that two of the same state differ in that alone. */
async function digestOf(life: DurableRun) {
  const { digest, tables } = await life.engine.states.digest("p", null);
  return { digest, tables };
}

/** Sends rows that a seed makes, round by round; what the view has after each. */
async function send(
  life: DurableRun,
  { plan, streams }: Case,
  seed: number,
  behind: (round: number) => Promise<void>,
): Promise<string[][]> {
  const random = randomOf(seed), views: string[][] = [];
  for (const stream of streams) life.engine.streams.put(stream, EVENTS);
  await life.engine.pipelines.put("p", plan, HOW);
  for (let round = 0; round < ROUNDS; round++) {
    for (const stream of streams) {
      const rows = Array.from({ length: ROWS }, (_, i) => ({
        ts: round * ROWS + i,
        key: `a key of ${Math.floor(random() * KEYS)} ${"x".repeat(100)}`,
        value: Math.floor(random() * 1000),
      }));
      await life.send(stream, rows);
      await life.settled();
    }
    await behind(round);
    views.push(life.view("all").rows);
  }
  return views;
}

for (const one of CASES) {
  Deno.test(`state of several times its memory has the digest of one in memory, before and behind restarts with other workers: ${one.name}`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    let most = 0, reads = 0, expected: string[][] = [];
    await DurableRun.with(async (life) => {
      const views = await send(life, one, seed, async (round) => {
        const { cold } = life.engine.pipelines.get("p");
        most = Math.max(most, cold.rows);
        if (round % 3 !== 2) return;
        reads += cold.reads;
        const before = await digestOf(life);
        if (round % 2 === 0) await life.checkpoint("p");
        await life.restart(1 + (round >> 2));
        assert.deepEqual(await digestOf(life), before, `seed ${seed}, round ${round}`);
      });
      const { cold } = life.engine.pipelines.get("p"), before = await digestOf(life);
      assert.ok(most > 1000 && reads > 500, `seed ${seed}: ${most} rows were on disk, ${reads} were read`);
      assert.ok(cold.rows > 0, `seed ${seed}`);
      await life.checkpoint("p");
      await life.restart(2, { stateBytesMax: 2 ** 28 });
      assert.equal(life.engine.pipelines.get("p").cold.rows, 0);
      assert.deepEqual(await digestOf(life), before, `seed ${seed}, all in memory`);
      expected = views;
    }, { stateBytesMax: BOUND_BYTES });
    await DurableRun.with(async (life) => {
      assert.deepEqual(await send(life, one, seed, () => Promise.resolve()), expected, `seed ${seed}`);
    });
  });
}
