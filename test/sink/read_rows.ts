import { decodeArrow } from "../../src/core/arrow/reader.ts";
import { FrameView } from "../../src/core/frame.ts";

/** The rows of an output in any of the sinks' formats, as text `n s`. */
export function readRows(format: string, bytes: Uint8Array): string[] {
  if (format === "arrow") return arrowRows(bytes);
  const text = new TextDecoder().decode(bytes);
  return format === "csv" ? csvRows(text) : ndjsonRows(text);
}

function ndjsonRows(text: string): string[] {
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line)).map(({ n, s }) => `${n} ${s}`);
}

function arrowRows(bytes: Uint8Array): string[] {
  return decodeArrow(bytes).frames.flatMap((frame) => {
    const view = new FrameView(frame);
    return Array.from({ length: view.rows }, (_, row) => `${view.int64(0, row)} ${view.text(1, row)}`);
  });
}

function csvRows(text: string): string[] {
  const rows = [...text.matchAll(/(-?\d+),(?:"((?:[^"]|"")*)"|([^\r]*))\r\n/g)];
  return rows.map(([, n, quoted, bare]) => `${n} ${quoted?.replaceAll('""', '"') ?? bare}`);
}
