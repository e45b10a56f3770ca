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
  /** The next range, or null at the end of the input. */
  next(): FileRange | null;
  /** Where the source stands, in bytes, and how many there are: progress. */
  readonly position: number;
  readonly size: number;
}
