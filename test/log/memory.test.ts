import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { MemoryLog, memoryLogs } from "../../src/log/memory.ts";
import { BOUNDS, entry, HandClock, logConformance } from "../contract/log.ts";

logConformance("MemoryLog", ({ clock, ...bounds }) => new MemoryLog<string>(clock, bounds));

Deno.test("MemoryLog stores nothing and uses no sequence number when the answer cannot be made", async () => {
  const log = new MemoryLog<string>(new HandClock(), BOUNDS);
  const mark = { producer: "p", sequence: 0, digest: "d" };
  const failing = {
    ...entry(1, 8, mark),
    answer(): string {
      throw new RdxError("internal", "no answer");
    },
  };
  await assert.rejects(log.append(failing), { code: "internal" });
  assert.equal(log.end, 0);
  assert.equal((await log.append(entry(1, 8, mark))).duplicate, false);
});

Deno.test("logs of one factory are apart", async () => {
  const make = memoryLogs(new HandClock());
  const a = make<string>("a", []), b = make<string>("b", []);
  await a.append(entry(2));
  assert.deepEqual([a.end, b.end], [2, 0]);
});

Deno.test("logs of one factory retain no more together than they share", async () => {
  const make = memoryLogs(new HandClock(), { ...BOUNDS, retainedBytesMax: 100, allRetainedBytesMax: 150 });
  const a = make<string>("a", []), b = make<string>("b", []), c = make<string>("c", []);
  for (const log of [a, b, c]) for (let i = 0; i < 10; i++) await log.append(entry(1, 10));
  assert.deepEqual([a, b, c].map(({ start, end }) => end - start), [10, 5, 0]);
  await a.close();
  for (let i = 0; i < 10; i++) await c.append(entry(1, 10));
  assert.deepEqual([b, c].map(({ start, end }) => end - start), [5, 10]);
});
