import assert from "node:assert/strict";
import { DenoDevice } from "../../src/log/device_deno.ts";
import { zstdPacker } from "../../src/log/packer_deno.ts";
import { HandClock } from "../contract/log.ts";
import { seeded } from "../sim/pool.ts";
import { SimDisk } from "../sim/disk.ts";
import { logConformance } from "../contract/log.ts";
import { createJournal, journalParts, openJournal } from "./journals.ts";

logConformance("JournalLog", ({ clock, unreadBytesMax, retainedBytesMax, producersMax, answersMax }) => {
  const bounds = { unreadBytesMax, retainedBytesMax, cacheBytesMax: retainedBytesMax, producersMax, answersMax };
  // With a segment for each record, what is kept is counted by records, as in memory.
  const parts = journalParts(new SimDisk(seeded(1)), clock, { bounds, segmentBytes: { first: 1, max: 1 } });
  return createJournal(parts);
});

for (const packer of [undefined, zstdPacker]) {
  Deno.test(`a journal on the machine's disk (${packer ? "packed" : "not packed"}) has after a restart what it had`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "rdx-journal-" });
    try {
      const parts = journalParts(new DenoDevice(folder), new HandClock(), { packer });
      const log = createJournal(parts), frames: ArrayBuffer[] = [];
      for (let i = 0; i < 50; i++) {
        // The first halves say nothing, so that packing them is worth it.
        frames.push(Float64Array.from({ length: 60 }, (_, j) => j < 40 ? 7 : Math.sin(i + j)).buffer);
        const mark = { producer: "p", sequence: i, digest: `${i}` }, [frame] = frames.slice(-1);
        const aside = i === 20 ? [Uint8Array.of(1, 2, 3).buffer] : [];
        await log.append({ kind: "rows", rows: 60, frames: [frame], aside, schema: 2, mark, answer: (at) => `${at}` });
      }
      await log.close();
      const again = await openJournal(parts), reader = again.reader("earliest");
      assert.deepEqual([again.end, again.start, again.newestAside, again.lastOf("p")], [3000, 0, 1200, 49]);
      for (const [i, frame] of frames.entries()) {
        while (!reader.ready) await new Promise<void>((resolve) => again.onChange(resolve));
        const record = reader.next()!;
        assert.deepEqual([record.offset, record.schema], [i * 60, 2]);
        assert.deepEqual(new Uint8Array(record.frames[0]), new Uint8Array(frame));
        assert.equal(record.aside.length, i === 20 ? 1 : 0);
      }
      reader.close();
      await again.close();
      const segments = [...Deno.readDirSync(`${folder}/journal/s/0`)].filter(({ name }) => name.endsWith(".seg"));
      const bytes = segments.reduce((sum, { name }) => sum + Deno.statSync(`${folder}/journal/s/0/${name}`).size, 0);
      assert.equal(bytes < 50 * 480, packer !== undefined, `${bytes} bytes of segments`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

const timesSeed = 99;
Deno.test(`a journal finds rows by their arrival in segments that an earlier process has left, whatever its clock did (seed ${timesSeed})`, async () => {
  const random = seeded(timesSeed), clock = new HandClock(), records: { offset: number; arrivalMs: number }[] = [];
  const parts = journalParts(new SimDisk(random), clock, { bounds: { cacheBytesMax: 0 } });
  let log = createJournal(parts), arrivalMs = -Infinity;
  for (let life = 0; life < 4; life++) {
    for (let i = 0; i < 120; i++) {
      clock.ms = Math.max(0, clock.ms + random(40) - 12);
      arrivalMs = Math.max(arrivalMs, clock.ms);
      records.push({ offset: log.end, arrivalMs });
      const frames = [new ArrayBuffer(8 * (1 + random(40)))];
      await log.append({ kind: "rows", rows: 1 + random(4), frames, schema: 1, answer: () => "" });
    }
    await log.close();
    log = await openJournal(parts);
    for (let i = 0; i < 60; i++) {
      const timeMs = random(arrivalMs + 50);
      const wanted = records.find((record) => record.arrivalMs >= timeMs)?.offset ?? log.end;
      assert.equal(await log.offsetAt(timeMs), wanted, `${timeMs} in life ${life}`);
    }
  }
  await log.close();
});
