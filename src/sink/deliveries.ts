import type { Encoder } from "../codec.ts";
import { WEBHOOK_BODY_BYTES_MAX } from "../core/limits.ts";
import type { OutputBatch, RowRange } from "../sink.ts";
import { encodeOutput } from "./encode_output.ts";

/** Rows that go in one request. */
export interface Delivery {
  /** The output that they are of, and which part of it, from 0: the same whenever the output comes again. */
  readonly number: number;
  readonly ordinal: number;
  readonly rows: number;
  /** A line of JSON for each row. */
  readonly lines: Uint8Array;
}

const NEWLINE = 0x0a, COMMA = 0x2c, OPEN = 0x5b, CLOSE = 0x5d;
const decoder = new TextDecoder();

/** Cuts an output into requests of at most `rowsMax` rows, and so few that they are not too large. */
export function* deliveriesOf(
  output: OutputBatch,
  encoder: Encoder,
  kinds: boolean,
  rowsMax: number,
): Generator<Delivery> {
  let ordinal = 0;
  for (const ranges of cut(output.ranges, rowsMax)) {
    for (const part of partsOf(output, ranges, encoder, kinds)) yield { ...part, ordinal: ordinal++ };
  }
}

function* partsOf(
  output: OutputBatch,
  ranges: readonly RowRange[],
  encoder: Encoder,
  kinds: boolean,
): Generator<Omit<Delivery, "ordinal">> {
  const rows = ranges.reduce((sum, range) => sum + range.rows, 0);
  const lines = encodeOutput(encoder, { ...output, ranges, rows }, kinds);
  if (lines.length <= WEBHOOK_BODY_BYTES_MAX || rows === 1) {
    yield { number: output.number, rows, lines };
    return;
  }
  for (const half of cut(ranges, Math.ceil(rows / 2))) yield* partsOf(output, half, encoder, kinds);
}

/** The same rows in lists of ranges with `rowsMax` rows each. */
function* cut(ranges: readonly RowRange[], rowsMax: number): Generator<RowRange[]> {
  let part: RowRange[] = [], room = rowsMax;
  for (const { frame, start, rows } of ranges) {
    for (let done = 0; done < rows;) {
      const count = Math.min(rows - done, room);
      part.push({ frame, start: start + done, rows: count });
      done += count;
      room -= count;
      if (room > 0) continue;
      yield part;
      [part, room] = [[], rowsMax];
    }
  }
  if (part.length > 0) yield part;
}

/** The body of a request: a line for each row, or an array of them. */
export function bodyOf({ lines }: Delivery, format: "ndjson" | "json"): Uint8Array<ArrayBuffer> {
  if (format === "ndjson") return new Uint8Array(lines);
  const body = new Uint8Array(lines.length + 1);
  body[0] = OPEN;
  // The text of a row has no line ends.
  for (let i = 0; i < lines.length; i++) body[i + 1] = lines[i] === NEWLINE ? COMMA : lines[i];
  body[lines.length] = CLOSE;
  return body;
}

/** Each row as JSON. */
export function rowsOf({ lines }: Delivery): string[] {
  return decoder.decode(lines).trimEnd().split("\n");
}
