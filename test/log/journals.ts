import type { Clock } from "../../src/core/clock.ts";
import { Crc32c } from "../../src/kernel/crc.ts";
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

export const FOLDER = "journal/s/0";

export function createJournal(parts: JournalParts): JournalLog<string> {
  return JournalLog.create<string>(FOLDER, parts);
}

/** Opens what an earlier one has left; `cuts` gets what was cut. */
export function openJournal(parts: JournalParts, cuts: string[] = []): Promise<JournalLog<string>> {
  return JournalLog.open<string>(FOLDER, parts, (cut) => cuts.push(cut));
}
