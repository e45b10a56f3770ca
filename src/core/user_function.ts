import type { DataType, Kind } from "./schema.ts";

/** A user function as expressions carry it: where it is, and what it takes and gives (types as `formatType` writes them). */
export interface FunctionReference {
  /** The URL of a module of TypeScript or JavaScript, as `import.meta.resolve` gives it. */
  readonly module: string;
  /** The name under which the module exports it. */
  readonly export: string;
  readonly takes: readonly string[];
  readonly returns: string;
}

/** The arrays in which user functions get the values of a column, one value a row. */
export interface BatchArrays {
  int64: BigInt64Array;
  double: Float64Array;
  /** 1 is true, 0 is false. */
  bool: Uint8Array;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  timestamp: BigInt64Array;
  string: string[];
}

/** The kinds that user functions take and give. */
export type BatchKind = keyof BatchArrays;

/** What else than a bare array of values may stand for single rows in a result. */
interface BatchValues {
  int64: bigint | number;
  double: number;
  bool: boolean | 0 | 1;
  timestamp: bigint | number;
  string: string;
}

/** One argument for all rows of a call. It is only there during the call: what is kept of it has to be copied. */
export interface BatchColumn<K extends BatchKind> {
  /** One value for each row; 0, false or the empty string where the row has NULL. */
  readonly values: BatchArrays[K];
  /** 1 for each row that has NULL; null when none has. */
  readonly nulls: Uint8Array | null;
}

/** What a user function gives: an array of one value a row, with or without marks of NULL, or a list with nulls in it. */
export type BatchResult<K extends BatchKind> =
  | BatchArrays[K]
  | { readonly values: BatchArrays[K]; readonly nulls: Uint8Array | null }
  | readonly (BatchValues[K] | null)[];

/**
 * A user function: gives a value for each of `rows` rows from the columns of its arguments. The value of a row may depend on nothing
 * but the arguments of that row: how rows come together in batches is not fixed, and a replay has to give the same values.
 */
export type BatchFunction<Takes extends readonly BatchKind[], Returns extends BatchKind> = (
  rows: number,
  ...columns: { readonly [I in keyof Takes]: BatchColumn<Takes[I]> }
) => BatchResult<Returns>;

/** A user function of which only the reference says what it takes and gives. */
export type AnyBatchFunction = (rows: number, ...columns: readonly BatchColumn<BatchKind>[]) => unknown;

/** Rows for which a user function gave no value. */
export interface FunctionFault {
  readonly function: string;
  readonly rows: number;
  /** Of the first of them. */
  readonly reason: string;
}

const KINDS: readonly Kind[] = ["int64", "double", "bool", "timestamp", "string"] satisfies BatchKind[];

/** Whether user functions can take and give a type. */
export function isBatchType(type: DataType): type is DataType & { readonly kind: BatchKind } {
  return KINDS.includes(type.kind) && type.nested === undefined;
}

/** What tells functions apart: one export of one module. */
export function functionKey({ module, export: name }: FunctionReference): string {
  return JSON.stringify([module, name]);
}

/** A function as messages call it: the last part of its module and its export. */
export function functionName({ module, export: name }: FunctionReference): string {
  return `${name} of ${module.startsWith("data:") ? "data:…" : module.replace(/^.*\//, "")}`;
}
