import type { Batch, Vector } from "../../core/batch.ts";
import type { DecodeOptions, Decoder, InputFormat, RowError } from "../../codec.ts";
import { RdxError } from "../../core/errors.ts";
import { INGEST_ERRORS_MAX } from "../../core/limits.ts";
import type { Column } from "../../core/schema.ts";
import type { Kernel } from "../../kernel/module.ts";
import type { PhysicalPlan, PhysicalSource } from "../../plan/physical.ts";
import type { MadeConnector } from "../../plan/plan.ts";
import type { FileRange, FileReader, LineMaker } from "../../source.ts";
import type { ChunkMessage, DeadRow, TaskPlan } from "../protocol.ts";
import { kindsOfTexts } from "../../kernel/kinds.ts";
import { ProgramRunner } from "../../kernel/program.ts";
import { readCsvHead } from "./csv_head.ts";
import { MadeReader } from "./made_reader.ts";
import { type RangeLines, RangeReader } from "./range_reader.ts";
import { constantTime, SourceReader } from "./source_reader.ts";

/** Opens the decoder of a format in a kernel; the composition roots choose it. */
export type DecoderFactory = (
  kernel: Kernel,
  format: InputFormat,
  columns: readonly Column[],
  options: DecodeOptions,
) => Decoder;

/** A batch of a chunk, with the event times of its rows. */
export interface DecodedPart {
  readonly batch: Batch;
  readonly time: Vector;
  readonly arrivalMs: number;
  /** Position of its frame in the chunk; 0 for what comes from a file. */
  readonly frame: number;
}

/** What could not be decoded. */
export interface ChunkErrors {
  readonly deadRows: number;
  readonly errors: readonly DeadRow[];
}

/** What the readers need from the platform. */
export interface ReaderParts {
  readonly openDecoder: DecoderFactory;
  /** Makes the lines of a connector that reads nothing, with the columns that are read. */
  readonly makeLines: (connector: MadeConnector, columns: readonly Column[]) => LineMaker;
  /** Null where there are no files. */
  readonly files: FileReader | null;
}

/** Turns chunks of a plan's sources into batches. Each batch lives until the arena's reset by the callback. */
export class ChunkReader {
  readonly #kernel: Kernel;
  readonly #plan: PhysicalPlan;
  readonly #parts: ReaderParts;
  readonly #logs: readonly (SourceReader | null)[];
  readonly #decoders = new Map<PhysicalSource, Decoder>();
  readonly #heads = new Map<PhysicalSource, Uint8Array>();
  readonly #makers = new Map<PhysicalSource, LineMaker>();
  readonly #runners = new Map<PhysicalSource, readonly ProgramRunner[]>();
  #ranges: RangeReader | null = null;
  #made: MadeReader | null = null;

