import type { Column } from "../../src/core/schema.ts";
import type { Row } from "./value.ts";

/** A node of a plan at work. Watermarks and times are epoch milliseconds, ±Infinity at the start and the end. */
export interface Operator {
  /** Of the output. */
  readonly columns: readonly Column[];
  /** What comes of a row of input number `input` at once; it meets the watermark that all rows before it have made. */
  take(row: Row, input: number, watermark: number): Row[];
  /** Whether the row would be left out since it comes too late. Absent: no row comes too late. */
  isLate?(row: Row, input: number, watermark: number): boolean;
  /** What comes of the watermark. */
  advance(watermark: number): Row[];
}

/** An operator that has no state and waits for nothing. */
export function stateless(columns: readonly Column[], take: (row: Row) => Row[]): Operator {
  return { columns, take, advance: () => [] };
}
