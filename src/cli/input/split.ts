const LINE_END = 10, QUOTE = 34;

/**
 * Cuts a stream of text into pieces of about `bytes` bytes that end where a row does. In CSV a line end within quotes ends no row, and
 * every piece but the first begins with the header again.
 */
export class RowSplitter {
  readonly #csv: boolean;
  readonly #bytes: number;
  #head: Uint8Array<ArrayBuffer> | null = null;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #quoted = false;
  #pieces = 0;

  constructor(format: "ndjson" | "csv", bytes: number) {
    this.#csv = format === "csv";
    this.#bytes = bytes;
  }

  /** What every piece but the first begins with again; null: there is nothing. */
  get head(): Uint8Array<ArrayBuffer> | null {
    return this.#head;
  }

  /** Takes bytes; gives the pieces that are whole. */
  push(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let from = 0;
    for (let at = this.#nextEnd(bytes, 0); at >= 0; at = this.#nextEnd(bytes, at + 1)) {
      const end = at + 1;
      if (this.#csv && this.#head === null) this.#head = join([...this.#held, bytes.subarray(from, end)]);
      else if (this.#heldBytes + end - from >= this.#bytes) {
        pieces.push(this.#piece(bytes.subarray(from, end)));
        from = end;
      }
    }
    this.#held.push(bytes.slice(from));
    this.#heldBytes += bytes.length - from;
    return pieces;
  }

  /** What is left at the end, or null. */
  end(): Uint8Array<ArrayBuffer> | null {
    return this.#heldBytes === 0 ? null : this.#piece(new Uint8Array());
  }

  /** Where the next row ends, or −1. */
  #nextEnd(bytes: Uint8Array, from: number): number {
    if (!this.#csv) return bytes.indexOf(LINE_END, from);
    for (let at = from; at < bytes.length; at++) {
      if (bytes[at] === QUOTE) this.#quoted = !this.#quoted;
      else if (bytes[at] === LINE_END && !this.#quoted) return at;
    }
    return -1;
  }

  #piece(rest: Uint8Array): Uint8Array<ArrayBuffer> {
    const piece = join([...(this.#head !== null && this.#pieces > 0 ? [this.#head] : []), ...this.#held, rest]);
    this.#held = [];
    this.#heldBytes = 0;
    this.#pieces++;
    return piece;
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
