import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { Player } from "../../web/page_model/player.ts";

interface Row {
  readonly ts: number;
}

/** A player over a clock that moves when the player sleeps. */
function play(rows: readonly Row[], wholeMs: number) {
  const clock = { now: 0 }, written: { at: number; ts: number }[] = [];
  const steps: (() => void)[] = [];
  const player = new Player<Row>({
    rows,
    timeOf: ({ ts }) => ts,
    write: (piece) => {
      for (const { ts } of piece) written.push({ at: clock.now, ts });
      return Promise.resolve();
    },
    now: () => clock.now,
    sleep: (ms) => {
      clock.now += ms;
      steps.shift()?.();
      return Promise.resolve();
    },
    wholeMs,
  });
  return { player, written, clock, steps };
}

const rowsOf = (times: readonly number[]) => [...times].sort((a, b) => a - b).map((ts) => ({ ts }));

Deno.test("every row is played once and in order, at its time", async () => {
  const times = fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 2, maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(times, fc.integer({ min: 1000, max: 60_000 }), async (list, wholeMs) => {
      const rows = rowsOf(list), { player, written, clock } = play(rows, wholeMs);
      assert.equal(await player.run(), true);
      assert.deepEqual(written.map(({ ts }) => ({ ts })), rows);
      const span = Math.max(1, rows.at(-1)!.ts - rows[0].ts);
      for (const { at, ts } of written) {
        const due = (ts - rows[0].ts) / span * wholeMs;
        assert.ok(at >= due - 1e-6 && at < due + 100, `${ts} was due at ${due} and played at ${at}`);
      }
      assert.ok(clock.now <= wholeMs + 200);
    }),
    { numRuns: 100, verbose: 1 },
  );
});

Deno.test("as fast as it goes waits for nothing", async () => {
  const { player, written, clock } = play(rowsOf(Array.from({ length: 10_000 }, (_, i) => i * 1e6)), 0);
  await player.run();
  assert.equal(written.length, 10_000);
  assert.equal(clock.now, 0);
});

Deno.test("a pause plays nothing, and what comes behind it is later by as much", async () => {
  const { player, written, steps } = play(rowsOf([0, 100, 200, 300, 400]), 400);
  steps.push(() => {}, () => player.pause(), ...Array.from({ length: 10 }, () => () => {}), () => player.resume());
  await player.run();
  assert.deepEqual(written.map(({ ts }) => ts), [0, 100, 200, 300, 400]);
  assert.ok(written[4].at >= 900, `the last came at ${written[4].at}`);
});

Deno.test("a change of pace keeps what was played, and goes on faster", async () => {
  const { player, written, steps, clock } = play(rowsOf(Array.from({ length: 101 }, (_, i) => i * 1000)), 10_000);
  steps.push(...Array.from({ length: 99 }, () => () => {}), () => player.wholeMs = 1000);
  await player.run();
  assert.equal(written.length, 101);
  assert.ok(clock.now < 6000, `it took ${clock.now}`);
});

Deno.test("a stop ends it with what was sent", async () => {
  const { player, written, steps } = play(rowsOf([0, 1000, 2000]), 2000);
  steps.push(() => player.stop());
  assert.equal(await player.run(), false);
  assert.equal(written.length, player.sent);
  assert.equal(player.sent, 1);
});
