import { ROW_KINDS, type RowKind } from "./batch.ts";
import { RdxError } from "./errors.ts";
import { FRAME_ALIGNMENT, type FrameInfo, readFrameInfo } from "./frame_info.ts";
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
import { DECIMAL128_BYTES, readDecimal128 } from "./decimal128.ts";
import { COLUMNS_MAX } from "./limits.ts";
import { CELL_DIGITS_MAX, type DataType, decimal, DECIMAL_DIGITS_MAX, isVariable, KIND_CODES } from "./schema.ts";
import type { Value } from "./value.ts";

export { type FrameInfo, NO_INFO, readFrameInfo } from "./frame_info.ts";
export type { Value } from "./value.ts";
export { FrameBuilder } from "./frame_builder.ts";

/** The buffers of one column as Arrow lays them out; views into the frame, without padding. */
export interface ColumnBuffers {
  readonly type: DataType;
  readonly nulls: number;
  /** Bitmap with a 1 for each value that is there; null when no value is NULL. */
  readonly validity: Uint8Array<ArrayBuffer> | null;
  /** i64 or f64 cells, a bitmap for bool, `rows + 1` offsets into `chars` for string, bytes and decimal128. */
  readonly data:
    | BigInt64Array<ArrayBuffer>
    | Float64Array<ArrayBuffer>
    | Uint8Array<ArrayBuffer>
    | Int32Array<ArrayBuffer>;
  /** The bytes of string, bytes and decimal128 columns. */
  readonly chars: Uint8Array<ArrayBuffer> | null;
}

const FIXED_TYPES = KIND_CODES.map((kind) => kind === null ? null : { kind } as DataType);
const DECIMAL_TYPES = Array.from({ length: CELL_DIGITS_MAX + 1 }, (_, scale) => decimal(CELL_DIGITS_MAX, scale));
const WIDE_TYPES = Array.from({ length: DECIMAL_DIGITS_MAX + 1 }, (_, scale) => decimal(DECIMAL_DIGITS_MAX, scale));
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The type of a column entry; a frame does not keep the precision of decimals, so that it is the largest: 18 or 38. */
export function frameType(code: number, scale: number): DataType | null {
  const fixed = FIXED_TYPES[code] ?? null;
  if (fixed?.kind === "decimal128") return WIDE_TYPES[scale] ?? null;
  return fixed?.kind === "decimal" ? DECIMAL_TYPES[scale] ?? null : fixed;
}

/** Length in bytes that the data buffer of `rows` values has, without padding. */
export function dataBytes(type: DataType, rows: number): number {
  if (type.kind === "bool") return Math.ceil(rows / 8);
  return isVariable(type) ? (rows + 1) * 4 : rows * 8;
}

function corrupted(reason: string): RdxError {
  return new RdxError("invalid", `Cannot read a frame: ${reason}`);
}

/**
 * Reads a frame in place, without WebAssembly. The constructor checks every offset and length, so that no accessor
 * reads outside the frame whatever its bytes are: it throws RdxError("invalid") for a frame that cannot be right. The
 * buffer may be longer than the frame.
 *
 * Accessors take (column, row); they do not check that these are in range or that the column has the type they read.
 */
export class FrameView {
  readonly rows: number;
  readonly types: readonly DataType[];
  readonly #frame: ArrayBuffer;
  readonly #columns: readonly ColumnBuffers[];
  readonly #kinds: Uint8Array | null;

