import type { OpenEncoder } from "../codec.ts";
import { FrameView } from "../core/frame.ts";
import { RowRenderer } from "../core/render.ts";
import type { Column } from "../core/schema.ts";
import type { RowRange } from "../sink.ts";
import type { View } from "../view.ts";

/** Formats that `--output` takes. */
export const OUTPUT_FORMATS = ["ndjson", "csv", "table"] as const;
export type PrintedFormat = typeof OUTPUT_FORMATS[number];

/** Which rows and columns of a view are printed. */
export interface Printed {
  /** Columns at its end that are not. */
  readonly hidden: number;
  /** Rows in front that are not. */
  readonly offset: number;
  /** How many of those behind them are; null: all. */
  readonly limit: number | null;
}

/** Rows of a view, in its order, in one of the formats; `write` gets pieces of text. */
export function printView(
  view: View,
  printed: Printed,
  format: PrintedFormat,
  openEncoder: OpenEncoder,
  write: (text: string) => void,
): void {
  const columns = view.columns.slice(0, view.columns.length - printed.hidden), ranges = rangesOf(view, printed);
  if (format === "table") return write(tableOf(columns, ranges));
  const decoder = new TextDecoder(), encoder = openEncoder(format, columns);
  write(decoder.decode(encoder.head()));
  for (const { frame, start, rows } of ranges) write(decoder.decode(encoder.rows(frame, start, rows)));
  write(decoder.decode(encoder.tail()));
}

function rangesOf(view: View, { offset, limit }: Printed): RowRange[] {
  let skip = offset, left = limit ?? Infinity;
  return view.all().flatMap((range) => {
    const skipped = Math.min(skip, range.rows), rows = Math.min(left, range.rows - skipped);
    skip -= skipped;
    left -= rows;
    return rows > 0 ? [{ ...range, start: range.start + skipped, rows }] : [];
  });
}

const NUMBERS: ReadonlySet<string> = new Set(["int64", "double", "decimal", "decimal128"]);
const LINE_BREAKS = /[\n\r\t]/g;

/** Columns under each other, numbers to the right, NULL as nothing, and a line that counts the rows. */
function tableOf(columns: readonly Column[], ranges: readonly RowRange[]): string {
  const lines = [columns.map(({ name }) => name)];
  const renderer = new RowRenderer(columns, { int64: "string", nested: "text" });
  for (const { frame, start, rows } of ranges) {
    for (const line of renderer.rows(new FrameView(frame), start, rows, "\n").split("\n")) {
      const row = JSON.parse(line) as Record<string, unknown>;
      lines.push(columns.map(({ name }) => textOf(row[name])));
    }
  }
  const widths = columns.map((_, c) => Math.max(...lines.map((line) => widthOf(line[c]))));
  const right = columns.map(({ type }) => NUMBERS.has(type.kind));
  const shown = lines.map((line) => line.map((cell, c) => padded(cell, widths[c], right[c])).join("  ").trimEnd());
  const rule = widths.map((width) => "─".repeat(width)).join("  "), count = lines.length - 1;
  return `${[shown[0], rule, ...shown.slice(1)].join("\n")}\n(${count} ${count === 1 ? "row" : "rows"})\n`;
}

function textOf(value: unknown): string {
  return value === null || value === undefined ? "" : String(value).replace(LINE_BREAKS, " ");
}

/** Characters that a terminal shows, near enough. */
function widthOf(text: string): number {
  return [...text].length;
}

function padded(text: string, width: number, right: boolean): string {
  const space = " ".repeat(width - widthOf(text));
  return right ? space + text : text + space;
}
