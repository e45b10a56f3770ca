import { setImmediate } from "node:timers";
import assert from "node:assert/strict";
import { JOURNAL_PIECE_BYTES } from "../../src/core/limits.ts";
import { SegmentFiles } from "../../src/log/segment_files.ts";
import { SpareSegment } from "../../src/log/spare_segment.ts";
import { HandClock } from "../contract/log.ts";
import { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";
import { journalParts } from "./journals.ts";

const PIECES = 8, CAPACITY = PIECES * JOURNAL_PIECE_BYTES;

Deno.test("a spare segment that nobody needs has zeros to its end, which outlive a power cut", async () => {
  const disk = new SimDisk(seeded(1)), spare = SpareSegment.make(disk, "s/spare", CAPACITY - 5);
  const file = await spare.whole();
  assert.equal(file.bytes, CAPACITY - 5);
  await disk.syncFolder("s");
  assert.deepEqual(disk.crash("power").bytes("s/spare"), new Uint8Array(CAPACITY - 5));
});

Deno.test("whoever needs a spare segment waits for the piece of zeros that is being written, not for all", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed), disk = new SimDisk(random), spare = SpareSegment.make(disk, "s/spare", CAPACITY);
    const wanted = random(PIECES - 1);
    while (disk.syncs < wanted) await new Promise<void>((resolve) => setImmediate(() => resolve()));
    const asked = disk.syncs, file = await spare.take(), pieces = file.bytes / JOURNAL_PIECE_BYTES;
    assert.ok(
      pieces === disk.syncs && pieces <= asked + 1,
      `seed ${seed}: ${pieces} pieces, asked for behind ${asked}`,
    );
    // Nobody writes to it but whoever has it.
    await disk.turn();
    await file.write(new Uint8Array([1]), 0);
    await file.sync();
    await disk.turn();
    assert.equal(disk.bytes("s/spare").length, Math.max(1, pieces * JOURNAL_PIECE_BYTES));
    assert.equal(disk.bytes("s/spare")[0], 1);
  }
});

Deno.test("a spare segment for which there is no room is told to whoever needs it, and leaves nothing", async () => {
  const disk = new SimDisk(seeded(3));
  disk.faults.capacity = 3 * JOURNAL_PIECE_BYTES;
  const spare = SpareSegment.make(disk, "s/spare", CAPACITY);
  await assert.rejects(spare.whole(), { code: "ENOSPC" });
  await assert.rejects(spare.take(), { code: "ENOSPC" });
  assert.deepEqual(disk.paths, []);
});

Deno.test("a segment that was used before is a spare at once, as it was", async () => {
  const disk = new SimDisk(seeded(4)), before = new Uint8Array([7, 8, 9]);
  disk.put("s/0.seg", before);
  const spare = SpareSegment.again(disk, "s/0.seg", "s/spare", 3);
  const file = await spare.take(), found = new Uint8Array(3);
  await file.read(found, 0);
  assert.deepEqual(found, before);
  assert.deepEqual(disk.paths, ["s/spare"]);
});

Deno.test("a segment that one record has made longer than others may be is not used again, one as long as they are is", async () => {
  for (const [bytes, isUsed] of [[500, true], [501, false]] as const) {
    const disk = new SimDisk(seeded(5)), segmentBytes = { first: 100, max: 500 };
    const files = new SegmentFiles("s", journalParts(disk, new HandClock(), { segmentBytes }).segments);
    const { segment, file } = await files.next(1, null, bytes);
    file.close();
    assert.equal(segment.capacity, bytes);
    await files.recycle(segment, 0);
    assert.equal(disk.paths.length, isUsed ? 1 : 0, `${disk.paths}`);
    const next = await files.next(2, segment, 1);
    next.file.close();
    assert.equal(next.segment.capacity, 500);
    await files.close();
  }
});
