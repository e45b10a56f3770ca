import { withPoint } from "../core/cell_text.ts";
import { decimal128Bytes } from "../core/decimal128.ts";
import type { FrameView } from "../core/frame.ts";
import { type DataType, DECIMAL_DIGITS_MAX } from "../core/schema.ts";
import { formatTime } from "../core/time_text.ts";
import { wordsOf } from "./columns.ts";

/** Whether a row is wanted. */
export type RowTest = (row: number) => boolean;

const encoder = new TextEncoder();
const DIGITS = new RegExp(`^-?\\d{1,${DECIMAL_DIGITS_MAX + 1}}$`);
const DECIMAL_END = 10n ** BigInt(DECIMAL_DIGITS_MAX);
const NONE: RowTest = () => false;

/**
 * A test for rows whose value in a column is written `text` in JSON (strings without quotes): numbers in their shortest
 * form, decimals with all digits of their scale, times as ISO 8601 or epoch milliseconds, `null` for NULL. The text is read
 * once; rows are compared by their cells.
 */
export function keyTest(text: string): (view: FrameView, column: number) => RowTest {
  const bytes = encoder.encode(text);
  return (view, column) => {
    const { validity } = view.buffers(column), equal = valueTest(view, column, text, bytes);
    const isNull: RowTest = validity ? (row) => (validity[row >> 3] >> (row & 7) & 1) === 0 : NONE;
    if (text === "null") return (row) => isNull(row) || equal(row);
    return validity ? (row) => !isNull(row) && equal(row) : equal;
  };
}

function valueTest(view: FrameView, column: number, text: string, bytes: Uint8Array): RowTest {
  const { type, data, chars } = view.buffers(column);
  switch (type.kind) {
    case "double":
      return doubleTest(data as Float64Array, text);
    case "bool":
      return text === "true" || text === "false" ? (row) => view.bool(column, row) === (text === "true") : NONE;
    case "string":
      return bytesTest(data as Int32Array, chars as Uint8Array, bytes);
    case "bytes": {
      const raw = readBase64(text);
      return raw ? bytesTest(data as Int32Array, chars as Uint8Array, raw) : NONE;
    }
    case "decimal128": {
      const value = readScaled(text, type.scale ?? 0);
      return value === null || value <= -DECIMAL_END || value >= DECIMAL_END
        ? NONE
        : bytesTest(data as Int32Array, chars as Uint8Array, decimal128Bytes(value));
    }
    default: {
      const cell = readCell(type, text);
      return cell === null ? NONE : cellTest(wordsOf(data as BigInt64Array<ArrayBuffer>), cell);
    }
  }
}

/** The i64 that is written as `text`, or null when none is. */
function readCell(type: DataType, text: string): bigint | null {
  if (type.kind === "timestamp") {
    const ms = Date.parse(text);
    if (formatTime(ms) === text) return BigInt(ms);
  }
  const cell = readScaled(text, type.scale ?? 0);
  return cell !== null && BigInt.asIntN(64, cell) === cell ? cell : null;
}

/** The whole number that is written as `text` with `scale` places, or null when none is. */
function readScaled(text: string, scale: number): bigint | null {
  const digits = scale > 0 ? text.replace(".", "") : text;
  if (!DIGITS.test(digits)) return null;
  const value = BigInt(digits);
  return withPoint(String(value), scale) === text ? value : null;
}

function cellTest(words: Int32Array, cell: bigint): RowTest {
  const low = Number(BigInt.asIntN(32, cell)), high = Number(BigInt.asIntN(32, cell >> 32n));
  return (row) => words[row * 2] === low && words[row * 2 + 1] === high;
}

function doubleTest(cells: Float64Array, text: string): RowTest {
  if (text === "null") return (row) => !Number.isFinite(cells[row]);
  const value = Number(text);
  return String(value) === text ? (row) => cells[row] === value : NONE;
}

function bytesTest(offsets: Int32Array, chars: Uint8Array, wanted: Uint8Array): RowTest {
  return (row) => {
    const start = offsets[row];
    if (offsets[row + 1] - start !== wanted.length) return false;
    for (let i = 0; i < wanted.length; i++) if (chars[start + i] !== wanted[i]) return false;
    return true;
  };
}

function readBase64(text: string): Uint8Array | null {
  try {
    const binary = atob(text);
    return btoa(binary) === text ? Uint8Array.from(binary, (char) => char.charCodeAt(0)) : null;
  } catch {
    return null;
  }
}
