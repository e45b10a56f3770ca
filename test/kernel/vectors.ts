import type { Vector } from "../../src/core/batch.ts";
import { decimal128Bytes, readDecimal128 } from "../../src/core/decimal128.ts";
import { BYTES, type DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { Kernel } from "../../src/kernel/module.ts";

/** What NULL cells and the cells behind the last row hold: kernels must not let it show. */
const GARBAGE = 0xa5;

/**
 * A vector of `values` in the batch arena. NULL cells and cells up to the next multiple of 64 rows are filled with
 * garbage; `withValidity` forces a bitmap though no value is NULL.
 */
export function vectorOf(kernel: Kernel, type: DataType, values: readonly Value[], withValidity = false): Vector {
  const rows = Math.ceil(Math.max(1, values.length) / 64) * 64;
  const bits = rows / 8, width = type.kind === "bool" ? bits : rows * 8;
  const data = kernel.arena(width);
  kernel.bytes.fill(GARBAGE, data, data + width);
  values.forEach((value, row) => writeValue(kernel, type, data, row, value));
  if (!withValidity && !values.includes(null)) return { type, data, validity: 0 };
  const validity = kernel.arena(bits);
  kernel.bytes.fill(GARBAGE, validity, validity + bits);
  values.forEach((value, row) => setBit(kernel, validity, row, value !== null));
  return { type, data, validity };
}

function writeValue(kernel: Kernel, type: DataType, data: number, row: number, value: Value): void {
  if (value === null) return;
  if (type.kind === "decimal128") writeValue(kernel, BYTES, data, row, decimal128Bytes(value as bigint));
  else if (typeof value === "bigint") kernel.data.setBigInt64(data + row * 8, value, true);
  else if (typeof value === "number") kernel.data.setFloat64(data + row * 8, value, true);
  else if (typeof value === "boolean") setBit(kernel, data, row, value);
  else {
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    const address = kernel.arena(bytes.length);
    kernel.copyIn(bytes, address);
    kernel.data.setUint32(data + row * 8, address, true);
    kernel.data.setUint32(data + row * 8 + 4, bytes.length, true);
  }
}

function setBit(kernel: Kernel, bitmap: number, row: number, on: boolean): void {
  const bytes = kernel.bytes, at = bitmap + (row >> 3), mask = 1 << (row & 7);
  bytes[at] = on ? bytes[at] | mask : bytes[at] & ~mask;
}

/** A selection (ascending i32 row numbers) in the batch arena. */
export function selectionOf(kernel: Kernel, rows: readonly number[]): number {
  const address = kernel.arena(rows.length * 4);
  rows.forEach((row, i) => kernel.data.setInt32(address + i * 4, row, true));
  return address;
}

/** The value of a cell as JavaScript has it; NULL is null. */
export function valueAt(kernel: Kernel, vector: Vector, row: number): Value {
  const bit = (bitmap: number) => (kernel.bytes[bitmap + (row >> 3)] >> (row & 7) & 1) === 1;
  if (vector.validity && !bit(vector.validity)) return null;
  const at = vector.data + row * 8;
  switch (vector.type.kind) {
    case "bool":
      return bit(vector.data);
    case "double":
      return kernel.data.getFloat64(at, true);
    case "string":
    case "bytes": {
      const from = kernel.data.getUint32(at, true);
      const bytes = kernel.bytes.slice(from, from + kernel.data.getUint32(at + 4, true));
      return vector.type.kind === "bytes" ? bytes : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    }
    case "decimal128":
      return readDecimal128(kernel.data, kernel.data.getUint32(at, true));
    default:
      return kernel.data.getBigInt64(at, true);
  }
}
