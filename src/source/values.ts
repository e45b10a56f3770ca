import { RdxError } from "../core/errors.ts";
import { type Column, type DataType, isDecimal } from "../core/schema.ts";
import type { FileRange, LineMaker, RangeSource } from "../source.ts";

/** Rows that stand in the plan itself: a value for each column, in their order. */
export interface ValuesOptions {
  readonly columns: readonly Pick<Column, "name" | "type">[];
  /** JSON values. Numbers that JSON's would not hold exactly may be strings. */
  readonly rows: readonly (readonly unknown[])[];
  /** Rows of one chunk (default: all). */
  readonly chunkRows?: number;
}

const encoder = new TextEncoder();
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** The ranges of the rows: `offset` and `length` count rows. Throws RdxError("invalid_plan") for a row of another length. */
export function openValues({ columns, rows, chunkRows = rows.length }: ValuesOptions): RangeSource {
  rows.forEach(({ length }, i) => {
    if (length === columns.length) return;
    throw new RdxError(
      "invalid_plan",
      `Row ${i} has ${length} values: expected ${columns.length}, one for each column`,
    );
  });
  const size = rows.length;
  let position = 0;
  return {
    size,
    get position() {
      return position;
    },
    next(): FileRange | null {
      if (position >= size) return null;
      const offset = position, length = Math.min(Math.max(chunkRows, 1), size - offset);
      position += length;
      return { path: "values", format: "ndjson", offset, length, size };
    },
  };
}

/** Writes the rows as lines of JSON. */
export function valuesLines({ columns, rows }: ValuesOptions): LineMaker {
  const names = columns.map(({ name }) => JSON.stringify(name));
  const lines = rows.map((row) => {
    const members = row.map((value, i) => `${names[i]}:${valueText(columns[i].type, value)}`);
    return encoder.encode(`{${members.join(",")}}\n`);
  });
  return {
    bytesMax: ({ offset, length }) =>
      lines.slice(offset, offset + length).reduce((bytes, line) => bytes + line.length, 0),
    make({ offset, length }, target) {
      let at = 0;
      for (const line of lines.slice(offset, offset + length)) {
        target.set(line, at);
        at += line.length;
      }
      return at;
    },
  };
}

function valueText(type: DataType, value: unknown): string {
  const number = type.kind === "int64" || type.kind === "double" || isDecimal(type);
  return number && typeof value === "string" && NUMBER.test(value) ? value : JSON.stringify(value ?? null);
}
