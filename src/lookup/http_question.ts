import { base64, withPoint } from "../core/cell_text.ts";
import type { FrameView } from "../core/frame.ts";
import { RowRenderer } from "../core/render.ts";
import { type Column, isDecimal } from "../core/schema.ts";
import { formatTime } from "../core/time_text.ts";
import type { Value } from "../core/value.ts";
import { LookupFailure } from "../lookup.ts";

/** Rows [from, to) of a frame of keys. */
export interface Keys {
  readonly view: FrameView;
  readonly columns: readonly Column[];
  readonly from: number;
  readonly to: number;
}

/** The address for some keys: `{column}` becomes the column's values, escaped, with commas between. Throws LookupFailure. */
export function urlOf(template: string, { view, columns, from, to }: Keys): URL {
  const text = template.replace(/\{([^{}]*)\}/g, (_, name) => {
    const index = columns.findIndex((column) => column.name === name), parts: string[] = [];
    for (let row = from; row < to; row++) {
      parts.push(encodeURIComponent(textOf(view.value(row, index), columns[index])));
    }
    return parts.join(",");
  });
  const url = new URL(text), plain = new URL(template.replace(/\{[^{}]*\}/g, "x"));
  // A key of one or two dots would be a step up in the path, and ask for something else.
  if (url.pathname.split("/").length === plain.pathname.split("/").length) return url;
  throw new LookupFailure("A key of dots cannot stand in the path of an address: put it behind a ?", true);
}

/** What a question by POST says: `{"keys": [{column: value}, …]}`. */
export function bodyOf({ view, columns, from, to }: Keys): string {
  const renderer = new RowRenderer(columns), rows: string[] = [];
  for (let row = from; row < to; row++) rows.push(renderer.row(view, row));
  return `{"keys":[${rows.join(",")}]}`;
}

/** A key as text; equal keys have equal texts. */
export function textOf(value: Value, { type }: Column): string {
  if (value instanceof Uint8Array) return base64(value);
  if (typeof value !== "bigint") return String(value);
  if (isDecimal(type)) return withPoint(value.toString(), type.scale ?? 0);
  return type.kind === "timestamp" ? formatTime(Number(value)) ?? value.toString() : value.toString();
}
