import { Builder } from "flatbuffers";
import { DECIMAL128_BYTES, decimal128ToArrow } from "../../decimal128.ts";
import type { ColumnBuffers, FrameView } from "../../frame.ts";
import type { DataType } from "../../schema.ts";
import { HEADER, RECORD_BATCH } from "../format.ts";
import { alignBody, finishMessage, startMessage } from "./message.ts";

/** One column of a record batch: its row count and NULLs, and the buffers in Arrow's order. */
interface Node {
  readonly nulls: number;
  readonly buffers: readonly Uint8Array[];
}

const NOTHING = new Uint8Array(0);

/**
 * The record batch message of a whole frame; its schema message is that of `encodeSchema`. The frame's buffers are
 * copied as they are, but for decimals, which Arrow has in 16 bytes.
 */
export function encodeRecordBatch(view: FrameView, kinds = false): Uint8Array<ArrayBuffer> {
  const nodes = view.types.map((_, column) => encodeColumn(view.buffers(column)));
  if (kinds) nodes.push({ nulls: 0, buffers: [NOTHING, view.kinds ?? new Uint8Array(view.rows)] });
  return encodeNodes(view.rows, nodes);
}

/**
 * What comes in front of a whole frame, and with `padding` zeros behind it makes it the body of a record batch message: nothing of it is copied. Null when it has
 * decimals, which Arrow has otherwise.
 */
export function encodeFrameHead(view: FrameView): { head: Uint8Array<ArrayBuffer>; padding: number } | null {
  if (!view.types.every(liesAsArrow)) return null;
  const columns = view.types.map((_, column) => view.buffers(column)), nodes = columns.map(encodeColumn);
  const ends = nodes.flatMap(({ buffers }) => buffers.map((buffer) => [startOf(buffer), buffer.length] as const));
  const builder = new Builder(256 + ends.length * 32), bytes = view.whole.length, body = alignBody(bytes);
  return {
    head: startMessage(builder, HEADER.recordBatch, encodeEnds(builder, view.rows, nodes, ends), body),
    padding: body - bytes,
  };
}

/** Whether a column of this type has the same bytes in a frame and in Arrow. */
export function liesAsArrow({ kind }: DataType): boolean {
  return kind !== "decimal" && kind !== "decimal128";
}

function startOf(buffer: Uint8Array): number {
  return buffer.length === 0 ? 0 : buffer.byteOffset;
}

/** The record batch message of columns that lie ready in Arrow layout, all `rows` long. */
export function encodeColumns(rows: number, columns: readonly ColumnBuffers[]): Uint8Array<ArrayBuffer> {
  return encodeNodes(rows, columns.map(encodeColumn));
}

function encodeNodes(rows: number, nodes: readonly Node[]): Uint8Array<ArrayBuffer> {
  const buffers = nodes.flatMap((node) => node.buffers);
  const bodyLength = buffers.reduce((sum, buffer) => sum + alignBody(buffer.length), 0);
  const builder = new Builder(256 + buffers.length * 32);
  const header = encodeHeader(builder, rows, nodes);
  const { bytes, body } = finishMessage(builder, HEADER.recordBatch, header, bodyLength);
  let at = body;
  for (const buffer of buffers) {
    bytes.set(buffer, at);
    at += alignBody(buffer.length);
  }
  return bytes;
}

function encodeColumn(column: ColumnBuffers): Node {
  const validity = column.nulls > 0 && column.validity ? column.validity : NOTHING;
  if (column.type.kind === "decimal128") {
    return { nulls: column.nulls, buffers: [validity, turned(column.data as Int32Array, column.chars!)] };
  }
  const data = column.type.kind === "decimal" ? widen(column.data as BigInt64Array) : bytesOf(column.data);
  return { nulls: column.nulls, buffers: column.chars ? [validity, data, column.chars] : [validity, data] };
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}

/** Decimals of 16 bytes, zeros where there is none. */
function turned(offsets: Int32Array, cells: Uint8Array): Uint8Array {
  const rows = offsets.length - 1, wide = new Uint8Array(rows * DECIMAL128_BYTES);
  for (let row = 0; row < rows; row++) {
    if (offsets[row + 1] > offsets[row]) decimal128ToArrow(cells, offsets[row], wide, row * DECIMAL128_BYTES);
  }
  return wide;
}

/** 64-bit integers as 128-bit ones. */
function widen(cells: BigInt64Array): Uint8Array {
  const words = new Int32Array(cells.buffer as ArrayBuffer, cells.byteOffset, cells.length * 2);
  const wide = new Int32Array(cells.length * 4);
  for (let i = 0; i < cells.length; i++) {
    const sign = words[i * 2 + 1] >> 31;
    wide[i * 4] = words[i * 2];
    wide[i * 4 + 1] = words[i * 2 + 1];
    wide[i * 4 + 2] = sign;
    wide[i * 4 + 3] = sign;
  }
  return bytesOf(wide);
}

function encodeHeader(builder: Builder, rows: number, nodes: readonly Node[]): number {
  const ends: (readonly [offset: number, length: number])[] = [];
  let at = 0;
  for (const buffer of nodes.flatMap((node) => node.buffers)) {
    ends.push([at, buffer.length]);
    at += alignBody(buffer.length);
  }
  return encodeEnds(builder, rows, nodes, ends);
}

/** `ends`: where buffers begin in the body, and their lengths. */
function encodeEnds(
  builder: Builder,
  rows: number,
  nodes: readonly Node[],
  ends: readonly (readonly [offset: number, length: number])[],
): number {
  const buffers = encodePairs(builder, ends);
  const fieldNodes = encodePairs(builder, nodes.map((node) => [rows, node.nulls]));
  builder.startObject(RECORD_BATCH.count);
  builder.addFieldInt64(RECORD_BATCH.length, BigInt(rows), 0n);
  builder.addFieldOffset(RECORD_BATCH.nodes, fieldNodes, 0);
  builder.addFieldOffset(RECORD_BATCH.buffers, buffers, 0);
  return builder.endObject();
}

/** A vector of structs of two int64. FlatBuffers are built from the back. */
function encodePairs(builder: Builder, pairs: readonly (readonly [number, number])[]): number {
  builder.startVector(16, pairs.length, 8);
  for (const [first, second] of pairs.toReversed()) {
    builder.addInt64(BigInt(second));
    builder.addInt64(BigInt(first));
  }
  return builder.endVector();
}
