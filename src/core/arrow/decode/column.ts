import type { ColumnBuffers } from "../../frame.ts";
import type { BatchBody } from "./body.ts";
import { decodeDecimals, decodeFixed, decodeFloats, decodeInts, decodeVariable, decodeWide } from "./cells.ts";
import { arrowError } from "./error.ts";
import { decodeNested } from "./nested.ts";
import type { ArrowField } from "./schema.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The values of one column (or of a dictionary) of a record batch, in the layout of frames. */
export function decodeColumn(body: BatchBody, field: ArrowField): ColumnBuffers {
  const { rows } = body, { type, layout, name } = field;
  body.column(name);
  if (layout.cell === "null") {
    body.budget.take(rows * 5);
    const validity = new Uint8Array(Math.ceil(rows / 8));
    return { type, nulls: rows, validity, data: new Int32Array(rows + 1), chars: new Uint8Array(0) };
  }
  const valid = body.validity(name);
  switch (layout.cell) {
    case "bit":
      return { type, ...valid, data: body.buffer(Math.ceil(rows / 8), name), chars: null };
    case "int":
      return { type, ...valid, data: decodeInts(body, field, layout, valid), chars: null };
    case "float":
      return { type, ...valid, data: decodeFloats(body, field, layout.bits), chars: null };
    case "decimal":
      if (type.kind === "decimal128") return { type, ...valid, ...decodeWide(body, field, layout.precision, valid) };
      return { type, ...valid, data: decodeDecimals(body, field, layout.precision, valid), chars: null };
    case "struct":
    case "list":
    case "fixed list":
    case "map":
      return { type, ...valid, ...decodeNested(body, field, layout, valid, decodeColumn) };
    case "fixed":
      return { type, ...valid, ...decodeFixed(body, field, layout.width) };
    case "variable": {
      const text = decodeVariable(body, field, layout.offsetBits);
      if (type.kind === "string") checkText(text.data, text.chars, name);
      return { type, ...valid, ...text };
    }
  }
}

/** Refuses bytes that are not UTF-8, and values that begin in the middle of a character. */
function checkText(offsets: Int32Array, chars: Uint8Array, name: string): void {
  try {
    strict.decode(chars);
  } catch {
    throw arrowError("a string is not UTF-8", name);
  }
  for (const offset of offsets) {
    if ((chars[offset] & 0xc0) === 0x80) throw arrowError("a string is not UTF-8", name);
  }
}
