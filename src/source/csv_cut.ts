const QUOTE = 0x22, NEWLINE = 0x0a;

/**
 * Where the last whole CSV record (RFC 4180) in `bytes` ends, behind its newline; 0 when none does. `bytes` start at a record's
 * start. A quote opens a field only at the field's start, and newlines between it and the quote that closes it end nothing:
 * the same rule by which the decoder reads, so that a cut is never inside of a record.
 */
export function lastRecordEnd(bytes: Uint8Array, delimiter: number, start = 0): number {
  let recordEnd = 0;
  for (let at = start; at < bytes.length;) {
    const quote = bytes.indexOf(QUOTE, at), bareEnd = quote < 0 ? bytes.length : quote;
    for (let i = bareEnd - 1; i >= at; i--) {
      if (bytes[i] !== NEWLINE) continue;
      recordEnd = i + 1;
      break;
    }
    if (quote < 0) break;
    const before = bytes[quote - 1], opens = quote === start || before === delimiter || before === NEWLINE;
    at = opens ? behindQuoted(bytes, quote + 1) : quote + 1;
  }
  return recordEnd;
}

/** Behind the quote that closes the field whose content starts at `at`; the end when that is not among the bytes. */
function behindQuoted(bytes: Uint8Array, at: number): number {
  while (true) {
    const quote = bytes.indexOf(QUOTE, at);
    // Whether the last byte closes the field or is the first of two is not known: it stays open.
    if (quote < 0 || quote + 1 === bytes.length) return bytes.length;
    if (bytes[quote + 1] !== QUOTE) return quote + 1;
    at = quote + 2;
  }
}
