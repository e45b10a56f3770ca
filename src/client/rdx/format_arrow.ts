import { encodeColumns, encodeSchema } from "../../core/arrow/writer.ts";
import { type ErrorCode, RdxError } from "../../core/errors.ts";
import { MESSAGE_BYTES_MAX } from "../../core/limits.ts";
import { type Column, makeSchema, parseType } from "../../core/schema.ts";
import { decodeEnvelope, encodeEnvelope } from "../../core/wire.ts";
import { type ColumnEncoder, columnEncoder } from "./arrow_column.ts";
import {
  BATCH_BYTES_MAX,
  type Columns,
  type Format,
  MESSAGE_HEAD_BYTES_MAX,
  type RowEncoder,
  type Verdict,
} from "./format.ts";
import type { OutboxBatch, Row, WriterOptions } from "./types.ts";

/** Bytes of one batch that are more than a server takes. */
const BODY_BYTES_MAX = MESSAGE_BYTES_MAX - MESSAGE_HEAD_BYTES_MAX;

/**
 * `rdx.arrow.v1`: each message is an envelope around a schema and a record batch, so that each can be read by itself, whichever connection it comes over. Throws
 * RdxError("invalid") for columns that make no sense.
 */
export function arrowFormat(declared: NonNullable<WriterOptions["columns"]>): Format {
  const columns = checkedColumns(declared), schema = encodeSchema(columns);
  return {
    protocol: "rdx.arrow.v1",
    encoder: (rowsMax) => new ArrowRows(columns, schema, rowsMax),
    message: (producer, { sequence, body }) =>
      encodeEnvelope({ kind: "rows", stream: null, producer, sequence, arrow: body }),
    read: (data) => verdictOf(data),
  };
}

function checkedColumns(declared: NonNullable<WriterOptions["columns"]>): readonly Column[] {
  if (declared.length === 0) {
    throw new RdxError(
      "invalid",
      'A writer of format arrow needs its columns: { columns: [{ name: "n", type: "int64" }] }',
    );
  }
  try {
    return makeSchema(declared.map(({ name, type, nullable = true }) => ({ name, type: parseType(type), nullable })))
      .columns;
  } catch (thrown) {
    if (thrown instanceof RdxError) throw new RdxError("invalid", thrown.message);
    throw thrown;
  }
}

function verdictOf(data: string | ArrayBuffer): Verdict {
  if (typeof data === "string") throw new RdxError("internal", "The server sent text where Arrow was agreed on");
  const envelope = decodeEnvelope(new Uint8Array(data));
  switch (envelope.kind) {
    case "ack": {
      const { sequence, accepted, rejected } = envelope;
      return { kind: "ack", sequence, accepted, rejected, errors: [] };
    }
    case "credit":
      return envelope;
    case "error": {
      const { code, message, sequence, expected } = envelope;
      const error = new RdxError(code as ErrorCode, message, [], expected < 0 ? {} : { expected });
      return { kind: "error", sequence: sequence < 0 ? null : sequence, error };
    }
    default:
      throw new RdxError("internal", `The server sent an envelope of kind ${envelope.kind}, which is for clients`);
  }
}

/** Rows side by side in columns. A row counts once all its values are in their columns: until then the next one overwrites it. */
class ArrowRows implements RowEncoder {
  readonly #columns: readonly Column[];
  readonly #encoders: readonly ColumnEncoder[];
  readonly #names: ReadonlySet<string>;
  readonly #schema: Uint8Array<ArrayBuffer>;
  readonly #rowsMax: number;
  #rows = 0;

  constructor(columns: readonly Column[], schema: Uint8Array<ArrayBuffer>, rowsMax: number) {
    this.#columns = columns;
    this.#encoders = columns.map((column) => columnEncoder(column, rowsMax));
    this.#names = new Set(columns.map(({ name }) => name));
    this.#schema = schema;
    this.#rowsMax = rowsMax;
  }

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    return this.#rows === 0 ? 0 : this.#bytesOf(this.#rows);
  }

  /** Members that are no column of the writer are refused, so that nothing is lost in silence. */
  add(row: Row): void {
    if (typeof row !== "object" || row === null) {
      throw new RdxError("invalid", `Cannot send ${row === null ? "null" : typeof row} as a row: a row is an object`);
    }
    for (const name of Object.keys(row)) if (!this.#names.has(name)) throw unknownColumn(name);
    for (let i = 0; i < this.#columns.length; i++) {
      const { name } = this.#columns[i];
      this.#encoders[i].set(this.#rows, Object.hasOwn(row, name) ? row[name] : null);
    }
    this.#checkBytes(this.#rows + 1);
    this.#rows++;
  }

  addColumns(columns: Columns, from: number): number {
    for (const name of Object.keys(columns)) if (!this.#names.has(name)) throw unknownColumn(name);
    const given = this.#columns.map(({ name }) => Object.hasOwn(columns, name) ? columns[name] : null);
    const length = given.find((values) => values !== null)?.length ?? 0;
    let count = Math.min(this.#rowsMax - this.#rows, length - from);
    for (;; count = Math.ceil(count / 2)) {
      this.#encoders.forEach((encoder, i) => encoder.setAll(this.#rows, given[i], from, count));
      // Long texts: fewer rows make a message.
      if (count === 1 || this.#bytesOf(this.#rows + count) <= 2 * BATCH_BYTES_MAX) break;
    }
    this.#checkBytes(this.#rows + count);
    this.#rows += count;
    return count;
  }

  take(): Omit<OutboxBatch, "sequence">[] {
    if (this.#rows === 0) return [];
    const rows = this.#rows, batch = encodeColumns(rows, this.#encoders.map((encoder) => encoder.buffers(rows)));
    const body = new Uint8Array(this.#schema.length + batch.length);
    body.set(this.#schema);
    body.set(batch, this.#schema.length);
    this.#rows = 0;
    return [{ rows, body }];
  }

  #bytesOf(rows: number): number {
    let bytes = 0;
    for (const encoder of this.#encoders) bytes += encoder.bytes(rows);
    return bytes;
  }

  #checkBytes(rows: number): void {
    const bytes = this.#bytesOf(rows);
    if (bytes > BODY_BYTES_MAX - BATCH_BYTES_MAX) {
      throw new RdxError("too_large", `Cannot send ${bytes} bytes in one batch: a server takes ${MESSAGE_BYTES_MAX}`);
    }
  }
}

function unknownColumn(name: string): RdxError {
  return new RdxError(
    "invalid",
    `Column ${JSON.stringify(name.slice(0, 200))} is none of this writer's: declare it in its columns`,
  );
}
