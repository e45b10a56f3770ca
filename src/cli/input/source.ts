import { CommandError, EXIT, usage } from "../exit.ts";
import type { Arguments } from "../flags.ts";
import { pathOf, type Terminal } from "../terminal.ts";
import { parquetLines } from "./parquet.ts";

/** Formats that `--format` takes. */
export const INPUT_FORMATS = ["ndjson", "json", "csv", "parquet"] as const;
export type PipedFormat = typeof INPUT_FORMATS[number];

/** What the table `input` is read from. */
export interface PipedInput {
  /** As people know it: a path, or standard input. */
  readonly name: string;
  /** How its bytes are rows, once they come out of `bytes`. */
  readonly format: "ndjson" | "json" | "csv";
  /** Bytes in all, null where nobody knows. */
  readonly size: number | null;
  bytes(): AsyncIterable<Uint8Array>;
}

const ENDINGS: Readonly<Record<string, PipedFormat>> = {
  ndjson: "ndjson",
  jsonl: "ndjson",
  json: "json",
  csv: "csv",
  parquet: "parquet",
};

/**
 * Standard input, or the file that `--input` names. Without `--format` the file's ending tells, else it is NDJSON. Throws CommandError: a file that is
 * missing; nothing piped in.
 */
export function openInput(args: Arguments, terminal: Terminal): PipedInput {
  const path = args.text("input"), named = path?.split(".").at(-1)?.toLowerCase() ?? "";
  const format = args.choice("format", INPUT_FORMATS, ENDINGS[named] ?? "ndjson");
  if (path === undefined || path === "-") return openPiped(format, terminal);
  const full = pathOf(terminal, path), size = sizeOf(terminal, full, path);
  if (format === "parquet") {
    return { name: path, format: "ndjson", size: null, bytes: () => parquetLines(terminal.readBytes(full)) };
  }
  return { name: path, format, size, bytes: () => terminal.readStream(full) };
}

function openPiped(format: PipedFormat, terminal: Terminal): PipedInput {
  if (terminal.inputWatched) {
    throw usage("The query reads the table input, and nothing is piped in: use --input FILE, or pipe rows to rdx run");
  }
  const name = "standard input", bytes = () => terminal.readInput();
  if (format !== "parquet") return { name, format, size: null, bytes };
  return { name, format: "ndjson", size: null, bytes: () => parquetLines(wholeOf(bytes())) };
}

function sizeOf(terminal: Terminal, full: string, path: string): number {
  try {
    return terminal.sizeOf(full);
  } catch (thrown) {
    const missing = thrown instanceof Deno.errors.NotFound;
    throw new CommandError(EXIT.missingFile, missing ? `There is no file ${path}` : `Cannot read ${path}`);
  }
}

/** All bytes of a stream in one. */
export async function wholeOf(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of stream) parts.push(part.slice());
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
