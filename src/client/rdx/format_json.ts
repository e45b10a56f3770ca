import { RdxError, reasonOf } from "../../core/errors.ts";
import { MESSAGE_BYTES_MAX } from "../../core/limits.ts";
import { parseExact, writeExact } from "./exact_json.ts";
import { BATCH_BYTES_MAX, type Format, MESSAGE_HEAD_BYTES_MAX, type RowEncoder, type Verdict } from "./format.ts";
import { problemError } from "./http.ts";
import type { OutboxBatch, RejectedRow, Row } from "./types.ts";

const LINE_FEED = 10;
const encoder = new TextEncoder();

/** `rdx.json.v1`: rows are lines of JSON, behind a line that says who sends them and under which number. */
export const jsonFormat: Format = {
  protocol: "rdx.json.v1",
  encoder: () => new JsonRows(),
  message(producer, { sequence, body }) {
    const head = encoder.encode(`${JSON.stringify({ $rdx: { producer, sequence } })}\n`);
    const message = new Uint8Array(head.length + body.length);
    message.set(head);
    message.set(body, head.length);
    return message;
  },
  read(data) {
    const json = parseExact(typeof data === "string" ? data : new TextDecoder().decode(data));
    return verdictOf(json as Record<string, unknown>);
  },
};

function verdictOf(json: Readonly<Record<string, unknown>>): Verdict {
  switch (json.$rdx) {
    case "ack": {
      const { sequence, accepted, rejected, errors } = json;
      return {
        kind: "ack",
        sequence: Number(sequence),
        accepted: Number(accepted),
        rejected: Number(rejected),
        errors: (errors ?? []) as RejectedRow[],
      };
    }
    case "credit":
      return { kind: "credit", rows: Number(json.rows) };
    case "error": {
      const { sequence, ...problem } = json;
      return { kind: "error", sequence: typeof sequence === "number" ? sequence : null, error: problemError(problem) };
    }
    default:
      throw new RdxError("internal", `The server sent ${JSON.stringify(json).slice(0, 200)}, which says nothing`);
  }
}

/** Rows as lines of JSON. */
class JsonRows implements RowEncoder {
  #lines: string[] = [];
  #chars = 0;

  get rows(): number {
    return this.#lines.length;
  }

  get bytes(): number {
    return this.#chars;
  }

  add(row: Row): void {
    const line = lineOf(row);
    this.#lines.push(line);
    this.#chars += line.length + 1;
  }

  addColumns(): number {
    throw new RdxError("invalid", 'Columns travel in Arrow: open the writer with { format: "arrow", columns: […] }');
  }

  /** Text that is not ASCII takes more bytes than characters, so that there can be more bodies than one. */
  take(): Omit<OutboxBatch, "sequence">[] {
    if (this.#lines.length === 0) return [];
    const rows = this.#lines.length, body = encoder.encode(this.#lines.join("\n"));
    this.#lines = [];
    this.#chars = 0;
    return body.length <= BATCH_BYTES_MAX ? [{ rows, body }] : split(body);
  }
}

function lineOf(row: Row): string {
  if (typeof row !== "object" || row === null || Array.isArray(row)) {
    throw new RdxError("invalid", `Cannot send ${row === null ? "null" : typeof row} as a row: a row is an object`);
  }
  let line: string;
  try {
    line = writeExact(row);
  } catch (thrown) {
    throw new RdxError("invalid", `Cannot write the row as JSON: ${reasonOf(thrown)}`);
  }
  const bytesMax = MESSAGE_BYTES_MAX - MESSAGE_HEAD_BYTES_MAX;
  if (line.length * 3 > bytesMax && encoder.encode(line).length > bytesMax) {
    throw new RdxError("too_large", `Cannot send a row of more than ${bytesMax} bytes`);
  }
  return line;
}

/** Bodies of at most BATCH_BYTES_MAX bytes, or of one line. */
function split(body: Uint8Array<ArrayBuffer>): Omit<OutboxBatch, "sequence">[] {
  const parts: Omit<OutboxBatch, "sequence">[] = [];
  let start = 0, rows = 0, at = 0;
  const cut = (end: number) => {
    if (rows > 0) parts.push({ rows, body: body.slice(start, end) });
    start = at;
    rows = 0;
  };
  while (at < body.length) {
    const feed = body.indexOf(LINE_FEED, at), end = feed < 0 ? body.length : feed;
    if (end - start > BATCH_BYTES_MAX) cut(at);
    rows++;
    at = end + 1;
  }
  cut(body.length);
  return parts;
}
