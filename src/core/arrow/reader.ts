import { ROW_KINDS } from "../batch.ts";
import { type ColumnBuffers, FrameView } from "../frame.ts";
import { concatRanges } from "../frame_concat.ts";
import { writeFrame } from "../frame_writer.ts";
import { ARROW_DECODED_BYTES_MAX, ARROW_DICTIONARIES_MAX, BATCH_ROWS_MAX } from "../limits.ts";
import { type Column, makeSchema } from "../schema.ts";
import { RdxError } from "../errors.ts";
import { BatchBody } from "./decode/body.ts";
import { decodeColumn } from "./decode/column.ts";
import { decodeIndexed, type Dictionary } from "./decode/dictionary.ts";
import { arrowError, DecodeBudget } from "./decode/error.ts";
import { type ArrowMessage, decodeMessage } from "./decode/message.ts";
import { type ArrowField, decodeSchema, kindColumn } from "./decode/schema.ts";
import { DICTIONARY_BATCH, HEADER, KIND_COLUMN, MESSAGE_PREFIX_BYTES } from "./format.ts";

/**
 * Turns messages of an Arrow IPC stream into frames, whatever the bytes are: what is wrong is an RdxError("invalid"), what
 * would grow too much RdxError("too_large"). It keeps the schema and the dictionaries between messages, so that a stream
 * may come in pieces of whole messages.
 */
export class ArrowReader {
  #fields: readonly ArrowField[] | null = null;
  #columns: readonly Column[] | null = null;
  #kinds = -1;
  readonly #dictionaries = new Map<number, Dictionary & { readonly bytes: number }>();
  readonly #decodedBytesMax: number;

  /** `decodedBytesMax` bounds what one call of `read` decodes to, and apart from it the dictionaries that are kept. */
  constructor(decodedBytesMax: number = ARROW_DECODED_BYTES_MAX) {
    this.#decodedBytesMax = decodedBytesMax;
  }

  /** Columns of the frames, without the row kinds; null before the schema came. */
  get columns(): readonly Column[] | null {
    return this.#columns;
  }

  /** Reads whole messages and gives the rows they hold, at most BATCH_ROWS_MAX in each frame. */
  read(bytes: Uint8Array): ArrayBuffer[] {
    const frames: ArrayBuffer[] = [], budget = new DecodeBudget(this.#decodedBytesMax);
    let at = 0;
    for (let message = decodeMessage(bytes, at); message; message = decodeMessage(bytes, at)) {
      at += message.length;
      if (message.headerType === HEADER.schema) this.#readSchema(message);
      else if (message.headerType === HEADER.dictionaryBatch) this.#readDictionary(message, budget);
      else if (message.headerType === HEADER.recordBatch) frames.push(...this.#readBatch(message, budget));
      else throw arrowError(`message type ${message.headerType} is not known`);
    }
    if (at < bytes.length && at + MESSAGE_PREFIX_BYTES !== bytes.length) {
      throw arrowError("more comes behind the end of the stream: send one stream at a time");
    }
    return frames;
  }

  #readSchema(message: ArrowMessage): void {
    if (this.#fields) throw arrowError("the schema comes twice");
    const fields = decodeSchema(message.header), kinds = kindColumn(fields);
    const columns = fields.filter((_, i) => i !== kinds).map(({ name, type, nullable, layout }) => ({
      name,
      type,
      nullable: nullable || layout.cell === "null",
    }));
    try {
      makeSchema(columns);
    } catch (thrown) {
      throw thrown instanceof RdxError ? arrowError(thrown.message) : thrown;
    }
    this.#fields = fields;
    this.#columns = columns;
    this.#kinds = kinds;
  }

  #readDictionary({ header, body }: ArrowMessage, budget: DecodeBudget): void {
    const id = header.int64(DICTIONARY_BATCH.id), data = header.table(DICTIONARY_BATCH.data);
    const field = this.#fields?.find(({ dictionary }) => dictionary?.id === id);
    if (!field || !data) throw arrowError(`no column has dictionary ${id}`);
    if (header.bool(DICTIONARY_BATCH.isDelta)) {
      throw arrowError("its dictionary comes in pieces: write dictionaries whole", field.name);
    }
    if (!this.#dictionaries.has(id) && this.#dictionaries.size >= ARROW_DICTIONARIES_MAX) {
      throw arrowError(`more than ${ARROW_DICTIONARIES_MAX} dictionaries`);
    }
    const before = budget.bytes, batch = new BatchBody(data, body, budget);
    const values = decodeColumn(batch, field);
    this.#dictionaries.set(id, { values, rows: batch.rows, bytes: budget.bytes - before });
    const kept = new DecodeBudget(this.#decodedBytesMax);
    for (const { bytes } of this.#dictionaries.values()) kept.take(bytes);
  }

  #readBatch({ header, body }: ArrowMessage, budget: DecodeBudget): ArrayBuffer[] {
    if (!this.#fields) throw arrowError("rows come before the schema");
    const batch = new BatchBody(header, body, budget);
    const columns = this.#fields.map((field) => this.#decodeColumn(batch, field));
    const kinds = this.#kinds < 0 ? null : kindsOf(columns[this.#kinds], batch.rows);
    const frame = writeFrame(batch.rows, columns.filter((_, i) => i !== this.#kinds), kinds);
    return cut(frame, batch.rows);
  }

  #decodeColumn(batch: BatchBody, field: ArrowField): ColumnBuffers {
    if (!field.dictionary) return requireValues(decodeColumn(batch, field), field);
    const dictionary = this.#dictionaries.get(field.dictionary.id);
    if (!dictionary) throw arrowError(`dictionary ${field.dictionary.id} did not come`, field.name);
    return requireValues(decodeIndexed(batch, field, field.dictionary.index, dictionary), field);
  }
}

function requireValues(column: ColumnBuffers, field: ArrowField): ColumnBuffers {
  if (column.nulls > 0 && !field.nullable && field.layout.cell !== "null") {
    throw arrowError(`${column.nulls} values are NULL in a column that is not nullable`, field.name);
  }
  return column;
}

function kindsOf(column: ColumnBuffers, rows: number): Uint8Array {
  const kinds = new Uint8Array(rows), cells = column.data as BigInt64Array;
  for (let row = 0; row < rows; row++) {
    if (cells[row] < 0n || cells[row] >= BigInt(ROW_KINDS.length)) {
      throw arrowError(`${cells[row]} in row ${row} is no row kind`, KIND_COLUMN);
    }
    kinds[row] = Number(cells[row]);
  }
  return kinds;
}

/** Cuts a frame into frames of at most BATCH_ROWS_MAX rows; an empty one gives none. */
function cut(frame: ArrayBuffer, rows: number): ArrayBuffer[] {
  if (rows === 0) return [];
  if (rows <= BATCH_ROWS_MAX) return [frame];
  const view = new FrameView(frame), frames: ArrayBuffer[] = [];
  for (let start = 0; start < rows; start += BATCH_ROWS_MAX) {
    frames.push(concatRanges([{ view, start, rows: Math.min(BATCH_ROWS_MAX, rows - start) }]));
  }
  return frames;
}

/** Reads a whole IPC stream. Throws RdxError("invalid") when it has no schema. */
export function decodeArrow(bytes: Uint8Array): { columns: readonly Column[]; frames: ArrayBuffer[] } {
  const reader = new ArrowReader(), frames = reader.read(bytes);
  if (!reader.columns) throw arrowError("it has no schema");
  return { columns: reader.columns, frames };
}
