import { RdxError } from "../core/errors.ts";
import { CHECKPOINT_AHEAD_BYTES, CHECKPOINT_PIECE_BYTES } from "../core/limits.ts";
import type { SavedStep, SavedTable } from "../store.ts";
import { encodeRowSchema, type RowStep, StepEncoder } from "./arrow_rows.ts";
import { explained, type FileParts, writeWhole } from "./file_parts.ts";
import type { StoredFile } from "./manifest.ts";
import { liesAsArrow } from "../core/arrow/writer.ts";
import { encodeIndex, INDEX_NAME, type RowFile, type StoredStep } from "./part_index.ts";
import { RowFileWriter } from "./row_file_writer.ts";
import { keyOf, StepColumns } from "./step_columns.ts";
import { Turns } from "../core/turns.ts";

/** A file of a table that is being written. */
interface Written {
  readonly position: number;
  readonly file: RowFile;
  readonly writer: RowFileWriter;
  readonly encoder: StepEncoder;
  /** Where its next record batch stands. */
  end: number;
}

/** Writes steps as the files of a part, into a folder of their own. */
export class PartWriter {
  readonly #parts: FileParts;
  readonly #folder: string;
  readonly #name: string;
  readonly #files = new Map<string, Written>();
  readonly #steps: StoredStep[] = [];
  readonly #columns = new StepColumns();
  #made = false;
  readonly #turns = new Turns();
  #failure: RdxError | null = null;

  /** `folder`: of the pipeline's checkpoints; `name`: that of the part in it. */
  constructor(parts: FileParts, folder: string, name: string) {
    this.#parts = parts;
    this.#folder = folder;
    this.#name = name;
  }

  /** Takes steps one after the other. After a failure it takes nothing more. */
  add(step: SavedStep): Promise<void> {
    return this.#inTurn(() => this.#add(step));
  }

  /** See CheckpointWriter. */
  spent(): ArrayBuffer[] {
    return [...this.#files.values()].flatMap(({ writer }) => writer.spent());
  }

  /**
   * All files, which are there for good but for their names: the index first, none without steps. Throws RdxError("invalid") when rows are of no table that is
   * told here.
   */
  finish(tables: readonly SavedTable[]): Promise<StoredFile[]> {
    return this.#inTurn(() => {
      this.#columns.check(tables);
      return this.#finish();
    });
  }

  /** Takes nothing more; what it was about is over when this resolves. */
  stop(): Promise<void> {
    return this.#turns.take(async () => {
      this.#failure ??= new RdxError("conflict", `Cannot write ${this.#folder}/${this.#name}: it is over`);
      await null;
    });
  }

  #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    return this.#turns.take(async () => {
      if (this.#failure) throw this.#failure;
      try {
        return await run();
      } catch (thrown) {
        throw this.#failure = explained(`${this.#folder}/${this.#name}`, thrown);
      }
    });
  }

  async #add(step: SavedStep): Promise<void> {
    const { node, table } = step;
    this.#columns.note(step);
    if (step.kind === "clear") return void this.#steps.push({ kind: step.kind, node, table });
    if (step.kind === "expire") return void this.#steps.push({ kind: step.kind, node, table, below: step.below });
    const known = this.#files.get(keyOf(step)), encoder = known?.encoder ?? new StepEncoder();
    const { pieces, rows, groups } = encoder.encode(step), bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    if (rows === 0) return;
    const written = known ?? await this.#begin(step, encoder);
    await written.writer.append(pieces, step.frame);
    this.#steps.push({ kind: "rows", file: written.position, rows, at: written.end, bytes, groups });
    written.end += bytes;
    await this.#flushMany();
  }

  /** Of many tables, each with a little, no more is held than what one may have on its way. */
  async #flushMany(): Promise<void> {
    const writers = [...this.#files.values()].map(({ writer }) => writer);
    if (writers.length * CHECKPOINT_PIECE_BYTES <= CHECKPOINT_AHEAD_BYTES) return;
    if (writers.reduce((sum, { waitingBytes }) => sum + waitingBytes, 0) <= CHECKPOINT_AHEAD_BYTES) return;
    for (const writer of writers) await writer.flush();
  }

  async #begin(step: RowStep, encoder: StepEncoder): Promise<Written> {
    await this.#make();
    const { node, table, kind, columns } = step, position = this.#files.size;
    const name = `${position}-${kind}s.arrow`, schema = encodeRowSchema(columns);
    const frames = columns.every(({ type }) => liesAsArrow(type));
    const file = { name, node, table, kind, columns, head: schema.length, ...(frames ? { frames } : {}) };
    const writer = new RowFileWriter(this.#parts, this.#folder, `${this.#name}/${name}`);
    const written = { position, file, writer, encoder, end: schema.length };
    this.#files.set(keyOf(step), written);
    await writer.append([schema]);
    return written;
  }

  async #make(): Promise<void> {
    if (!this.#made) await this.#parts.device.makeFolder(`${this.#folder}/${this.#name}`);
    this.#made = true;
  }

  async #finish(): Promise<StoredFile[]> {
    if (this.#steps.length === 0) return [];
    await this.#make();
    const rows: StoredFile[] = [], { checksum, crc32 } = this.#parts, path = `${this.#name}/${INDEX_NAME}`;
    for (const { writer } of this.#files.values()) rows.push(await writer.finish());
    const files = [...this.#files.values()].map(({ file }) => file);
    const index = encodeIndex({ files, steps: this.#steps }, checksum);
    await writeWhole(this.#parts, `${this.#folder}/${path}`, index);
    return [{ path, bytes: index.length, sum: crc32(index), kind: "crc32" }, ...rows];
  }
}
