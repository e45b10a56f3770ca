import assert from "node:assert/strict";
import type { LogReader } from "../../src/log.ts";
import type { LogFile } from "../../src/log/device.ts";
import { DenoDevice } from "../../src/log/device_deno.ts";
import { zstdPacker } from "../../src/log/packer_deno.ts";
import { HandClock } from "../contract/log.ts";
import { seeded } from "../sim/pool.ts";
import { SimDisk } from "../sim/disk.ts";
import { logConformance } from "../contract/log.ts";
import { numbersOf, partitioned, readAll } from "../contract/log_partitions.ts";
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

const partitionsSeed = 12;
Deno.test(`a journal has after a restart of which partitions its rows are, and gives each its own from disk (seed ${partitionsSeed})`, async () => {
  const random = seeded(partitionsSeed),
    parts = journalParts(new SimDisk(random), new HandClock(), {
      bounds: { cacheBytesMax: 0 },
    });
  const log = createJournal(parts), wanted: [number, number][][] = [[], [], []];
  for (let i = 0, number = 0; i < 60; i++) {
    const pieces = [...new Set([random(3), random(3)])].map((one) => [one, [number++, number++]] as const);
    const mark = i % 3 === 0 ? { producer: "p", sequence: i / 3, digest: `${i}` } : undefined;
    let offset = log.end;
    for (const [one, numbers] of pieces) for (const each of numbers) wanted[one].push([offset++, each]);
    await log.append({ ...partitioned(pieces), mark });
  }
  await log.close();
  const again = await openJournal(parts);
  assert.equal(again.lastOf("p"), 19);
  for (const [index, own] of wanted.entries()) {
    const read = await readAll(again, again.reader("earliest", { index, count: 3 }));
    assert.deepEqual(read.flatMap(numbersOf), own);
    const middle = own[own.length >> 1][0], rest = await readAll(again, again.reader(middle, { index, count: 3 }));
    assert.deepEqual(rest.flatMap(numbersOf).filter(([at]) => at >= middle), own.filter(([at]) => at >= middle));
  }
  await again.close();
});

/** A disk whose reads take their time, and fail when their file is closed meanwhile, as those of the machine's do. */
class SlowDisk extends SimDisk {
  #reads = 0;

  override async open(path: string, how: "read" | "write" | "create"): Promise<LogFile> {
    const file = await super.open(path, how);
    let closed = false;
    return {
      get bytes() {
        return file.bytes;
      },
      read: async (into, at) => {
        for (let turns = this.#reads++ * 7 % 23; turns > 0; turns--) {
          await new Promise<void>((resolve) => setTimeout(resolve, 0));
        }
        if (closed) throw new Error("operation canceled");
        return await file.read(into, at);
      },
      write: (bytes, at) => file.write(bytes, at),
      sync: () => file.sync(),
      close: () => {
        closed = true;
        file.close();
      },
    };
  }
}

for (
  const [recentSeed, recentBytesMax] of [
    [70, 0],
    ...[71, 72, 73, 74, 75, 76, 77, 78].map((seed) => [seed, seed % 2 === 0 ? 6000 : 1 << 20]),
  ]
) {
  Deno.test(`readers of partitions on disk get each row once in whatever order they go on, with ${recentBytesMax} bytes of what others have read (seed ${recentSeed})`, async () => {
    const random = seeded(recentSeed), bounds = { cacheBytesMax: 2000, recentBytesMax };
    const parts = journalParts(new SlowDisk(random), new HandClock(), { bounds });
    const log = createJournal(parts), wanted: [number, number][][] = [[], [], [], []];
    const write = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const pieces = [...new Set([random(4), random(4)])].map((one) => [one, [i, i + 1000]] as const);
        let offset = log.end;
        for (const [one, numbers] of pieces) for (const each of numbers) wanted[one].push([offset++, each]);
        await log.append(partitioned(pieces));
      }
    };
    const kept = log.hold(0);
    await write(80);
    const readers = wanted.map((_, index) => log.reader("earliest", { index, count: 4 }));
    const found: [number, number][][] = wanted.map(() => []);
    for (let turns = 0; found.some((rows, i) => rows.length < wanted[i].length) || turns < 60; turns++) {
      assert.ok(turns < 20_000, "no reader gets on");
      const at = random(4), reader = readers[at];
      for (let records = random(4) === 0 ? 200 : random(6); records > 0 && reader.ready; records--) {
        found[at].push(...numbersOf(reader.next()!));
        if (random(3) === 0) reader.release(reader.position);
      }
      if (turns === 30) await write(20);
      if (random(3) === 0) await new Promise<void>((resolve) => setTimeout(resolve, 0));
    }
    assert.deepEqual(found, wanted);
    kept.close();
    await log.close();
  });
}

Deno.test("a reader of a partition reads for itself what another had read and is not kept any more", async () => {
  const [{ byteLength }] = partitioned([[0, [1]]]).frames,
    bounds = { cacheBytesMax: 0, recentBytesMax: 3 * byteLength };
  // With a segment for each record, one is read at a time.
  const parts = journalParts(new SimDisk(seeded(3)), new HandClock(), { bounds, segmentBytes: { first: 1, max: 1 } });
  const log = createJournal(parts), kept = log.hold(0);
  for (let i = 0; i < 12; i++) await log.append(partitioned([[i % 2, [i]]]));
  const take = async (reader: LogReader) => {
    for (let turns = 0; !reader.ready; turns++) {
      assert.ok(turns < 1000, "the reader does not get on");
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
    }
    return numbersOf(reader.next()!)[0][1];
  };
  const first = log.reader("earliest", { index: 0, count: 2 });
  assert.equal(await take(first), 0);
  while (!first.ready) await new Promise<void>((resolve) => setTimeout(resolve, 0));
  const second = log.reader("earliest", { index: 1, count: 2 });
  while (!second.ready) await new Promise<void>((resolve) => setTimeout(resolve, 0));
  for (const number of [2, 4, 6, 8, 10]) assert.equal(await take(first), number);
  for (const number of [1, 3, 5, 7, 9, 11]) assert.equal(await take(second), number);
  kept.close();
  await log.close();
});

const timesSeed = 99;
Deno.test(`a journal finds rows by their arrival in segments that an earlier process has left, whatever its clock did (seed ${timesSeed})`, async () => {
  const random = seeded(timesSeed), clock = new HandClock(), records: { offset: number; arrivalMs: number }[] = [];
  const parts = journalParts(new SimDisk(random), clock, { bounds: { cacheBytesMax: 0 } });
  let log = createJournal(parts), arrivalMs = 0;
  for (let life = 0; life < 4; life++) {
    for (let i = 0; i < 120; i++) {
      clock.ms += random(40);
      if (random(4) === 0) clock.setBackMs += random(100);
      const before = arrivalMs;
      arrivalMs = log.arrivals.now();
      assert.ok(arrivalMs >= before, "it never goes back, in no process");
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
