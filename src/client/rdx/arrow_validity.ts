import { RdxError } from "../../core/errors.ts";
import type { ColumnBuffers } from "../../core/frame.ts";
import type { Column } from "../../core/schema.ts";

/** Which rows of a column are NULL. Until the first is, there is no bitmap. */
export class Validity {
  readonly #column: Column;
  readonly #rowsMax: number;
  #bits: Uint8Array<ArrayBuffer> | null = null;

  constructor(column: Column, rowsMax: number) {
    this.#column = column;
    this.#rowsMax = rowsMax;
  }

  /** Throws RdxError("invalid") where every row has to have a value. */
  setNull(row: number): void {
    if (!this.#column.nullable) {
      throw new RdxError("invalid", `Column ${JSON.stringify(this.#column.name)} has to be in every row`);
    }
    this.#bits ??= new Uint8Array(Math.ceil(this.#rowsMax / 8)).fill(255);
    this.#bits[row >> 3] &= ~(1 << (row & 7));
  }

  setValid(row: number, count: number): void {
    const bits = this.#bits;
    if (!bits) return;
    for (let i = row; i < row + count; i++) bits[i >> 3] |= 1 << (i & 7);
  }

  /** The bitmap of the first `rows` rows. Bits behind them are 0. The next batch begins without NULLs. */
  buffers(rows: number): Pick<ColumnBuffers, "nulls" | "validity"> {
    const bits = this.#bits?.subarray(0, Math.ceil(rows / 8)) ?? null;
    if (!bits) return { nulls: 0, validity: null };
    this.#bits = null;
    if (rows % 8 > 0) bits[bits.length - 1] &= (1 << rows % 8) - 1;
    let valid = 0;
    for (let byte of bits) for (; byte > 0; byte &= byte - 1) valid++;
    return { nulls: rows - valid, validity: valid < rows ? bits : null };
  }
}