  constructor(frame: ArrayBuffer) {
    if (frame.byteLength < FRAME_HEADER_SIZE) throw corrupted(`${frame.byteLength} bytes are no header`);
    const data = new DataView(frame);
    if (data.getUint32(FRAME_MAGIC_AT, true) !== FRAME_MAGIC) {
      throw corrupted("it does not start with the magic number");
    }
    const bytes = data.getUint32(FRAME_BYTES, true), columns = data.getUint32(FRAME_COLUMNS, true);
    const head = FRAME_HEADER_SIZE + columns * FRAME_COLUMN_SIZE;
    if (columns > COLUMNS_MAX || bytes > frame.byteLength || head > bytes) {
      throw corrupted(`${columns} columns in ${bytes} of ${frame.byteLength} bytes`);
    }
    this.rows = data.getUint32(FRAME_ROWS, true);
    this.#frame = frame;
    this.#columns = Array.from({ length: columns }, (_, column) => this.#open(data, column, head, bytes));
    this.types = this.#columns.map((column) => column.type);
    const kinds = data.getUint32(FRAME_KINDS, true);
    this.#kinds = kinds === 0 ? null : new Uint8Array(frame, range(kinds, this.rows, head, bytes), this.rows);
    if (this.#kinds?.some((kind) => kind >= ROW_KINDS.length)) throw corrupted("a row kind is unknown");
  }

  get columns(): number {
    return this.#columns.length;
  }

  /** All of the frame, without what a longer buffer has behind it. */
  get whole(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#frame, 0, new DataView(this.#frame).getUint32(FRAME_BYTES, true));
  }

  /** What the header says beside the columns. */
  get info(): FrameInfo {
    return readFrameInfo(new DataView(this.#frame));
  }

  #open(data: DataView, column: number, head: number, bytes: number): ColumnBuffers {
    const at = FRAME_HEADER_SIZE + column * FRAME_COLUMN_SIZE, rows = this.rows, frame = this.#frame;
    const field = (offset: number) => data.getUint32(at + offset, true);
    const type = frameType(field(FRAME_COLUMN_TYPE), field(FRAME_COLUMN_SCALE));
    if (!type) throw corrupted(`column ${column} has an unknown type`);
    const length = dataBytes(type, rows), validity = field(FRAME_COLUMN_VALIDITY);
    if (field(FRAME_COLUMN_DATA_BYTES) !== length) throw corrupted(`column ${column} is not ${rows} rows long`);
    const start = range(field(FRAME_COLUMN_DATA), length, head, bytes);
    const bits = Math.ceil(rows / 8);
    const buffers = {
      type,
      nulls: field(FRAME_COLUMN_NULLS),
      validity: validity === 0 ? null : new Uint8Array(frame, range(validity, bits, head, bytes), bits),
      chars: null,
    };
    switch (type.kind) {
      case "double":
        return { ...buffers, data: new Float64Array(frame, start, rows) };
      case "bool":
        return { ...buffers, data: new Uint8Array(frame, start, length) };
      case "string":
      case "bytes":
      case "decimal128": {
        const chars = field(FRAME_COLUMN_CHARS_BYTES), from = range(field(FRAME_COLUMN_CHARS), chars, head, bytes);
        const offsets = new Int32Array(frame, start, rows + 1);
        if (!ascends(offsets, chars)) throw corrupted(`offsets of column ${column} leave its ${chars} bytes`);
        if (type.kind === "decimal128" && !allWide(offsets, buffers.validity)) {
          throw corrupted(`a decimal of column ${column} has not its ${DECIMAL128_BYTES} bytes`);
        }
        return { ...buffers, data: offsets, chars: new Uint8Array(frame, from, chars) };
      }
      default:
        return { ...buffers, data: new BigInt64Array(frame, start, rows) };
    }
  }

  /** How the row changes what was there: an insert unless the frame says otherwise. */
  kind(row: number): RowKind {
    return ROW_KINDS[this.#kinds ? this.#kinds[row] : 0];
  }

  /** Row kinds as positions in ROW_KINDS, or null when every row is an insert. */
  get kinds(): Uint8Array | null {
    return this.#kinds;
  }

  /** The value as JavaScript has it. Mind the order: row first. Throws RangeError outside the frame. */
  value(row: number, column: number): Value {
    if (!(row >= 0 && row < this.rows)) throw new RangeError(`No row ${row} in a frame of ${this.rows}`);
    if (!this.#columns[column]) throw new RangeError(`No column ${column} in a frame of ${this.columns}`);
    if (this.isNull(column, row)) return null;
    switch (this.types[column].kind) {
      case "double":
        return this.double(column, row);
      case "bool":
        return this.bool(column, row);
      case "string":
        return this.text(column, row);
      case "bytes":
        return this.bytes(column, row).slice();
      case "decimal128":
        return this.decimal128(column, row);
      default:
        return this.int64(column, row);
    }
  }

  isNull(column: number, row: number): boolean {
    const validity = this.#columns[column].validity;
    return validity !== null && (validity[row >> 3] >> (row & 7) & 1) === 0;
  }

  /** An int64, decimal (scaled) or timestamp (epoch ms). */
  int64(column: number, row: number): bigint {
    return (this.#columns[column].data as BigInt64Array)[row];
  }

  double(column: number, row: number): number {
    return (this.#columns[column].data as Float64Array)[row];
  }

  bool(column: number, row: number): boolean {
    return ((this.#columns[column].data as Uint8Array)[row >> 3] >> (row & 7) & 1) === 1;
  }

  /** A decimal of more than 18 digits, scaled. */
  decimal128(column: number, row: number): bigint {
    const { buffer, byteOffset } = this.bytes(column, row);
    return readDecimal128(new DataView(buffer), byteOffset);
  }

  text(column: number, row: number): string {
    return decoder.decode(this.bytes(column, row));
  }

  /** The bytes of a string, bytes or decimal128 value, as a view into the frame. */
  bytes(column: number, row: number): Uint8Array<ArrayBuffer> {
    const { data, chars } = this.#columns[column];
    return chars!.subarray((data as Int32Array)[row], (data as Int32Array)[row + 1]);
  }

  /** The column's buffers as typed arrays, for Arrow. */
  buffers(column: number): ColumnBuffers {
    return this.#columns[column];
  }
}

/** Checks that `length` bytes at `offset` lie behind the head and inside the frame, and returns the offset. */
function range(offset: number, length: number, head: number, bytes: number): number {
  if (offset % FRAME_ALIGNMENT !== 0 || offset < head || offset + length > bytes) {
    throw corrupted(`a buffer of ${length} bytes at ${offset} lies outside`);
  }
  return offset;
}

/** Whether every decimal that is there has the bytes of one. */
function allWide(offsets: Int32Array, validity: Uint8Array | null): boolean {
  for (let row = 0; row < offsets.length - 1; row++) {
    const whole = offsets[row + 1] - offsets[row] === DECIMAL128_BYTES;
    if (!whole && (validity === null || (validity[row >> 3] >> (row & 7) & 1) === 1)) return false;
  }
  return true;
}

/** True when offsets start at 0, never descend and end at `end`. */
function ascends(offsets: Int32Array, end: number): boolean {
  let before = 0;
  for (const offset of offsets) {
    if (offset < before) return false;
    before = offset;
  }
  return offsets[0] === 0 && before === end;
}
