import type { InputFormat } from "../codec.ts";
import { RdxError } from "../core/errors.ts";
import { JSON_FILE_BYTES_MAX, LINE_BYTES_MAX, RANGE_BYTES } from "../core/limits.ts";
import type { FileRange, FileReader, RangeSource } from "../source.ts";
import { lastRecordEnd } from "./csv_cut.ts";

/** What is read, and how it is cut. */
export interface RangeOptions {
  readonly path: string;
  readonly format: InputFormat;
  /** CSV: one character of ASCII (default a comma). */
  readonly delimiter?: string;
  /** Length of ranges (default RANGE_BYTES). */
  readonly chunkBytes?: number;
}

/**
 * The ranges of one file, in order and without gaps.
 *
 * - NDJSON is cut anywhere: a range means the lines that start in it.
 * - CSV is cut at the ends of records only, since newlines in quotes are part of a record. For that the file's quotes are looked
 *   through, a range at a time and just before it is handed out; the bytes are read a second time by the task, mostly from
 *   the page cache.
 * - A JSON document is one range of at most JSON_FILE_BYTES_MAX.
 *
 * Throws RdxError("not_found") for a missing file, RdxError("too_large") for a record or a document beyond its bound.
 */
export function openRanges(files: FileReader, options: RangeOptions): RangeSource {
  const size = files.size(options.path), chunkBytes = options.chunkBytes ?? RANGE_BYTES;
  if (options.format === "json" && size > JSON_FILE_BYTES_MAX) {
    throw new RdxError(
      "too_large",
      `File ${options.path} has ${size} bytes, at most ${JSON_FILE_BYTES_MAX} for one JSON document: write it as NDJSON`,
    );
  }
  if (options.format === "csv") return new FileRanges(options, size, new CsvCutter(files, options, size, chunkBytes));
  const length = options.format === "json" ? () => size : (_: number, most: number) => most;
  return new FileRanges(options, size, { chunkBytes, length });
}

/** Decides how long the range at an offset is. */
interface Cutter {
  /** The usual length. */
  readonly chunkBytes: number;
  /** About `most`, which it has where it can end there. */
  length(offset: number, most: number): number;
}

class FileRanges implements RangeSource {
  readonly size: number;
  readonly #options: RangeOptions;
  readonly #cutter: Cutter;
  #position = 0;

  constructor(options: RangeOptions, size: number, cutter: Cutter) {
    this.#options = options;
    this.size = size;
    this.#cutter = cutter;
  }

  get position(): number {
    return this.#position;
  }

  next(share = 1, to = Infinity): FileRange | null {
    const offset = this.#position, { path, format } = this.#options;
    if (offset >= this.size) return null;
    const most = Math.max(1, Math.min(Math.floor(this.#cutter.chunkBytes * share), to - offset));
    const length = Math.min(this.#cutter.length(offset, most), this.size - offset);
    this.#position += length;
    return { path, format, offset, length, size: this.size };
  }
}

class CsvCutter implements Cutter {
  readonly #files: FileReader;
  readonly #path: string;
  readonly #delimiter: number;
  readonly #size: number;
  readonly chunkBytes: number;
  #buffer: Uint8Array;

  constructor(files: FileReader, options: RangeOptions, size: number, chunkBytes: number) {
    this.#files = files;
    this.#path = options.path;
    this.#delimiter = (options.delimiter ?? ",").charCodeAt(0);
    this.#size = size;
    this.chunkBytes = chunkBytes;
    this.#buffer = new Uint8Array(Math.min(chunkBytes, size));
  }

  length(offset: number, most: number): number {
    const left = this.#size - offset;
    for (let want = most; want < left; want *= 2) {
      if (want > this.#buffer.length) this.#buffer = new Uint8Array(want);
      const bytes = this.#buffer.subarray(0, want);
      this.#fill(offset, bytes);
      const end = lastRecordEnd(bytes, this.#delimiter, offset === 0 && hasMark(bytes) ? 3 : 0);
      if (end > 0) return end;
      if (want > LINE_BYTES_MAX) {
        throw new RdxError(
          "too_large",
          `The CSV record of ${this.#path} at byte ${offset} exceeds ${LINE_BYTES_MAX} bytes: is a quote not closed?`,
        );
      }
    }
    return left;
  }

  #fill(offset: number, target: Uint8Array): void {
    for (let got = 0; got < target.length;) {
      const count = this.#files.read(this.#path, offset + got, target.subarray(got));
      if (count === 0) throw new RdxError("conflict", `File ${this.#path} became shorter while it was read`);
      got += count;
    }
  }
}

function hasMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
