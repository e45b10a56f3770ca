import { FrameView } from "../frame.ts";
import { concatRanges } from "../frame_concat.ts";
import type { Column } from "../schema.ts";
import { endOfStream } from "./encode/message.ts";
import { encodeColumns, encodeFrameHead, encodeRecordBatch, liesAsArrow } from "./encode/record_batch.ts";
import { encodeSchema } from "./encode/schema.ts";

export { encodeColumns, encodeFrameHead, encodeRecordBatch, encodeSchema, endOfStream, liesAsArrow };

/** The record batch message of rows `start` to `start + count` of a frame. */
export function encodeRows(frame: ArrayBuffer, start: number, count: number, kinds = false): Uint8Array<ArrayBuffer> {
  const view = new FrameView(frame);
  if (start === 0 && count === view.rows) return encodeRecordBatch(view, kinds);
  return encodeRecordBatch(new FrameView(concatRanges([{ view, start, rows: count }])), kinds);
}

/** A whole IPC stream: the schema, a record batch for each frame, the end. */
export function encodeArrow(
  columns: readonly Column[],
  frames: readonly ArrayBuffer[],
  kinds = false,
): Uint8Array<ArrayBuffer> {
  const parts = [
    encodeSchema(columns, kinds),
    ...frames.map((frame) => encodeRecordBatch(new FrameView(frame), kinds)),
    endOfStream(),
  ];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
