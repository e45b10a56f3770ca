import type { Encoder } from "../codec.ts";
import { FrameView } from "../core/frame.ts";
import { type RenderOptions, RowRenderer } from "../core/render.ts";
import type { Column } from "../core/schema.ts";

const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);

/** Rows as NDJSON: one object a line, each line ended. */
export class NdjsonEncoder implements Encoder {
  readonly contentType = "application/x-ndjson";
  readonly #renderer: RowRenderer;

  constructor(columns: readonly Column[], options: RenderOptions = {}) {
    this.#renderer = new RowRenderer(columns, options);
  }

  head(): Uint8Array {
    return NOTHING;
  }

  rows(frame: ArrayBuffer, start: number, count: number): Uint8Array {
    if (count === 0) return NOTHING;
    return encoder.encode(`${this.#renderer.rows(new FrameView(frame), start, count, "\n")}\n`);
  }

  tail(): Uint8Array {
    return NOTHING;
  }
}

/** Rows as one JSON array of objects. An encoder serves one array. */
export class JsonEncoder implements Encoder {
  readonly contentType = "application/json";
  readonly #renderer: RowRenderer;
  #isEmpty = true;

  constructor(columns: readonly Column[], options: RenderOptions = {}) {
    this.#renderer = new RowRenderer(columns, options);
  }

  head(): Uint8Array {
    this.#isEmpty = true;
    return encoder.encode("[");
  }

  rows(frame: ArrayBuffer, start: number, count: number): Uint8Array {
    if (count === 0) return NOTHING;
    const lead = this.#isEmpty ? "\n" : ",\n";
    this.#isEmpty = false;
    return encoder.encode(lead + this.#renderer.rows(new FrameView(frame), start, count, ",\n"));
  }

  tail(): Uint8Array {
    return encoder.encode(this.#isEmpty ? "]\n" : "\n]\n");
  }
}
