import { setImmediate } from "node:timers";
import assert from "node:assert/strict";
import type { LogEntry } from "../../src/log.ts";
import { HandClock } from "../contract/log.ts";
import { HeldDisk } from "../sim/held_disk.ts";
import { seeded } from "../sim/pool.ts";
import { createJournal, journalParts, openJournal } from "./journals.ts";

const ROW_BYTES = 8, OVERLAP_ROWS = 100;

function entry(rows: number): LogEntry<string> {
  return { kind: "rows", rows, frames: [new ArrayBuffer(rows * ROW_BYTES)], schema: 1, answer: (at) => `${at}` };
}

async function someTurns(): Promise<void> {
  for (let i = 0; i < 200; i++) await new Promise<void>((resolve) => setImmediate(() => resolve()));
}

/** A log with one record, whose syncs are held from now on. `told` gets how what is sent ends, in order. */
async function heldLog() {
  const disk = new HeldDisk(seeded(7)), told: string[] = [];
  const size = 1 << 20, overlapBytes = OVERLAP_ROWS * ROW_BYTES;
  const log = createJournal(
    journalParts(disk, new HandClock(), { segmentBytes: { first: size, max: size }, overlapBytes }),
  );
  await log.append(entry(1));
  const held = disk.held = [] as ((thrown?: Error) => void)[];
  const send = async (rows: number) => {
    const sent = log.append(entry(rows));
    sent.then(({ answer }) => told.push(answer), ({ code }) => told.push(code));
    await someTurns();
  };
  return { disk, log, held, told, send };
}

Deno.test("few records wait for the sync of those before them, and many are synced beside it and told behind it", async () => {
  const { disk, log, held, told, send } = await heldLog();
  await send(1);
  assert.equal(held.length, 1);
  await send(OVERLAP_ROWS / 2);
  assert.equal(held.length, 1);
  await send(OVERLAP_ROWS);
  assert.equal(held.length, 2);
  // There are never more than two.
  await send(OVERLAP_ROWS);
  assert.equal(held.length, 2);
  held[1]();
  await someTurns();
  assert.deepEqual(told, []);
  assert.equal(log.end, 1);
  held[0]();
  await someTurns();
  assert.deepEqual(told, ["1", "2", "52"]);
  assert.equal(held.length, 3);
  held[2]();
  await someTurns();
  assert.deepEqual(told, ["1", "2", "52", "152"]);
  disk.held = null;
  await log.close();
  const again = await openJournal(journalParts(disk.crash("power"), new HandClock()));
  assert.equal(again.end, 252);
});

Deno.test("when a sync fails, what was synced beside it is refused too, and nothing more is taken", async () => {
  const { log, held, told, send } = await heldLog();
  await send(1);
  await send(OVERLAP_ROWS);
  await send(1);
  assert.equal(held.length, 2);
  held[1]();
  held[0](Object.assign(new Error("EIO"), { code: "EIO" }));
  await someTurns();
  assert.deepEqual(told, ["closing", "closing", "closing"]);
  assert.equal(log.end, 1);
  assert.match(log.failure!, /could not be synced \(EIO\)/);
  await assert.rejects(log.append(entry(1)), { code: "closing" });
});

Deno.test("what is synced is told although what is synced beside it fails", async () => {
  const { log, held, told, send } = await heldLog();
  await send(1);
  await send(OVERLAP_ROWS);
  held[1](Object.assign(new Error("EIO"), { code: "EIO" }));
  await someTurns();
  assert.deepEqual(told, []);
  held[0]();
  await someTurns();
  assert.deepEqual(told, ["1", "closing"]);
  assert.equal(log.end, 2);
});

Deno.test("a full disk refuses what comes while a sync is under way, and that one is told as it ends", async () => {
  const { disk, log, held, told, send } = await heldLog();
  await send(1);
  await send(OVERLAP_ROWS);
  disk.faults.writesLeft = 0;
  held[0]();
  await someTurns();
  await send(OVERLAP_ROWS * 2);
  assert.deepEqual(told, ["1", "no_space"]);
  disk.held = null;
  held[1]();
  await someTurns();
  assert.deepEqual(told, ["1", "no_space", "2"]);
  disk.faults.writesLeft = Infinity;
  await log.append(entry(3));
  assert.equal(log.end, 105);
  await log.close();
  const again = await openJournal(journalParts(disk.crash("power"), new HandClock()));
  assert.equal(again.end, 105);
});
