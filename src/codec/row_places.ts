import type { DecodeOptions, InputFormat, RowLocator, RowPlace } from "../codec.ts";

const NEWLINE = 0x0a, RETURN = 0x0d, QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;

/** A row, and where what belongs to it begins: an error of a row is told from there or from the row's first byte. */
interface Range {
  readonly from: number;
  readonly start: number;
  readonly end: number;
}

/** Walks over the text as the decoders of its format cut it into rows. */
export const rowLocator: RowLocator = {
  locate(input, format, options, rows, errors): RowPlace[] {
    const places: RowPlace[] = [];
    let row = 0, error = 0, line = 1, lineStart = 0;
    for (const { from, start, end } of rangesOf(input, format, options)) {
      while (error < errors.length && errors[error].start < from) error++;
      if (error < errors.length && errors[error].start < end) continue;
      if (row++ !== rows[places.length]) continue;
      for (let at = input.indexOf(NEWLINE, lineStart); at >= 0 && at < start; at = input.indexOf(NEWLINE, lineStart)) {
        line++;
        lineStart = at + 1;
      }
      places.push({ line, column: start - lineStart + 1, start, end });
      if (places.length === rows.length) break;
    }
    return places;
  },
};

function rangesOf(bytes: Uint8Array, format: InputFormat, options: DecodeOptions): Iterable<Range> {
  const from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  if (format === "ndjson") return lines(bytes, from);
  return format === "json" ? elements(bytes, from) : records(bytes, from, options);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === RETURN || byte === 0x09;
}

/** The range without white space around it; null when nothing is left. */
function trimmed(bytes: Uint8Array, from: number, end: number): Range | null {
  let start = from;
  while (start < end && isSpace(bytes[start])) start++;
  while (start < end && isSpace(bytes[end - 1])) end--;
  return start < end ? { from, start, end } : null;
}

function* lines(bytes: Uint8Array, from: number): Generator<Range> {
  for (let start = from; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start), end = newline < 0 ? bytes.length : newline;
    const range = trimmed(bytes, start, end);
    if (range) yield range;
    start = end + 1;
  }
}

/** The elements of the array that the text is, or the text itself. */
function* elements(bytes: Uint8Array, from: number): Generator<Range> {
  const whole = trimmed(bytes, from, bytes.length);
  if (!whole) return;
  if (bytes[whole.start] !== OPEN_ARRAY) return yield whole;
  let start = whole.start + 1, depth = 0;
  for (let at = start; at < whole.end; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = stringEnd(bytes, at);
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
    else if (depth > 0 && (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY)) depth--;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE_ARRAY)) {
      const range = trimmed(bytes, start, at);
      if (range) yield range;
      start = at + 1;
    }
  }
}

/** The closing quote of the string that opens at `at`. */
function stringEnd(bytes: Uint8Array, at: number): number {
  for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
  return at;
}

/** CSV records without the header and blank lines. */
function* records(
  bytes: Uint8Array,
  from: number,
  { header = true, delimiter = "," }: DecodeOptions,
): Generator<Range> {
  const parting = delimiter.charCodeAt(0);
  let head = header;
  for (let start = from; start < bytes.length;) {
    let at = start;
    for (let quoted = false, fieldStart = true; at < bytes.length && (quoted || bytes[at] !== NEWLINE); at++) {
      // Inside of quotes a quote closes the field, or is the first of two, and the second opens it again at once.
      const turns: boolean = bytes[at] === QUOTE && (quoted || fieldStart);
      if (turns) quoted = !quoted;
      fieldStart = turns || bytes[at] === parting;
    }
    const end = at > start && bytes[at - 1] === RETURN ? at - 1 : at;
    if (end > start) {
      if (!head) yield { from: start, start, end };
      head = false;
    }
    start = at + 1;
  }
}
