import { type JsonCursor, keyOf } from "./json_cursor.ts";

/** A key, and the name of the column that its value goes to. */
export interface KeyName {
  /** Dotted, from the row down. */
  readonly name: string;
  /** Has characters and no dot, so that it can be a part of a dotted name. */
  readonly isPlain: boolean;
}

interface Known extends KeyName {
  readonly prefix: string;
  /** The key between its quotes, and the quote behind. */
  readonly bytes: Uint8Array;
}

/** Reads keys. Rows mostly have the keys of the row before in the same order: those are compared and not decoded again. */
export class KeyNames {
  readonly #known: Known[] = [];
  #next = 0;

  /** A new row begins. */
  begin(): void {
    this.#next = 0;
  }

  /** Reads the key whose opening quote the cursor stands at. Throws NoJson for what is no UTF-8 or a wrong escape. */
  next(cursor: JsonCursor, prefix: string): KeyName {
    const at = this.#next++, known = this.#known[at];
    if (known && known.prefix === prefix && cursor.skipIf(known.bytes)) return known;
    const span = cursor.string(), { start, end } = span, key = keyOf(cursor.bytes, span);
    const fresh = {
      prefix,
      bytes: cursor.bytes.slice(start, end + 1),
      name: prefix + key,
      isPlain: key !== "" && !key.includes("."),
    };
    this.#known[at] = fresh;
    return fresh;
  }
}
