import { RdxError } from "../core/errors.ts";
import { frameRows } from "../core/frame_info.ts";
import { PARTITIONS_MAX } from "../core/limits.ts";
import type { LogEntry } from "../log.ts";

/** Throws RdxError("invalid") for what no log can take. */
export function checkEntry(entry: LogEntry<unknown>): void {
  const { rows, kind, mark } = entry;
  if (!Number.isSafeInteger(rows) || rows < 0) {
    throw new RdxError("invalid", `Cannot append ${rows} rows: expected a whole number from 0`);
  }
  if (kind === "end" && rows > 0) throw new RdxError("invalid", "Cannot append an end that has rows");
  if (kind === "rows" && rows === 0 && !mark) {
    throw new RdxError("invalid", "Cannot append an entry without rows that carries no producer's mark");
  }
  if (mark && (!Number.isSafeInteger(mark.sequence) || mark.sequence < 0)) {
    throw new RdxError("invalid", `Cannot use sequence ${mark.sequence}: expected a whole number from 0`);
  }
  checkPartitions(entry);
  const { epoch = 0 } = mark ?? {};
  if (!Number.isSafeInteger(epoch) || epoch < 0) {
    throw new RdxError("invalid", `Cannot use epoch ${epoch}: expected a whole number from 0`);
  }
}

/** Throws RdxError("invalid") for partitions that do not have all rows, each in frames of its own. */
function checkPartitions({ rows, frames, partitions }: LogEntry<unknown>): void {
  if (!partitions) return;
  let behind = 0, at = 0, frame = 0;
  for (const { partition, rows: own } of partitions) {
    const isOne = Number.isSafeInteger(partition) && partition >= 0 && partition < PARTITIONS_MAX;
    if (!isOne || !Number.isSafeInteger(own) || own <= 0) {
      throw new RdxError(
        "invalid",
        `Cannot append ${own} rows to partition ${partition}: expected some rows, and 0 to ${PARTITIONS_MAX - 1}`,
      );
    }
    behind += own;
    while (frame < frames.length && at < behind) at += frameRows(frames[frame++]);
    if (at !== behind) throw new RdxError("invalid", "Cannot append a frame that has rows of several partitions");
  }
  if (behind !== rows) throw new RdxError("invalid", `Cannot append ${rows} rows of which ${behind} have a partition`);
}

export function bytesOf(frames: readonly ArrayBuffer[]): number {
  return frames.reduce((sum, frame) => sum + frame.byteLength, 0);
}
