import { parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { withPoint } from "../../core/cell_text.ts";
import { reasonOf } from "../../core/errors.ts";
import { CommandError, EXIT } from "../exit.ts";
import { type Shape, takeDecimals } from "./parquet_shape.ts";

/** Rows that are made text of at a time. */
const ROWS = 4096;

type Row = Record<string, unknown>;

/** The rows of a Parquet file as NDJSON. Throws CommandError (bad input) for what is none. */
export async function* parquetLines(
  file: Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>,
): AsyncIterable<Uint8Array> {
  const bytes = await file, encoder = new TextEncoder();
  let rows: Row[], shape: Shape;
  try {
    const metadata = await parquetMetadataAsync(bytes.buffer);
    shape = takeDecimals(metadata.schema);
    rows = await parquetReadObjects({ file: bytes.buffer, metadata, utf8: false });
  } catch (thrown) {
    throw new CommandError(EXIT.badInput, `Cannot read the input as Parquet: ${reasonOf(thrown)}`);
  }
  for (let at = 0; at < rows.length; at += ROWS) {
    const part = rows.slice(at, at + ROWS);
    yield encoder.encode(part.map((row) => `${JSON.stringify(shown(row, shape))}\n`).join(""));
  }
}

/** A value as JSON has it: decimals with all their digits, bytes as the text that they are or in base64, and NULL where the package has nothing. */
function shown(value: unknown, shape: Shape): unknown {
  if (value === undefined || value === null) return null;
  if (shape?.kind === "decimal") {
    return rawJson(withPoint(String(value instanceof Uint8Array ? wholeOf(value) : value), shape.scale));
  }
  if (typeof value === "bigint") return rawJson(String(value));
  if (typeof value !== "object" || value instanceof Date) return value;
  if (value instanceof Uint8Array) return textOf(value);
  if (Array.isArray(value)) return value.map((item) => shown(item, itemsOf(shape)));
  const of = (name: string) => shape?.kind === "fields" ? shape.of.get(name) ?? null : itemsOf(shape);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shown(member, of(name))]));
}

function itemsOf(shape: Shape): Shape {
  return shape?.kind === "items" ? shape.of : null;
}

/** Writers that are older than the mark for texts leave it out. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return bytes.toBase64();
  }
}

/** The number that stands in bytes as two's complement, the highest first. */
function wholeOf(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toHex()}`));
}

/** JSON as it is, which the standard library's types do not know yet. */
const { rawJSON: rawJson } = JSON as typeof JSON & { rawJSON(text: string): unknown };
