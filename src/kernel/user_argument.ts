import type { Batch } from "../core/batch.ts";
import type { DataType } from "../core/schema.ts";
import type { BatchColumn, BatchKind } from "../core/user_function.ts";
import { REF_SIZE, REGISTER_DATA, REGISTER_STEP, REGISTER_VALIDITY } from "./layout.ts";
import type { Kernel } from "./module.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** Bytes up to which a loop copies faster than a call. */
const LOOP_BYTES_MAX = 32;
const EMPTY = { values: new Uint8Array(), nulls: null };

/**
 * Hands one operand to a user function: the values of the selected rows, one behind the other, in arrays outside of kernel memory, which
 * can neither move under the function nor be written through it.
 */
export class ArgumentReader {
  readonly #kernel: Kernel;
  readonly #kind: DataType["kind"];
  #words = new BigInt64Array(0);
  #bytes = new Uint8Array(0);
  #nulls = new Uint8Array(0);
  #texts: string[] = [];
  #chars = new Uint8Array(0);
  #column: BatchColumn<BatchKind> = EMPTY;

  constructor(kernel: Kernel, type: DataType) {
    this.#kernel = kernel;
    this.#kind = type.kind;
  }

  /** What was read last. */
  get column(): BatchColumn<BatchKind> {
    return this.#column;
  }

  /** One row of it. */
  row(row: number): BatchColumn<BatchKind> {
    const { values, nulls } = this.#column;
    return { values: values.slice(row, row + 1), nulls: nulls && nulls[row] === 1 ? nulls.slice(row, row + 1) : null };
  }

  /** Reads the operand in the REGISTER at `register` for the selected rows of a batch. */
  read({ selection, selected }: Batch, register: number): void {
    const view = this.#kernel.data;
    const data = view.getUint32(register + REGISTER_DATA, true);
    const validity = view.getUint32(register + REGISTER_VALIDITY, true);
    const constant = view.getUint32(register + REGISTER_STEP, true) === 0;
    const rows = constant ? 1 : selected,
      places = selection === 0 || constant ? null : this.#places(selection, selected);
    const nulls = validity === 0 ? null : this.#nullsOf(validity, rows, places);
    const values = this.#valuesOf(data, rows, places, nulls);
    this.#column = constant ? repeated(values, nulls, selected) : { values, nulls };
  }

  #places(selection: number, selected: number): Int32Array {
    return new Int32Array(this.#kernel.bytes.buffer, selection, selected);
  }

  #nullsOf(validity: number, rows: number, places: Int32Array | null): Uint8Array | null {
    if (this.#nulls.length < rows) this.#nulls = new Uint8Array(roomFor(rows));
    const bytes = this.#kernel.bytes, nulls = this.#nulls;
    let any = 0;
    for (let i = 0; i < rows; i++) {
      const row = places === null ? i : places[i];
      any |= nulls[i] = (bytes[validity + (row >> 3)] >> (row & 7) & 1) ^ 1;
    }
    return any === 0 ? null : nulls.subarray(0, rows);
  }

