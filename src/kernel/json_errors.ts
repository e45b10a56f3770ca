import { type Column, formatType } from "../core/schema.ts";
import * as layout from "./json_layout.ts";

/** Why one row was left out. Lines and columns count from 1, columns in bytes. */
export interface RowError {
  line: number;
  column: number;
  /** The column whose value is missing or does not fit, or null. */
  field: string | null;
  reason: string;
  /** The row's bytes in the input: from `start` up to `end`. */
  start: number;
  end: number;
  /** The row is valid JSON, but a value does not fit its column. */
  mismatch: boolean;
}

const EXPECTED: Readonly<Record<number, string>> = {
  [layout.REASON_VALUE]: "a value",
  [layout.REASON_KEY]: "a key in quotes",
  [layout.REASON_COLON]: "a colon",
  [layout.REASON_IN_OBJECT]: 'a comma or "}"',
  [layout.REASON_IN_ARRAY]: 'a comma or "]"',
  [layout.REASON_END]: "nothing more",
};

const FORMS: Readonly<Record<string, string>> = {
  int64: "a whole number",
  timestamp: "an ISO 8601 timestamp",
  decimal: "a decimal number",
  decimal128: "a decimal number",
  bytes: "base64",
};

/** What begins with the byte `c`, in words. */
function kindOf(c: number): string {
  if (c === 0x7b) return "an object";
  if (c === 0x5b) return "an array";
  if (c === 0x22) return "a string";
  if (c === 0x74 || c === 0x66) return "a boolean";
  return c === 0x6e ? "null" : "a number";
}

/** The byte at `offset`, as a message shows it. */
function shown(text: Uint8Array, offset: number, lines: boolean): string {
  if (offset >= text.length) return lines ? "the end of the line" : "the end of the text";
  const c = text[offset];
  if (c === 10 && lines) return "the end of the line";
  if (c > 0x20 && c < 0x7f) return JSON.stringify(String.fromCharCode(c));
  return `byte 0x${c.toString(16).padStart(2, "0")}`;
}

function misfitReason(reason: number, c: number, column: Column): string {
  const type = formatType(column.type);
  switch (reason) {
    case layout.REASON_MISSING:
      return `Missing ${JSON.stringify(column.name)}, which is not nullable`;
    case layout.REASON_NULL:
      return `Cannot use null: the column is not nullable`;
    case layout.REASON_KIND:
      return `Expected ${type}, got ${kindOf(c)}`;
    case layout.REASON_RANGE:
      return `Number out of range for ${type}`;
    case layout.REASON_INEXACT:
      return `Number has more decimal places than ${type} holds`;
    default:
      return `Expected ${type}, got a string that is not ${FORMS[column.type.kind] ?? "of its form"}`;
  }
}

function syntaxReason(reason: number, text: Uint8Array, offset: number, lines: boolean, depthMax: number): string {
  switch (reason) {
    case layout.REASON_UNTERMINATED:
      return "String does not end";
    case layout.REASON_CONTROL:
      return `Unescaped control character ${shown(text, offset, false)} in a string`;
    case layout.REASON_ESCAPE:
      return "Invalid escape in a string";
    case layout.REASON_UTF8:
      return "Invalid UTF-8";
    case layout.REASON_NUMBER:
      return "Invalid number";
    case layout.REASON_DEPTH:
      return `Nested deeper than ${depthMax} levels`;
    default:
      return `Expected ${EXPECTED[reason]}, got ${shown(text, offset, lines)}`;
  }
}

/** What the errors of one input are told with. */
export interface ErrorContext {
  readonly columns: readonly Column[];
  readonly text: Uint8Array;
  /** Each line is a text of its own. */
  readonly lines: boolean;
  readonly depthMax: number;
}

/** Reads the ERROR at `at` of the kernel's memory. */
export function readError(data: DataView, at: number, context: ErrorContext): RowError {
  const code = data.getInt32(at + layout.ERROR_REASON, true), field = data.getInt32(at + layout.ERROR_FIELD, true);
  const offset = data.getUint32(at + layout.ERROR_OFFSET, true), { text, lines, columns, depthMax } = context;
  let reason: string;
  if (code === layout.REASON_NOT_OBJECT) reason = `Expected an object, got ${kindOf(text[offset])}`;
  else if (field >= 0) reason = misfitReason(code, text[offset], columns[field]);
  else reason = syntaxReason(code, text, offset, lines, depthMax);
  return {
    line: data.getUint32(at + layout.ERROR_LINE, true),
    column: data.getUint32(at + layout.ERROR_COLUMN, true),
    field: field < 0 ? null : columns[field].name,
    reason,
    start: data.getUint32(at + layout.ERROR_START, true),
    end: data.getUint32(at + layout.ERROR_END, true),
    mismatch: code >= layout.REASON_MISMATCH,
  };
}
