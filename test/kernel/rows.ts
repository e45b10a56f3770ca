import fc from "../deps/fast_check.ts";
import type { Column, DataType } from "../../src/core/schema.ts";
import { BOOL, BYTES, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";

/** One type of every kind. */
export const TYPES: readonly DataType[] = [
  INT64,
  DOUBLE,
  decimal(18, 4),
  BOOL,
  TIMESTAMP,
  STRING,
  BYTES,
  decimal(38, 4),
];

/** Values of a type that are not NULL; text is well-formed. */
export function anyValue(type: DataType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case "double":
      return fc.double();
    case "bool":
      return fc.boolean();
    case "string":
      return fc.string({ unit: "grapheme", maxLength: 40 });
    case "bytes":
      return fc.uint8Array({ maxLength: 300 });
    case "decimal128":
      return fc.oneof(fc.bigInt(-3n, 3n), fc.bigInt(1n - 10n ** 38n, 10n ** 38n - 1n));
    default:
      return fc.oneof(fc.bigInt(-3n, 3n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));
  }
}

/** A table of up to `rowsMax` rows: its columns, and for each row a value for each column. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Value[])[];
}

export function anyTable(rowsMax: number, types = TYPES): fc.Arbitrary<Table> {
  return fc.array(fc.constantFrom(...types), { maxLength: 6 }).chain((chosen) => {
    const columns = chosen.map((type, i) => ({ name: `c${i}`, type, nullable: true }));
    const row = fc.tuple(...chosen.map((type) => fc.option(anyValue(type), { nil: null, freq: 4 })));
    return fc.array(row, { maxLength: rowsMax, size: "max" }).map((rows) => ({ columns, rows }));
  });
}
