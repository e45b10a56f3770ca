import { setImmediate } from "node:timers";
import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import type { Log, LogEntry } from "../../src/log.ts";
import type { JournalLog } from "../../src/log/journal.ts";
import { HandClock } from "../contract/log.ts";
import { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";
import { contents, createJournal, FOLDER, journalParts, numbered, openJournal } from "./journals.ts";

type Random = (below: number) => number;

/** What was sent to a log, and what was acknowledged of it. */
class Sender {
  next = 0;
  /** Numbers of rows, in the order of their sending. */
  readonly sent: number[] = [];
  acked = new Set<number>();
  /** Per producer: batches in order, and how many of them are acknowledged. */
  readonly batches = new Map<string, LogEntry<string>[]>();
  readonly ackedBatches = new Map<string, number>();

  send(log: Log<string>, random: Random): void {
    const rows = 1 + random(30), first = this.next, producer = random(3) === 0 ? `p${random(3)}` : null;
    const known = producer === null ? [] : this.batches.get(producer) ?? [];
    const mark = producer === null ? undefined : { producer, sequence: known.length, digest: `${first}` };
    // A batch of which nothing could be taken uses its number all the same.
    const entry = numbered(first, producer !== null && random(4) === 0 ? 0 : rows, mark);
    this.next += rows;
    if (producer !== null) this.batches.set(producer, [...known, entry]);
    for (let i = 0; i < entry.rows; i++) this.sent.push(first + i);
    log.append(entry).then(() => {
      for (let i = 0; i < entry.rows; i++) this.acked.add(first + i);
      if (producer !== null) {
        this.ackedBatches.set(producer, Math.max(this.ackedBatches.get(producer) ?? 0, known.length + 1));
      }
    }, (thrown) => {
      if (!(thrown instanceof RdxError)) throw thrown;
    });
  }

  /** The log has what was acknowledged, and nothing but a prefix of what was sent; what was sent beyond is forgotten. */
  async check(log: Log<string>): Promise<void> {
    const has = await contents(log);
    assert.deepEqual(has, this.sent.slice(0, has.length));
    const lost = [...this.acked].filter((number) => !has.includes(number));
    assert.deepEqual(lost, []);
    this.sent.splice(has.length);
    for (const [producer, batches] of this.batches) {
      const kept = log.lastOf(producer) + 1;
      assert.ok(
        kept >= (this.ackedBatches.get(producer) ?? 0),
        `${producer}: ${kept} of ${this.ackedBatches.get(producer)}`,
      );
      // What was stored is a repetition, and what was not is the next: nothing is doubled.
      batches.splice(kept);
      if (kept > 0) assert.equal((await log.append(batches[kept - 1])).duplicate, true);
      this.ackedBatches.set(producer, kept);
    }
    assert.deepEqual(await contents(log), this.sent);
  }
}

async function someTime(random: Random): Promise<void> {
  for (let turns = random(30); turns > 0; turns--) {
    await null;
    if (random(3) === 0) await new Promise<void>((resolve) => setImmediate(() => resolve()));
  }
}

for (const how of ["power", "kill", "power or kill"] as const) {
  for (const durability of how === "kill" ? ["fsync", "os"] as const : ["fsync"] as const) {
    Deno.test(`a journal (${durability}) keeps what it has acknowledged over any crash (${how}), and doubles nothing`, async () => {
      for (let seed = 1; seed <= 30; seed++) {
        const random = seeded(seed), clock = new HandClock(), sender = new Sender();
        let disk = new SimDisk(random), log: JournalLog<string> | null = null;
        // Where syncs take long, those of many records overlap.
        const isSlow = seed % 2 === 0, segmentBytes = isSlow ? { first: 8192, max: 32_768 } : undefined;
        disk.syncTurnsMax = isSlow ? 8 : 0;
        try {
          for (let life = 0; life < 5; life++) {
            const parts = journalParts(disk, clock, { durability, bounds: { cacheBytesMax: 500 }, segmentBytes });
            log = log === null ? createJournal(parts) : await openJournal(parts);
            if (life > 0) await sender.check(log);
            for (let batches = random(40); batches > 0; batches--) {
              sender.send(log, random);
              if (random(3) === 0) await someTime(random);
            }
            await someTime(random);
            disk = disk.crash(how === "power or kill" ? (random(2) === 0 ? "power" : "kill") : how);
          }
        } catch (thrown) {
          throw new Error(`seed ${seed}`, { cause: thrown });
        }
      }
    });
  }
}

/** A journal of some records that were stored one by one, on a disk, and what they have. */
async function filled(records: number, segmentBytes = { first: 1024, max: 4096 }) {
  const disk = new SimDisk(seeded(7)), clock = new HandClock(), parts = journalParts(disk, clock, { segmentBytes });
  const log = createJournal(parts), ends: number[] = [];
  for (let i = 0; i < records; i++) {
    await log.append(numbered(i * 3, 3, { producer: "p", sequence: i, digest: `${i}` }));
    ends.push(log.end);
  }
  await log.close();
  const paths = disk.paths.filter((path) => path.endsWith(".seg"));
  return { disk, clock, paths, ends, segmentBytes };
}

Deno.test("a last segment that was cut at any byte loses its tail alone, whole records at a time, and goes on", async () => {
  const { disk, clock, paths, segmentBytes } = await filled(12);
  const last = paths.at(-1)!, bytes = disk.bytes(last), seen = new Set<number>();
  for (let cut = 0; cut <= bytes.length; cut += cut < 700 ? 1 : 97) {
    const torn = disk.copy();
    torn.put(last, bytes.slice(0, cut));
    const log = await openJournal(journalParts(torn, clock, { segmentBytes }));
    const has = await contents(log);
    assert.deepEqual(has, Array.from({ length: has.length }, (_, i) => i), `cut at ${cut}`);
    assert.equal(has.length % 3, 0);
    assert.equal(log.lastOf("p"), has.length / 3 - 1);
    seen.add(has.length);
    await log.append(numbered(has.length, 1));
    await log.close();
    const again = await openJournal(journalParts(torn, clock, { segmentBytes }));
    assert.equal(again.end, has.length + 1, `cut at ${cut}`);
    await again.close();
  }
  assert.ok(seen.size > 2, "the cuts made no difference");
});

Deno.test("old segments leave for good one after the other: a power cut between them leaves no gap", async () => {
  let gone = 0;
  for (let seed = 0; seed < 40; seed++) {
    const random = seeded(seed), disk = new SimDisk(random), clock = new HandClock();
    const segmentBytes = { first: 1024, max: 1024 }, records = 30;
    const log = createJournal(journalParts(disk, clock, { segmentBytes }));
    for (let i = 0; i < records; i++) {
      await log.append(numbered(i * 3, 3, { producer: "p", sequence: i, digest: `${i}` }));
    }
    log.retain(null, 1);
    for (let turns = random(120); turns > 0; turns--) await disk.turn();
    const cut = disk.crash("power"), again = await openJournal(journalParts(cut, clock, { segmentBytes }));
    const has = await contents(again);
    assert.deepEqual(has, Array.from({ length: has.length }, (_, i) => again.start + i), `seed ${seed}`);
    assert.equal(again.end, records * 3, `seed ${seed}`);
    if (again.start > 0) gone++;
    await again.close();
  }
  assert.ok(gone > 5, `segments were gone in ${gone} of 40 runs`);
});

Deno.test("a flipped bit in front of records that were stored later is refused, and nothing is changed", async () => {
  const { disk, clock, paths, segmentBytes } = await filled(12);
  let refused = 0, cut = 0;
  for (const path of paths) {
    const bytes = disk.bytes(path);
    for (let at = 0; at < bytes.length; at += at < 1200 ? 3 : 301) {
      const flipped = disk.copy(), damaged = bytes.slice(), cuts: string[] = [];
      damaged[at] ^= 1 << (at % 8);
      flipped.put(path, damaged);
      try {
        const log = await openJournal(journalParts(flipped, clock, { segmentBytes }), cuts);
        const has = await contents(log).finally(() => log.close());
        // Nothing but the last group may go, and it is said; what is wrong is never given out.
        assert.ok(has.length >= 33, `${path} at ${at}: ${has.length} rows are left`);
        assert.deepEqual(has, Array.from({ length: has.length }, (_, i) => i));
        if (has.length < 36) {
          assert.match(cuts[0], /was cut at byte/);
          cut++;
        }
      } catch (thrown) {
        assert.ok(thrown instanceof RdxError && thrown.code === "invalid", `${path} at ${at}: ${thrown}`);
        assert.match(thrown.message, /damaged|missing|version|breaks off/);
        refused++;
      }
    }
  }
  assert.ok(refused > 100 && cut > 10, `${refused} refused, ${cut} cut`);
});

Deno.test("a journal whose segments are not all there is refused", async () => {
  const { disk, clock, paths, segmentBytes } = await filled(40);
  assert.ok(paths.length > 2);
  await disk.remove(paths[1]);
  await assert.rejects(openJournal(journalParts(disk, clock, { segmentBytes })), /files between them are missing/);
});

Deno.test("after a sync that failed nothing is acknowledged, the file is left alone, and what was acknowledged is there after a restart", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seeded(seed), clock = new HandClock(), sender = new Sender(), disk = new SimDisk(random);
    const log = createJournal(journalParts(disk, clock, { segmentBytes: { first: 8192, max: 8192 } }));
    disk.syncTurnsMax = seed % 2 === 0 ? 8 : 0;
    for (let i = 0; i < 5; i++) sender.send(log, random);
    await someTime(random);
    disk.faults.syncsLeft = random(3);
    for (let i = 0; i < 10; i++) sender.send(log, random);
    // The disk throws when a spoiled file is written or synced again: only what has begun before the failure was heard of may do so.
    for (let tries = 0; log.failure === null && tries < 200; tries++) {
      await log.append(numbered(-1, 0, { producer: "other", sequence: tries, digest: "" })).catch(() => {});
    }
    assert.match(
      log.failure!,
      /could not be (synced \(EIO|written \(.*(EIO|whose sync has failed))\), and takes nothing more/,
    );
    await assert.rejects(log.append(numbered(0, 1)), { code: "closing" });
    const acked = sender.acked.size;
    await someTime(random);
    assert.equal(sender.acked.size, acked);
    await sender.check(await openJournal(journalParts(disk.crash("power"), clock)));
  }
});

