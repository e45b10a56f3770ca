import type { RecordWindow } from "./window.ts";
import type { SegmentLog } from "./segment_log.ts";
import { SegmentReader } from "./segment_reader.ts";

/**
 * Offset of the first row of a journal that arrived at `timeMs` or later, or its end. What is in memory is searched there; else the heads of the segments tell where to
 * begin to read. What it may read must not be dropped meanwhile. `start`: the oldest offset that is kept.
 */
export async function offsetAtTime(
  log: SegmentLog,
  window: RecordWindow,
  start: number,
  timeMs: number,
): Promise<number> {
  const oldest = window.at(window.first);
  if (oldest && oldest.arrivalMs < timeMs) return window.firstAt(timeMs);
  const oldestKept = Math.max(0, log.segments.findLastIndex(({ first }) => first <= start));
  let at = Math.max(oldestKept, log.segments.findLastIndex(({ madeMs }) => madeMs < timeMs));
  // The wall clock may have gone back between two segments, while arrival times never do: then what is sought begins before.
  while (true) {
    const found = await findFrom(log, log.segments[at]?.first ?? start, start, timeMs);
    if (found === null) return window.end;
    if (!found.atOnce || at <= oldestKept) return found.offset;
    at--;
  }
}

/** The first such row from the segment on that begins at `first`; `atOnce`: no row that was read is older. Null: there is none. */
async function findFrom(log: SegmentLog, first: number, start: number, timeMs: number) {
  const reader = new SegmentReader(log, Math.max(first, start));
  let atOnce = true;
  try {
    while (true) {
      const records = await reader.read();
      if (records.length === 0) return null;
      for (const { head } of records) {
        if (head.rows === 0) continue;
        if (head.arrivalMs >= timeMs) return { offset: Math.max(start, head.key), atOnce };
        atOnce = false;
      }
    }
  } finally {
    reader.close();
  }
}
