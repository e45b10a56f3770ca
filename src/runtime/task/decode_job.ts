import type { DecodedBatch, Decoder, RowError, RowLocator, SchemaInference } from "../../codec.ts";
import type { Batch } from "../../core/batch.ts";
import { FrameBuilder } from "../../core/frame.ts";
import { BATCH_ROWS_MAX, DEAD_ROWS_MAX, DECODERS_MAX, INGEST_ERRORS_MAX } from "../../core/limits.ts";
import { type Column, sameType } from "../../core/schema.ts";
import { FrameWriter } from "../../kernel/frame.ts";
import { InputBuffer } from "../../kernel/input.ts";
import type { Kernel } from "../../kernel/module.ts";
import { leftOut, RunningTimes, timeAt } from "../../kernel/running_times.ts";
import { addLetter, aheadReason, DEAD_COLUMNS } from "../dead_letters.ts";
import type { DecodeJob, DecodeResult } from "../protocol.ts";
import type { DecoderFactory } from "./chunk_reader.ts";
import { KeptFrames } from "./kept_frames.ts";
import { RowTexts } from "./row_texts.ts";

const NOTHING = new Uint8Array();
/** A row that cannot be found again is told without its text. */
const NOWHERE = { line: 1, column: 1, start: 0, end: 0 };

/** What a body decoder is made of. */
export interface BodyParts {
  readonly openDecoder: DecoderFactory;
  readonly inference: SchemaInference;
  readonly locator: RowLocator;
}

/** Decodes request bodies into frames for the log, with decoders that remember the shape of each stream's rows. */
export class BodyDecoder {
  readonly #kernel: Kernel;
  readonly #input: InputBuffer;
  readonly #writer: FrameWriter;
  readonly #parts: BodyParts;
  readonly #times: RunningTimes;
  /** The decoder that was used last: it is the most recently used of all. */
  #last: { readonly job: DecodeJob; readonly decoder: Decoder } | null = null;
  /** In order of use, the least recently used first. */
  readonly #decoders = new Map<string, { readonly columns: readonly Column[]; readonly decoder: Decoder }>();

  constructor(kernel: Kernel, parts: BodyParts) {
    this.#kernel = kernel;
    this.#input = new InputBuffer(kernel);
    this.#writer = new FrameWriter(kernel);
    this.#parts = parts;
    this.#times = new RunningTimes(kernel);
  }

