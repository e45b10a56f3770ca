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
