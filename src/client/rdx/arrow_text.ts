import { decimal128Bytes } from "../../core/decimal128.ts";
import type { ColumnBuffers } from "../../core/frame.ts";
import type { Column } from "../../core/schema.ts";
import type { ColumnEncoder } from "./arrow_column.ts";
import { cellOf, misfit, readBase64 } from "./arrow_cell.ts";
import { Validity } from "./arrow_validity.ts";
import type { ColumnValues } from "./types.ts";

const encoder = new TextEncoder();
const CHARS_BYTES_FIRST = 1 << 14;

/** string, bytes and decimals of more than 18 digits: offsets into the bytes of all values. */
export class VariableColumn implements ColumnEncoder {
  readonly #column: Column;
  readonly #validity: Validity;
  readonly #offsets: Int32Array<ArrayBuffer>;
  readonly #isText: boolean;
  #chars = new Uint8Array(CHARS_BYTES_FIRST);

  constructor(column: Column, rowsMax: number) {
    this.#column = column;
    this.#validity = new Validity(column, rowsMax);
    this.#offsets = new Int32Array(rowsMax + 1);
    this.#isText = column.type.kind === "string";
  }

  set(row: number, value: unknown): void {
    const at = this.#offsets[row];
    if (value === null || value === undefined) {
      this.#validity.setNull(row);
      this.#offsets[row + 1] = at;
      return;
    }
    this.#offsets[row + 1] = at + (this.#isText ? this.#writeText(at, value) : this.#writeBytes(at, value));
    this.#validity.setValid(row, 1);
  }

  setAll(row: number, values: ColumnValues | null, from: number, count: number): void {
    if (values !== null && this.#isText && this.#writeTexts(row, values, from, count)) {
      return this.#validity.setValid(row, count);
    }
    for (let i = 0; i < count; i++) this.set(row + i, values === null ? null : values[from + i]);
  }

  bytes(rows: number): number {
    return (rows + 1) * 4 + this.#offsets[rows];
  }

  buffers(rows: number): ColumnBuffers {
    const data = this.#offsets.subarray(0, rows + 1), chars = this.#chars.subarray(0, data[rows]);
    return { type: this.#column.type, ...this.#validity.buffers(rows), data, chars };
  }

  #writeText(at: number, value: unknown): number {
    if (typeof value !== "string") throw misfit(this.#column, value);
    this.#reserve(at + value.length * 3);
    return encoder.encodeInto(value, this.#chars.subarray(at)).written;
  }

  #writeBytes(at: number, value: unknown): number {
    const bytes = this.#bytesOf(value);
    if (!bytes) throw misfit(this.#column, value);
    this.#reserve(at + bytes.length);
    this.#chars.set(bytes, at);
    return bytes.length;
  }

  #bytesOf(value: unknown): Uint8Array | null {
    if (this.#column.type.kind === "decimal128") {
      const cell = cellOf(this.#column.type, value);
      return cell === null ? null : decimal128Bytes(cell);
    }
    return value instanceof Uint8Array ? value : typeof value === "string" ? readBase64(value) : null;
  }

  /**
   * Encodes all texts in one go. Where each character takes one byte, as mostly, their lengths are those of the texts; otherwise, and where a value is no text,
   * it returns false.
   */
  #writeTexts(row: number, values: ColumnValues, from: number, count: number): boolean {
    const offsets = this.#offsets, start = offsets[row], taken = new Array<string>(count);
    let at = start;
    for (let i = 0; i < count; i++) {
      const value = values[from + i];
      if (typeof value !== "string") return false;
      taken[i] = value;
      offsets[row + i + 1] = at += value.length;
    }
    this.#reserve(at);
    const all = taken.join(""), { read, written } = encoder.encodeInto(all, this.#chars.subarray(start));
    return read === all.length && written === all.length;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#chars.length) return;
    const larger = new Uint8Array(Math.max(bytes, this.#chars.length * 2));
    larger.set(this.#chars);
    this.#chars = larger;
  }
}
