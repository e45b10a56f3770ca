import assert from "node:assert/strict";
import { JOURNAL_SHARED_FILES_MAX } from "../../src/core/limits.ts";
import type { LogFile } from "../../src/log/device.ts";
import type { LogReader } from "../../src/log.ts";
import { HandClock } from "../contract/log.ts";
import { numbersOf, partitioned } from "../contract/log_partitions.ts";
import { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";
import { createJournal, journalParts } from "./journals.ts";

/** A disk that counts what is read of it, and at times fails to. */
class CountingDisk extends SimDisk {
  bytesRead = 0;
  opened = 0;
  /** So many reads fail, from the next on. */
  failing = 0;

  override async open(path: string, how: "read" | "write" | "create"): Promise<LogFile> {
    const file = await super.open(path, how), isRead = how === "read";
    if (isRead) this.opened++;
    return {
      get bytes() {
        return file.bytes;
      },
      read: async (into, at) => {
        if (this.failing > 0 && this.failing--) throw new Error("the disk does not answer");
        const count = await file.read(into, at);
        this.bytesRead += count;
        return count;
      },
      write: (bytes, at) => file.write(bytes, at),
      sync: () => file.sync(),
      close: () => {
        if (isRead) this.opened--;
        file.close();
      },
    };
  }
}

const COUNT = 4, RECORDS = 240;

/** A journal that has nothing in memory, whose records are of one partition or (`spread`) of two. */
async function journalOn(disk: CountingDisk, { spread = false, recentBytesMax = 1 << 20 } = {}) {
  const bounds = { cacheBytesMax: 0, recentBytesMax }, segmentBytes = { first: 4096, max: 4096 };
  const log = createJournal(journalParts(disk, new HandClock(), { bounds, segmentBytes })), kept = log.hold(0);
  const wanted: number[][] = Array.from({ length: COUNT }, () => []);
  for (let i = 0; i < RECORDS; i++) {
    const of = spread ? [i % COUNT, (i + 1) % COUNT] : [i % COUNT];
    for (const [at, one] of of.entries()) wanted[one].push(i * 2 + at);
    await log.append(partitioned(of.map((one, at) => [one, [i * 2 + at]] as const)));
  }
  return { log, kept, wanted };
}

/** Numbers that readers give up to the end, who take what there is in turn. */
async function readTogether(end: number, readers: readonly LogReader[]): Promise<number[][]> {
  const found: number[][] = readers.map(() => []);
  for (let turns = 0; readers.some(({ position }) => position < end); turns++) {
    assert.ok(turns < 10_000, "no reader gets on");
    for (const [i, reader] of readers.entries()) {
      while (reader.ready && reader.position < end) found[i].push(...numbersOf(reader.next()!).map(([, one]) => one));
      reader.release(reader.position);
    }
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
  }
  return found;
}

for (const spread of [false, true]) {
  Deno.test(`what is on disk is read once for the readers of all partitions, whose records are of ${spread ? "two" : "one"}`, async () => {
    const disk = new CountingDisk(seeded(1)), { log, kept, wanted } = await journalOn(disk, { spread });
    const before = disk.bytesRead, alone = log.reader("earliest", { index: 0, count: 1 });
    const [all] = await readTogether(log.end, [alone]);
    assert.equal(all.length, wanted.flat().length);
    alone.close();
    const once = disk.bytesRead - before;
    const readers = wanted.map((_, index) => log.reader("earliest", { index, count: COUNT }));
    assert.deepEqual(await readTogether(log.end, readers), wanted);
    assert.equal(disk.bytesRead - before, 2 * once, "what four read, and one alone");
    for (const reader of readers) reader.close();
    kept.close();
    assert.equal(disk.opened, 0, "files that are open");
    await log.close();
  });
}

Deno.test("readers that are far from each other on disk hold few files open, and none when they are gone", async () => {
  const disk = new CountingDisk(seeded(2)), { log, kept } = await journalOn(disk, { recentBytesMax: 0 });
  const readers = Array.from({ length: 20 }, (_, i) => log.reader(i * 10, { index: i % COUNT, count: COUNT }));
  await readTogether(log.end, readers);
  assert.ok(disk.opened <= JOURNAL_SHARED_FILES_MAX, `${disk.opened} files`);
  for (const reader of readers) reader.close();
  assert.equal(disk.opened, 0);
  kept.close();
  await log.close();
});

Deno.test("a read that fails is its reader's failure alone: others read for themselves", async () => {
  const disk = new CountingDisk(seeded(3)), { log, kept, wanted } = await journalOn(disk);
  disk.failing = 1;
  const readers = wanted.map((_, index) => log.reader("earliest", { index, count: COUNT }));
  while (!readers[0].ready) await new Promise<void>((resolve) => setTimeout(resolve, 0));
  assert.throws(() => readers[0].next(), /the disk does not answer/);
  readers[0].close();
  assert.deepEqual(await readTogether(log.end, readers.slice(1)), wanted.slice(1));
  for (const reader of readers) reader.close();
  kept.close();
  await log.close();
});
