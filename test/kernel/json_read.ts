import assert from "node:assert/strict";
import { DECIMAL128_BYTES, readDecimal128 } from "../../src/core/decimal128.ts";
import type { Column } from "../../src/core/schema.ts";
import { inputAddress, inputBytes, type JsonFormat, JsonParser, type RowError } from "../../src/kernel/json.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import type { Vector } from "../../src/core/batch.ts";
import type { Value } from "./reference/json.ts";

/** All that a parser made of one input. */
export interface ReadResult {
  rows: Value[][];
  errors: RowError[];
  unknown: boolean;
  fatal: boolean;
  batches: number;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The value of one cell; strings must be well-formed UTF-8. */
export function cellValue(kernel: Kernel, { type, data, validity }: Vector, row: number): Value {
  const { bytes, data: memory } = kernel;
  if (validity !== 0 && (bytes[validity + (row >> 3)] >> (row & 7) & 1) === 0) return null;
  switch (type.kind) {
    case "double":
      return memory.getFloat64(data + row * 8, true);
    case "bool":
      return (bytes[data + (row >> 3)] >> (row & 7) & 1) === 1;
    case "string":
    case "bytes": {
      const at = memory.getUint32(data + row * 8, true), length = memory.getUint32(data + row * 8 + 4, true);
      const text = bytes.subarray(at, at + length);
      return type.kind === "string"
        ? decoder.decode(text)
        : Array.from(text, (c) => c.toString(16).padStart(2, "0")).join("");
    }
    case "decimal128":
      assert.equal(memory.getUint32(data + row * 8 + 4, true), DECIMAL128_BYTES);
      return readDecimal128(memory, memory.getUint32(data + row * 8, true));
    default:
      return memory.getBigInt64(data + row * 8, true);
  }
}

/** Reads `input` with `parser`; the kernel's arena is reset after each batch. */
export function readAll(kernel: Kernel, parser: JsonParser, input: Uint8Array, format: JsonFormat): ReadResult {
  const block = kernel.alloc(inputBytes(input.length)), address = inputAddress(block);
  kernel.bytes.fill(0xff, block, block + inputBytes(input.length)); // nothing may be taken from around the input
  kernel.copyIn(input, address);
  parser.begin(address, input.length, format);
  const result: ReadResult = { rows: [], errors: [], unknown: false, fatal: false, batches: 0 };
  for (let batch = parser.next(); batch; batch = parser.next()) {
    for (let row = 0; row < batch.rows; row++) {
      result.rows.push(batch.columns.map((vector) => cellValue(kernel, vector, row)));
    }
    result.errors.push(...batch.errors);
    result.unknown ||= batch.unknownFields;
    result.fatal ||= batch.fatal;
    result.batches++;
    kernel.reset();
  }
  kernel.free(block, inputBytes(input.length));
  return result;
}

/** Reads `input` with a parser of its own. */
export function readOnce(
  kernel: Kernel,
  columns: readonly Column[],
  input: string | Uint8Array,
  format: JsonFormat = "ndjson",
  coerce = false,
): ReadResult {
  const parser = new JsonParser(kernel, columns, { coerce });
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  const result = readAll(kernel, parser, bytes, format);
  parser.close();
  return result;
}
