import { readDecimal128 } from "./decimal128.ts";
import type { FrameView } from "./frame.ts";
import { type Column, type DataType, isVariable } from "./schema.ts";
import { formatTime } from "./time_text.ts";

/** How one notation writes values. */
export interface CellFormat {
  readonly null: string;
  readonly time: "iso" | "ms";
  /** An int64, from its digits. */
  int64(digits: string): string;
  /** Text that holds nothing which the notation must escape: times, decimals, base64. */
  plain(text: string): string;
  /** Any text. */
  text(text: string): string;
  /** JSON text of a nested value. */
  json(text: string): string;
  /** Matches what makes `text` differ from `plain`. */
  readonly special: RegExp;
}

/** Gives the text of one row's value. */
export type CellWriter = (row: number) => string;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Bytes of a string that is cheaper to read byte by byte than to hand to the decoder. */
const SHORT_BYTES = 24;
const TWO_32 = 4_294_967_296;

/**
 * A writer for rows `start` to `end` of a frame's column. The frame's own type decides how cells are read; where
 * `column` has been widened to string since, values are written as text. Columns that the frame lacks are NULL.
 */
export function cellWriter(
  view: FrameView,
  index: number,
  column: Column,
  format: CellFormat,
  start: number,
  end: number,
): CellWriter {
  if (index >= view.columns) return () => format.null;
  const type = view.types[index];
  if (column.type.nested) return withNulls(view, index, nestedWriter(view, index, type, format, start, end), format);
  const widened = column.type.kind === "string" && (!isVariable(type) || type.kind === "decimal128");
  const write = widened ? textWriter(view, index, type, format) : valueWriter(view, index, type, format, start, end);
  return withNulls(view, index, write, format);
}

function withNulls(view: FrameView, index: number, write: CellWriter, format: CellFormat): CellWriter {
  const { validity } = view.buffers(index);
  if (!validity) return write;
  return (row) => (validity[row >> 3] >> (row & 7) & 1) === 0 ? format.null : write(row);
}

/** A nested value is its text. What the frame has as something else was written before its column widened: it is a JSON value by itself. */
function nestedWriter(
  view: FrameView,
  index: number,
  type: DataType,
  format: CellFormat,
  start: number,
  end: number,
): CellWriter {
  const text = (json: string) => format.json(json);
  if (type.kind === "string") return stringWriter(view, index, { ...format, text, plain: text }, start, end);
  const json: CellFormat = { ...format, null: "null", int64: (digits) => digits, plain: JSON.stringify };
  const write = valueWriter(view, index, type, json, start, end);
  return (row) => format.json(write(row));
}

function valueWriter(
  view: FrameView,
  index: number,
  type: DataType,
  format: CellFormat,
  start: number,
  end: number,
): CellWriter {
  switch (type.kind) {
    case "double": {
      const cells = view.buffers(index).data as Float64Array;
      return (row) => Number.isFinite(cells[row]) ? String(cells[row]) : format.null;
    }
    case "bool":
      return (row) => view.bool(index, row) ? "true" : "false";
    case "string":
      return stringWriter(view, index, format, start, end);
    case "bytes":
      return (row) => format.plain(base64(view.bytes(index, row)));
    case "decimal": {
      const digits = digitsWriter(view, index), scale = type.scale ?? 0;
      return (row) => format.plain(withPoint(digits(row), scale));
    }
    case "decimal128": {
      const digits = wideDigitsWriter(view, index), scale = type.scale ?? 0;
      return (row) => format.plain(withPoint(digits(row), scale));
    }
    case "timestamp": {
      const digits = digitsWriter(view, index);
      if (format.time === "ms") return digits;
      return (row) => {
        const text = formatTime(Number(view.int64(index, row)));
        return text === null ? digits(row) : format.plain(text);
      };
    }
    default: {
      const digits = digitsWriter(view, index);
      return (row) => format.int64(digits(row));
    }
  }
}

/** For columns that became strings after the frame was made. */
function textWriter(view: FrameView, index: number, type: DataType, format: CellFormat): CellWriter {
  const bare: CellFormat = { ...format, null: "", int64: (digits) => digits, plain: (text) => text };
  const write = valueWriter(view, index, type, bare, 0, 0);
  return (row) => {
    const text = write(row);
    return text === "" ? format.null : format.plain(text);
  };
}

/** The digits of an i64 cell, without BigInt for those that a double holds. */
function digitsWriter(view: FrameView, index: number): CellWriter {
  const cells = view.buffers(index).data as BigInt64Array<ArrayBuffer>;
  const words = new Int32Array(cells.buffer, cells.byteOffset, cells.length * 2);
  return (row) => {
    const high = words[row * 2 + 1];
    if (high >= -0x200000 && high < 0x200000) return String(high * TWO_32 + (words[row * 2] >>> 0));
    return cells[row].toString();
  };
}

/** The same of a decimal of 16 bytes (decimal128.ts). */
function wideDigitsWriter(view: FrameView, index: number): CellWriter {
  const { data, chars } = view.buffers(index), offsets = data as Int32Array, bytes = chars as Uint8Array<ArrayBuffer>;
  const cells = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (row) => {
    const at = offsets[row], high = cells.getInt32(at + 8), sign = high >> 31;
    const inside = high >= -0x200000 && high < 0x200000 && cells.getInt32(at + 4) === sign;
    if (inside && (cells.getInt32(at) ^ sign) === -0x80000000) return String(high * TWO_32 + cells.getUint32(at + 12));
    return String(readDecimal128(cells, at));
  };
}

/** The text of a whole number with a decimal point before its last `scale` digits. */
export function withPoint(digits: string, scale: number): string {
  if (scale === 0) return digits;
  const negative = digits.startsWith("-");
  const whole = (negative ? digits.slice(1) : digits).padStart(scale + 1, "0");
  const at = whole.length - scale;
  return `${negative ? "-" : ""}${whole.slice(0, at)}.${whole.slice(at)}`;
}

/**
 * Decodes the bytes of all rows at once where they are ASCII: single values are then slices, and when nothing in them is
 * special none needs to be searched.
 */
function stringWriter(view: FrameView, index: number, format: CellFormat, start: number, end: number): CellWriter {
  const { data, chars } = view.buffers(index), offsets = data as Int32Array, bytes = chars as Uint8Array<ArrayBuffer>;
  if (end - start < 2) return (row) => format.text(shortText(bytes, offsets[row], offsets[row + 1]));
  const from = offsets[start], all = decoder.decode(bytes.subarray(from, offsets[end]));
  if (all.length !== offsets[end] - from) {
    return (row) => format.text(shortText(bytes, offsets[row], offsets[row + 1]));
  }
  const slice: CellWriter = (row) => all.slice(offsets[row] - from, offsets[row + 1] - from);
  return format.special.test(all) ? (row) => format.text(slice(row)) : (row) => format.plain(slice(row));
}

function shortText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT_BYTES) return decoder.decode(bytes.subarray(start, end));
  let text = "";
  for (let i = start; i < end; i++) {
    if (bytes[i] >= 0x80) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(bytes[i]);
  }
  return text;
}

/** Base64 of RFC 4648 with padding. */
export function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 4096) binary += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return btoa(binary);
}
