import { RdxError } from "../../core/errors.ts";
import { type ColumnBuffers, FrameView } from "../../core/frame.ts";
import { writeFrame } from "../../core/frame_writer.ts";
import { nestedText } from "../../core/json_text.ts";
import { type Column, formatType } from "../../core/schema.ts";

const encoder = new TextEncoder();

/**
 * The frame with the texts of nested columns as cells have them. `positions` are the places of the columns in it. Throws RdxError("invalid")
 * for a text that is no value of its column.
 */
export function checkNested(frame: ArrayBuffer, positions: readonly number[], columns: readonly Column[]): ArrayBuffer {
  const wanted = new Map(columns.flatMap((column, i) => column.type.nested ? [[positions[i], column] as const] : []));
  if (wanted.size === 0) return frame;
  const view = new FrameView(frame);
  const made = view.types.map((_, at) => {
    const column = wanted.get(at);
    return column ? shortened(view, at, column) : view.buffers(at);
  });
  return writeFrame(view.rows, made, view.kinds);
}

function shortened(view: FrameView, at: number, column: Column): ColumnBuffers {
  const before = view.buffers(at), texts: Uint8Array[] = [], data = new Int32Array(view.rows + 1);
  for (let row = 0; row < view.rows; row++) {
    const text = view.isNull(at, row) ? new Uint8Array(0) : encoder.encode(textOf(view, at, row, column));
    texts.push(text);
    data[row + 1] = data[row] + text.length;
  }
  const chars = new Uint8Array(data[view.rows]);
  texts.forEach((text, row) => chars.set(text, data[row]));
  return { ...before, data, chars };
}

function textOf(view: FrameView, at: number, row: number, { name, type }: Column): string {
  const text = nestedText(type.nested!, view.text(at, row));
  if (text !== null) return text;
  const reason = `Column ${name} is ${formatType(type)}, and the text in row ${row} is no such JSON`;
  throw new RdxError("invalid", reason, [{ field: name, reason }]);
}
