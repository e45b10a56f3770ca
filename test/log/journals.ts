import assert from "node:assert/strict";
import type { Clock } from "../../src/core/clock.ts";
import { Crc32c } from "../../src/kernel/crc.ts";
import type { Log, LogEntry } from "../../src/log.ts";
import { JournalLog } from "../../src/log/journal.ts";
import type { JournalBounds, JournalParts } from "../../src/log/journal_parts.ts";
import { GroupBuffers } from "../../src/log/group_buffers.ts";
import type { SegmentParts } from "../../src/log/segment_files.ts";
import type { LogDevice } from "../../src/log/device.ts";
import type { Packer } from "../../src/log/format.ts";
import { loadKernel } from "../kernel/load.ts";

const crc = new Crc32c(loadKernel());

/** With these, segments are those of an order too. */
interface OrderSegments {
  readonly segments: SegmentParts;
}

/** Parts of a journal on a disk, with segments that are small enough for a test to fill many. */
export function journalParts(
  device: LogDevice,
  clock: Pick<Clock, "now" | "monotonic">,
  more: {
    durability?: "fsync" | "os";
    segmentBytes?: { first: number; max: number };
    bounds?: Partial<JournalBounds>;
    packer?: Packer;
    overlapBytes?: number;
  } = {},
): JournalParts & OrderSegments {
  const {
    durability = "fsync",
    segmentBytes = { first: 1024, max: 4096 },
    bounds = {},
    packer = null,
    overlapBytes = 300,
  } = more;
  const segments = {
    device,
    checksum: (bytes: Uint8Array, before?: number) => crc.of(bytes, before),
    packer,
    unpacker: packer,
    durability,
    buffers: new GroupBuffers(),
    segmentBytes,
    overlapBytes,
    now: () => clock.now(),
  };
  return { segments, clock, bounds, shared: { bytes: 0 } };
}

/** A batch of a producer, or of nobody, whose rows say which they are: `first`, `first` + 1, … */
export function numbered(first: number, rows: number, mark?: LogEntry<string>["mark"]): LogEntry<string> {
  const frames = rows === 0 ? [] : [Float64Array.from({ length: rows }, (_, i) => first + i).buffer];
  return { kind: "rows", rows, frames, schema: 1, mark, answer: (offset) => `${first} at ${offset}` };
}

/** Everything in a log, number by number, with the offsets checked. */
export async function contents(log: Log<string>): Promise<number[]> {
  const reader = log.reader("earliest"), numbers: number[] = [];
  let offset = log.start;
  while (reader.position < log.end) {
    if (!reader.ready) await new Promise<void>((resolve) => log.onChange(resolve));
    const record = reader.next();
    if (!record) continue;
    assert.equal(record.offset, offset);
    offset += record.rows;
    for (const frame of record.frames) numbers.push(...new Float64Array(frame));
  }
  reader.close();
  assert.equal(offset, log.end);
  return numbers;
}

export const FOLDER = "journal/s/0";

export function createJournal(parts: JournalParts): JournalLog<string> {
  return JournalLog.create<string>(FOLDER, parts);
}

/** Opens what an earlier one has left; `cuts` gets what was cut. */
export function openJournal(parts: JournalParts, cuts: string[] = []): Promise<JournalLog<string>> {
  return JournalLog.open<string>(FOLDER, parts, (cut) => cuts.push(cut));
}