Deno.test("a full disk refuses with no_space, uses no number, and goes on once there is room", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed), clock = new HandClock(), disk = new SimDisk(random);
    const log = createJournal(journalParts(disk, clock));
    disk.faults.capacity = 3000 + random(12_000);
    if (random(2) === 0) disk.faults.writesLeft = 5 + random(20);
    const stored: number[] = [];
    let next = 0, sequence = 0, refusals = 0;
    for (let i = 0; i < 60; i++) {
      const rows = 1 + random(40), entry = numbered(next, rows, { producer: "p", sequence, digest: `${next}` });
      try {
        const [{ duplicate }] = await Promise.all([
          log.append(entry),
          random(2) ? log.append(numbered(-1, 0, { producer: `q${i}`, sequence: 0, digest: "" })) : null,
        ]);
        assert.equal(duplicate, false, `seed ${seed}`);
        stored.push(...Array.from({ length: rows }, (_, i) => next + i));
        next += rows;
        sequence++;
      } catch (thrown) {
        assert.ok(thrown instanceof RdxError && thrown.code === "no_space", `seed ${seed}: ${thrown}`);
        refusals++;
        if (log.lastOf("p") >= sequence) {
          sequence = log.lastOf("p") + 1, next = stored.push(...Array.from({ length: rows }, (_, i) => next + i));
        }
        if (random(2) === 0) {
          disk.faults.capacity += 20_000;
          disk.faults.writesLeft = Infinity;
        }
      }
    }
    assert.ok(refusals > 0, `seed ${seed}`);
    assert.deepEqual(await contents(log), stored, `seed ${seed}`);
    await log.close();
    const again = await openJournal(journalParts(disk.crash("power"), clock));
    assert.deepEqual(await contents(again), stored, `seed ${seed}`);
    assert.equal(again.lastOf("p"), sequence - 1);
  }
});

