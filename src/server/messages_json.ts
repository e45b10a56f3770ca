import { RdxError } from "../core/errors.ts";
import { INGEST_ERRORS_MAX } from "../core/limits.ts";
import { parseProducer } from "./ingest.ts";
import { countLines } from "./line_count.ts";
import type { Dialect, IngestMessage } from "./messages.ts";

const LINE_FEED = 10;
/** How a message begins that says who sends it. */
const CONTROL = new TextEncoder().encode('{"$rdx"');
/** Bytes of the line that says it. */
const CONTROL_BYTES_MAX = 2048;

/** `rdx.json.v1`: messages are NDJSON rows, optionally led by a line `{"$rdx":{"producer":"p","sequence":0}}`; answers are JSON. */
export const jsonDialect: Dialect = {
  read: readMessage,
  acknowledge(sequence, { accepted, rejected, offset, durability, errors, duplicate }) {
    const verdict = { $rdx: "ack", sequence, accepted, rejected, offset, durability };
    if (errors.length === 0 && !duplicate) return JSON.stringify(verdict);
    return JSON.stringify({
      ...verdict,
      ...(errors.length > 0 ? { errors: errors.slice(0, INGEST_ERRORS_MAX) } : {}),
      ...(duplicate ? { duplicate } : {}),
    });
  },
  credit: (rows) => JSON.stringify({ $rdx: "credit", rows }),
  refuse(problem, sequence) {
    return JSON.stringify({ $rdx: "error", ...(sequence === null ? {} : { sequence }), ...problem.body });
  },
};

function readMessage(bytes: Uint8Array<ArrayBuffer>, lines: () => number): IngestMessage {
  const format = { format: "ndjson" } as const, kind = "rows";
  if (!CONTROL.every((byte, i) => bytes[i] === byte)) return { kind, body: bytes, format, rows: lines() };
  const feed = bytes.indexOf(LINE_FEED), end = feed < 0 ? bytes.length : feed;
  const producer = readControl(bytes.subarray(0, end)), body = bytes.subarray(Math.min(end + 1, bytes.length));
  return { kind, body, format, rows: countLines(body), ...producer };
}

function readControl(line: Uint8Array): ReturnType<typeof parseProducer> {
  const control = line.length > CONTROL_BYTES_MAX ? null : parse(line);
  const inner = control?.$rdx;
  if (typeof inner !== "object" || inner === null || Array.isArray(inner)) {
    throw new RdxError("invalid", 'Cannot read the leading line: expected {"$rdx":{"producer":"name","sequence":0}}');
  }
  const { producer, sequence, epoch, ...others } = inner as Record<string, unknown>;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    throw new RdxError("invalid", `Cannot read the leading line: unknown member ${JSON.stringify(other)}`);
  }
  if (producer !== undefined && typeof producer !== "string") {
    throw new RdxError("invalid", "Cannot read the leading line: producer is no text");
  }
  return parseProducer(producer ?? null, textOf(sequence), textOf(epoch));
}

function textOf(value: unknown): string | null {
  return value === undefined ? null : String(value);
}

function parse(line: Uint8Array): Record<string, unknown> | null {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line));
  } catch {
    return null;
  }
}
