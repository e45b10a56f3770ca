import { LINE_BYTES_MAX, RANGE_BYTES } from "../../core/limits.ts";
import { RdxError } from "../../core/errors.ts";
import { InputBuffer } from "../../kernel/input.ts";
import type { Kernel } from "../../kernel/module.ts";
import type { FileRange, FileReader } from "../../source.ts";

/** How much is read beyond a range at first to find the end of its last line. */
const TAIL_BYTES = 64 * 1024;
/** How much is read at a time to find where a range's first line starts. */
const PROBE_BYTES = 4096;
const NEWLINE = 10;

/** The lines of a range, in kernel memory. `offset` is the first one's place in the file. */
export interface RangeLines {
  readonly address: number;
  readonly length: number;
  readonly offset: number;
}

/**
 * Reads ranges of files straight into kernel memory. A range owns the lines that start in [offset, offset + length): a
 * short read first finds where the first one starts, so that it lands at the front of the buffer and nothing is moved.
 */
export class RangeReader {
  readonly #kernel: Kernel;
  readonly #files: FileReader;
  readonly #input: InputBuffer;
  readonly #probe = new Uint8Array(PROBE_BYTES);

  constructor(kernel: Kernel, files: FileReader) {
    this.#kernel = kernel;
    this.#files = files;
    this.#input = new InputBuffer(kernel);
    this.#input.reserve(RANGE_BYTES + TAIL_BYTES);
  }

  /** The lines of the range; no bytes when none starts in it. */
  read(range: FileRange): RangeLines {
    const offset = this.#firstLine(range), rangeEnd = range.offset + range.length;
    if (offset >= rangeEnd) return { address: this.#input.reserve(0), length: 0, offset };
    const last = rangeEnd - offset;
    let want = Math.min(last + TAIL_BYTES, range.size - offset), have = 0;
    let address = this.#input.reserve(want);
    while (true) {
      this.#fill(range.path, offset + have, address + have, want - have);
      have = want;
      const end = this.#endOf(address, have, last, offset + have >= range.size);
      if (end >= 0) return { address, length: end, offset };
      if (have - last > LINE_BYTES_MAX) {
        throw new RdxError(
          "too_large",
          `A line of ${range.path} near byte ${rangeEnd} exceeds ${LINE_BYTES_MAX} bytes`,
        );
      }
      want = Math.min(have * 2, range.size - offset);
      address = this.#input.reserve(want, have);
    }
  }

  /** Where the first line that starts at or behind the range's offset starts; the range's end or beyond if none does inside. */
  #firstLine(range: FileRange): number {
    if (range.offset === 0) return 0;
    for (let at = range.offset - 1; at < range.offset + range.length - 1;) {
      const got = this.#files.read(range.path, at, this.#probe);
      if (got === 0) throw shorter(range.path);
      const newline = this.#probe.subarray(0, got).indexOf(NEWLINE);
      if (newline >= 0) return at + newline + 1;
      at += got;
    }
    return range.offset + range.length;
  }

  #fill(path: string, offset: number, address: number, length: number): void {
    for (let got = 0; got < length;) {
      const count = this.#files.read(path, offset + got, this.#kernel.bytes.subarray(address + got, address + length));
      if (count === 0) throw shorter(path);
      got += count;
    }
  }

  /** Where the last line that starts before `last` ends, behind its newline; −1 when that is not in memory yet. */
  #endOf(address: number, have: number, last: number, atEnd: boolean): number {
    if (have < last && atEnd) return have;
    const newline = this.#kernel.bytes.subarray(address, address + have).indexOf(NEWLINE, last - 1);
    if (newline >= 0) return newline + 1;
    return atEnd ? have : -1;
  }

  close(): void {
    this.#input.close();
  }
}

function shorter(path: string): RdxError {
  return new RdxError("conflict", `File ${path} became shorter while it was read`);
}
