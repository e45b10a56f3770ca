import { decimal128Bytes } from "../core/decimal128.ts";
import { type DataType, isVariable } from "../core/schema.ts";
import { REF_SIZE, REGISTER_COUNT, REGISTER_DATA, REGISTER_STEP, REGISTER_VALIDITY } from "./layout.ts";
import type { Kernel } from "./module.ts";
import type { Constant } from "./program.ts";

/** Kernels read a word of rows at a time, so a constant is as many equal cells. */
const WORD_ROWS = 64;
const CELL_BYTES = 8;

/** The constants of one program in long-lived kernel memory. */
export class ConstantPool {
  readonly #blocks: { address: number; bytes: number }[] = [];

  constructor(private readonly kernel: Kernel) {}

  /** Zeroed memory until `dispose()`. Throws RdxError("no_space"). */
  alloc(bytes: number): number {
    const address = this.kernel.alloc(bytes);
    this.#blocks.push({ address, bytes });
    this.kernel.bytes.fill(0, address, address + bytes);
    return address;
  }

  /** Writes `constant` and points the REGISTER at `register` to it. */
  write(constant: Constant, register: number): void {
    if ("values" in constant) {
      const data = this.alloc(Math.max(1, constant.values.length) * CELL_BYTES);
      constant.values.forEach((value, i) => this.#writeCell(constant.type, value, data + i * CELL_BYTES));
      this.#point(register, data, 0, constant.values.length);
    } else {
      this.#point(register, this.#writeWord(constant.type, constant.value), this.#validity(constant.value !== null), 0);
    }
  }

  /** Moves the first row of the result that the REGISTER at `register` points to out of the batch arena. */
  keep(type: DataType, register: number): void {
    const { data } = this.kernel;
    const from = data.getUint32(register + REGISTER_DATA, true);
    const validity = data.getUint32(register + REGISTER_VALIDITY, true);
    const valid = validity === 0 || (data.getUint8(validity) & 1) === 1;
    const bytes = type.kind === "bool" ? CELL_BYTES : WORD_ROWS * CELL_BYTES;
    const kept = this.alloc(bytes);
    this.kernel.bytes.copyWithin(kept, from, from + bytes);
    if (isVariable(type)) this.#keepReference(valid, kept);
    this.#point(register, kept, this.#validity(valid), 0);
  }

  #keepReference(valid: boolean, cells: number) {
    const length = valid ? this.kernel.data.getUint32(cells + 4, true) : 0;
    const chars = this.alloc(Math.max(1, length));
    if (valid) {
      const from = this.kernel.data.getUint32(cells, true);
      this.kernel.bytes.copyWithin(chars, from, from + length);
    }
    this.#repeatReference(cells, chars, length);
  }

  #point(register: number, data: number, validity: number, count: number) {
    const view = this.kernel.data;
    view.setUint32(register + REGISTER_DATA, data, true);
    view.setUint32(register + REGISTER_VALIDITY, validity, true);
    view.setUint32(register + REGISTER_STEP, 0, true);
    view.setUint32(register + REGISTER_COUNT, count, true);
  }

  /** A word of validity, all zero: NULL; or no bitmap. */
  #validity(valid: boolean): number {
    return valid ? 0 : this.alloc(CELL_BYTES);
  }

  #writeWord(type: DataType, value: string | null): number {
    const cells = this.alloc(WORD_ROWS * CELL_BYTES);
    if (value === null) return cells;
    if (type.kind === "bool") {
      this.kernel.bytes.fill(value === "true" ? 0xff : 0, cells, cells + CELL_BYTES);
      return cells;
    }
    this.#writeCell(type, value, cells);
    if (isVariable(type)) {
      const { data } = this.kernel;
      this.#repeatReference(cells, data.getUint32(cells, true), data.getUint32(cells + 4, true));
    } else {
      for (let i = 1; i < WORD_ROWS; i++) this.#writeCell(type, value, cells + i * CELL_BYTES);
    }
    return cells;
  }

  #repeatReference(cells: number, address: number, length: number) {
    const { data } = this.kernel;
    for (let i = 0; i < WORD_ROWS; i++) {
      data.setUint32(cells + i * REF_SIZE, address, true);
      data.setUint32(cells + i * REF_SIZE + 4, length, true);
    }
  }

  #writeCell(type: DataType, value: string, at: number) {
    if (isVariable(type)) {
      const bytes = bytesOf(type, value), address = this.alloc(Math.max(1, bytes.length));
      this.kernel.copyIn(bytes, address);
      this.kernel.data.setUint32(at, address, true);
      this.kernel.data.setUint32(at + 4, bytes.length, true);
    } else if (type.kind === "double") {
      this.kernel.data.setFloat64(at, Number(value), true);
    } else {
      this.kernel.data.setBigInt64(at, BigInt(value), true);
    }
  }

  /** Gives all memory back. */
  dispose(): void {
    for (const { address, bytes } of this.#blocks) this.kernel.free(address, bytes);
    this.#blocks.length = 0;
  }
}

function bytesOf(type: DataType, value: string): Uint8Array {
  if (type.kind === "decimal128") return decimal128Bytes(BigInt(value));
  if (type.kind === "string") return new TextEncoder().encode(value);
  return Uint8Array.from(atob(value), (c) => c.charCodeAt(0));
}