  constructor(kernel: Kernel, { plan, positions }: TaskPlan, parts: ReaderParts) {
    this.#kernel = kernel;
    this.#plan = plan;
    this.#parts = parts;
    this.#logs = plan.sources.map((source, i) =>
      source.stream === null ? null : new SourceReader(kernel, source.columns, positions[i])
    );
  }

  read(message: ChunkMessage, take: (part: DecodedPart) => void): ChunkErrors {
    const source = this.#plan.sources[message.source];
    if (message.range) return this.#readRange(source, message.range, take);
    const reader = this.#logs[message.source]!, bad = new BadKinds(source);
    const { shared } = this.#kernel;
    message.frames.forEach(({ frame, arrivalMs }, i) => {
      if (shared && message.shared) shared.frame = frame;
      const batch = this.#computed(source, bad.named(this.#kernel, reader.read(frame)));
      take({ batch, time: this.#timeOf(source, batch, arrivalMs), arrivalMs, frame: i });
    });
    if (shared) shared.frame = null;
    return bad;
  }

  /** The batch with the columns behind those that were read that the source computes. */
  #computed(source: PhysicalSource, batch: Batch): Batch {
    if (source.computed.length === 0) return batch;
    let runners = this.#runners.get(source);
    if (!runners) {
      runners = source.computed.map(({ program }) => new ProgramRunner(this.#kernel, program));
      this.#runners.set(source, runners);
    }
    return { ...batch, columns: [...batch.columns, ...runners.map((runner) => runner.run(batch))] };
  }

  #timeOf(source: PhysicalSource, batch: Batch, arrivalMs: number): Vector {
    return source.time >= 0 ? batch.columns[source.time] : constantTime(this.#kernel, batch.rows, arrivalMs);
  }

  #readRange(source: PhysicalSource, range: FileRange, take: (part: DecodedPart) => void): ChunkErrors {
    const lines = this.#linesOf(source, range), decoder = this.#decoderOf(source, range);
    const errors: DeadRow[] = [], bad = new BadKinds(source);
    let deadRows = 0;
    decoder.begin(lines.address, lines.length, this.#headOf(source, range));
    for (let decoded = decoder.next(); decoded; decoded = decoder.next()) {
      for (const error of decoded.errors) {
        if (errors.length < INGEST_ERRORS_MAX) {
          errors.push({ ...error, path: range.path, offset: lines.offset + error.start });
        }
      }
      deadRows += decoded.errors.length;
      if (decoded.fatal) throw unreadable(range.path, decoded.errors.at(-1), lines.offset);
      const { rows, columns } = decoded;
      const read: Batch = { rows, columns, selection: 0, selected: rows, kinds: 0 };
      const batch = this.#computed(source, bad.named(this.#kernel, read));
      take({ batch, time: this.#timeOf(source, batch, 0), arrivalMs: 0, frame: 0 });
    }
    return { deadRows: deadRows + bad.deadRows, errors: [...errors, ...bad.errors].slice(0, INGEST_ERRORS_MAX) };
  }

  #linesOf(source: PhysicalSource, range: FileRange): RangeLines {
    if (source.made) {
      let maker = this.#makers.get(source);
      if (!maker) this.#makers.set(source, maker = this.#parts.makeLines(source.made, source.columns));
      this.#made ??= new MadeReader(this.#kernel);
      return this.#made.read(maker, range);
    }
    if (!this.#parts.files) throw new Error("This platform has no files");
    this.#ranges ??= new RangeReader(this.#kernel, this.#parts.files);
    return this.#ranges.read(range);
  }

  /** The header line, which every range of a CSV file but the first lacks. */
  #headOf(source: PhysicalSource, range: FileRange): Uint8Array | null {
    if (!source.file) return null;
    const { header, delimiter } = source.file;
    if (range.format !== "csv" || !header || range.offset === 0) return null;
    let head = this.#heads.get(source);
    if (!head) this.#heads.set(source, head = readCsvHead(this.#parts.files!, range.path, delimiter));
    return head;
  }

  #decoderOf(source: PhysicalSource, range: FileRange): Decoder {
    let decoder = this.#decoders.get(source);
    if (!decoder) {
      const options = source.file ? { header: source.file.header, delimiter: source.file.delimiter } : {};
      decoder = this.#parts.openDecoder(this.#kernel, range.format, source.columns, options);
      this.#decoders.set(source, decoder);
    }
    return decoder;
  }

  close(): void {
    for (const reader of this.#logs) reader?.close();
    for (const decoder of this.#decoders.values()) decoder.close();
    for (const runner of [...this.#runners.values()].flat()) runner.dispose();
    this.#ranges?.close();
    this.#made?.close();
  }
}

/** Takes the kinds of rows from a source's column, and notes the rows that name none: they are left out. */
class BadKinds implements ChunkErrors {
  deadRows = 0;
  readonly errors: DeadRow[] = [];
  readonly #source: PhysicalSource;

  constructor(source: PhysicalSource) {
    this.#source = source;
  }

  /** The batch without the column of kinds and without rows that name none. */
  named(kernel: Kernel, given: Batch): Batch {
    const { kindColumn, columns, stream, file } = this.#source;
    if (kindColumn < 0) return given;
    const { batch, kept } = kindsOfTexts(kernel, given);
    if (!kept) return batch;
    this.deadRows += batch.rows - kept.selected;
    if (this.errors.length < INGEST_ERRORS_MAX) {
      const field = columns[kindColumn].name, path = stream ?? file?.path ?? this.#source.id;
      const reason = `Column ${field} says of ${batch.rows - kept.selected} rows none of +I, -U, +U and -D`;
      this.errors.push({ line: 1, column: 1, start: 0, end: 0, mismatch: true, field, reason, path, offset: 0 });
    }
    return { ...batch, ...kept };
  }
}

/** The rest of the file cannot be read: nobody may take what came before for all of it. */
function unreadable(path: string, error: RowError | undefined, offset: number): RdxError {
  const place = error ? ` at byte ${offset + error.start}: ${error.reason}` : "";
  return new RdxError("invalid", `Cannot read file ${path} to its end${place}`);
}
