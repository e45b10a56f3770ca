import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { RdxError } from "../../src/core/errors.ts";
import type { Log } from "../../src/log.ts";
import { HandClock } from "../contract/log.ts";
import { numbersOf, partitioned, readAll } from "../contract/log_partitions.ts";
import type { SimDisk } from "../sim/disk.ts";
import { HeldDisk } from "../sim/held_disk.ts";
import { seeded } from "../sim/pool.ts";
import { createJournal, journalParts, openJournal } from "./journals.ts";

/*
 * The last segment of a journal of three partitions, whose last groups are on the disk in any state. The first ones were synced and acknowledged; behind them one is being synced, and another
 * was written and is synced beside it: nobody has heard of either.
 */

const PARTITIONS = 3, SEGMENT_BYTES = 16_384, OVERLAP_BYTES = 400, SECTOR_BYTES = 512;
const clock = new HandClock(), segmentBytes = { first: SEGMENT_BYTES, max: SEGMENT_BYTES };

async function someTurns(): Promise<void> {
  for (let i = 0; i < 100; i++) await new Promise<void>((resolve) => setImmediate(() => resolve()));
}

/** What a journal has: by partition, the offsets of its rows with their numbers. */
type Contents = readonly (readonly [offset: number, number: number])[][];

interface Torn {
  /** The segment as it is when all that was written is on the device. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly path: string;
  readonly disk: SimDisk;
  /** Behind the records that were acknowledged, and behind each record that was not, in bytes. */
  readonly acked: number;
  readonly ends: readonly number[];
  /** What is there with so many of those records that were not acknowledged. */
  readonly contents: readonly Contents[];
}

/** `told`: the first of the two groups was acknowledged, and a third one written beside the sync of the second. */
async function tornGroups(seed: number, told: boolean): Promise<Torn> {
  const random = seeded(seed), disk = new HeldDisk(random);
  const log = createJournal(journalParts(disk, clock, { segmentBytes, overlapBytes: OVERLAP_BYTES }));
  const contents: [number, number][][][] = [Array.from({ length: PARTITIONS }, () => [])];
  let next = 0, acknowledged = 0;
  const send = (rows: number) => {
    const parts = new Map<number, number[]>();
    for (let i = 0; i < rows; i++) {
      const one = random(PARTITIONS);
      parts.set(one, [...parts.get(one) ?? [], 0]);
    }
    const now = contents.at(-1)!.map((own) => [...own]), first = next;
    const numbered = [...parts].map(([one, { length }]) => {
      const numbers = Array.from({ length }, () => next++);
      for (const number of numbers) now[one].push([number, number]);
      return [one, numbers] as const;
    });
    contents.push(now);
    const mark = { producer: "p", sequence: contents.length - 2, digest: `${first}` };
    return log.append({ ...partitioned(numbered), mark }).then(() => acknowledged++);
  };
  for (let i = 0; i < 4; i++) await send(1 + random(6));
  const path = disk.paths.find((path) => path.endsWith(".seg"))!;
  const held = disk.held = [] as ((thrown?: Error) => void)[];
  const ignored = (sent: Promise<unknown>) => void sent.catch(() => {});
  ignored(send(2));
  await someTurns();
  for (let group = 0; group < (told ? 2 : 1); group++) {
    // Together they are many enough to be written beside the sync before them
    for (let i = 0; i < 3; i++) ignored(send(12 + random(4)));
    await someTurns();
    assert.equal(held.length, 2 + group);
    if (told && group === 0) {
      held[0]();
      await someTurns();
    }
  }
  const bytes = disk.bytes(path).slice(), places = recordEnds(bytes);
  return {
    bytes,
    path,
    disk: disk.copy(),
    acked: places[acknowledged - 1],
    ends: places.slice(acknowledged),
    contents: contents.slice(acknowledged),
  };
}

/** Behind each record of a segment. */
function recordEnds(bytes: Uint8Array<ArrayBuffer>): number[] {
  const data = new DataView(bytes.buffer), ends: number[] = [];
  for (let at = 64; data.getUint32(at, true) !== 0;) {
    at += data.getUint32(at + 8, true);
    ends.push(at);
  }
  return ends;
}

async function contentsOf(log: Log<string>): Promise<Contents> {
  const shares = Array.from({ length: PARTITIONS }, (_, index) => ({ index, count: PARTITIONS }));
  return await Promise.all(shares.map(async (share) => {
    const reader = log.reader("earliest", share), records = await readAll(log, reader);
    reader.close();
    return records.flatMap(numbersOf);
  }));
}

