import assert from "node:assert/strict";
import { randomOf } from "../../kernel/numbers.ts";
import { HOW, sourceOf, wholePlan } from "../cold_plans.ts";
import { DurableRun } from "../durable_run.ts";
import { EVENTS } from "../engine_run.ts";

const BOUND_BYTES = 2_000_000, KEYS = 400, ROUNDS = 12, ROUND_ROWS = 2500, LONG_MS = 25_000;
const VALUE = { column: "value" };
const COUNT = { fn: "count", as: "n" }, SUM = { fn: "sum", arg: VALUE, as: "total" };

interface Frames {
  readonly kind: "range" | "rows";
  /** Null: all rows. */
  readonly preceding: number | null;
  /** How long rows wait for the watermark. */
  readonly delayMs: number;
}

const FRAMES: ReadonlyMap<string, Frames> = new Map([
  ["that wait", { kind: "range", preceding: null, delayMs: LONG_MS }],
  ["of ranges", { kind: "range", preceding: LONG_MS, delayMs: 0 }],
  ["of a number of rows", { kind: "rows", preceding: 80, delayMs: 0 }],
]);

/** Sums of frames, and what they come to; the first plan also counts what is in each frame. */
function planOf({ kind, preceding }: Frames, aggs: readonly { readonly as: string }[]) {
  const over = {
    id: "over",
    op: "over",
    input: ["events"],
    keys: ["key"],
    time: "ts",
    frame: { kind, preceding },
    aggs,
  };
  return wholePlan([sourceOf("events"), over], [
    { fn: "sum", arg: { column: "total" }, as: "sums" },
  ]);
}

/** The sum of the sums of frames, of rows in the order of their times. */
function sumOf(rows: readonly { ts: number; key: string; value: number }[], { kind, preceding }: Frames): number {
  const frames = new Map<string, { rows: { ts: number; value: number }[]; sum: number }>();
  let all = 0;
  for (const { ts, key, value } of rows) {
    const frame = frames.get(key) ?? { rows: [], sum: 0 };
    frames.set(key, frame);
    frame.rows.push({ ts, value });
    frame.sum += value;
    const isOver = () => kind === "rows" ? frame.rows.length > preceding! + 1 : frame.rows[0].ts < ts - preceding!;
    while (preceding !== null && isOver()) frame.sum -= frame.rows.shift()!.value;
    all += frame.sum;
  }
  return all;
}

for (const [name, frames] of FRAMES) {
  Deno.test(`rows of frames of which most have left memory go on under a changed plan, and with other workers: ${name}`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed);
    const rows: { ts: number; key: string; value: number }[] = [];
    await DurableRun.with(async (life) => {
      life.engine.streams.put("events", { ...EVENTS, delayMs: frames.delayMs });
      await life.engine.pipelines.put("p", planOf(frames, [COUNT, SUM]), HOW);
      let most = 0;
      for (let round = 0; round < ROUNDS; round++) {
        if (round === 6) await life.engine.pipelines.put("p", planOf(frames, [SUM]), HOW);
        const more = Array.from({ length: ROUND_ROWS }, (_, i) => {
          const key = `a key of ${Math.floor(random() * KEYS)} ${"x".repeat(200)}`;
          return { ts: round * ROUND_ROWS + i, key, value: Math.floor(random() * 1000) };
        });
        rows.push(...more);
        await life.send("events", more);
        await life.settled();
        most = Math.max(most, life.engine.pipelines.get("p").cold.rows);
        if (round === 4 || round === 7) await life.checkpoint("p");
        if (round === 8) await life.restart(3);
        if (round === 10) await life.restart(2);
      }
      // More than there are keys
      assert.ok(most > 4000, `${most} rows were on disk, seed ${seed}`);
      assert.ok(life.said.some((line) => line.includes("memory")), life.said.join("\n"));
      await life.send("events", [{ ts: 100 * LONG_MS, key: "the last", value: 0 }]);
      await life.settled();
      assert.deepEqual(life.view("all").rows, [`${sumOf(rows, frames)}n`], `seed ${seed}`);
    }, { stateBytesMax: BOUND_BYTES });
  });
}
