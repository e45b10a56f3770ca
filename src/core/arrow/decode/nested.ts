import { cellWriter } from "../../cell_text.ts";
import { type ColumnBuffers, FrameView } from "../../frame.ts";
import { writeFrame } from "../../frame_writer.ts";
import { JSON_CELLS } from "../../render.ts";
import { isDecimal } from "../../schema.ts";
import type { BatchBody, Validity } from "./body.ts";
import { isThere, readOffsets } from "./cells.ts";
import { arrowError } from "./error.ts";
import type { ArrowField, NestedLayout } from "./schema.ts";

export type DecodeColumn = (body: BatchBody, field: ArrowField) => ColumnBuffers;

const encoder = new TextEncoder();

/** Lists, structures and maps as the JSON texts that nested columns have. `decode` reads the columns in them, each with rows of its own. */
export function decodeNested(
  body: BatchBody,
  field: ArrowField,
  layout: NestedLayout,
  valid: Validity,
  decode: DecodeColumn,
): Pick<ColumnBuffers, "data" | "chars"> {
  const textOf = layout.cell === "struct" ? structs(body, layout, decode) : lists(body, field, layout, decode);
  const data = new Int32Array(body.rows + 1), texts: Uint8Array[] = [];
  body.budget.take(data.byteLength);
  for (let row = 0; row < body.rows; row++) {
    const text = isThere(valid, row) ? encoder.encode(textOf(row)) : new Uint8Array(0);
    // Once as text, once as bytes
    body.budget.take(text.length * 2);
    texts.push(text);
    data[row + 1] = data[row] + text.length;
  }
  const chars = new Uint8Array(data[body.rows]);
  texts.forEach((text, row) => chars.set(text, data[row]));
  return { data, chars };
}

type Text = (row: number) => string;

function structs(body: BatchBody, { fields }: Extract<NestedLayout, { cell: "struct" }>, decode: DecodeColumn): Text {
  const members = fields.map((field) => ({ name: JSON.stringify(field.name), text: textsOf(body, field, decode) }));
  return (row) => `{${members.map(({ name, text }) => `${name}:${text(row)}`).join(",")}}`;
}

function lists(
  body: BatchBody,
  { name }: ArrowField,
  layout: Exclude<NestedLayout, { cell: "struct" }>,
  decode: DecodeColumn,
): Text {
  const { rows } = body, offsets = layout.cell === "fixed list" ? null : readOffsets(body, name, layout.offsetBits);
  const inside = body.inside(name), width = layout.cell === "fixed list" ? layout.width : 0;
  const startOf = (row: number) => offsets ? offsets[row] : row * width;
  for (let row = 0; row <= rows; row++) {
    const start = startOf(row), end = row < rows ? startOf(row + 1) : start;
    if (start < 0 || end < start || end > inside.rows) {
      throw arrowError(`its offsets leave its ${inside.rows} items`, name);
    }
  }
  const range = (row: number) => Array.from({ length: startOf(row + 1) - startOf(row) }, (_, i) => startOf(row) + i);
  if (layout.cell !== "map") {
    const text = textsOf(inside, layout.item, decode);
    return (row) => `[${range(row).map(text).join(",")}]`;
  }
  inside.column(name);
  inside.validity(name);
  const key = textsOf(inside, layout.key, decode), value = textsOf(inside, layout.value, decode);
  // Of equal keys the last counts
  return (row) => {
    const entries = new Map(range(row).map((at) => [key(at), value(at)]));
    return `{${[...entries].map(([name, text]) => `${name}:${text}`).join(",")}}`;
  };
}

/** The JSON texts of a column that lies in another. Decimals in nested values are numbers. */
function textsOf(body: BatchBody, field: ArrowField, decode: DecodeColumn): Text {
  const column = decode(body, field), view = new FrameView(writeFrame(body.rows, [column], null));
  const write = cellWriter(view, 0, { name: field.name, type: field.type, nullable: true }, JSON_CELLS, 0, 0);
  if (!isDecimal(field.type)) return write;
  return (row) => {
    const text = write(row);
    return text.startsWith('"') ? text.slice(1, -1) : text;
  };
}
