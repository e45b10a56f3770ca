import { INFER_ITEMS_DEPTH_MAX } from "../core/limits.ts";
import { arrayOf, type DataType, JSON_VALUE } from "../core/schema.ts";
import { type Seen, seenNumber, seenTime, TIME_CHARS_MAX } from "./seen.ts";
import { joined, rowOfFields, seenPart, UNSEEN } from "./seen_nested.ts";

const QUOTE = 0x22, BACKSLASH = 0x5c, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c, COLON = 0x3a, MINUS = 0x2d, POINT = 0x2e, ZERO = 0x30;
/** Digits of a whole number that surely fits into an int64 and a double. */
const SMALL_DIGITS = 15;
/** Longer numbers are refused. */
const WORD_BYTES_MAX = 4096;
/** `YYYY-MM-DD` */
const DATE_CHARS = 10;

/** Thrown where the text is no JSON, and caught by the scanner. */
export class NoJson extends Error {}

/** The inside of a string, without its quotes. */
export interface StringSpan {
  readonly start: number;
  readonly end: number;
  readonly escaped: boolean;
}

/** A place in JSON text, from `at` to `end`, that moves over values and tells what they are. */
export class JsonCursor {
  readonly bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  /** The next byte that is no white space, or −1 at the end. */
  peek(): number {
    while (this.#at < this.#end && isSpace(this.bytes[this.#at])) this.#at++;
    return this.#at < this.#end ? this.bytes[this.#at] : -1;
  }

  take(): number {
    const byte = this.peek();
    this.#at++;
    return byte;
  }

  expect(byte: number): void {
    if (this.take() !== byte) throw new NoJson();
  }

  /** Moves over any value. Of an array it tells the type, of an object only that it is one. */
  value(): Seen | DataType {
    const first = this.peek();
    if (first === OPEN_ARRAY) return this.#array(1);
    if (first === OPEN_OBJECT) return this.#nested();
    return first === QUOTE ? this.#text() : this.#word();
  }

  /** The type of a part of an array. */
  #part(depth: number): DataType {
    const first = this.peek(), composed = first === OPEN_ARRAY || first === OPEN_OBJECT;
    if (composed && depth > INFER_ITEMS_DEPTH_MAX) {
      this.#nested();
      return JSON_VALUE;
    }
    if (composed) return first === OPEN_ARRAY ? this.#array(depth) : this.#object(depth);
    return seenPart(first === QUOTE ? this.#text() : this.#word());
  }

  #array(depth: number): DataType {
    let item = UNSEEN;
    this.#members(CLOSE_ARRAY, () => item = joined(item, this.#part(depth + 1)));
    return arrayOf(item);
  }

  #object(depth: number): DataType {
    const fields = new Map<string, DataType>();
    this.#members(CLOSE_OBJECT, () => {
      if (this.peek() !== QUOTE) throw new NoJson();
      const name = keyOf(this.bytes, this.string());
      this.expect(COLON);
      fields.set(name, joined(fields.get(name) ?? UNSEEN, this.#part(depth + 1)));
    });
    return rowOfFields([...fields].map(([name, type]) => ({ name, type })));
  }

  /** Reads what stands between the bracket here and the one that closes it. */
  #members(close: number, read: () => void): void {
    this.take();
    if (this.peek() === close) {
      this.take();
      return;
    }
    for (;;) {
      read();
      const next = this.take();
      if (next === close) return;
      if (next !== COMMA) throw new NoJson();
    }
  }

  /** Moves over the string whose quote is here. */
  string(): StringSpan {
    const { bytes } = this, start = this.#at + 1;
    let escaped = false;
    for (let at = start; at < this.#end; at++) {
      if (bytes[at] === QUOTE) {
        this.#at = at + 1;
        return { start, end: at, escaped };
      }
      if (bytes[at] === BACKSLASH) {
        escaped = true;
        at++;
      }
    }
    throw new NoJson();
  }

  /** Moves over the string whose quote is here if behind the quote are these bytes, which end with a quote. */
  skipIf(inside: Uint8Array): boolean {
    const start = this.#at + 1;
    if (start + inside.length > this.#end) return false;
    for (let i = 0; i < inside.length; i++) if (this.bytes[start + i] !== inside[i]) return false;
    this.#at = start + inside.length;
    return true;
  }

  #text(): Seen {
    const { bytes } = this, { start, end, escaped } = this.string(), length = end - start;
    if (escaped || length < DATE_CHARS || length > TIME_CHARS_MAX || bytes[start + 4] !== MINUS) return "text";
    return seenTime(String.fromCharCode(...bytes.subarray(start, end)));
  }

  /** Moves behind the object or array that begins here, counting brackets outside of strings. */
  #nested(): Seen {
    for (let depth = 0; this.#at < this.#end;) {
      const byte = this.bytes[this.#at];
      if (byte === QUOTE) {
        this.string();
        continue;
      }
      this.#at++;
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
      else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --depth === 0) return "json";
    }
    throw new NoJson();
  }

  /** A number or a name: all up to what ends one. */
  #word(): Seen {
    const { bytes } = this, start = this.#at;
    while (this.#at < this.#end && !endsWord(bytes[this.#at])) this.#at++;
    const end = this.#at, simple = simpleNumber(bytes, start, end);
    if (simple) return simple;
    if (end - start > WORD_BYTES_MAX) throw new NoJson();
    const word = String.fromCharCode(...bytes.subarray(start, end));
    if (word === "null") return "empty";
    if (word === "true" || word === "false") return "bool";
    const seen = seenNumber(word);
    if (!seen) throw new NoJson();
    return seen;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What a key says. */
export function keyOf(bytes: Uint8Array, { start, end, escaped }: StringSpan): string {
  try {
    const text = decoder.decode(bytes.subarray(start, end));
    return escaped ? JSON.parse(`"${text}"`) : text;
  } catch {
    throw new NoJson();
  }
}

/** What a short number without an exponent is, told by its bytes alone; null for all else. */
function simpleNumber(bytes: Uint8Array, start: number, end: number): Seen | null {
  const first = bytes[start] === MINUS ? start + 1 : start;
  if (end === first || end - first > SMALL_DIGITS || (bytes[first] === ZERO && end - first > 1)) return null;
  let point = -1;
  for (let at = first; at < end; at++) {
    if (bytes[at] >= ZERO && bytes[at] <= 0x39) continue;
    if (bytes[at] !== POINT || point >= 0 || at === first || at === end - 1) return null;
    point = at;
  }
  return point < 0 ? "whole" : "double";
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function endsWord(byte: number): boolean {
  return isSpace(byte) || byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY || byte === COLON;
}
