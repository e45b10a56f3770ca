import { FrameView } from "../../src/core/frame.ts";
import { FrameBuilder } from "../../src/core/frame_builder.ts";
import { BOOL, type Column, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { RowRange } from "../../src/sink.ts";

/** The stream that pipelines of these tests read. */
export const COLUMNS: readonly Column[] = [
  { name: "ts", type: TIMESTAMP, nullable: false },
  { name: "number", type: INT64, nullable: true },
  { name: "text", type: STRING, nullable: true },
  { name: "flag", type: BOOL, nullable: true },
  { name: "price", type: decimal(12, 2), nullable: true },
  { name: "ratio", type: DOUBLE, nullable: true },
  { name: "value", type: INT64, nullable: true },
  { name: "weight", type: DOUBLE, nullable: true },
];

/** A row of the stream, with a value for each of COLUMNS. */
export type Row = readonly [
  bigint,
  bigint | null,
  string | null,
  boolean | null,
  bigint | null,
  number | null,
  bigint | null,
  number | null,
];

export function frameOfRows(columns: readonly Column[], rows: readonly (readonly Value[])[]): ArrayBuffer {
  const builder = new FrameBuilder(columns);
  for (const row of rows) builder.append(row);
  return builder.finish();
}

/** Rows as text, exactly: values of different types or bits look different. */
export function textOf(row: readonly Value[]): string {
  return row.map((value) => {
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
    return value instanceof Uint8Array ? `[${value}]` : JSON.stringify(value);
  }).join(" ");
}

export function textOfRanges(ranges: readonly RowRange[]): string[] {
  return ranges.flatMap(({ frame, start, rows }) => {
    const view = new FrameView(frame);
    return Array.from({ length: rows }, (_, i) => textOf(view.types.map((_, column) => view.value(start + i, column))));
  });
}
