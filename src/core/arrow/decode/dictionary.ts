import type { ColumnBuffers } from "../../frame.ts";
import type { BatchBody } from "./body.ts";
import { isThere, narrowInts } from "./cells.ts";
import { arrowError } from "./error.ts";
import type { ArrowField, CellLayout } from "./schema.ts";

/** A dictionary's values, and how many. */
export interface Dictionary {
  readonly values: ColumnBuffers;
  readonly rows: number;
}

/** A column that refers to a dictionary: its values, each in its row. Indices outside the dictionary are refused. */
export function decodeIndexed(
  body: BatchBody,
  field: ArrowField,
  index: CellLayout,
  dictionary: Dictionary,
): ColumnBuffers {
  const { rows } = body, { name } = field;
  body.column(name);
  const valid = body.validity(name), picks = decodeIndices(body, index, name), { values } = dictionary;
  const validity = new Uint8Array(Math.ceil(rows / 8));
  let nulls = 0;
  for (let row = 0; row < rows; row++) {
    if (isThere(valid, row)) {
      if (!(picks[row] >= 0 && picks[row] < dictionary.rows)) {
        throw arrowError(`row ${row} refers to entry ${picks[row]} of a dictionary of ${dictionary.rows}`, name);
      }
      if (isThere(values, picks[row])) {
        validity[row >> 3] |= 1 << (row & 7);
        continue;
      }
    }
    // What a NULL refers to does not matter: −1 stands for no value.
    picks[row] = -1;
    nulls++;
  }
  return { type: values.type, nulls, validity: nulls === 0 ? null : validity, ...gather(body, values, picks) };
}

function decodeIndices(body: BatchBody, layout: CellLayout, name: string): Float64Array {
  if (layout.cell !== "int") throw arrowError("its indices are no integers", name);
  const bytes = body.buffer(body.rows * layout.bits / 8, name).buffer;
  body.budget.take(body.rows * 8);
  return layout.bits === 64
    ? Float64Array.from(new BigInt64Array(bytes), Number)
    : Float64Array.from(narrowInts(bytes, layout));
}

function gather(body: BatchBody, values: ColumnBuffers, picks: Float64Array): Pick<ColumnBuffers, "data" | "chars"> {
  switch (values.type.kind) {
    case "string":
    case "bytes":
    case "decimal128":
      return gatherText(body, values.data as Int32Array, values.chars as Uint8Array, picks);
    case "bool":
      return gatherBits(body, values.data as Uint8Array, picks);
    case "double": {
      body.budget.take(picks.length * 8);
      const from = values.data as Float64Array;
      return { data: Float64Array.from(picks, (pick) => pick < 0 ? 0 : from[pick]), chars: null };
    }
    default: {
      body.budget.take(picks.length * 8);
      const from = values.data as BigInt64Array, cells = new BigInt64Array(picks.length);
      picks.forEach((pick, row) => cells[row] = pick < 0 ? 0n : from[pick]);
      return { data: cells, chars: null };
    }
  }
}

function gatherBits(body: BatchBody, from: Uint8Array, picks: Float64Array): Pick<ColumnBuffers, "data" | "chars"> {
  const bits = new Uint8Array(Math.ceil(picks.length / 8));
  body.budget.take(bits.length);
  picks.forEach((pick, row) => {
    if (pick >= 0 && (from[pick >> 3] >> (pick & 7) & 1) === 1) bits[row >> 3] |= 1 << (row & 7);
  });
  return { data: bits, chars: null };
}

function gatherText(
  body: BatchBody,
  from: Int32Array,
  chars: Uint8Array,
  picks: Float64Array,
): Pick<ColumnBuffers, "data" | "chars"> {
  const offsets = new Int32Array(picks.length + 1);
  let bytes = 0;
  for (const pick of picks) if (pick >= 0) bytes += from[pick + 1] - from[pick];
  body.budget.take(bytes + offsets.byteLength);
  const gathered = new Uint8Array(bytes);
  let at = 0;
  for (let row = 0; row < picks.length; row++) {
    const pick = picks[row];
    if (pick >= 0) {
      gathered.set(chars.subarray(from[pick], from[pick + 1]), at);
      at += from[pick + 1] - from[pick];
    }
    offsets[row + 1] = at;
  }
  return { data: offsets, chars: gathered };
}
