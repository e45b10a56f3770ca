import { type Column, type DataType, formatType } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import type { RowError } from "../../../src/kernel/json.ts";

/** A CSV text as a plain reader sees it: every row with a value for each column, and the rejected rows. */
export interface ReadCsv {
  readonly rows: readonly (readonly Value[])[];
  readonly errors: readonly RowError[];
}

interface Field {
  bytes: number[];
  quoted: boolean;
  line: number;
  column: number;
}

interface Row {
  fields: Field[];
  start: number;
  end: number;
  /** Where the row ends: its line, and the column behind its last byte. */
  line: number;
  column: number;
  problem: { reason: string; line: number; column: number } | null;
}

const LF = 10, CR = 13, QUOTE = 34;

/** Reads rows a byte at a time, as a machine of four states. */
function splitRows(input: Uint8Array, delimiter: number): Row[] {
  const rows: Row[] = [];
  let at = 0, line = 1, lineStart = 0;
  const lineEndsAt = (i: number) => i >= input.length || input[i] === LF || (input[i] === CR && lineFeedAfter(i));
  const lineFeedAfter = (i: number) => i + 1 >= input.length || input[i + 1] === LF;
  while (at < input.length) {
    const row: Row = { fields: [], start: at, end: at, line, column: 0, problem: null };
    for (;;) {
      const field: Field = { bytes: [], quoted: input[at] === QUOTE, line, column: at - lineStart + 1 };
      const fail = (reason: string) => row.problem ??= { reason, line: field.line, column: field.column };
      row.fields.push(field);
      if (field.quoted) {
        at++;
        for (;; at++) {
          if (at >= input.length) {
            fail("Quoted field does not end");
            break;
          }
          if (input[at] === QUOTE && input[at + 1] !== QUOTE) {
            at++;
            break;
          }
          if (input[at] === QUOTE) at++;
          if (input[at] === LF) {
            line++;
            lineStart = at + 1;
          }
          field.bytes.push(input[at]);
        }
        if (!lineEndsAt(at) && input[at] !== delimiter) {
          fail("Text behind a closing quote");
          while (!lineEndsAt(at) && input[at] !== delimiter) at++;
        }
      } else {
        while (!lineEndsAt(at) && input[at] !== delimiter) {
          if (input[at] === QUOTE) fail("Quote inside a field that does not begin with one");
          field.bytes.push(input[at++]);
        }
      }
      if (lineEndsAt(at)) break;
      at++;
    }
    row.end = at;
    row.line = line;
    if (input[at] === CR) at++;
    row.column = at - lineStart + 1;
    if (input[at] === LF) {
      line++;
      lineStart = at + 1;
    }
    at++;
    rows.push(row);
  }
  return rows;
}

/** The exact value of a number times 10^scale, or why there is none. */
function scaled(text: string, scale: number, bits = 64): bigint | "malformed" | "range" | "inexact" {
  const match = /^([+-]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) return "malformed";
  const fraction = match[3] ?? match[4] ?? "";
  const digits = BigInt((match[2] ?? "") + fraction);
  if (digits === 0n) return 0n;
  const power = Number(match[5] ?? 0) - fraction.length + scale;
  if (power > 1000) return "range";
  if (power < -1000) return "inexact";
  const divisor = 10n ** BigInt(Math.max(0, -power));
  if (digits % divisor !== 0n) return "inexact";
  const value = digits / divisor * 10n ** BigInt(Math.max(0, power)) * (match[1] === "-" ? -1n : 1n);
  return value === BigInt.asIntN(bits, value) ? value : "range";
}

function timestamp(text: string): bigint | "malformed" | "range" | "inexact" {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  if (!match) return scaled(text, 0);
  const [, date, minutes = "00:00", seconds = ":00", fraction = "", zone = "Z"] = match;
  const ms = Date.parse(`${date}T${minutes}${seconds}${fraction.slice(0, 4)}${zone}`);
  const isDate = !Number.isNaN(ms) && new Date(Date.parse(`${date}T00:00Z`)).toISOString().startsWith(date);
  return isDate ? BigInt(ms) : "malformed";
}

