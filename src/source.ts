import type { InputFormat } from "./codec.ts";

/** A piece of a file that a task reads by itself, straight into its memory: lines that start in [offset, offset + length). */
export interface FileRange {
  readonly path: string;
  readonly format: InputFormat;
  readonly offset: number;
  readonly length: number;
  /** Size of the file. */
  readonly size: number;
}

/** Opens files for the tasks. Only platforms with files have one. */
export interface FileReader {
  /** Bytes of the file at `path`. Throws RdxError("not_found"). */
  size(path: string): number;
  /** Reads up to `target.length` bytes at `offset` into `target`; returns how many came. */
  read(path: string, offset: number, target: Uint8Array): number;
  close(): void;
}

/** Plans the ranges of bounded inputs. */
export interface RangeSource {
  /**
   * The next range, or null at the end of the input: about this share of the usual length, and not beyond `to` where it can end there. Sources with ranges of
   * one length have no others.
   */
  next(share?: number, to?: number): FileRange | null;
  /** Where the source stands, in bytes, and how many there are: progress. */
  readonly position: number;
  readonly size: number;
}

/** Makes the lines of ranges that no file holds: a range's `offset` and `length` then count what the source is made of. */
export interface LineMaker {
  /** Bytes that the lines of the range may take. */
  bytesMax(range: FileRange): number;
  /** Writes the lines to the front of `target`, and returns how many bytes they are. The same for the same range. */
  make(range: FileRange, target: Uint8Array): number;
}
