import { FrameView } from "../core/frame.ts";
import { type RenderOptions, RowRenderer } from "../core/render.ts";
import { type Column, formatType } from "../core/schema.ts";
import { formatTime } from "../core/time_text.ts";
import type { RowRange } from "../sink.ts";

/** Views of frames, for as long as the frames live: making one checks every offset in it. */
const views = new WeakMap<ArrayBuffer, FrameView>();

export function viewOf(frame: ArrayBuffer): FrameView {
  let view = views.get(frame);
  if (!view) views.set(frame, view = new FrameView(frame));
  return view;
}

/** Rows of ranges as JSON objects. */
export class RangeRenderer {
  readonly #rows: RowRenderer;

  constructor(columns: readonly Column[], options: RenderOptions) {
    this.#rows = new RowRenderer(columns, options);
  }

  /** The rows of all ranges, joined by `separator`. */
  join(ranges: readonly RowRange[], separator = ","): string {
    return ranges.filter(({ rows }) => rows > 0)
      .map(({ frame, start, rows }) =>
        rows === 1 ? this.#rows.row(viewOf(frame), start) : this.#rows.rows(viewOf(frame), start, rows, separator)
      ).join(separator);
  }

  /** Each row by itself; `more` goes in before the closing brace. */
  *each(ranges: readonly RowRange[], more = ""): Generator<string> {
    for (const { frame, start, rows } of ranges) {
      const view = viewOf(frame);
      for (let row = start; row < start + rows; row++) yield this.#rows.row(view, row, more);
    }
  }
}

/** Columns as answers and declarations write them. */
export function columnsJson(columns: readonly Column[]): { name: string; type: string; nullable: boolean }[] {
  return columns.map(({ name, type, nullable }) => ({ name, type: formatType(type), nullable }));
}

/** A watermark as answers write it: null before the first row, "infinity" after the last, else a time. */
export function watermarkJson(watermark: number | null, time: RenderOptions["time"] = "iso"): string | number | null {
  if (watermark === null || watermark === -Infinity) return null;
  if (watermark === Infinity) return "infinity";
  return time === "ms" ? watermark : formatTime(watermark) ?? watermark;
}
