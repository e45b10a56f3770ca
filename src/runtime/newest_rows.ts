import { frameRows } from "../core/frame_info.ts";
import type { Log } from "../log.ts";
import type { RowRange } from "../sink.ts";
import { eachRecord } from "./each_record.ts";

/** The newest rows of a log, newest first: one range for each row. */
export async function newestRows(log: Log<unknown>, limit: number): Promise<RowRange[]> {
  const { end } = log, ranges: RowRange[] = [];
  const first = Math.max(log.start, end - limit);
  await eachRecord(log, first, end, (record) => {
    let { offset } = record;
    for (const frame of record.frames) offset = newestOf(frame, offset, first, ranges);
  });
  return ranges.reverse();
}

function newestOf(frame: ArrayBuffer, offset: number, first: number, ranges: RowRange[]): number {
  const rows = frameRows(frame);
  for (let row = Math.max(0, first - offset); row < rows; row++) ranges.push({ frame, start: row, rows: 1 });
  return offset + rows;
}