  #valuesOf(data: number, rows: number, places: Int32Array | null, nulls: Uint8Array | null) {
    switch (this.#kind) {
      case "string":
        return this.#textsOf(data, rows, places, nulls);
      case "bool":
        return this.#boolsOf(data, rows, places, nulls);
      default: {
        const words = this.#wordsOf(data, rows, places);
        if (nulls) { for (let i = 0; i < rows; i++) if (nulls[i] === 1) words[i] = 0n; }
        return this.#kind === "double" ? new Float64Array(words.buffer, 0, rows) : words;
      }
    }
  }

  /** Cells of 64 bits; their bits are not looked at. */
  #wordsOf(data: number, rows: number, places: Int32Array | null): BigInt64Array<ArrayBuffer> {
    if (this.#words.length < rows) this.#words = new BigInt64Array(roomFor(rows));
    const words = this.#words.subarray(0, rows), { buffer } = this.#kernel.bytes;
    if (places === null) {
      new Uint8Array(words.buffer).set(new Uint8Array(buffer, data, rows * 8));
      return words;
    }
    const end = (places[rows - 1] + 1) * 8, isAligned = data % 4 === 0;
    const from = isAligned ? new Int32Array(buffer, data, end / 4) : new Int32Array(buffer.slice(data, data + end));
    const to = new Int32Array(words.buffer);
    for (let i = 0; i < rows; i++) {
      to[i * 2] = from[places[i] * 2];
      to[i * 2 + 1] = from[places[i] * 2 + 1];
    }
    return words;
  }

  #boolsOf(data: number, rows: number, places: Int32Array | null, nulls: Uint8Array | null): Uint8Array {
    if (this.#bytes.length < rows) this.#bytes = new Uint8Array(roomFor(rows));
    const from = this.#kernel.bytes, values = this.#bytes.subarray(0, rows);
    for (let i = 0; i < rows; i++) {
      const row = places === null ? i : places[i];
      values[i] = nulls !== null && nulls[i] === 1 ? 0 : from[data + (row >> 3)] >> (row & 7) & 1;
    }
    return values;
  }

  /** The bytes of all texts are decoded at once; where each of them is one character, texts are cut out of the whole. */
  #textsOf(data: number, rows: number, places: Int32Array | null, nulls: Uint8Array | null): string[] {
    const texts = this.#texts, ends = this.#gatherChars(data, rows, places, nulls), all = ends[rows - 1];
    texts.length = rows;
    const whole = decoder.decode(this.#chars.subarray(0, all)), cut = whole.length === all;
    let start = 0;
    for (let i = 0; i < rows; i++) {
      const end = ends[i];
      texts[i] = cut ? whole.slice(start, end) : decoder.decode(this.#chars.subarray(start, end));
      start = end;
    }
    return texts;
  }

  /** Copies the bytes of texts one behind the other; returns where each of them ends. */
  #gatherChars(data: number, rows: number, places: Int32Array | null, nulls: Uint8Array | null): Uint32Array {
    const view = this.#kernel.data, bytes = this.#kernel.bytes, ends = new Uint32Array(rows);
    let all = 0;
    const lengthOf = (i: number, ref: number) => nulls !== null && nulls[i] === 1 ? 0 : view.getUint32(ref + 4, true);
    for (let i = 0; i < rows; i++) ends[i] = all += lengthOf(i, data + (places === null ? i : places[i]) * REF_SIZE);
    if (this.#chars.length < all) this.#chars = new Uint8Array(roomFor(all));
    const chars = this.#chars;
    let start = 0;
    for (let i = 0; i < rows; i++) {
      const length = ends[i] - start;
      if (length > 0) {
        const from = view.getUint32(data + (places === null ? i : places[i]) * REF_SIZE, true);
        if (length > LOOP_BYTES_MAX) chars.set(bytes.subarray(from, from + length), start);
        else for (let at = 0; at < length; at++) chars[start + at] = bytes[from + at];
      }
      start = ends[i];
    }
    return ends;
  }
}

/** The one value of a constant for `rows` rows. */
function repeated(
  values: BigInt64Array | Float64Array | Uint8Array | string[],
  nulls: Uint8Array | null,
  rows: number,
): BatchColumn<BatchKind> {
  const marks = nulls && new Uint8Array(rows).fill(nulls[0]);
  if (values instanceof BigInt64Array) return { values: new BigInt64Array(rows).fill(values[0]), nulls: marks };
  if (values instanceof Float64Array) return { values: new Float64Array(rows).fill(values[0]), nulls: marks };
  if (values instanceof Uint8Array) return { values: new Uint8Array(rows).fill(values[0]), nulls: marks };
  return { values: new Array<string>(rows).fill(values[0]), nulls: marks };
}

/** Room grows by doubling, so that batches of growing size do not each need new arrays. */
function roomFor(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(64, count)));
}
