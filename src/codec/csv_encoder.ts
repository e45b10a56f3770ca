import type { Encoder } from "../codec.ts";
import { FrameView } from "../core/frame.ts";
import type { RenderOptions } from "../core/render.ts";
import { CsvRenderer } from "../core/render_csv.ts";
import type { Column } from "../core/schema.ts";

const encoder = new TextEncoder();

/** Rows as CSV with a header line; see `CsvRenderer`. */
export class CsvEncoder implements Encoder {
  readonly contentType = "text/csv; charset=utf-8; header=present";
  readonly #renderer: CsvRenderer;

  constructor(columns: readonly Column[], options: Pick<RenderOptions, "time" | "kinds"> = {}) {
    this.#renderer = new CsvRenderer(columns, options);
  }

  head(): Uint8Array {
    return encoder.encode(this.#renderer.header());
  }

  rows(frame: ArrayBuffer, start: number, count: number): Uint8Array {
    return encoder.encode(this.#renderer.rows(new FrameView(frame), start, count));
  }

  tail(): Uint8Array {
    return new Uint8Array(0);
  }
}