  decode(job: DecodeJob): DecodeResult {
    let mayWiden = job.widen;
    const wider = (): DecodeResult | null => {
      mayWiden = false;
      return this.#widen(job);
    };
    const first = mayWiden && job.columns.length === 0 ? wider() : null;
    if (first) return first;
    const decoder = this.#decoderOf(job), kept = new KeptFrames(this.#kernel, this.#writer, job);
    const result = new Collected(job, kept, this.#parts.locator);
    decoder.begin(this.#input.put(job.body), job.body.length);
    this.#kernel.reset();
    for (let decoded = decoder.next(); decoded; decoded = decoder.next()) {
      const again = mayWiden && wantsWider(decoded) ? wider() : null;
      if (again) {
        this.#kernel.reset();
        return again;
      }
      const batch = this.#bounded(job, batchOf(decoded), result);
      result.kept.add(batch);
      result.rows += batch.selected;
      for (const error of decoded.errors) result.reject(error);
      this.#kernel.reset();
      if (decoded.fatal) result.fatal = true;
      if (result.fatal) break;
    }
    return result.finish();
  }

  /** The batch without rows whose event time is too late; `result` gets these. */
  #bounded({ bound }: DecodeJob, batch: Batch, result: Collected): Batch {
    if (!bound) return batch;
    const time = batch.columns[bound.column];
    const kept = this.#times.within(time, batch.rows, bound.arrivalMs + bound.skewMs);
    for (const row of kept ? leftOut(this.#kernel, batch.rows, kept) : []) {
      result.refuse(row, timeAt(this.#kernel, time, row));
    }
    result.decoded += batch.rows;
    return { ...batch, ...kept };
  }

  /** Asks for wider columns, or null when nothing wider would help. */
  #widen(job: DecodeJob): DecodeResult | null {
    if (job.format === "arrow") return null;
    const columns = this.#parts.inference.infer(job.body, job.format, job.columns, job.options);
    return sameColumns(columns, job.columns) ? null : { kind: "widen", columns, body: job.body };
  }

  /** Bodies of one shape come one after the other. */
  #decoderOf(job: DecodeJob): Decoder {
    const last = this.#last;
    if (last && sameShape(last.job, job)) return last.decoder;
    const decoder = this.#findDecoder(job);
    this.#last = { job: { ...job, body: NOTHING }, decoder };
    return decoder;
  }

  #findDecoder(job: DecodeJob): Decoder {
    if (job.format === "arrow") throw new Error("Arrow bodies are not decoded row by row");
    const key = JSON.stringify([job.stream, job.schema, job.format, job.options]), { columns } = job;
    let kept = this.#decoders.get(key);
    this.#decoders.delete(key);
    // A stream that was deleted and made again has the old name and version, with other columns.
    if (kept && !sameColumns(kept.columns, columns, true)) {
      kept.decoder.close();
      kept = undefined;
    }
    kept ??= { columns, decoder: this.#parts.openDecoder(this.#kernel, job.format, columns, job.options) };
    this.#decoders.set(key, kept);
    for (const [oldest, { decoder }] of this.#decoders) {
      if (this.#decoders.size <= DECODERS_MAX) break;
      decoder.close();
      this.#decoders.delete(oldest);
    }
    return kept.decoder;
  }
}

function wantsWider(decoded: DecodedBatch): boolean {
  return decoded.unknownFields || decoded.errors.some((error) => error.mismatch);
}

function batchOf({ rows, columns }: DecodedBatch): Batch {
  return { rows, columns, selection: 0, selected: rows, kinds: 0 };
}

/** Whether two bodies are surely of one shape: columns of one version of a schema are one array. */
function sameShape(a: DecodeJob, b: DecodeJob): boolean {
  const sameOptions = a.options.coerce === b.options.coerce && a.options.header === b.options.header &&
    a.options.delimiter === b.options.delimiter;
  return sameOptions && a.columns === b.columns && a.stream === b.stream && a.schema === b.schema &&
    a.format === b.format;
}

function sameColumns(a: readonly Column[], b: readonly Column[], withNullable = false): boolean {
  return a.length === b.length && a.every(({ name, type, nullable }, i) => {
    const other = b[i];
    return name === other.name && sameType(type, other.type) && (!withNullable || nullable === other.nullable);
  });
}

/** What comes out of one body. */
class Collected {
  readonly kept: KeptFrames;
  rows = 0;
  fatal = false;
  /** Rows that the decoder took. */
  decoded = 0;
  readonly #job: DecodeJob;
  readonly #locator: RowLocator;
  readonly #errors: RowError[] = [];
  /** Rows of those that the decoder took, with the times for which they are refused. */
  readonly #refused: { readonly row: number; readonly timeMs: number }[] = [];

  constructor(job: DecodeJob, kept: KeptFrames, locator: RowLocator) {
    this.#job = job;
    this.kept = kept;
    this.#locator = locator;
  }

  get #rejected(): number {
    return this.#errors.length + this.#refused.length;
  }

  /** Keeps a bad row. Too many end the request. */
  reject(error: RowError): void {
    if (this.#rejected === DEAD_ROWS_MAX) this.fatal = true;
    if (!this.fatal) this.#errors.push(error);
  }

  /** Keeps a row of the batch at hand whose time is too late. */
  refuse(row: number, timeMs: number): void {
    if (this.#rejected === DEAD_ROWS_MAX) this.fatal = true;
    if (!this.fatal) this.#refused.push({ row: this.decoded + row, timeMs });
  }

  finish(): DecodeResult {
    const errors = this.#refused.length === 0 ? this.#errors : [...this.#errors, ...this.#late()];
    if (errors !== this.#errors) errors.sort((a, b) => a.start - b.start);
    const { rows, fatal, kept } = this, { frames, sums, partitions } = kept, rejected = errors.length;
    const listed = errors.slice(0, INGEST_ERRORS_MAX), dead = this.#letters(errors);
    const result = { kind: "decoded", frames, sums, rows, rejected, errors: listed, dead, fatal } as const;
    return partitions ? { ...result, partitions } : result;
  }

  /** The refused rows as errors, with their places in the body. */
  #late(): RowError[] {
    const { body, format, options, stream, columns, bound } = this.#job;
    if (format === "arrow" || !bound) return [];
    const rows = this.#refused.map(({ row }) => row);
    const places = this.#locator.locate(body, format, options, rows, this.#errors), { arrivalMs, skewMs } = bound;
    return this.#refused.map(({ timeMs }, i): RowError => ({
      ...(places[i] ?? NOWHERE),
      field: columns[bound.column].name,
      reason: aheadReason(timeMs, arrivalMs, skewMs, `stream ${stream}`),
      mismatch: false,
    }));
  }

  /** Frames of the dead letters: reasons, and each row's text. Their offsets and times are known later. */
  #letters(errors: readonly RowError[]): ArrayBuffer[] {
    if (errors.length === 0) return [];
    const builder = new FrameBuilder(DEAD_COLUMNS), letters: ArrayBuffer[] = [], texts = new RowTexts(this.#job);
    for (const { line, field, reason, start, end } of errors) {
      addLetter(builder, { offset: 0, line, field, reason, ts: 0, ...texts.of(start, end) });
      if (builder.rows === BATCH_ROWS_MAX) letters.push(builder.finish());
    }
    if (builder.rows > 0) letters.push(builder.finish());
    return letters;
  }
}
