import { INFER_DEPTH_MAX } from "../core/limits.ts";
import type { DataType } from "../core/schema.ts";
import type { InferredColumns } from "./inferred_columns.ts";
import { JsonCursor, NoJson } from "./json_cursor.ts";
import { type KeyName, KeyNames } from "./key_names.ts";
import type { Seen } from "./seen.ts";

const NEWLINE = 0x0a, QUOTE = 0x22, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c, COLON = 0x3a;

/**
 * Walks over rows of JSON text to see what types their values have. It follows the grammar as far as that needs: rows that
 * it lets pass may still be refused by the decoder, but none that the decoder takes is skipped. Rows that it cannot follow
 * say nothing of the columns.
 */
export class JsonScanner {
  readonly #bytes: Uint8Array;
  readonly #columns: InferredColumns;
  readonly #keys = new KeyNames();
  #cursor: JsonCursor;
  /** What the row at hand says of its columns, kept until all of it was read; null: an object. */
  readonly #names: string[] = [];
  readonly #seen: (Seen | DataType | null)[] = [];

  constructor(bytes: Uint8Array, columns: InferredColumns) {
    const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    this.#bytes = mark ? bytes.subarray(3) : bytes;
    this.#columns = columns;
    this.#cursor = new JsonCursor(this.#bytes, 0, this.#bytes.length);
  }

  /** Rows that are one line each. */
  lines(): void {
    const bytes = this.#bytes;
    for (let start = 0; start < bytes.length;) {
      const newline = bytes.indexOf(NEWLINE, start), end = newline < 0 ? bytes.length : newline;
      this.#cursor = new JsonCursor(bytes, start, end);
      this.#attempt(() => {
        if (this.#cursor.peek() === -1) return;
        this.#row();
        if (this.#cursor.peek() === -1) this.#commit();
      });
      start = end + 1;
    }
  }

  /** One row, or an array of rows; what comes before an error counts. */
  document(): void {
    this.#attempt(() => {
      if (this.#cursor.peek() !== OPEN_ARRAY) {
        this.#row();
        return this.#commit();
      }
      this.#cursor.take();
      if (this.#cursor.peek() === CLOSE_ARRAY) return;
      do {
        if (this.#cursor.peek() !== OPEN_OBJECT) this.#cursor.value();
        else {
          this.#row();
          this.#commit();
        }
      } while (this.#cursor.take() === COMMA);
    });
  }

  #attempt(read: () => void): void {
    try {
      read();
    } catch (thrown) {
      if (!(thrown instanceof NoJson)) throw thrown;
    }
  }

  #row(): void {
    this.#names.length = this.#seen.length = 0;
    this.#keys.begin();
    this.#object("", 0);
  }

  #commit(): void {
    for (let i = 0; i < this.#names.length; i++) {
      const seen = this.#seen[i];
      if (seen) this.#columns.see(this.#names[i], seen);
      else this.#columns.seeObject(this.#names[i]);
    }
  }

  #note(name: string, seen: Seen | DataType | null): void {
    this.#names.push(name);
    this.#seen.push(seen);
  }

  /** Returns whether all keys can be parts of dotted names. */
  #object(prefix: string, depth: number): boolean {
    const cursor = this.#cursor;
    cursor.expect(OPEN_OBJECT);
    if (cursor.peek() === CLOSE_OBJECT) {
      cursor.take();
      return true;
    }
    let allPlain = true;
    while (true) {
      if (cursor.peek() !== QUOTE) throw new NoJson();
      const key = this.#keys.next(cursor, prefix);
      cursor.expect(COLON);
      this.#member(key, depth);
      allPlain &&= key.isPlain;
      const next = cursor.take();
      if (next === CLOSE_OBJECT) return allPlain;
      if (next !== COMMA) throw new NoJson();
    }
  }

  /**
   * An object becomes columns of its members, which the decoder finds again by their dotted names. Where a key has dots
   * itself or no characters it cannot: the object around it becomes a column of JSON too. A row's own members may have
   * dots, but must have names.
   */
  #member({ name, isPlain }: KeyName, depth: number): void {
    if (this.#cursor.peek() === OPEN_OBJECT && isPlain && depth + 1 < INFER_DEPTH_MAX) {
      this.#note(name, null);
      if (!this.#object(`${name}.`, depth + 1)) this.#note(name, "json");
    } else {
      const seen = this.#cursor.value();
      if (isPlain || (depth === 0 && name !== "")) this.#note(name, seen);
    }
  }
}
