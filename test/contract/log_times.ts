import assert from "node:assert/strict";
import { entry, type Test } from "./log.ts";
import { seeded } from "../sim/pool.ts";

/** When rows arrive in a log, and where it finds them by that. */
export function timesTests(test: Test): void {
  test(
    "has arrival times go on, somewhat slower than time passes, when the wall clock goes back",
    async (log, clock) => {
      const reader = log.reader("latest"), wallMs: number[] = [], arrivalMs: number[] = [];
      const arrive = async (passedMs: number) => {
        clock.ms += passedMs;
        wallMs.push(clock.now());
        assert.equal(log.arrivals.aheadMs, log.arrivals.now() - clock.now());
        await log.append(entry(1));
        arrivalMs.push(reader.next()!.arrivalMs);
      };
      await arrive(0);
      clock.setBackMs = 5000;
      for (const passedMs of [0, 100, 900, 9_000, 40_000, 10]) await arrive(passedMs);
      assert.deepEqual(wallMs, [1000, -4000, -3900, -3000, 6000, 46_000, 46_010]);
      assert.deepEqual(arrivalMs, [1000, 1000, 1090, 1900, 10_000, 46_000, 46_010]);
      assert.equal(log.arrivals.aheadMs, 0);
    },
  );

  test("keeps rows for the time that passes, however far the wall clock is set", async (log, clock) => {
    log.retain(500);
    await log.append(entry(3));
    for (const setBackMs of [-1e11, 1e11, -3e9, 0]) {
      clock.setBackMs = setBackMs;
      clock.ms += 100;
      await log.append(entry(2));
      assert.equal(log.start, 0, `set by ${-setBackMs} ms`);
    }
    clock.ms += 101;
    await log.append(entry(1));
    assert.equal(log.start, 3);
  });

  test("has no row arrive before somebody has counted on", async (log, clock) => {
    const reader = log.reader("latest");
    log.arrivals.raise(9000);
    log.arrivals.raise(8000);
    await log.append(entry(1));
    clock.ms += 20_000;
    await log.append(entry(1));
    assert.deepEqual([reader.next()?.arrivalMs, reader.next()?.arrivalMs], [9000, 27_000]);
  });

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
    for (let i = 0; i < 300; i++) {
      clock.ms += random(50);
      if (random(4) === 0) clock.setBackMs += random(120);
      const arrivalMs = log.arrivals.now();
      assert.ok(arrivalMs >= (records.at(-1)?.arrivalMs ?? 0), "it never goes back");
      records.push({ offset: log.end, arrivalMs });
      await log.append(entry(1 + random(3)));
      if (random(4) > 0) continue;
      const timeMs = arrivalMs - random(1500), kept = records.filter(({ offset }) => offset >= log.start);
      const wanted = kept.find((record) => record.arrivalMs >= timeMs)?.offset ?? log.end;
      assert.equal(await log.offsetAt(timeMs), wanted, `${timeMs} after ${i + 1} records`);
    }
    assert.ok(log.start > 0, "some rows have gone");
  });
}
