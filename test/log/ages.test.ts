import assert from "node:assert/strict";
import { Ages, AGES_TRUSTED_AFTER_MS } from "../../src/log/ages.ts";
import { HandClock } from "../contract/log.ts";
import { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";
import { createJournal, journalParts, numbered, openJournal } from "./journals.ts";

const HOUR_MS = 3_600_000, YEAR_MS = 8766 * HOUR_MS;

/** A clock of a machine that has run for a while when a process begins. */
function clockAt(ms: number): HandClock {
  const clock = new HandClock();
  clock.ms = ms;
  return clock;
}

Deno.test("what an earlier process has written is as old as the wall clock says once it has been so for a while", () => {
  const clock = clockAt(100 * HOUR_MS), ages = new Ages(clock), arrivalMs = 90 * HOUR_MS;
  assert.equal(ages.before(arrivalMs), 0);
  clock.ms += AGES_TRUSTED_AFTER_MS - 1;
  assert.equal(ages.before(arrivalMs), AGES_TRUSTED_AFTER_MS - 1);
  clock.ms += 1;
  assert.equal(ages.before(arrivalMs), 10 * HOUR_MS + AGES_TRUSTED_AFTER_MS);
  // Set forward, or back: neither makes it older than it was, nor younger than what has passed.
  clock.setBackMs = -YEAR_MS;
  assert.equal(ages.before(arrivalMs), 10 * HOUR_MS + AGES_TRUSTED_AFTER_MS);
  clock.setBackMs = YEAR_MS;
  assert.equal(ages.before(arrivalMs), AGES_TRUSTED_AFTER_MS);
});

Deno.test("a wall clock that is wrong when a process begins, and is put right soon, makes nothing old", () => {
  const clock = clockAt(100 * HOUR_MS);
  clock.setBackMs = -YEAR_MS;
  const ages = new Ages(clock);
  clock.ms += 60_000;
  clock.setBackMs = 0;
  clock.ms += 2 * HOUR_MS;
  assert.equal(ages.before(99 * HOUR_MS), 3 * HOUR_MS + 60_000);
  // One that had come while the clock was ahead is no younger than what has passed.
  assert.equal(ages.before(100 * HOUR_MS + YEAR_MS), 2 * HOUR_MS + 60_000);
});

Deno.test("a journal that is opened under a wall clock far ahead keeps its rows until that has been so for a while", async () => {
  const clock = clockAt(100 * HOUR_MS),
    parts = journalParts(new SimDisk(seeded(7)), clock),
    first = createJournal(parts);
  for (let i = 0; i < 100; i++) await first.append(numbered(i * 20, 20));
  await first.close();
  clock.setBackMs = -YEAR_MS;
  const again = await openJournal(parts), end = again.end;
  again.retain(24 * HOUR_MS);
  await again.append(numbered(0, 1));
  assert.equal(again.start, 0);
  clock.ms += AGES_TRUSTED_AFTER_MS;
  await again.append(numbered(1, 1));
  assert.ok(again.start > 0 && again.start <= end);
  await again.close();
});
