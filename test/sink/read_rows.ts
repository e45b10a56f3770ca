import { decodeArrow } from "../../src/core/arrow/reader.ts";
import { FrameView } from "../../src/core/frame.ts";

/** The rows of an output in any of the sinks' formats, as text `n s`, with `$op` behind where there is one. */
export function readRows(format: string, bytes: Uint8Array): string[] {
  if (format === "arrow") return arrowRows(bytes);
  const text = new TextDecoder().decode(bytes);
  return format === "csv" ? csvRows(text) : ndjsonRows(text);
}

function ndjsonRows(text: string): string[] {
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line)).map(({ n, s, $op }) =>
    [n, s, ...($op === undefined ? [] : [$op])].join(" ")
  );
}

function arrowRows(bytes: Uint8Array): string[] {
  const schema = new TextDecoder("latin1").decode(bytes.subarray(0, 1000)).includes("$op");
  return decodeArrow(bytes).frames.flatMap((frame) => {
    const view = new FrameView(frame);
    return Array.from({ length: view.rows }, (_, row) => {
      const kind = schema ? ` ${view.kind(row)}` : "";
      return `${view.int64(0, row)} ${view.text(1, row)}${kind}`;
    });
  });
}

function csvRows(text: string): string[] {
  const rows = [...text.matchAll(/(-?\d+),(?:"((?:[^"]|"")*)"|([^\r,]*))(?:,([^\r]*))?\r\n/g)];
  return rows.map(([, n, quoted, bare, kind]) =>
    [n, quoted?.replaceAll('""', '"') ?? bare, ...(kind === undefined ? [] : [kind])].join(" ")
  );
}
