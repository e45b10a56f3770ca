import { RdxError } from "../core/errors.ts";
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
  const { epoch = 0 } = mark ?? {};
  if (!Number.isSafeInteger(epoch) || epoch < 0) {
    throw new RdxError("invalid", `Cannot use epoch ${epoch}: expected a whole number from 0`);
  }
}

export function bytesOf(frames: readonly ArrayBuffer[]): number {
  return frames.reduce((sum, frame) => sum + frame.byteLength, 0);
}
