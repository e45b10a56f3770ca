import { parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { withPoint } from "../../core/cell_text.ts";
import { reasonOf } from "../../core/errors.ts";
import { CommandError, EXIT } from "../exit.ts";

/** Rows that are made text of at a time. */
const ROWS = 4096;

type Row = Record<string, unknown>;
type Schema = Awaited<ReturnType<typeof parquetMetadataAsync>>["schema"];

/** The rows of a Parquet file as NDJSON. Throws CommandError (bad input) for what is none. */
export async function* parquetLines(
  file: Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>,
): AsyncIterable<Uint8Array> {
  const bytes = await file, encoder = new TextEncoder();
  let rows: Row[], scales: ReadonlyMap<string, number>;
  try {
    const metadata = await parquetMetadataAsync(bytes.buffer);
    scales = takeDecimals(metadata.schema);
    rows = await parquetReadObjects({ file: bytes.buffer, metadata });
  } catch (thrown) {
    throw new CommandError(EXIT.badInput, `Cannot read the input as Parquet: ${reasonOf(thrown)}`);
  }
  for (let at = 0; at < rows.length; at += ROWS) {
    const part = rows.slice(at, at + ROWS);
    for (const row of part) writeDecimals(row, scales);
    yield encoder.encode(part.map((row) => `${JSON.stringify(row, exact)}\n`).join(""));
  }
}

/**
 * The columns that are decimals, with their scales. They lose their type, so that they are read as they are stored: the package makes doubles of
 * decimals. Those in structures, and those of any number of bytes, stay what it makes of them.
 */
function takeDecimals(schema: Schema): Map<string, number> {
  const scales = new Map<string, number>();
  let inside = 0;
  for (const element of schema.slice(1)) {
    const nested = inside > 0, { name, scale = 0, num_children: children = 0, type, converted_type } = element;
    inside = Math.max(0, inside - 1) + children;
    const single = element.repetition_type !== "REPEATED" && type !== "BYTE_ARRAY";
    if (nested || !single || converted_type !== "DECIMAL") continue;
    scales.set(name, scale);
    delete element.converted_type;
    delete element.logical_type;
  }
  return scales;
}

function writeDecimals(row: Row, scales: ReadonlyMap<string, number>): void {
  for (const [name, scale] of scales) {
    const value = row[name];
    if (value instanceof Uint8Array) row[name] = rawJson(withPoint(String(wholeOf(value)), scale));
    else if (typeof value === "number" || typeof value === "bigint") {
      row[name] = rawJson(withPoint(String(value), scale));
    }
  }
}

/** The number that stands in bytes as two's complement, the highest first. */
function wholeOf(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toHex()}`));
}

/** The digits of whole numbers that JavaScript's numbers do not hold. */
function exact(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? rawJson(String(value)) : value;
}

/** JSON as it is, which the standard library's types do not know yet. */
const { rawJSON: rawJson } = JSON as typeof JSON & { rawJSON(text: string): unknown };
