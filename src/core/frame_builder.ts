import { ROW_KINDS, type RowKind } from "./batch.ts";
import { decimal128Bytes } from "./decimal128.ts";
import { RdxError } from "./errors.ts";
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
import { type Column, type DataType, DECIMAL_DIGITS_MAX, formatType, isVariable, kindCode } from "./schema.ts";
import type { Value } from "./value.ts";

const INT64_MIN = -(2n ** 63n), INT64_MAX = 2n ** 63n - 1n;
const DECIMAL_END = 10n ** BigInt(DECIMAL_DIGITS_MAX);
const encoder = new TextEncoder();

/** A value in the form in which the builder keeps it: text is encoded, every i64 a bigint. */
type Cell = bigint | number | boolean | Uint8Array | null;

/** A buffer that has its place in the frame but is not written yet. */
interface Placed {
  readonly type: DataType;
  readonly cells: readonly Cell[];
  readonly nulls: number;
  readonly validity: number;
  readonly data: number;
  readonly dataBytes: number;
  readonly chars: number;
  readonly charsBytes: number;
  readonly end: number;
}

/**
 * Makes frames from JavaScript values, row by row: for tests, dead rows and control streams. Kernels write the same
 * bytes for the same rows.
 */
export class FrameBuilder {
  readonly #columns: readonly Column[];
  #cells: Cell[][] = [];
  #kinds: number[] = [];

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#clear();
  }

  get rows(): number {
    return this.#kinds.length;
  }

  /**
   * Adds one row: a value for each column in order (a missing one is NULL). int64 and timestamp columns take a bigint
   * or a safe integer, decimals their scaled bigint. Throws RdxError("invalid") for a value that its column cannot
   * hold; the row is then not added.
   */
  append(values: readonly (Value | undefined)[], kind: RowKind = "+I"): void {
    const cells = this.#columns.map((column, i) => toCell(column, values[i] ?? null));
    cells.forEach((cell, i) => this.#cells[i].push(cell));
    this.#kinds.push(ROW_KINDS.indexOf(kind));
  }

  /** The frame of all rows that were added; the builder is then empty again. */
  finish(info: Partial<FrameInfo> = {}): ArrayBuffer {
    const rows = this.rows, columns = this.#columns;
    let end = alignFrame(FRAME_HEADER_SIZE + columns.length * FRAME_COLUMN_SIZE);
    const kinds = this.#kinds.some((kind) => kind !== 0) ? end : 0;
    if (kinds) end = alignFrame(end + rows);
    const placed = columns.map((column, i) => {
      const place = placeColumn(column.type, this.#cells[i], end);
      end = place.end;
      return place;
    });
    const frame = new ArrayBuffer(end), data = new DataView(frame), bytes = new Uint8Array(frame);
    data.setUint32(FRAME_MAGIC_AT, FRAME_MAGIC, true);
    data.setUint32(FRAME_BYTES, end, true);
    data.setUint32(FRAME_ROWS, rows, true);
    data.setUint32(FRAME_COLUMNS, columns.length, true);
    data.setUint32(FRAME_KINDS, kinds, true);
    writeFrameInfo(data, { ...NO_INFO, ...info });
    if (kinds) bytes.set(this.#kinds, kinds);
    placed.forEach((place, i) => {
      writeEntry(data, FRAME_HEADER_SIZE + i * FRAME_COLUMN_SIZE, place);
      writeCells(data, bytes, place);
    });
    this.#clear();
    return frame;
  }

  #clear() {
    this.#cells = this.#columns.map(() => []);
    this.#kinds = [];
  }
}

function toCell(column: Column, value: Value): Cell {
  if (value === null) return null;
  switch (column.type.kind) {
    case "double":
      if (typeof value === "number") return value;
      break;
    case "bool":
      if (typeof value === "boolean") return value;
      break;
    case "string":
      if (typeof value === "string") return encoder.encode(value);
      break;
    case "bytes":
      if (value instanceof Uint8Array) return value.slice();
      break;
    case "decimal128": {
      const whole = typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
      if (typeof whole === "bigint" && whole > -DECIMAL_END && whole < DECIMAL_END) return decimal128Bytes(whole);
      break;
    }
    default: {
      const whole = typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
      if (typeof whole === "bigint" && whole >= INT64_MIN && whole <= INT64_MAX) return whole;
    }
  }
  const shown = value instanceof Uint8Array ? "bytes" : `${typeof value} ${value}`;
  throw new RdxError("invalid", `Cannot put ${shown} into column ${column.name} of type ${formatType(column.type)}`);
}

/** Gives the buffers of a column their offsets, the first at `start`. */
function placeColumn(type: DataType, cells: readonly Cell[], start: number): Placed {
  const rows = cells.length, bits = Math.ceil(rows / 8);
  const nulls = cells.reduce((count: number, cell) => cell === null ? count + 1 : count, 0);
  const validity = nulls > 0 ? start : 0;
  const data = nulls > 0 ? alignFrame(start + bits) : start;
  const variable = isVariable(type);
  const dataBytes = variable ? (rows + 1) * 4 : type.kind === "bool" ? bits : rows * 8;
  const behind = alignFrame(data + dataBytes);
  const charsBytes = variable
    ? cells.reduce((sum: number, cell) => sum + ((cell as Uint8Array | null)?.length ?? 0), 0)
    : 0;
  const chars = variable ? behind : 0;
  return { type, cells, nulls, validity, data, dataBytes, chars, charsBytes, end: alignFrame(behind + charsBytes) };
}

function writeEntry(data: DataView, at: number, column: Placed): void {
  data.setUint32(at + FRAME_COLUMN_TYPE, kindCode(column.type.kind), true);
  data.setUint32(at + FRAME_COLUMN_NULLS, column.nulls, true);
  data.setUint32(at + FRAME_COLUMN_VALIDITY, column.validity, true);
  data.setUint32(at + FRAME_COLUMN_DATA, column.data, true);
  data.setUint32(at + FRAME_COLUMN_DATA_BYTES, column.dataBytes, true);
  data.setUint32(at + FRAME_COLUMN_CHARS, column.chars, true);
  data.setUint32(at + FRAME_COLUMN_CHARS_BYTES, column.charsBytes, true);
  data.setUint32(at + FRAME_COLUMN_SCALE, column.type.scale ?? 0, true);
}

function writeCells(data: DataView, bytes: Uint8Array, column: Placed): void {
  let chars = 0;
  column.cells.forEach((cell, row) => {
    if (cell !== null && column.validity) bytes[column.validity + (row >> 3)] |= 1 << (row & 7);
    if (typeof cell === "bigint") data.setBigInt64(column.data + row * 8, cell, true);
    else if (typeof cell === "number") data.setFloat64(column.data + row * 8, cell, true);
    else if (cell === true) bytes[column.data + (row >> 3)] |= 1 << (row & 7);
    else if (cell instanceof Uint8Array) {
      bytes.set(cell, column.chars + chars);
      chars += cell.length;
    }
    if (isVariable(column.type)) data.setInt32(column.data + (row + 1) * 4, chars, true);
  });
}
