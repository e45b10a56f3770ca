import { DECIMAL128_BYTES, decimal128OfArrow, readDecimal128 } from "../../decimal128.ts";
import type { ColumnBuffers } from "../../frame.ts";
import type { BatchBody, Validity } from "./body.ts";
import { CELL_DIGITS_MAX, DECIMAL_DIGITS_MAX } from "../../schema.ts";
import { arrowError } from "./error.ts";
import type { ArrowField, CellLayout, TimeScale } from "./schema.ts";

type IntLayout = Extract<CellLayout, { cell: "int" }>;
const INT64_MIN = -(2n ** 63n), INT64_MAX = 2n ** 63n - 1n;

/** Integers of any width, dates and timestamps as i64 cells. */
export function decodeInts(
  body: BatchBody,
  field: ArrowField,
  layout: IntLayout,
  valid: Validity,
): BigInt64Array<ArrayBuffer> {
  const { rows } = body, bytes = body.buffer(rows * layout.bits / 8, field.name).buffer;
  const same = layout.scale.multiply === 1n && layout.scale.divide === 1n;
  if (layout.bits === 64 && layout.signed && same) return new BigInt64Array(bytes);
  body.budget.take(rows * 8);
  const cells = new BigInt64Array(rows);
  if (layout.bits === 64) {
    const wide = layout.signed ? new BigInt64Array(bytes) : new BigUint64Array(bytes);
    for (let i = 0; i < rows; i++) {
      if (isThere(valid, i)) cells[i] = scaled(wide[i], layout.scale, field.name, i);
    }
    return cells;
  }
  const narrow = narrowInts(bytes, layout), multiply = Number(layout.scale.multiply);
  // A day has 2^10 × 84,375 milliseconds: its products with 32 bits have 48 that matter, and a double holds them exactly.
  const words = new Int32Array(cells.buffer);
  for (let i = 0; i < rows; i++) {
    const value = narrow[i] * multiply;
    words[i * 2] = value;
    words[i * 2 + 1] = Math.floor(value / 4294967296);
  }
  return cells;
}

/** Small integers as they lie there: also the indices of dictionaries. */
export function narrowInts(bytes: ArrayBuffer, { bits, signed }: IntLayout): ArrayLike<number> {
  if (bits === 8) return signed ? new Int8Array(bytes) : new Uint8Array(bytes);
  if (bits === 16) return signed ? new Int16Array(bytes) : new Uint16Array(bytes);
  return signed ? new Int32Array(bytes) : new Uint32Array(bytes);
}

function scaled(value: bigint, { multiply, divide }: TimeScale, name: string, row: number): bigint {
  let result = value * multiply;
  if (divide !== 1n) {
    const rest = result % divide;
    result = (result - rest) / divide - (rest < 0n ? 1n : 0n);
  }
  if (result > INT64_MAX || result < INT64_MIN) {
    throw arrowError(`${value} in row ${row} is beyond the range of 64-bit integers`, name);
  }
  return result;
}

/** Floats of either width; every NaN becomes the canonical one. */
export function decodeFloats(body: BatchBody, field: ArrowField, bits: 32 | 64): Float64Array<ArrayBuffer> {
  const { rows } = body, bytes = body.buffer(rows * bits / 8, field.name).buffer;
  if (bits === 32) body.budget.take(rows * 8);
  const cells = bits === 32 ? Float64Array.from(new Float32Array(bytes)) : new Float64Array(bytes);
  for (let i = 0; i < rows; i++) if (Number.isNaN(cells[i])) cells[i] = NaN;
  return cells;
}

