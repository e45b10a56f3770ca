import { parquetReadObjects } from "hyparquet";
import { reasonOf } from "../../core/errors.ts";
import { CommandError, EXIT } from "../exit.ts";

/** Rows that are made text of at a time. */
const ROWS = 4096;

/** The rows of a Parquet file as NDJSON. Throws CommandError (bad input) for what is none. */
export async function* parquetLines(
  file: Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>,
): AsyncIterable<Uint8Array> {
  const bytes = await file, encoder = new TextEncoder();
  let rows: Record<string, unknown>[];
  try {
    rows = await parquetReadObjects({ file: bytes.buffer });
  } catch (thrown) {
    throw new CommandError(EXIT.badInput, `Cannot read the input as Parquet: ${reasonOf(thrown)}`);
  }
  for (let at = 0; at < rows.length; at += ROWS) {
    yield encoder.encode(rows.slice(at, at + ROWS).map((row) => `${JSON.stringify(row, exact)}\n`).join(""));
  }
}

/** The digits of whole numbers that JavaScript's numbers do not hold. */
function exact(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? rawJson(String(value)) : value;
}

/** JSON as it is, which the standard library's types do not know yet. */
const { rawJSON: rawJson } = JSON as typeof JSON & { rawJSON(text: string): unknown };
