import { reasonOf } from "../core/errors.ts";
import { FrameView } from "../core/frame.ts";
import { BATCH_ROWS_MAX } from "../core/limits.ts";
import type { SavedStep } from "../store.ts";
import { bodyOf, RowReader } from "./arrow_rows.ts";
import { damaged, type FileParts, readPiece } from "./file_parts.ts";
import type { Part } from "./manifest.ts";
import { decodeIndex, type PartIndex, type StoredStep } from "./part_index.ts";

const NOTHING: PartIndex = { files: [], steps: [] };

/** Reads the steps of a part from its files, which have been verified. */
export class PartReader {
  readonly index: PartIndex;
  readonly #parts: FileParts;
  readonly #folder: string;
  readonly #part: Part;
  readonly #readers = new Map<number, RowReader>();

  private constructor(parts: FileParts, folder: string, part: Part, index: PartIndex) {
    this.#parts = parts;
    this.#folder = folder;
    this.#part = part;
    this.index = index;
  }

  /** Reads the index of a part. Throws RdxError("invalid") when it is not what was written. */
  static async open(parts: FileParts, folder: string, part: Part): Promise<PartReader> {
    const [first] = part.files;
    if (!first) return new PartReader(parts, folder, part, NOTHING);
    const path = `${folder}/${first.path}`;
    const unsealed = decodeIndex(await readPiece(parts.device, path, 0, first.bytes), parts.checksum);
    if ("damage" in unsealed) throw damaged(path, unsealed.damage);
    return new PartReader(parts, folder, part, unsealed.body);
  }

  /** The step as it was added; its rows come in several when there are more than a batch holds. Throws RdxError("invalid") for what cannot be read. */
  async read(step: StoredStep): Promise<SavedStep[]> {
    if (step.kind !== "rows") return [step];
    const { node, table, kind, columns } = this.index.files[step.file], path = this.#pathOf(step.file);
    try {
      const message = await readPiece(this.#parts.device, path, step.at, step.bytes);
      const frames = this.index.files[step.file].frames && step.rows <= BATCH_ROWS_MAX
        ? [bodyOf(message)]
        : (await this.#readerOf(step.file)).read(message);
      const rowsOf = (frame: ArrayBuffer) => frames.length === 1 ? step.rows : new FrameView(frame).rows;
      return frames.map((frame) => ({ node, table, kind, columns, frame, rows: rowsOf(frame) }));
    } catch (thrown) {
      throw damaged(path, reasonOf(thrown));
    }
  }

  #pathOf(file: number): string {
    // The index comes before them.
    return `${this.#folder}/${this.#part.files[file + 1].path}`;
  }

  async #readerOf(file: number): Promise<RowReader> {
    let reader = this.#readers.get(file);
    if (!reader) {
      const head = await readPiece(this.#parts.device, this.#pathOf(file), 0, this.index.files[file].head);
      this.#readers.set(file, reader = new RowReader(head));
    }
    return reader;
  }
}
