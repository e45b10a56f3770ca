import { KIND_COLUMN } from "./batch.ts";
import { type CellFormat, type CellWriter, cellWriter } from "./cell_text.ts";
import type { FrameView } from "./frame.ts";
import type { Column } from "./schema.ts";

export interface RenderOptions {
  /** `number` (default): exact JSON numbers · `string`: for readers whose numbers are doubles. */
  readonly int64?: "number" | "string";
  /** `iso` (default): ISO 8601 UTC with milliseconds · `ms`: epoch milliseconds. */
  readonly time?: "iso" | "ms";
  /** `json` (default): values in each other, with numbers as they came · `text`: their JSON text, as a string. */
  readonly nested?: "json" | "text";
  /** What each row does to those before it comes last, as `$op`: +I, -U, +U or -D. */
  readonly kinds?: boolean;
}

// deno-lint-ignore no-control-regex
const JSON_SPECIAL = /["\\\u0000-\u001f\ud800-\udfff]/;

function jsonText(text: string): string {
  return JSON_SPECIAL.test(text) ? JSON.stringify(text) : `"${text}"`;
}

function quoted(text: string): string {
  return `"${text}"`;
}

function jsonFormat(options: RenderOptions): CellFormat {
  return {
    null: "null",
    time: options.time ?? "iso",
    int64: options.int64 === "string" ? quoted : (digits) => digits,
    plain: quoted,
    text: jsonText,
    json: options.nested === "text" ? jsonText : (text) => text,
    special: JSON_SPECIAL,
  };
}

/** Values as they stand in JSON. */
export const JSON_CELLS: CellFormat = jsonFormat({});

/**
 * Writes rows of frames as JSON objects without making objects: int64 exact, decimals as strings, bytes as base64, NaN and
 * infinities as null. Times outside the calendar (years beyond ±275,760) stay epoch milliseconds.
 *
 * One renderer serves all frames of its columns; frames of an older version of a widened schema are written as the columns say.
 */
export class RowRenderer {
  readonly #columns: readonly Column[];
  readonly #format: CellFormat;
  /** What stands in front of each value. */
  readonly #names: readonly string[];
  readonly #kinds: boolean;
  #view: FrameView | null = null;
  #single: readonly CellWriter[] = [];

  constructor(columns: readonly Column[], options: RenderOptions = {}) {
    this.#columns = columns;
    this.#format = jsonFormat(options);
    this.#kinds = options.kinds ?? false;
    this.#names = columns.map(({ name }, i) => `${i === 0 ? "" : ","}${JSON.stringify(name)}:`);
  }

  /** One row. `more` is put in before the closing brace, as in `,"$open":true`. */
  row(view: FrameView, row: number, more = ""): string {
    if (this.#view !== view) {
      this.#view = view;
      this.#single = this.#writers(view, 0, 0);
    }
    return this.#row(this.#single, row, this.#more(view, row, more));
  }

  /** Rows `start` to `start + count`, joined by `separator` (a comma for arrays, a line feed for NDJSON). */
  rows(view: FrameView, start: number, count: number, separator = ","): string {
    const writers = this.#writers(view, start, start + count);
    let text = "";
    for (let row = start; row < start + count; row++) {
      if (row > start) text += separator;
      text += this.#row(writers, row, this.#more(view, row, ""));
    }
    return text;
  }

  /** What stands behind the values. */
  #more(view: FrameView, row: number, more: string): string {
    const all = this.#kinds ? `,"${KIND_COLUMN}":"${view.kind(row)}"${more}` : more;
    return this.#names.length === 0 ? all.slice(1) : all;
  }

  #row(writers: readonly CellWriter[], row: number, more: string): string {
    const names = this.#names;
    let text = "{";
    for (let i = 0; i < names.length; i++) text += names[i] + writers[i](row);
    return `${text}${more}}`;
  }

  #writers(view: FrameView, start: number, end: number): CellWriter[] {
    return this.#columns.map((column, i) => cellWriter(view, i, column, this.#format, start, end));
  }
}

/** One row as a JSON object; see `RowRenderer`, which is quicker for many. */
export function renderRow(
  view: FrameView,
  columns: readonly Column[],
  row: number,
  options: RenderOptions = {},
): string {
  return new RowRenderer(columns, options).row(view, row);
}

/** Rows `start` to `start + count` (default: all) as JSON objects with commas between. */
export function renderRows(
  view: FrameView,
  columns: readonly Column[],
  options: RenderOptions = {},
  start = 0,
  count = view.rows - start,
): string {
  return new RowRenderer(columns, options).rows(view, start, count);
}
