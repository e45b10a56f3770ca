// Numbers of Arrow's Message.fbs and Schema.fbs (https://arrow.apache.org/docs/format/Columnar.html), and the slots of the
// tables' fields, in the order of their declaration.
//
// An encapsulated message:
//
//  0              4              8                       8 + metadata        + body
//  +--------------+--------------+-----------------------+-------------------+
//  | FF FF FF FF  | metadata i32 | Message (FlatBuffers) | buffers           |
//  |              | bytes        | padded to 8           | at multiples of 8 |
//  +--------------+--------------+-----------------------+-------------------+
//  The end of a stream is FF FF FF FF 00 00 00 00.

export const CONTINUATION = 0xffffffff;
export const MESSAGE_PREFIX_BYTES = 8;
/** Buffers of the bodies that we write start at multiples of this; Arrow asks for 8 and recommends 64. */
export const BODY_ALIGNMENT = 64;

export const METADATA_V4 = 3;
export const METADATA_V5 = 4;

export const HEADER = { schema: 1, dictionaryBatch: 2, recordBatch: 3 } as const;

export const MESSAGE = { version: 0, headerType: 1, header: 2, bodyLength: 3, fields: 5 } as const;
export const SCHEMA = { endianness: 0, fields: 1, count: 4 } as const;
export const FIELD = {
  name: 0,
  nullable: 1,
  typeType: 2,
  type: 3,
  dictionary: 4,
  children: 5,
  metadata: 6,
  count: 7,
} as const;
export const KEY_VALUE = { key: 0, value: 1, count: 2 } as const;
/** Key of the metadata of fields that hold nested values: their type as plans write it. The field itself is Utf8, JSON text for whoever asks no further. */
export const TYPE_KEY = "rdx.type";
export const DICTIONARY = { id: 0, indexType: 1 } as const;
export const RECORD_BATCH = { length: 0, nodes: 1, buffers: 2, compression: 3, count: 5 } as const;
export const DICTIONARY_BATCH = { id: 0, data: 1, isDelta: 2 } as const;

export const INT = { bitWidth: 0, isSigned: 1, count: 2 } as const;
export const FLOAT = { precision: 0, count: 1 } as const;
export const DECIMAL = { precision: 0, scale: 1, bitWidth: 2, count: 3 } as const;
export const DATE = { unit: 0 } as const;
export const TIMESTAMP = { unit: 0, timezone: 1, count: 2 } as const;
export const FIXED_SIZE_BINARY = { byteWidth: 0 } as const;
export const FIXED_SIZE_LIST = { listSize: 0 } as const;

export const FLOAT_SINGLE = 1;
export const FLOAT_DOUBLE = 2;
export const DATE_DAY = 0;
export const DATE_MILLISECOND = 1;
export const UNIT_MILLISECOND = 1;

/** Names of the union Type; the position is the number. */
export const TYPE_NAMES = [
  "none",
  "null",
  "int",
  "floating point",
  "binary",
  "utf8",
  "bool",
  "decimal",
  "date",
  "time",
  "timestamp",
  "interval",
  "list",
  "struct",
  "union",
  "fixed size binary",
  "fixed size list",
  "map",
  "duration",
  "large binary",
  "large utf8",
  "large list",
  "run end encoded",
  "binary view",
  "utf8 view",
  "list view",
  "large list view",
] as const;

export type TypeName = typeof TYPE_NAMES[number];

export function typeNumber(name: TypeName): number {
  return TYPE_NAMES.indexOf(name);
}

/** Name of the int8 column that carries row kinds (positions in ROW_KINDS). */
export { KIND_COLUMN } from "../batch.ts";
