import type { ColumnBuffers } from "../../core/frame.ts";
import type { Column } from "../../core/schema.ts";
import { cellOf, misfit } from "./arrow_cell.ts";
import type { ColumnValues } from "./types.ts";
import { VariableColumn } from "./arrow_text.ts";
import { Validity } from "./arrow_validity.ts";

/** One column of a batch that grows. Values are written at a row; what lies at rows from there on may be overwritten. */
export interface ColumnEncoder {
  /** Writes one value: null and undefined are NULL. Throws RdxError("invalid"). */
  set(row: number, value: unknown): void;
  /** Writes `count` values of `values` (null: all NULL), beginning with the one at `from`. */
  setAll(row: number, values: ColumnValues | null, from: number, count: number): void;
  /** About the bytes of the first `rows` values. */
  bytes(rows: number): number;
  /** The first `rows` values: views, good until something is written. */
  buffers(rows: number): ColumnBuffers;
}

export function columnEncoder(column: Column, rowsMax: number): ColumnEncoder {
  switch (column.type.kind) {
    case "string":
    case "bytes":
    case "decimal128":
      return new VariableColumn(column, rowsMax);
    case "double":
      return new DoubleColumn(column, rowsMax);
    case "bool":
      return new BoolColumn(column, rowsMax);
    default:
      return new CellColumn(column, rowsMax);
  }
}

/** What fixed columns have in common. */
abstract class FixedColumn implements ColumnEncoder {
  protected readonly column: Column;
  protected readonly validity: Validity;

  constructor(column: Column, rowsMax: number) {
    this.column = column;
    this.validity = new Validity(column, rowsMax);
  }

  set(row: number, value: unknown): void {
    if (value === null || value === undefined) return this.validity.setNull(row);
    this.write(row, value);
    this.validity.setValid(row, 1);
  }

  setAll(row: number, values: ColumnValues | null, from: number, count: number): void {
    if (values !== null && this.writeTyped(row, values, from, count)) return this.validity.setValid(row, count);
    for (let i = 0; i < count; i++) this.set(row + i, values === null ? null : values[from + i]);
  }

  /** Writes a value that is there. Throws RdxError("invalid"). */
  protected abstract write(row: number, value: unknown): void;
  /** Writes a typed array without a look at each value's type. Returns false where that does not go. */
  protected abstract writeTyped(row: number, values: ColumnValues, from: number, count: number): boolean;
  abstract bytes(rows: number): number;
  abstract buffers(rows: number): ColumnBuffers;
}

class DoubleColumn extends FixedColumn {
  readonly #cells: Float64Array<ArrayBuffer>;

  constructor(column: Column, rowsMax: number) {
    super(column, rowsMax);
    this.#cells = new Float64Array(rowsMax);
  }

  protected write(row: number, value: unknown): void {
    if (typeof value === "number") this.#cells[row] = value;
    else if (typeof value === "bigint") this.#cells[row] = Number(value);
    else throw misfit(this.column, value);
  }

  protected writeTyped(row: number, values: ColumnValues, from: number, count: number): boolean {
    if (!(values instanceof Float64Array || values instanceof Int32Array)) return false;
    this.#cells.set(values.subarray(from, from + count), row);
    return true;
  }

  bytes(rows: number): number {
    return rows * 8;
  }

  buffers(rows: number): ColumnBuffers {
    return { type: this.column.type, ...this.validity.buffers(rows), data: this.#cells.subarray(0, rows), chars: null };
  }
}

/** int64, timestamp and decimal: cells of 64 bits, written as two words where a number needs no bigint. */
class CellColumn extends FixedColumn {
  readonly #cells: BigInt64Array<ArrayBuffer>;
  readonly #words: Int32Array<ArrayBuffer>;
  readonly #scaled: boolean;

  constructor(column: Column, rowsMax: number) {
    super(column, rowsMax);
    this.#cells = new BigInt64Array(rowsMax);
    this.#words = new Int32Array(this.#cells.buffer);
    this.#scaled = column.type.kind === "decimal";
  }

  protected write(row: number, value: unknown): void {
    if (typeof value === "number" && !this.#scaled) return this.#writeNumber(row, value);
    const cell = cellOf(this.column.type, value);
    if (cell === null) throw misfit(this.column, value);
    this.#cells[row] = cell;
  }

  #writeNumber(row: number, value: number): void {
    if (!Number.isSafeInteger(value)) throw misfit(this.column, value);
    const high = Math.floor(value / 4294967296);
    this.#words[row * 2] = value - high * 4294967296;
    this.#words[row * 2 + 1] = high;
  }

  protected writeTyped(row: number, values: ColumnValues, from: number, count: number): boolean {
    if (this.#scaled) return false;
    if (values instanceof BigInt64Array) {
      this.#cells.set(values.subarray(from, from + count), row);
      return true;
    }
    if (!(values instanceof Float64Array || values instanceof Int32Array)) return false;
    for (let i = 0; i < count; i++) this.#writeNumber(row + i, values[from + i]);
    return true;
  }

  bytes(rows: number): number {
    return rows * (this.#scaled ? 16 : 8);
  }

  buffers(rows: number): ColumnBuffers {
    return { type: this.column.type, ...this.validity.buffers(rows), data: this.#cells.subarray(0, rows), chars: null };
  }
}

class BoolColumn extends FixedColumn {
  readonly #bits: Uint8Array<ArrayBuffer>;

  constructor(column: Column, rowsMax: number) {
    super(column, rowsMax);
    this.#bits = new Uint8Array(Math.ceil(rowsMax / 8));
  }

  protected write(row: number, value: unknown): void {
    if (typeof value !== "boolean") throw misfit(this.column, value);
    const bit = 1 << (row & 7);
    if (value) this.#bits[row >> 3] |= bit;
    else this.#bits[row >> 3] &= ~bit;
  }

  protected writeTyped(): boolean {
    return false;
  }

  bytes(rows: number): number {
    return Math.ceil(rows / 8);
  }

  buffers(rows: number): ColumnBuffers {
    const data = this.#bits.subarray(0, Math.ceil(rows / 8));
    return { type: this.column.type, ...this.validity.buffers(rows), data, chars: null };
  }
}
