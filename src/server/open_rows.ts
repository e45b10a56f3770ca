import { type CellFormat, type CellWriter, cellWriter } from "../core/cell_text.ts";
import type { FrameView } from "../core/frame.ts";
import { columnIndex } from "../core/schema.ts";
import { WINDOW_START } from "../plan/plan.ts";
import type { RowRange } from "../sink.ts";
import type { View, ViewQuery } from "../view.ts";
import { viewOf } from "./rows.ts";

/**
 * The rows of open windows that a query asks for, at most its limit, in its order. Open windows lie in the tasks' state and not in
 * the view, so that the view cannot choose among them.
 */
export function selectOpen(view: View, ranges: readonly RowRange[], query: ViewQuery): RowRange[] {
  const wanted = wantedRow(view, query), found: RowRange[] = [];
  const descending = query.order === "desc";
  for (const range of descending ? [...ranges].reverse() : ranges) {
    const frame = viewOf(range.frame);
    for (let i = 0; i < range.rows; i++) {
      if (found.length >= query.limit) return found;
      const row = descending ? range.start + range.rows - 1 - i : range.start + i;
      if (wanted(frame, row)) found.push({ frame: range.frame, start: row, rows: 1 });
    }
  }
  return found;
}

type RowTest = (frame: FrameView, row: number) => boolean;

/** Values as JSON writes them, strings without quotes. */
const BARE: CellFormat = {
  null: "null",
  time: "iso",
  int64: (digits) => digits,
  plain: (text) => text,
  text: (text) => text,
  json: (text) => text,
  special: /(?!)/,
};

function wantedRow(view: View, { key, from, to }: ViewQuery): RowTest {
  const start = columnIndex(view.columns, WINDOW_START), tests: RowTest[] = [];
  if (start >= 0 && (from !== undefined || to !== undefined)) {
    tests.push((frame, row) => {
      const time = Number(frame.int64(start, row));
      return time >= (from ?? -Infinity) && time < (to ?? Infinity);
    });
  }
  key?.forEach((text, i) => tests.push(keyTest(view, columnIndex(view.columns, view.keys[i]), text)));
  return (frame, row) => tests.every((test) => test(frame, row));
}

function keyTest(view: View, column: number, text: string): RowTest {
  let current: FrameView | null = null, write: CellWriter = () => "";
  return (frame, row) => {
    if (current !== frame) {
      current = frame;
      write = cellWriter(frame, column, view.columns[column], BARE, 0, 0);
    }
    return write(row) === text;
  };
}
