import assert from "node:assert/strict";
import { ColdAlarms } from "../../src/kernel/cold_alarms.ts";
import { randomOf } from "./numbers.ts";

Deno.test("no alarm is missed, none comes before its time, and those of the first watermark come when that has passed", () => {
  const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed), alarms = new ColdAlarms();
  const below = (most: number) => Math.floor(random() * most);
  /** The least time of each hash, and all times. */
  const least = new Map<number, number>();
  let all: { time: number; hash: number }[] = [], until = 0;
  for (let round = 0; round < 300; round++) {
    // What counts from the first watermark has a time once there is one
    const first = round < 50 ? -Infinity : 120_000,
      timeOf = (time: number) => time > -Infinity ? time : first > -Infinity ? first : Infinity;
    for (let i = below(60); i > 0; i--) {
      const time = random() < 0.05 ? -Infinity : until + 1 + below(random() < 0.1 ? 40_000_000 : 9000),
        hash = below(500);
      all.push({ time, hash });
      if (!least.has(hash) || timeOf(least.get(hash)!) > timeOf(time)) least.set(hash, time);
      alarms.add(time, hash);
    }
    until += below(4000);
    const got = new Set(alarms.take(until, first)),
      may = new Set(all.filter(({ time }) => timeOf(time) <= until).map(({ hash }) => hash));
    for (const hash of got) assert.ok(may.has(hash), `seed ${seed}, round ${round}: ${hash} is not due`);
    for (const [hash, time] of least) {
      if (timeOf(time) > until) continue;
      assert.ok(got.has(hash), `seed ${seed}, round ${round}: ${hash} was due at ${time}`);
    }
    // Who is told of a hash looks at all of it: a later time may have been dropped for the one that came
    for (const hash of got) least.delete(hash);
    all = all.filter(({ time }) => timeOf(time) > until);
  }
  alarms.clear();
  assert.equal(alarms.take(Infinity, Infinity).length, 0);
});

/** More than the hashes of one time have. */
const OF_ONE_TIME = 60;

Deno.test("alarms come in the order of their times, those of one time together, as far as there is room", () => {
  const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed), alarms = new ColdAlarms(true);
  const below = (most: number) => Math.floor(random() * most),
    bytesOf = (hash: number, time: number) => (least.get(hash) ?? Infinity) <= time ? hash % 7 : -1;
  /** When a hash is due: one of its times. */
  const least = new Map<number, number>();
  let all: { time: number; hash: number }[] = [], until = 0, steps = 0;
  for (let round = 0; round < 200; round++) {
    for (let i = below(80); i > 0; i--) {
      const time = until + 1 + below(random() < 0.2 ? 4_000_000 : 300) * 20, hash = below(900);
      all.push({ time, hash });
      least.set(hash, time);
      alarms.add(time, hash);
    }
    until = round === 199 ? Infinity : until + below(4000);
    for (let reached = -Infinity; reached < until; steps++) {
      const before = reached, room = below(200), next = alarms.next(until, room, bytesOf), got = new Set(next.due);
      reached = next.until;
      assert.ok(reached > before && reached <= until, `seed ${seed}, round ${round}`);
      const due = all.filter(({ time }) => time <= reached), may = new Set(due.map(({ hash }) => hash));
      for (const hash of got) assert.ok(may.has(hash), `seed ${seed}, round ${round}: ${hash} is not due`);
      for (const [hash, time] of least) {
        assert.ok(time > reached || got.has(hash), `seed ${seed}, round ${round}: ${hash} was due at ${time}`);
      }
      for (const hash of got) least.delete(hash);
      const bytes = [...got].reduce((sum, hash) => sum + hash % 7, 0);
      assert.ok(bytes <= Math.max(room, OF_ONE_TIME), `seed ${seed}, round ${round}: ${bytes} bytes of ${room}`);
      all = all.filter(({ time }) => time > reached);
    }
  }
  assert.equal(least.size, 0);
  assert.ok(steps > 200, `seed ${seed}: ${steps} steps`);
});
