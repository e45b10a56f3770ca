import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import type { LogEntry } from "../../src/log.ts";
import type { LogFile } from "../../src/log/device.ts";
import type { JournalLog } from "../../src/log/journal.ts";
import { HandClock } from "../contract/log.ts";
import { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";
import { createJournal, journalParts, numbered } from "./journals.ts";

type Random = (below: number) => number;

/** A disk that takes its time to open what is read. */
class SlowToOpen extends SimDisk {
  readonly #turns: Random;

  constructor(random: Random) {
    super(random);
    this.#turns = random;
  }

  override async open(path: string, how: "read" | "write" | "create"): Promise<LogFile> {
    if (how === "read") await turns(this.#turns(40));
    return await super.open(path, how);
  }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setImmediate(() => resolve()));
}

/** Rows that say which they are; none: a mark of the producer alone. */
function ofProducer(first: number, rows: number, sequence: number): LogEntry<string> {
  return numbered(first, rows, { producer: "p", sequence, digest: `${sequence}` });
}

/** Rows from an offset on, as a reader gets them that comes for them alone. */
async function readFrom(log: JournalLog<string>, offset: number, until: number): Promise<void> {
  const reader = log.reader(offset);
  try {
    for (let next = offset; next < until;) {
      for (let tries = 0; !reader.ready; tries++) {
        assert.ok(tries < 10_000, `it stands still at ${next} of ${until}`);
        await turns(1);
      }
      const record = reader.next();
      if (!record) continue;
      const rows = new Float64Array(record.frames[0]);
      assert.deepEqual([...rows], Array.from(rows, (_, i) => record.offset + i));
      assert.ok(record.offset <= next && next < record.offset + record.rows, `${record.offset} instead of ${next}`);
      next = record.offset + record.rows;
    }
  } finally {
    reader.close();
  }
}

Deno.test("who reads the newest segment from disk misses nothing when others begin while its file is opened", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed), parts = { bounds: { cacheBytesMax: 0 }, segmentBytes: { first: 1024, max: 1024 } };
    const log = createJournal(journalParts(new SlowToOpen(random), new HandClock(), parts));
    const reading: Promise<void>[] = [];
    try {
      for (let sequence = 0; sequence < 80; sequence++) {
        await log.append(ofProducer(log.end, random(3) === 0 ? 1 + random(30) : 0, sequence));
        if (log.end > 0 && random(4) === 0) reading.push(readFrom(log, random(log.end), log.end));
        reading.at(-1)?.catch(() => {});
      }
      await Promise.all(reading);
      await log.close();
    } catch (thrown) {
      throw new Error(`seed ${seed}`, { cause: thrown });
    }
  }
});

Deno.test("who looks for a time in the newest segment finds the end when another takes the place of one without rows meanwhile", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed), clock = new HandClock(), segmentBytes = { first: 512, max: 512 };
    const log = createJournal(
      journalParts(new SlowToOpen(random), clock, { bounds: { cacheBytesMax: 0 }, segmentBytes }),
    );
    const seeking: Promise<void>[] = [];
    try {
      for (let sequence = 0; sequence < 80; sequence++) {
        await log.append(ofProducer(log.end, sequence % 30 === 0 ? 2 : 0, sequence));
        const { end } = log, later = clock.now() + 1;
        if (random(4) === 0) {
          seeking.push(log.offsetAt(later).then((at) => assert.ok(at >= end, `${at} instead of ${end}`)));
        }
        seeking.at(-1)?.catch(() => {});
      }
      await Promise.all(seeking);
      await log.close();
    } catch (thrown) {
      throw new Error(`seed ${seed}`, { cause: thrown });
    }
  }
});