/** 128-bit decimals whose value fits into `precision` digits. */
export function decodeDecimals(
  body: BatchBody,
  field: ArrowField,
  precision: number,
  valid: Validity,
): BigInt64Array<ArrayBuffer> {
  const { rows } = body, wide = new BigInt64Array(body.buffer(rows * 16, field.name).buffer);
  const words = new Int32Array(wide.buffer), cells = new BigInt64Array(rows), most = 10n ** BigInt(precision) - 1n;
  const small = precision === CELL_DIGITS_MAX;
  for (let i = 0; i < rows; i++) {
    if (!isThere(valid, i)) continue;
    const value = wide[i * 2], high = words[i * 4 + 1], sign = high >> 31;
    const narrow = words[i * 4 + 2] === sign && words[i * 4 + 3] === sign;
    // Below 2^59 there are never more digits than a cell has: most are told without arithmetic on bigints.
    const fits = narrow && ((small && high >> 27 === sign) || (value <= most && value >= -most));
    if (!fits) throw arrowError(`the decimal in row ${i} has more than ${precision} digits`, field.name);
    cells[i] = value;
  }
  return cells;
}

/** 128-bit decimals that have up to `precision` digits, as cells of 16 bytes. */
export function decodeWide(body: BatchBody, field: ArrowField, precision: number, valid: Validity): Text {
  const { rows } = body, cells = new Uint8Array(rows * DECIMAL128_BYTES), view = new DataView(cells.buffer);
  const arrow = body.buffer(cells.length, field.name), end = 10n ** BigInt(precision);
  const widest = precision === DECIMAL_DIGITS_MAX;
  body.budget.take(cells.length + (rows + 1) * 4);
  for (let row = 0; row < rows; row++) {
    const at = row * DECIMAL128_BYTES;
    decimal128OfArrow(arrow, at, cells, at);
    // Below 2^126 there are never more digits than the widest decimal has.
    if (!isThere(valid, row) || (widest && cells[at] >= 0x40 && cells[at] < 0xc0)) continue;
    const value = readDecimal128(view, at);
    if (value >= end || value <= -end) {
      throw arrowError(`the decimal in row ${row} has more than ${precision} digits`, field.name);
    }
  }
  return { data: Int32Array.from({ length: rows + 1 }, (_, row) => row * DECIMAL128_BYTES), chars: cells };
}

type Text = Pick<ColumnBuffers, "data" | "chars"> & {
  readonly data: Int32Array<ArrayBuffer>;
  readonly chars: Uint8Array<ArrayBuffer>;
};

/** Strings and bytes of changing length; offsets are checked and moved to start at 0. */
export function decodeVariable(body: BatchBody, field: ArrowField, offsetBits: 32 | 64): Text {
  const { rows } = body, offsets = readOffsets(body, field.name, offsetBits);
  const chars = body.view(field.name), start = offsets[0];
  let before = start;
  for (const offset of offsets) {
    if (offset < before) throw arrowError("its offsets descend", field.name);
    before = offset;
  }
  if (start < 0 || before > chars.length) throw arrowError(`its offsets leave its ${chars.length} bytes`, field.name);
  body.budget.take(rows * 4 + before - start);
  return { data: fromZero(offsets, start), chars: chars.slice(start, before) };
}

/** Offsets that begin at 0. */
function fromZero(offsets: ArrayLike<number>, start: number): Int32Array<ArrayBuffer> {
  const moved = new Int32Array(offsets.length);
  for (let i = 0; i < offsets.length; i++) moved[i] = offsets[i] - start;
  return moved;
}

/** `rows + 1` offsets of either width. */
export function readOffsets(body: BatchBody, name: string, bits: 32 | 64): ArrayLike<number> & Iterable<number> {
  if (body.rows === 0) {
    body.view(name);
    return [0];
  }
  const bytes = body.buffer((body.rows + 1) * bits / 8, name).buffer;
  if (bits === 32) return new Int32Array(bytes);
  return Float64Array.from(new BigInt64Array(bytes), Number);
}

/** Bytes that all have one length. */
export function decodeFixed(body: BatchBody, field: ArrowField, width: number): Text {
  const { rows } = body, chars = body.buffer(rows * width, field.name);
  body.budget.take((rows + 1) * 4);
  return { data: Int32Array.from({ length: rows + 1 }, (_, row) => row * width), chars };
}

/** Whether row `row` is not NULL. */
export function isThere({ validity }: Validity, row: number): boolean {
  return validity === null || (validity[row >> 3] >> (row & 7) & 1) === 1;
}
