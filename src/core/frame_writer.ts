import type { ColumnBuffers } from "./frame.ts";
import { alignFrame, type FrameInfo, NO_INFO, writeFrameInfo } from "./frame_info.ts";
import {
  FRAME_BYTES,
  FRAME_COLUMN_CHARS,
  FRAME_COLUMN_CHARS_BYTES,
  FRAME_COLUMN_DATA,
  FRAME_COLUMN_DATA_BYTES,
  FRAME_COLUMN_NULLS,
  FRAME_COLUMN_SCALE,
  FRAME_COLUMN_SIZE,
  FRAME_COLUMN_TYPE,
  FRAME_COLUMN_VALIDITY,
  FRAME_COLUMNS,
  FRAME_HEADER_SIZE,
  FRAME_KINDS,
  FRAME_MAGIC,
  FRAME_MAGIC_AT,
  FRAME_ROWS,
} from "./frame_layout.ts";
import { kindCode } from "./schema.ts";

/**
 * Makes a frame of columns that lie ready in Arrow layout, all `rows` long: the way from other columnar formats. The
 * buffers are copied. `kinds` holds a position in ROW_KINDS for each row, or is null when all are inserts.
 */
export function writeFrame(
  rows: number,
  columns: readonly ColumnBuffers[],
  kinds: Uint8Array | null = null,
  info: Partial<FrameInfo> = {},
): ArrayBuffer {
  const head = alignFrame(FRAME_HEADER_SIZE + columns.length * FRAME_COLUMN_SIZE);
  const bytes = columns.reduce((end, column) => end + columnBytes(column), head + alignFrame(kinds?.length ?? 0));
  const frame = new ArrayBuffer(bytes), data = new DataView(frame), all = new Uint8Array(frame);
  data.setUint32(FRAME_MAGIC_AT, FRAME_MAGIC, true);
  data.setUint32(FRAME_BYTES, bytes, true);
  data.setUint32(FRAME_ROWS, rows, true);
  data.setUint32(FRAME_COLUMNS, columns.length, true);
  writeFrameInfo(data, { ...NO_INFO, ...info });
  let at = head;
  const put = (buffer: ArrayBufferView<ArrayBuffer>): number => {
    const offset = at;
    all.set(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength), offset);
    at = alignFrame(offset + buffer.byteLength);
    return offset;
  };
  if (kinds) data.setUint32(FRAME_KINDS, put(kinds.slice()), true);
  columns.forEach((column, i) => {
    const entry = FRAME_HEADER_SIZE + i * FRAME_COLUMN_SIZE;
    data.setUint32(entry + FRAME_COLUMN_TYPE, kindCode(column.type.kind), true);
    data.setUint32(entry + FRAME_COLUMN_NULLS, column.nulls, true);
    data.setUint32(entry + FRAME_COLUMN_VALIDITY, column.validity ? put(column.validity) : 0, true);
    data.setUint32(entry + FRAME_COLUMN_DATA_BYTES, column.data.byteLength, true);
    data.setUint32(entry + FRAME_COLUMN_DATA, put(column.data), true);
    data.setUint32(entry + FRAME_COLUMN_CHARS_BYTES, column.chars?.length ?? 0, true);
    data.setUint32(entry + FRAME_COLUMN_CHARS, column.chars ? put(column.chars) : 0, true);
    data.setUint32(entry + FRAME_COLUMN_SCALE, column.type.scale ?? 0, true);
  });
  return frame;
}

function columnBytes({ validity, data, chars }: ColumnBuffers): number {
  return alignFrame(validity?.length ?? 0) + alignFrame(data.byteLength) + alignFrame(chars?.length ?? 0);
}
