import type { DecodeOptions } from "../codec.ts";
import type { Column } from "../core/schema.ts";
import type { InferredColumns } from "./inferred_columns.ts";
import { seenField } from "./seen.ts";

const QUOTE = 0x22, NEWLINE = 0x0a, RETURN = 0x0d;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Walks over CSV (RFC 4180) to see what types its fields have. Without a header line fields are the known columns in order,
 * then `c1`, `c2`, … by position. Rows with more or fewer fields than the header say nothing.
 */
export class CsvScanner {
  readonly #bytes: Uint8Array;
  readonly #delimiter: number;
  #at: number;

  constructor(bytes: Uint8Array, options: DecodeOptions) {
    this.#bytes = bytes;
    this.#delimiter = (options.delimiter ?? ",").charCodeAt(0);
    const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    this.#at = mark ? 3 : 0;
  }

  scan(columns: InferredColumns, known: readonly Column[], header: boolean): void {
    let names = header ? this.#record() : null;
    while (header && names?.length === 1 && names[0] === "") names = this.#record(); // blank lines
    for (let record = this.#record(); record; record = this.#record()) {
      names ??= record.map((_, i) => known[i]?.name ?? `c${i + 1}`);
      if (record.length !== names.length) continue;
      this.#see(columns, names, record);
    }
    // Fields that no row has a value for are columns too.
    for (const name of names ?? []) if (name !== "") columns.add(name);
  }

  #see(columns: InferredColumns, names: readonly string[], record: readonly string[]): void {
    for (let i = 0; i < names.length; i++) if (names[i] !== "") columns.see(names[i], seenField(record[i]));
  }

  /** The fields of the next record, or null at the end. */
  #record(): string[] | null {
    if (this.#at >= this.#bytes.length) return null;
    const fields: string[] = [];
    while (true) {
      fields.push(this.#bytes[this.#at] === QUOTE ? this.#quoted() : this.#bare());
      const byte = this.#bytes[this.#at++];
      if (byte !== this.#delimiter) return fields;
    }
  }

  /** Up to the next delimiter or line end. */
  #bare(): string {
    const bytes = this.#bytes, start = this.#at;
    while (this.#at < bytes.length && bytes[this.#at] !== this.#delimiter && bytes[this.#at] !== NEWLINE) this.#at++;
    const isLast = bytes[this.#at] !== this.#delimiter;
    const end = isLast && this.#at > start && bytes[this.#at - 1] === RETURN ? this.#at - 1 : this.#at;
    return decoder.decode(bytes.subarray(start, end));
  }

  #quoted(): string {
    const bytes = this.#bytes;
    let text = "";
    while (true) {
      const start = this.#at + 1, end = bytes.indexOf(QUOTE, start);
      text += decoder.decode(bytes.subarray(start, end < 0 ? bytes.length : end));
      this.#at = end < 0 ? bytes.length : end + 1;
      if (end < 0 || bytes[this.#at] !== QUOTE) return text + this.#bare();
      text += '"';
    }
  }
}
