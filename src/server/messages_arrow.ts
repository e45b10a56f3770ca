import { decodeMessage } from "../core/arrow/decode/message.ts";
import { DICTIONARY_BATCH, HEADER, RECORD_BATCH } from "../core/arrow/format.ts";
import { RdxError } from "../core/errors.ts";
import { ARROW_DICTIONARIES_MAX } from "../core/limits.ts";
import { decodeEnvelope, encodeEnvelope } from "../core/wire.ts";
import { parseProducer } from "./ingest.ts";
import type { Dialect, IngestMessage } from "./messages.ts";

/**
 * `rdx.arrow.v1`: each message is an envelope (core/wire.fbs) around whole messages of Arrow's IPC format; answers are envelopes.
 *
 * The schema and dictionaries come once and hold for the messages after them, as in an IPC stream. Bodies are stored one by one, so that those which hold
 * are put in front of each. `leadBytesMax` bounds them.
 */
export function arrowDialect(stream: string, leadBytesMax: number): Dialect {
  const lead = new Lead(leadBytesMax);
  return {
    read: (bytes) => readMessage(bytes, stream, lead),
    acknowledge: (sequence, { accepted, rejected, offset }) =>
      encodeEnvelope({ kind: "ack", sequence, accepted, rejected, offset }),
    credit: (rows) => encodeEnvelope({ kind: "credit", rows }),
    refuse({ code, body }, sequence) {
      const expected = typeof body.expected === "number" ? body.expected : -1;
      return encodeEnvelope({ kind: "error", code, message: String(body.detail), sequence: sequence ?? -1, expected });
    },
  };
}

function readMessage(bytes: Uint8Array<ArrayBuffer>, stream: string, lead: Lead): IngestMessage {
  const envelope = decodeEnvelope(bytes);
  if (envelope.kind !== "rows" && envelope.kind !== "end") {
    throw new RdxError("invalid", `A client sends envelopes of kind rows or end, not ${envelope.kind}`);
  }
  if (envelope.stream !== null && envelope.stream !== stream) {
    throw new RdxError("invalid", `This connection sends to stream ${stream}, not to ${envelope.stream.slice(0, 128)}`);
  }
  if (envelope.kind === "end") return { kind: "end" };
  const { producer, sequence, arrow } = envelope;
  const mark = parseProducer(producer, sequence < 0 ? null : String(sequence));
  return { kind: "rows", format: { format: "arrow" }, ...lead.complete(arrow), ...mark };
}

/** The schema and the dictionaries that hold for what comes next. */
class Lead {
  readonly #bytesMax: number;
  #schema: Uint8Array<ArrayBuffer> | null = null;
  #dictionaries = new Map<number, Uint8Array<ArrayBuffer>>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The Arrow messages with what they need in front of them, and the rows that they claim. */
  complete(arrow: Uint8Array): { body: Uint8Array<ArrayBuffer>; rows: number } {
    const before = [...this.#held()];
    let rows = 0, at = 0, leading = false;
    for (let message = decodeMessage(arrow, at); message; message = decodeMessage(arrow, at)) {
      const { headerType, header, length } = message;
      if (headerType === HEADER.schema) {
        leading ||= at === 0;
        this.#schema = arrow.slice(at, at + length);
        this.#dictionaries.clear();
      } else if (headerType === HEADER.dictionaryBatch) {
        this.#keep(header.int64(DICTIONARY_BATCH.id), arrow.slice(at, at + length));
      } else if (headerType === HEADER.recordBatch) rows += Math.max(0, header.int64(RECORD_BATCH.length));
      at += length;
    }
    if (!this.#schema) throw new RdxError("invalid", "The first Arrow message is the schema: send it before any rows");
    return { body: join(leading ? [arrow] : [...before, arrow]), rows };
  }

  *#held(): Generator<Uint8Array> {
    if (this.#schema) yield this.#schema;
    yield* this.#dictionaries.values();
  }

  #keep(id: number, message: Uint8Array<ArrayBuffer>): void {
    this.#dictionaries.set(id, message);
    let bytes = 0;
    for (const held of this.#held()) bytes += held.length;
    if (this.#dictionaries.size > ARROW_DICTIONARIES_MAX || bytes > this.#bytesMax) {
      this.#dictionaries.delete(id);
      throw new RdxError(
        "too_large",
        `Cannot keep more than ${ARROW_DICTIONARIES_MAX} dictionaries or ${this.#bytesMax} bytes of them for a connection`,
      );
    }
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
