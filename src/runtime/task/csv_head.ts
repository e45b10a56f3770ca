import { RdxError } from "../../core/errors.ts";
import { LINE_BYTES_MAX } from "../../core/limits.ts";
import type { FileReader } from "../../source.ts";

const QUOTE = 0x22, NEWLINE = 0x0a, RETURN = 0x0d;
const MARK = [0xef, 0xbb, 0xbf];
/** How much is read at first to find where the header ends. */
const PROBE_BYTES = 4096;

/**
 * The bytes of a CSV file up to the end of its header, with the newline behind it: what decoders of pieces from further down have to
 * know of the file. Throws RdxError("too_large") for a header beyond LINE_BYTES_MAX.
 */
export function readCsvHead(files: FileReader, path: string, delimiter: string): Uint8Array<ArrayBuffer> {
  for (let size = PROBE_BYTES;; size *= 2) {
    const bytes = readStart(files, path, size), end = headEnd(bytes, delimiter.charCodeAt(0));
    if (end >= 0) return bytes.slice(0, end);
    if (bytes.length < size) return withNewline(bytes);
    if (size > LINE_BYTES_MAX) {
      throw new RdxError("too_large", `The header of ${path} exceeds ${LINE_BYTES_MAX} bytes: is a quote not closed?`);
    }
  }
}

function withNewline(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const line = new Uint8Array(bytes.length + 1);
  line.set(bytes);
  line[bytes.length] = NEWLINE;
  return line;
}

/** The first `size` bytes of the file, or all. */
function readStart(files: FileReader, path: string, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let got = 0;
  while (got < size) {
    const count = files.read(path, got, bytes.subarray(got));
    if (count === 0) break;
    got += count;
  }
  return bytes.subarray(0, got);
}

/** Behind the newline that ends the first record that is not blank; −1 when it is not among the bytes. */
function headEnd(bytes: Uint8Array, delimiter: number): number {
  let at = MARK.every((byte, i) => bytes[i] === byte) ? MARK.length : 0;
  while (bytes[at] === NEWLINE || bytes[at] === RETURN) at++;
  for (let fieldStart = true, quoted = false; at < bytes.length; at++) {
    const byte = bytes[at], turns: boolean = byte === QUOTE && (quoted || fieldStart);
    if (turns) quoted = !quoted;
    else if (byte === NEWLINE && !quoted) return at + 1;
    // Inside of quotes a quote closes the field, or is the first of two, and the second opens it again at once.
    fieldStart = turns || byte === delimiter;
  }
  return -1;
}