/** A value, or { reason } why the bytes are none. */
function convert(type: DataType, bytes: Uint8Array): Value | { reason: string } {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const malformed = { reason: `Expected ${formatType(type)}, got text that is not of its form` };
  const whole = (value: ReturnType<typeof scaled>) => {
    if (value === "range") return { reason: `Number out of range for ${formatType(type)}` };
    if (value === "inexact") return { reason: `Number has more decimal places than ${formatType(type)} holds` };
    return value === "malformed" ? malformed : value;
  };
  switch (type.kind) {
    case "string":
      try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch {
        return { reason: "Invalid UTF-8" };
      }
    case "int64":
      return whole(scaled(text, 0));
    case "timestamp":
      return whole(timestamp(text));
    case "decimal":
    case "decimal128": {
      const value = scaled(text, type.scale!, 256), limit = 10n ** BigInt(type.precision!);
      return whole(typeof value === "bigint" && (value >= limit || value <= -limit) ? "range" : value);
    }
    case "double": {
      if (scaled(text, 0) === "malformed") return malformed;
      return Number.isFinite(Number(text)) ? Number(text) : whole("range");
    }
    case "bool":
      return text === "true" || text === "1" ? true : text === "false" || text === "0" ? false : malformed;
    case "bytes":
      try {
        // a text that is decoded and encoded again has to come out as it was, but for padding
        const decoded = atob(text), plain = text.replace(/=+$/, "");
        if (/[^A-Za-z0-9+/=]/.test(text) || btoa(decoded).replace(/=+$/, "") !== plain) return malformed;
        return Uint8Array.from(decoded, (c) => c.charCodeAt(0));
      } catch {
        return malformed;
      }
  }
}

/** Reads CSV into rows of `columns`. `names` are those of the fields; null when the first row has them. */
export function readCsv(
  input: Uint8Array,
  columns: readonly Column[],
  names: readonly string[] | null,
  delimiter = ",",
): ReadCsv {
  const rows: Value[][] = [], errors: RowError[] = [];
  const split = splitRows(input, delimiter.charCodeAt(0));
  const header = names ??
    split.shift()?.fields.map((field) => new TextDecoder().decode(Uint8Array.from(field.bytes))) ?? [];
  for (const row of split) {
    const only = row.fields[0];
    if (row.fields.length === 1 && !only.quoted && only.bytes.length === 0 && header.length !== 1) continue;
    const { values, problem } = readRow(row, columns, header);
    if (problem) errors.push({ ...problem, start: row.start, end: row.end });
    else rows.push(values);
  }
  return { rows, errors };
}

type Problem = Omit<RowError, "start" | "end">;

function readRow(row: Row, columns: readonly Column[], header: readonly string[]) {
  const values: Value[] = columns.map(() => null);
  let mismatch: Problem | null = null, form: Problem | null = null;
  const badForm = (at: { line: number; column: number }, reason: string, field: string | null = null) => {
    form ??= { line: at.line, column: at.column, field, reason, mismatch: false };
  };
  row.fields.forEach((field, position) => {
    if (row.problem?.line === field.line && row.problem.column === field.column) badForm(field, row.problem.reason);
    if (position === header.length) badForm(field, "Too many fields");
    const index = columns.findIndex((column) => column.name === header[position]);
    // a row that has failed is not read on, except for its form
    if (index < 0 || mismatch || form) return;
    const { type, nullable, name } = columns[index];
    const isText = type.kind === "string" || type.kind === "bytes";
    const fail = (reason: string) =>
      mismatch = { line: field.line, column: field.column, field: name, reason, mismatch: true };
    if (field.bytes.length === 0 && !(field.quoted && isText)) {
      if (!nullable) fail("Cannot use NULL: the column is not nullable");
      return;
    }
    const value = convert(type, Uint8Array.from(field.bytes));
    if (value === null || typeof value !== "object" || value instanceof Uint8Array) values[index] = value;
    else if (value.reason === "Invalid UTF-8") badForm(field, value.reason, name);
    else fail(value.reason);
  });
  if (row.fields.length < header.length) badForm(row, "Too few fields");
  const missing = columns.find((column) => !column.nullable && !header.includes(column.name));
  if (missing && !form && !mismatch) {
    const { line, column } = row.fields[row.fields.length - 1];
    const reason = "Missing column, which is not nullable";
    mismatch = { line, column, field: missing.name, reason, mismatch: true };
  }
  return { values, problem: form ?? mismatch };
}
