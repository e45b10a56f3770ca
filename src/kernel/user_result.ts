import { MADE_TEXT_BYTES_MAX } from "../core/limits.ts";
import type { DataType } from "../core/schema.ts";

/** What each kind may come in. */
const FORMS: Readonly<Partial<Record<DataType["kind"], string>>> = {
  int64: "a BigInt64Array, or a list of bigints, whole numbers and nulls",
  double: "a Float64Array, or a list of numbers and nulls",
  bool: "a Uint8Array of 0 and 1, or a list of booleans and nulls",
  timestamp: "a BigInt64Array of milliseconds, or a list of bigints, whole numbers and nulls",
  string: "a list of strings and nulls",
};

/** What user functions gave for the rows of a batch, checked, in arrays that the next batch uses again. */
export class ResultRows {
  readonly kind: DataType["kind"];
  /** 64-bit values. */
  words = new BigInt64Array(0);
  /** The same memory. */
  doubles = new Float64Array(0);
  /** 1 is true. */
  bools = new Uint8Array(0);
  texts: string[] = [];
  /** 1 for each row that has NULL. */
  nulls = new Uint8Array(0);
  /** Whether a row has NULL. */
  hasNulls = false;

  constructor(type: DataType) {
    this.kind = type.kind;
  }

  /** Makes room for a batch. */
  reset(rows: number): void {
    this.hasNulls = false;
    if (this.nulls.length < rows) {
      const room = 2 ** Math.ceil(Math.log2(Math.max(64, rows)));
      this.nulls = new Uint8Array(room);
      if (this.kind === "bool") this.bools = new Uint8Array(room);
      else if (this.kind !== "string") {
        this.words = new BigInt64Array(room);
        this.doubles = new Float64Array(this.words.buffer);
      }
    }
    this.texts.length = this.kind === "string" ? rows : 0;
  }

  /** The function gave nothing for a row. */
  fail(row: number): void {
    this.#null(row);
  }

  /** Takes what the function gave for `rows` rows, of which the first is row `at`. Throws Error with a reason when it does not fit. */
  accept(given: unknown, at: number, rows: number): void {
    if (isPromise(given)) {
      // Nobody else hears of what it may throw later, which would end the worker.
      given.then(ignore, ignore);
      throw new TypeError("It gave a Promise: a user function gives the values themselves, nobody waits for them");
    }
    const { values, nulls } = partsOf(given);
    this.nulls.fill(0, at, at + rows);
    if (Array.isArray(values)) this.#list(values, at, rows);
    else this.#array(values, at, rows);
    if (nulls !== null && nulls !== undefined) this.#marks(nulls, at, rows);
  }

  #array(values: unknown, at: number, rows: number): void {
    const { kind } = this;
    if ((kind === "int64" || kind === "timestamp") && values instanceof BigInt64Array) {
      checkLength(values.length, rows);
      this.words.set(values, at);
    } else if (kind === "double" && values instanceof Float64Array) {
      checkLength(values.length, rows);
      this.doubles.set(values, at);
    } else if (kind === "bool" && values instanceof Uint8Array) {
      checkLength(values.length, rows);
      const odd = values.find((value) => value > 1);
      if (odd !== undefined) throw new RangeError(`It gave ${odd} for a bool: 1 is true, 0 is false`);
      this.bools.set(values, at);
    } else throw new TypeError(`It gave ${nameOf(values)}: ${kind} is ${FORMS[kind]}`);
  }

  #list(values: readonly unknown[], at: number, rows: number): void {
    checkLength(values.length, rows);
    for (let i = 0; i < rows; i++) {
      const value = values[i];
      if (value === null) this.#null(at + i);
      else if (!this.#put(value, at + i)) {
        throw new TypeError(`It gave ${shown(value)} for a row: ${this.kind} is ${FORMS[this.kind]}`);
      }
    }
  }

  /** Whether the value fits. */
  #put(value: unknown, row: number): boolean {
    switch (this.kind) {
      case "double":
        if (typeof value !== "number") return false;
        this.doubles[row] = value;
        return true;
      case "bool":
        if (typeof value !== "boolean" && value !== 0 && value !== 1) return false;
        this.bools[row] = Number(value);
        return true;
      case "string":
        if (typeof value !== "string" || isTooLong(value)) return false;
        this.texts[row] = value;
        return true;
      default: {
        const word = typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
        if (typeof word !== "bigint" || BigInt.asIntN(64, word) !== word) return false;
        this.words[row] = word;
        return true;
      }
    }
  }

  #marks(nulls: unknown, at: number, rows: number): void {
    if (!(nulls instanceof Uint8Array)) {
      throw new TypeError(
        `It gave ${nameOf(nulls)} for nulls: they are a Uint8Array with 1 for each row that has NULL, or null`,
      );
    }
    checkLength(nulls.length, rows, "marks of NULL");
    for (let i = 0; i < rows; i++) if (nulls[i] !== 0) this.#null(at + i);
  }

  #null(row: number): void {
    this.hasNulls = true;
    this.nulls[row] = 1;
    if (this.kind === "string") this.texts[row] = "";
    else if (this.kind === "bool") this.bools[row] = 0;
    else this.words[row] = 0n;
  }
}

function ignore(): void {}

function isPromise(given: unknown): given is { then(done: () => void, failed: () => void): unknown } {
  return typeof given === "object" && given !== null && "then" in given && typeof given.then === "function";
}

/** Values, and marks of NULL where they come with some. */
function partsOf(given: unknown): { readonly values: unknown; readonly nulls: unknown } {
  if (typeof given !== "object" || given === null || Array.isArray(given) || ArrayBuffer.isView(given)) {
    return { values: given, nulls: null };
  }
  if (!("values" in given)) return { values: given, nulls: null };
  return { values: given.values, nulls: "nulls" in given ? given.nulls : null };
}

function checkLength(length: number, rows: number, what = "values"): void {
  if (length === rows) return;
  throw new RangeError(`It gave ${length} ${what} for ${rows} ${rows === 1 ? "row" : "rows"}`);
}

/** A text that the language's own functions would not make either. */
function isTooLong(text: string): boolean {
  if (text.length * 3 <= MADE_TEXT_BYTES_MAX) return false;
  return text.length > MADE_TEXT_BYTES_MAX || new TextEncoder().encode(text).length > MADE_TEXT_BYTES_MAX;
}

/** What something is, for a message. */
function nameOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === undefined ? "nothing" : shown(value);
  const { constructor } = value as { constructor?: unknown };
  return typeof constructor === "function" && constructor.name !== "Object"
    ? `${/^[AEIO]/.test(constructor.name) ? "an" : "a"} ${constructor.name}`
    : "an object";
}

function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value.length > 40 ? `a text of ${value.length} characters` : JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "object":
    case "function":
      return value === null ? "null" : typeof value === "object" ? "an object" : "a function";
    default:
      return String(value);
  }
}
