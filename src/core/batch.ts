import type { DataType } from "./schema.ts";

/**
 * A column of a batch in kernel memory. `data` and `validity` are byte addresses in one kernel's linear memory; they
 * are numbers, not views, since `memory.grow` detaches every view.
 *
 * | kind | data |
 * |---|---|
 * | int64, decimal, timestamp | i64 cells |
 * | double | f64 cells |
 * | bool | bitmap, least significant bit first |
 * | string, bytes | 8-byte references: u32 address, u32 length (little endian) |
 *
 * `validity` is a bitmap with a 1 for each value that is not NULL; 0 (no address) when every value is there. Bitmaps and cells are readable up to the next
 * multiple of 64 rows; what lies beyond `rows` is undefined. A cell that is NULL is undefined too.
 */
export interface Vector {
  readonly type: DataType;
  readonly data: number;
  readonly validity: number;
}

/** Row kinds of a changelog, as they are stored: one byte a row. */
export const ROW_KINDS = ["+I", "-U", "+U", "-D"] as const;
export type RowKind = typeof ROW_KINDS[number];
/** The name under which row kinds leave, beside the columns. */
export const KIND_COLUMN = "$op";

/**
 * The only thing that flows forward inside a task: columns of equal length in kernel memory, valid until the batch
 * arena they live in is reset.
 */
export interface Batch {
  readonly rows: number;
  readonly columns: readonly Vector[];
  /** Address of `selected` ascending i32 row numbers, or 0: every row is selected. */
  readonly selection: number;
  /** How many rows are selected; equals `rows` without a selection. */
  readonly selected: number;
  /** Address of one byte a row (a position in ROW_KINDS), or 0: every row is an insert. */
  readonly kinds: number;
}