Deno.test("a reader that is asked at any moment gets everything, also what it is just reading from disk", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { disk, clock, ends, segmentBytes } = await filled(60), random = seeded(seed);
    const log = await openJournal(journalParts(disk, clock, { segmentBytes })), reader = log.reader("earliest");
    let offset = 0;
    for (let turns = 0; offset < ends.at(-1)!; turns++) {
      assert.ok(turns < 20_000, `seed ${seed}: it stands still at ${offset} of ${ends.at(-1)}`);
      for (let record = reader.next(); record; record = reader.next()) offset = record.offset + record.rows;
      if (random(20) === 0) await new Promise<void>((resolve) => setImmediate(() => resolve()));
      else await null;
    }
    reader.close();
    await log.close();
  }
});

Deno.test("nobody syncs for each of many that wait: they share one", async () => {
  const disk = new SimDisk(seeded(3)),
    log = createJournal(journalParts(disk, new HandClock(), { segmentBytes: { first: 1 << 20, max: 1 << 20 } }));
  await log.append(numbered(0, 1));
  const before = disk.syncs;
  await Promise.all(Array.from({ length: 200 }, (_, i) => log.append(numbered(i + 1, 1))));
  assert.ok(disk.syncs - before <= 2, `${disk.syncs - before} syncs`);
  assert.equal((await contents(log)).length, 201);
});

Deno.test(FOLDER + ": segments that nobody needs are used again, and producers outlive them", async () => {
  const disk = new SimDisk(seeded(5)), clock = new HandClock();
  const parts = journalParts(disk, clock, { bounds: { retainedBytesMax: 2000, cacheBytesMax: 0 } });
  const log = createJournal(parts);
  await log.append(numbered(0, 1, { producer: "old", sequence: 0, digest: "d" }));
  const { epoch, next } = await log.hello("new");
  assert.deepEqual([epoch, next], [1, 0]);
  for (let i = 0; i < 300; i++) await log.append(numbered(i, 20));
  assert.ok(log.start > 5000, `${log.start}`);
  await log.close();
  assert.ok(disk.paths.filter((path) => path.endsWith(".seg")).length < 5, disk.paths.join());
  const again = await openJournal(parts);
  assert.equal((await again.append(numbered(0, 1, { producer: "old", sequence: 0, digest: "d" }))).duplicate, true);
  await assert.rejects(again.append(numbered(0, 1, { producer: "new", sequence: 0, digest: "d" })), /epoch 1/);
  assert.equal(
    (await again.append(numbered(0, 1, { producer: "new", sequence: 0, digest: "d", epoch: 1 }))).duplicate,
    false,
  );
  assert.equal((await contents(again)).length, again.end - again.start);
});
