import assert from "node:assert/strict";
import { ColdDues } from "../../src/kernel/cold_dues.ts";
import { seeded } from "./random.ts";

interface Noted {
  readonly time: number;
  readonly group: number;
  readonly hash: number;
}

const isBefore = (a: { time: number; group: number }, b: { time: number; group: number }) =>
  a.time < b.time || (a.time === b.time && a.group < b.group);

Deno.test("keys come in the order of their times and key groups, none behind the place that is told, and no more than are taken", () => {
  seeded(40, (random) => {
    const dues = new ColdDues(), span = [5_000, 40_000_000_000, 2 ** 50][random.below(3)], most = 1 + random.below(40);
    let waiting: Noted[] = [], passed = 0, left = most;
    for (let round = 0; round < 60; round++) {
      for (let i = random.below(80); i > 0; i--) {
        const one = { time: passed + random.below(span), group: random.below(128), hash: random.below(2 ** 32) };
        waiting.push(one);
        for (let times = random.below(3); times >= 0; times--) dues.add(one.time, one.group, one.hash);
      }
      const end = passed + random.below(span / 4);
      for (const { time } of waiting) assert.ok(dues.least <= time);
      for (let due; (due = dues.take(end, () => --left >= 0)) !== null;) {
        const place = due, hashes = new Set(due.hashes);
        assert.equal(hashes.size, due.hashes.length, "each comes once");
        assert.ok(place.time <= end);
        for (const one of waiting) assert.ok(!isBefore(one, place) || hashes.has(one.hash), "none is missed");
        const units = new Set(
          waiting.filter(({ hash }) => hashes.has(hash)).map(({ time, group }) => `${time} ${group}`),
        );
        assert.ok(hashes.size <= most || units.size === 1, "no more than are taken, but of one place");
        waiting = waiting.filter(({ hash }) => !hashes.has(hash));
        left = most;
      }
      assert.ok(waiting.every(({ time }) => time >= end), "what is due has come");
      passed = end;
      left = most;
    }
  });
});

Deno.test("times are told apart by the millisecond, however many keys have one of them and however far others are", () => {
  const dues = new ColdDues(), first = 10_001, crowd = 20_000, times = 16, far = 3000;
  for (let i = 0; i < far; i++) dues.add(i * 2 ** 40 - 2 ** 50, 1, i);
  for (let i = 0; i < crowd; i++) for (const _ of [1, 2]) dues.add(first + i % times, i % 128, i);
  assert.equal(dues.take(first, () => false)?.hashes.length, 1);
  assert.equal(dues.take(first, () => true)?.hashes.length, 1024);
  for (let at = 0; at < times; at++) {
    assert.equal(dues.least, first + at);
    const hashes: number[] = [];
    for (let due; (due = dues.take(first + at + 1, () => true)) !== null;) hashes.push(...due.hashes);
    assert.deepEqual(hashes.sort((a, b) => a - b), Array.from({ length: crowd / times }, (_, i) => i * times + at));
  }
  assert.equal(dues.least, Math.ceil((first + 2 ** 50) / 2 ** 40) * 2 ** 40 - 2 ** 50);
});
