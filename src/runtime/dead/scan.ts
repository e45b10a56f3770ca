import type { Clock } from "../../core/clock.ts";
import { FrameView } from "../../core/frame.ts";
import { frameRows } from "../../core/frame_info.ts";
import { DEAD_LOOK_ROWS } from "../../core/limits.ts";
import type { Log, LogRecord } from "../../log.ts";
import { changeOf } from "../each_record.ts";
import { LetterView } from "./letter.ts";
import type { Settled } from "./settled.ts";

export interface ScanParts {
  readonly log: Log<unknown>;
  readonly settled: Settled;
  readonly clock: Clock;
}

/**
 * Visits the open letters with ids of `from` up to `to`, ascending, until `visit` returns false; what is settled is left out, at the cost of nothing
 * where it is many. Resolves to behind the last that was visited, or `to`. The log has a reader only while this runs.
 */
export async function scanOpen(
  { log, settled, clock }: ScanParts,
  from: number,
  to: number,
  visit: (letter: LetterView) => boolean,
): Promise<number> {
  let at = settled.nextOpen(Math.max(from, log.start)), looked = 0;
  while (at < to) {
    const reader = log.reader(at);
    try {
      while (at < to) {
        const record = reader.next();
        if (!record) {
          if (!reader.ready) await changeOf(log);
          continue;
        }
        const past = visitRecord(record, at, to, settled, visit);
        if (past < 0) return -past;
        looked += past - at;
        const next = settled.nextOpen(past), far = next - past > DEAD_LOOK_ROWS;
        at = next;
        reader.release(past);
        if (looked >= DEAD_LOOK_ROWS) {
          looked = 0;
          await clock.soon(0);
        }
        if (far) break;
      }
    } finally {
      reader.close();
    }
  }
  return to;
}

/** Returns behind the record, or, negative, behind the letter at which `visit` had enough. */
function visitRecord(
  { offset, frames }: LogRecord,
  from: number,
  to: number,
  settled: Settled,
  visit: (letter: LetterView) => boolean,
): number {
  let first = offset;
  for (const frame of frames) {
    const rows = frameRows(frame), behind = first + rows;
    if (behind > from && first < to) {
      const view = new FrameView(frame);
      for (let id = settled.nextOpen(Math.max(from, first)); id < Math.min(behind, to); id = settled.nextOpen(id + 1)) {
        if (!visit(new LetterView(id, view, id - first))) return -(id + 1);
      }
    }
    first = behind;
  }
  return first;
}
