import type { RenderOptions } from "../core/render.ts";
import type { View, ViewDelta } from "../view.ts";
import { RangeRenderer, watermarkJson } from "./rows.ts";

/** A delta as it leaves, written once for all subscribers that want it in the same form. */
const written = new WeakMap<ViewDelta, Map<string, string>>();

/** `{"event":"delta","seq","watermark","rows":[{"op","row"}]}`. */
export function deltaText(view: View, delta: ViewDelta, rendering: RenderOptions): string {
  const form = `${rendering.int64}/${rendering.time}`;
  let forms = written.get(delta);
  if (!forms) written.set(delta, forms = new Map());
  let text = forms.get(form);
  if (text === undefined) forms.set(form, text = writeDelta(view, delta, rendering));
  return text;
}

function writeDelta(view: View, delta: ViewDelta, rendering: RenderOptions): string {
  const renderer = new RangeRenderer(view.columns, rendering), rows: string[] = [];
  for (const { op, range } of delta.changes) {
    for (const row of renderer.each([range])) rows.push(`{"op":"${op}","row":${row}}`);
  }
  const watermark = JSON.stringify(watermarkJson(delta.watermark, rendering.time));
  return `{"event":"delta","seq":${delta.seq},"watermark":${watermark},"rows":[${rows.join()}]}`;
}
