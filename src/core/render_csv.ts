import { KIND_COLUMN } from "./batch.ts";
import { type CellFormat, cellWriter } from "./cell_text.ts";
import type { FrameView } from "./frame.ts";
import type { RenderOptions } from "./render.ts";
import type { Column } from "./schema.ts";

const CSV_SPECIAL = /[",\r\n]/;

/** A field of RFC 4180: quoted where it must be, and where it is the empty string, since nothing at all is NULL. */
function csvText(text: string): string {
  if (text === "") return `""`;
  return CSV_SPECIAL.test(text) ? `"${text.replaceAll(`"`, `""`)}"` : text;
}

/**
 * Writes rows of frames as CSV (RFC 4180, lines end with CR LF): NULL is an empty field, `""` the empty string, NaN and
 * infinities are NULL, bytes are base64, nested values their JSON text. With `kinds`, what each row does to those before it comes last, as `$op`.
 */
export class CsvRenderer {
  readonly #columns: readonly Column[];
  readonly #format: CellFormat;
  readonly #kinds: boolean;

  constructor(columns: readonly Column[], options: Pick<RenderOptions, "time" | "kinds"> = {}) {
    this.#columns = columns;
    this.#kinds = options.kinds ?? false;
    this.#format = {
      null: "",
      time: options.time ?? "iso",
      int64: (digits) => digits,
      plain: (text) => text === "" ? `""` : text,
      text: csvText,
      json: csvText,
      special: CSV_SPECIAL,
    };
  }

  /** The line that names the columns. */
  header(): string {
    const names = this.#columns.map(({ name }) => csvText(name));
    return `${(this.#kinds ? [...names, KIND_COLUMN] : names).join(",")}\r\n`;
  }

  /** Rows `start` to `start + count`, each with its line end. */
  rows(view: FrameView, start: number, count: number): string {
    const writers = this.#columns.map((column, i) => cellWriter(view, i, column, this.#format, start, start + count));
    if (this.#kinds) writers.push((row) => view.kind(row));
    let text = "";
    for (let row = start; row < start + count; row++) {
      for (let i = 0; i < writers.length; i++) text += i === 0 ? writers[i](row) : `,${writers[i](row)}`;
      text += "\r\n";
    }
    return text;
  }
}
