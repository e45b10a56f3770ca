import { bitmapBytes, countBits } from "./bitmap.ts";
import type { ColumnBuffers, FrameView } from "./frame.ts";
import { writeFrame } from "./frame_writer.ts";
import { type DataType, sameType } from "./schema.ts";

/** Rows of several frames in any order: the position of the frame of each, and its row in that. */
export interface RowPicks {
  readonly frames: Int32Array;
  readonly rows: Int32Array;
}

/**
 * One frame with the rows of picks [from, to), in their order; without row kinds and info. All frames must have the same column types, and there must be one at
 * least.
 */
export function gatherRows(views: readonly FrameView[], picks: RowPicks, from: number, to: number): ArrayBuffer {
  const { types } = views[0];
  for (const view of views) {
    if (view.types.length !== types.length || !view.types.every((type, i) => sameType(type, types[i]))) {
      throw new TypeError("Cannot gather rows of frames with different columns");
    }
  }
  const own = { frames: picks.frames.subarray(from, to), rows: picks.rows.subarray(from, to) };
  return writeFrame(to - from, types.map((type, i) => gatherColumn(type, views.map((view) => view.buffers(i)), own)));
}

function gatherColumn(type: DataType, columns: readonly ColumnBuffers[], picks: RowPicks): ColumnBuffers {
  const rows = picks.rows.length, validity = gatherBits(columns.map((column) => column.validity), picks);
  const nulls = validity ? rows - countBits(validity, rows) : 0;
  return { type, nulls, validity: nulls === 0 ? null : validity, ...gatherData(type, columns, picks) };
}

/** Bits of the picked rows, 1 where a frame has none; null when no frame has any. */
function gatherBits(
  bitmaps: readonly (Uint8Array | null)[],
  { frames, rows }: RowPicks,
): Uint8Array<ArrayBuffer> | null {
  if (bitmaps.every((bitmap) => bitmap === null)) return null;
  const bits = new Uint8Array(bitmapBytes(rows.length));
  for (let i = 0; i < rows.length; i++) {
    const bitmap = bitmaps[frames[i]], row = rows[i];
    bits[i >> 3] |= (bitmap === null ? 1 : bitmap[row >> 3] >> (row & 7) & 1) << (i & 7);
  }
  return bits;
}

function gatherData(
  type: DataType,
  columns: readonly ColumnBuffers[],
  picks: RowPicks,
): Pick<ColumnBuffers, "data" | "chars"> {
  switch (type.kind) {
    case "bool":
      return { data: gatherBits(columns.map(({ data }) => data as Uint8Array), picks)!, chars: null };
    case "string":
    case "bytes":
    case "decimal128":
      return gatherText(columns, picks);
    default:
      return { data: gatherCells(type, columns, picks), chars: null };
  }
}

/** Cells of eight bytes, as two words each, which are the same whatever they mean. */
function gatherCells(
  type: DataType,
  columns: readonly ColumnBuffers[],
  { frames, rows }: RowPicks,
): BigInt64Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  const sources = columns.map(({ data }) => new Int32Array(data.buffer, data.byteOffset, data.byteLength / 4));
  const words = new Int32Array(rows.length * 2);
  for (let i = 0; i < rows.length; i++) {
    const source = sources[frames[i]], row = rows[i];
    words[i * 2] = source[row * 2];
    words[i * 2 + 1] = source[row * 2 + 1];
  }
  return type.kind === "double" ? new Float64Array(words.buffer) : new BigInt64Array(words.buffer);
}

function gatherText(
  columns: readonly ColumnBuffers[],
  { frames, rows }: RowPicks,
): Pick<ColumnBuffers, "data" | "chars"> {
  const sources = columns.map(({ data }) => data as Int32Array), offsets = new Int32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i++) {
    const source = sources[frames[i]], row = rows[i];
    offsets[i + 1] = offsets[i] + source[row + 1] - source[row];
  }
  const chars = new Uint8Array(offsets[rows.length]);
  for (let i = 0; i < rows.length; i++) {
    const source = sources[frames[i]], row = rows[i];
    if (source[row + 1] > source[row]) {
      chars.set(columns[frames[i]].chars!.subarray(source[row], source[row + 1]), offsets[i]);
    }
  }
  return { data: offsets, chars };
}
