import { FrameView } from "../core/frame.ts";
import { concatColumns, type ViewRange } from "../core/frame_concat.ts";
import { writeFrame } from "../core/frame_writer.ts";
import { type Column, INT64 } from "../core/schema.ts";
import type { RowRange } from "../sink.ts";
import { misfit } from "./view_keeper.ts";

/** What the rows of a view are named by: views have no key groups, so that all are of the first. */
const NAMES: readonly Column[] = ["$group", "$arrival"].map((name) => ({ name, type: INT64, nullable: false }));
/** How many columns are the key. */
export const NAME_COLUMNS = NAMES.length;
export const ARRIVAL = 1;

/** The columns of a view's rows as a table, with `own` ones between its names and its columns. */
export function keptColumns(columns: readonly Column[], own: readonly string[] = []): Column[] {
  const more = own.map((name): Column => ({ name: `$${name}`, type: INT64, nullable: false }));
  return [...NAMES, ...more, ...columns.map((column) => ({ ...column, nullable: true }))];
}

export function nameColumns(): readonly Column[] {
  return NAMES;
}

/** A frame of rows with numbers in front: all have the same count of them, by column. */
export function keptFrame(numbers: readonly BigInt64Array<ArrayBuffer>[], ranges: readonly ViewRange[]): ArrayBuffer {
  const { length } = numbers[0], group = new BigInt64Array(length);
  const own = [group, ...numbers].map((data) => ({ type: INT64, nulls: 0, validity: null, data, chars: null }));
  return writeFrame(length, [...own, ...(ranges.length === 0 ? [] : concatColumns(ranges))]);
}

/** A frame that `keptFrame` made with `own` columns of numbers, taken apart. Throws RdxError("invalid") for one of other columns. */
export function openKept(
  table: string,
  frame: ArrayBuffer,
  columns: readonly Column[],
  own: number,
): { numbers: BigInt64Array<ArrayBuffer>[]; range: RowRange } {
  const view = new FrameView(frame), { types } = view, first = own + 1;
  const fits = types.length === columns.length && types.every(({ kind }, i) => kind === columns[i].type.kind);
  if (!fits) throw misfit(table, `it has other columns than rows that came, of which there are ${types.length}`);
  const all = types.map((_, i) => view.buffers(i)), rest = writeFrame(view.rows, all.slice(first));
  const numbers = all.slice(1, first).map(({ data }) => data as BigInt64Array<ArrayBuffer>);
  return { numbers, range: { frame: rest, start: 0, rows: view.rows } };
}
