import type { DecodedBatch, Decoder, RowError, SchemaInference } from "../../codec.ts";
import type { Batch } from "../../core/batch.ts";
import { FrameBuilder } from "../../core/frame.ts";
import {
  BATCH_ROWS_MAX,
  DEAD_RAW_BYTES_MAX,
  DEAD_ROWS_MAX,
  DECODERS_MAX,
  INGEST_ERRORS_MAX,
} from "../../core/limits.ts";
import { type Column, sameType } from "../../core/schema.ts";
import { FrameWriter, NO_INFO } from "../../kernel/frame.ts";
import { InputBuffer } from "../../kernel/input.ts";
import type { Kernel } from "../../kernel/module.ts";
import { DEAD_COLUMNS } from "../dead_letters.ts";
import type { DecodeJob, DecodeResult } from "../protocol.ts";
import type { DecoderFactory } from "./chunk_reader.ts";

const decoderOfText = new TextDecoder();

/** Decodes request bodies into frames for the log, with decoders that remember the shape of each stream's rows. */
export class BodyDecoder {
  readonly #kernel: Kernel;
  readonly #input: InputBuffer;
  readonly #writer: FrameWriter;
  readonly #open: DecoderFactory;
  readonly #inference: SchemaInference;
  /** In order of use, the least recently used first. */
  readonly #decoders = new Map<string, { readonly columns: readonly Column[]; readonly decoder: Decoder }>();

  constructor(kernel: Kernel, open: DecoderFactory, inference: SchemaInference) {
    this.#kernel = kernel;
    this.#input = new InputBuffer(kernel);
    this.#writer = new FrameWriter(kernel);
    this.#open = open;
    this.#inference = inference;
  }

  decode(job: DecodeJob): DecodeResult {
    let mayWiden = job.widen;
    const wider = (): DecodeResult | null => {
      mayWiden = false;
      return this.#widen(job);
    };
    const first = mayWiden && job.columns.length === 0 ? wider() : null;
    if (first) return first;
    const decoder = this.#decoderOf(job), result = new Collected(job.body);
    decoder.begin(this.#input.put(job.body), job.body.length);
    this.#kernel.reset();
    for (let decoded = decoder.next(); decoded; decoded = decoder.next()) {
      const again = mayWiden && wantsWider(decoded) ? wider() : null;
      if (again) {
        this.#kernel.reset();
        return again;
      }
      if (decoded.rows > 0) result.frames.push(this.#writer.write(batchOf(decoded), NO_INFO));
      result.rows += decoded.rows;
      for (const error of decoded.errors) result.reject(error);
      this.#kernel.reset();
      if (decoded.fatal) result.fatal = true;
      if (result.fatal) break;
    }
    return result.finish();
  }

  /** Asks for wider columns, or null when nothing wider would help. */
  #widen(job: DecodeJob): DecodeResult | null {
    if (job.format === "arrow") return null;
    const columns = this.#inference.infer(job.body, job.format, job.columns, job.options);
    return sameColumns(columns, job.columns) ? null : { kind: "widen", columns, body: job.body };
  }

  #decoderOf(job: DecodeJob): Decoder {
    if (job.format === "arrow") throw new Error("Arrow bodies are not decoded row by row");
    const key = JSON.stringify([job.stream, job.schema, job.format, job.options]), { columns } = job;
    let kept = this.#decoders.get(key);
    this.#decoders.delete(key);
    // A stream that was deleted and made again has the old name and version, with other columns.
    if (kept && !sameColumns(kept.columns, columns, true)) {
      kept.decoder.close();
      kept = undefined;
    }
    kept ??= { columns, decoder: this.#open(this.#kernel, job.format, columns, job.options) };
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

function sameColumns(a: readonly Column[], b: readonly Column[], withNullable = false): boolean {
  return a.length === b.length && a.every(({ name, type, nullable }, i) => {
    const other = b[i];
    return name === other.name && sameType(type, other.type) && (!withNullable || nullable === other.nullable);
  });
}

/** What comes out of one body. */
class Collected {
  readonly frames: ArrayBuffer[] = [];
  rows = 0;
  fatal = false;
  readonly #body: Uint8Array<ArrayBuffer>;
  readonly #errors: RowError[] = [];
  readonly #dead: ArrayBuffer[] = [];
  readonly #builder = new FrameBuilder(DEAD_COLUMNS);
  #rejected = 0;

  constructor(body: Uint8Array<ArrayBuffer>) {
    this.#body = body;
  }

  /** Counts a bad row and keeps its reason and the start of its text. Too many end the request. */
  reject(error: RowError): void {
    if (this.fatal) return;
    if (++this.#rejected > DEAD_ROWS_MAX) {
      this.fatal = true;
      return;
    }
    if (this.#errors.length < INGEST_ERRORS_MAX) this.#errors.push(error);
    const raw = this.#body.subarray(error.start, Math.min(error.end, error.start + DEAD_RAW_BYTES_MAX));
    const text = decoderOfText.decode(raw);
    this.#builder.append([0, error.line, error.field, error.reason, text, 0]);
    if (this.#builder.rows === BATCH_ROWS_MAX) this.#dead.push(this.#builder.finish());
  }

  finish(): DecodeResult {
    if (this.#builder.rows > 0) this.#dead.push(this.#builder.finish());
    const { frames, rows, fatal } = this;
    return { kind: "decoded", frames, rows, rejected: this.#rejected, errors: this.#errors, dead: this.#dead, fatal };
  }
}
