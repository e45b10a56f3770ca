import assert from "node:assert/strict";
import { entry, type Test } from "./log.ts";
import { seeded } from "../sim/pool.ts";

/** Where a log finds rows by the time of their arrival. */
export function timesTests(test: Test): void {
  test("finds the first row that arrived at a time or later, and the end behind the last", async (log, clock) => {
    assert.equal(await log.offsetAt(0), 0);
    const arrivals = [1000, 1000, 1500, 1500, 1501, 3000];
    for (const ms of arrivals) {
      clock.ms = ms;
      await log.append(entry(2));
    }
    const found = await Promise.all([0, 1000, 1001, 1500, 1501, 1502, 3000, 3001].map((ms) => log.offsetAt(ms)));
    assert.deepEqual(found, [0, 0, 4, 4, 8, 10, 10, 12]);
  });

  const seed = 4711;
  test(`finds rows by their arrival while the clock goes back and old rows go (seed ${seed})`, async (log, clock) => {
    const random = seeded(seed), records: { offset: number; arrivalMs: number }[] = [];
    let arrivalMs = -Infinity;
    for (let i = 0; i < 300; i++) {
      clock.ms = Math.max(0, clock.ms + random(50) - 15);
      arrivalMs = Math.max(arrivalMs, clock.ms);
      records.push({ offset: log.end, arrivalMs });
      await log.append(entry(1 + random(3)));
      if (random(4) > 0) continue;
      const timeMs = clock.ms - random(1500), kept = records.filter(({ offset }) => offset >= log.start);
      const wanted = kept.find((record) => record.arrivalMs >= timeMs)?.offset ?? log.end;
      assert.equal(await log.offsetAt(timeMs), wanted, `${timeMs} after ${i + 1} records`);
    }
    assert.ok(log.start > 0, "some rows have gone");
  });
}
