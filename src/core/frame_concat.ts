import { bitmapBytes, copyBits, countBits, setBits } from "./bitmap.ts";
import type { ColumnBuffers, FrameView } from "./frame.ts";
import type { FrameInfo } from "./frame_info.ts";
import { writeFrame } from "./frame_writer.ts";
import { type DataType, sameType } from "./schema.ts";

/** Rows `start` to `start + rows` of a frame. */
export interface ViewRange {
  readonly view: FrameView;
  readonly start: number;
  readonly rows: number;
}

/** One frame with the rows of all ranges, in order. All must have the same column types, and there must be one at least. */
export function concatRanges(ranges: readonly ViewRange[], info: Partial<FrameInfo> = {}): ArrayBuffer {
  const rows = ranges.reduce((sum, range) => sum + range.rows, 0);
  return writeFrame(rows, concatColumns(ranges), concatKinds(ranges, rows), info);
}

/** The columns of that frame, each for itself. */
export function concatColumns(ranges: readonly ViewRange[]): ColumnBuffers[] {
  const { types } = ranges[0].view;
  for (const { view } of ranges) {
    if (view.types.length !== types.length || !view.types.every((type, i) => sameType(type, types[i]))) {
      throw new TypeError("Cannot join frames with different columns");
    }
  }
  const rows = ranges.reduce((sum, range) => sum + range.rows, 0);
  return types.map((type, i) => concatColumn(type, ranges, i, rows));
}

function concatKinds(ranges: readonly ViewRange[], rows: number): Uint8Array | null {
  if (ranges.every(({ view }) => view.kinds === null)) return null;
  const kinds = new Uint8Array(rows);
  let at = 0;
  for (const { view, start, rows } of ranges) {
    if (view.kinds) kinds.set(view.kinds.subarray(start, start + rows), at);
    at += rows;
  }
  return kinds;
}

function concatColumn(type: DataType, ranges: readonly ViewRange[], index: number, rows: number): ColumnBuffers {
  const validity = concatValidity(ranges, index, rows);
  const nulls = validity ? rows - countBits(validity, rows) : 0;
  return { type, nulls, validity: nulls === 0 ? null : validity, ...concatData(type, ranges, index, rows) };
}

function concatValidity(ranges: readonly ViewRange[], index: number, rows: number): Uint8Array<ArrayBuffer> | null {
  if (ranges.every(({ view }) => view.buffers(index).validity === null)) return null;
  const bits = new Uint8Array(bitmapBytes(rows));
  let at = 0;
  for (const { view, start, rows } of ranges) {
    const { validity } = view.buffers(index);
    if (validity) copyBits(validity, start, bits, at, rows);
    else setBits(bits, at, rows);
    at += rows;
  }
  return bits;
}

function concatData(
  type: DataType,
  ranges: readonly ViewRange[],
  index: number,
  rows: number,
): Pick<ColumnBuffers, "data" | "chars"> {
  switch (type.kind) {
    case "bool":
      return { data: concatBools(ranges, index, rows), chars: null };
    case "string":
    case "bytes":
    case "decimal128":
      return concatText(ranges, index, rows);
    default: {
      const cells = type.kind === "double" ? new Float64Array(rows) : new BigInt64Array(rows);
      // Copied as bytes, since the eight of a cell are the same whatever they mean.
      const target = new Uint8Array(cells.buffer);
      let at = 0;
      for (const { view, start, rows } of ranges) {
        const { data } = view.buffers(index);
        target.set(new Uint8Array(data.buffer, data.byteOffset + start * 8, rows * 8), at * 8);
        at += rows;
      }
      return { data: cells, chars: null };
    }
  }
}

function concatBools(ranges: readonly ViewRange[], index: number, rows: number): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array(bitmapBytes(rows));
  let at = 0;
  for (const { view, start, rows } of ranges) {
    copyBits(view.buffers(index).data as Uint8Array, start, bits, at, rows);
    at += rows;
  }
  return bits;
}

function concatText(ranges: readonly ViewRange[], index: number, rows: number): Pick<ColumnBuffers, "data" | "chars"> {
  const columns = ranges.map(({ view, start, rows }) => {
    const { data, chars } = view.buffers(index), offsets = (data as Int32Array).subarray(start, start + rows + 1);
    return { offsets, chars: (chars as Uint8Array).subarray(offsets[0], offsets[rows]) };
  });
  const offsets = new Int32Array(rows + 1);
  const chars = new Uint8Array(columns.reduce((sum, column) => sum + column.chars.length, 0));
  let row = 0, at = 0;
  for (const column of columns) {
    const shift = at - column.offsets[0];
    for (let i = 1; i < column.offsets.length; i++) offsets[++row] = column.offsets[i] + shift;
    chars.set(column.chars, at);
    at += column.chars.length;
  }
  return { data: offsets, chars };
}