/** Opens the journal with other bytes in its segment; resolves to how many records that were not acknowledged it has, with all partitions as they were then. `goOn`: it takes more, too. */
async function opened({ disk, path, contents }: Torn, bytes: Uint8Array<ArrayBuffer>, what: string, goOn = true) {
  const own = disk.copy(), cuts: string[] = [], parts = journalParts(own, clock, { segmentBytes });
  own.put(path, bytes);
  const log = await openJournal(parts, cuts), has = await contentsOf(log);
  const kept = contents.findIndex((one) => one.flat().length === has.flat().length);
  assert.ok(kept >= 0, `${what}: there are ${has.flat().length} rows`);
  assert.deepEqual(has, contents[kept], what);
  const { end } = log;
  if (!goOn) return await log.close().then(() => ({ kept, cuts }));
  await log.append(partitioned([[2, [end]], [0, [end + 1]]]));
  await log.close();
  const again = await openJournal(parts), after = await contentsOf(again);
  assert.deepEqual(after, [[...has[0], [end + 1, end + 1]], has[1], [...has[2], [end, end]]], what);
  await again.close();
  return { kept, cuts };
}

for (const told of [false, true]) {
  const how = told ? "a third beside the second" : "two";
  Deno.test(`a last segment of several partitions that ends at any byte of the groups that were synced at a time (${how}) has whole records of all partitions`, async () => {
    const torn = await tornGroups(told ? 11 : 10, told), { bytes, acked, ends } = torn;
    for (let cut = acked; cut <= ends.at(-1)!; cut += told ? 3 : 1) {
      // Whether the file ends there, or has the zeros that it had
      const rest = cut % 2 === 0 ? bytes.slice(0, cut) : new Uint8Array(bytes.length);
      if (cut % 2 !== 0) rest.set(bytes.subarray(0, cut));
      const { kept, cuts } = await opened(torn, rest, `cut at ${cut}`, cut % 16 < 2);
      const nothing = (from: number, to: number) => bytes.subarray(from, to).every((byte) => byte === 0);
      // A record ends with zeros, which are there too where there is nothing else
      const isThere = (end: number) => end <= cut || (cut % 2 !== 0 && nothing(cut, end));
      assert.equal(kept, ends.filter(isThere).length, `cut at ${cut}`);
      const isWhole = nothing(kept === 0 ? acked : ends[kept - 1], cut);
      assert.equal(cuts.length, isWhole ? 0 : 1, `cut at ${cut}: ${cuts}`);
    }
  });

  Deno.test(`any sectors of the groups that were synced at a time (${how}) may be lost: all partitions have what was acknowledged, and whole records behind it`, async () => {
    const seen = new Set<number>();
    for (let seed = 1; seed <= 150; seed++) {
      const random = seeded(seed), torn = await tornGroups(seed % 8, told), { bytes, acked, ends } = torn;
      const mixed = bytes.slice();
      // Of what was synced nothing is lost, also not from a sector that was written again
      const unit = seed % 2 === 0 ? SECTOR_BYTES : 8;
      for (let at = acked - acked % unit; at < ends.at(-1)!; at += unit) {
        if (random(unit === 8 ? 20 : 2) === 0) mixed.fill(0, Math.max(at, acked), at + unit);
      }
      const { kept } = await opened(torn, mixed, `seed ${seed}`);
      assert.ok(kept <= ends.length);
      seen.add(kept);
    }
    assert.ok(seen.size > 2, `they were cut at ${[...seen]}`);
  });

  Deno.test(`a flipped bit of groups that were synced at a time (${how}) is cut with what follows it, and one of what was synced before they were written is refused`, async () => {
    const torn = await tornGroups(told ? 13 : 12, told), { bytes, acked, ends, path } = torn;
    for (let at = 64; at < ends.at(-1)!; at += 7) {
      const flipped = bytes.slice();
      flipped[at] ^= 1 << (at % 8);
      const behind = ends.filter((end) => end <= at).length;
      if (at >= acked) {
        const { kept, cuts } = await opened(torn, flipped, `flipped at ${at}`);
        assert.deepEqual([kept, cuts.length], [behind, 1], `flipped at ${at}`);
      } else {
        await assert.rejects(opened(torn, flipped, `flipped at ${at}`), (thrown) => {
          assert.ok(thrown instanceof RdxError && thrown.code === "invalid", `flipped at ${at}: ${thrown}`);
          assert.match(thrown.message, /is damaged at byte \d+, in front of whole records/);
          assert.ok(thrown.message.startsWith(path));
          return true;
        });
      }
    }
  });
}
