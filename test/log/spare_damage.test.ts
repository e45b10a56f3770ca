import assert from "node:assert/strict";
import type { JournalLog } from "../../src/log/journal.ts";
import { HandClock } from "../contract/log.ts";
import { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";
import { contents, createJournal, FOLDER, journalParts, numbered, openJournal } from "./journals.ts";

type Random = (below: number) => number;

const SEGMENT_BYTES = 2048, LIVES = 4;

function isSpare(path: string): boolean {
  return path.startsWith(`${FOLDER}/spare-`);
}

/** Flips bits, or puts others in the place of a stretch. Whether there was anything of an earlier use in it. */
function damage(bytes: Uint8Array, random: Random): boolean {
  const wasUsed = bytes.some((byte) => byte !== 0);
  if (bytes.length === 0) return false;
  for (let flips = 1 + random(30); flips > 0; flips--) bytes[random(bytes.length)] ^= 1 << random(8);
  if (random(3) > 0) return wasUsed;
  const from = random(bytes.length), stretch = bytes.slice(random(bytes.length));
  bytes.set(stretch.subarray(0, bytes.length - from), from);
  return wasUsed;
}

/** All that is kept are numbers that follow each other, up to the last that was acknowledged. */
async function checkNumbers(log: JournalLog<string>, end: number): Promise<void> {
  const { start } = log;
  assert.equal(log.end, end);
  assert.deepEqual(await contents(log), Array.from({ length: end - start }, (_, i) => start + i));
}

Deno.test("whatever becomes of the bytes of a spare segment, before it is used or at a restart, no row is lost or another", async () => {
  let used = 0, atRestart = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed), clock = new HandClock();
    const bounds = { retainedBytesMax: 3000, cacheBytesMax: 0 };
    const segmentBytes = { first: SEGMENT_BYTES, max: SEGMENT_BYTES };
    let disk = new SimDisk(random), log: JournalLog<string> | null = null, sequence = 0, end = 0;
    try {
      for (let life = 0; life < LIVES; life++) {
        const parts = journalParts(disk, clock, { bounds, segmentBytes });
        log = log === null ? createJournal(parts) : await openJournal(parts);
        // Those of an earlier life are gone; soon there may be one of this.
        assert.deepEqual(disk.paths.filter(isSpare), []);
        await checkNumbers(log, end);
        for (let records = 20 + random(40); records > 0; records--) {
          const rows = 1 + random(40);
          await log.append(numbered(end, rows, { producer: "p", sequence: sequence++, digest: `${end}` }));
          end += rows;
          const spare = random(3) === 0 ? disk.paths.find(isSpare) : undefined;
          if (spare !== undefined && damage(disk.bytes(spare), random)) used++;
        }
        if (random(2) === 0) await log.close();
        disk = disk.crash("kill");
        for (const path of disk.paths.filter(isSpare)) {
          atRestart++;
          damage(disk.bytes(path), random);
          if (random(3) === 0) disk.put(path, disk.bytes(path).slice(0, random(100)));
        }
      }
    } catch (thrown) {
      throw new Error(`seed ${seed}`, { cause: thrown });
    }
  }
  assert.ok(used > 30, `${used} spares had been segments`);
  assert.ok(atRestart > 10, `${atRestart} spares were there at a restart`);
});
