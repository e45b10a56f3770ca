import type { Batch } from "../core/batch.ts";
import { REF_SIZE, REGISTER_COUNT, REGISTER_DATA, REGISTER_STEP, REGISTER_VALIDITY } from "./layout.ts";
import type { Kernel } from "./module.ts";
import type { ResultRows } from "./user_result.ts";

const encoder = new TextEncoder();
/** The one NaN that columns have. */
const NAN_BITS = 0x7ff8_0000_0000_0000n;
/** UTF-8 has at most so many bytes for one of UTF-16's units. */
const UNIT_BYTES_MAX = 3;

/**
 * Writes what a function gave for the selected rows of `batch` into the batch arena, as a column of all rows, and points the REGISTER at
 * `out` to it. Rows that are not selected have NULL. Throws RdxError("no_space") without memory.
 */
export function writeResult(kernel: Kernel, result: ResultRows, batch: Batch, out: number): void {
  const rows = Math.ceil(Math.max(1, batch.rows) / 64) * 64;
  const chars = result.kind === "string" ? encodeTexts(kernel, result.texts) : null;
  const data = kernel.arena(result.kind === "bool" ? rows / 8 : rows * 8);
  const validity = result.hasNulls || batch.selection !== 0 ? kernel.arena(rows / 8) : 0;
  // Nothing grows memory from here on.
  const { selected, selection } = batch, bytes = kernel.bytes;
  const places = selection === 0 ? null : new Int32Array(bytes.buffer, selection, selected);
  if (validity !== 0) writeValidity(bytes, validity, rows, result.nulls, places, selected);
  if (chars !== null) writeReferences(kernel, chars, data, rows, places);
  else if (result.kind === "bool") writeBools(bytes, result.bools, data, rows, places, selected);
  else writeWords(bytes, result, data, rows, places, selected);
  const register = kernel.data;
  register.setUint32(out + REGISTER_DATA, data, true);
  register.setUint32(out + REGISTER_VALIDITY, validity, true);
  register.setUint32(out + REGISTER_STEP, 1, true);
  register.setUint32(out + REGISTER_COUNT, 0, true);
}

type Bytes = Uint8Array<ArrayBuffer>;
/** The rows that values belong to; null: each to that of its own number. */
type Places = Int32Array | null;

function writeValidity(bytes: Bytes, at: number, rows: number, nulls: Uint8Array, places: Places, count: number): void {
  bytes.fill(0, at, at + rows / 8);
  for (let i = 0; i < count; i++) {
    const row = places === null ? i : places[i];
    bytes[at + (row >> 3)] |= (nulls[i] ^ 1) << (row & 7);
  }
}

function writeBools(bytes: Bytes, values: Uint8Array, at: number, rows: number, places: Places, count: number): void {
  bytes.fill(0, at, at + rows / 8);
  for (let i = 0; i < count; i++) {
    const row = places === null ? i : places[i];
    bytes[at + (row >> 3)] |= values[i] << (row & 7);
  }
}

function writeWords(bytes: Bytes, result: ResultRows, at: number, rows: number, places: Places, count: number): void {
  const { words, doubles, kind } = result;
  if (kind === "double") { for (let i = 0; i < count; i++) if (doubles[i] !== doubles[i]) words[i] = NAN_BITS; }
  if (places === null) {
    bytes.set(new Uint8Array(words.buffer, 0, count * 8), at);
    return;
  }
  bytes.fill(0, at, at + rows * 8);
  const from = new Int32Array(words.buffer), to = new Int32Array(bytes.buffer, at, rows * 2);
  for (let i = 0; i < count; i++) {
    to[places[i] * 2] = from[i * 2];
    to[places[i] * 2 + 1] = from[i * 2 + 1];
  }
}

interface Chars {
  readonly at: number;
  /** Where each text ends, from `at` on. */
  readonly ends: Uint32Array;
}

/** Puts the bytes of texts into the arena: all at once where each character is one byte. */
function encodeTexts(kernel: Kernel, texts: readonly string[]): Chars {
  const ends = new Uint32Array(texts.length), whole = texts.join(""), units = whole.length;
  const at = kernel.arena(Math.max(1, units));
  const { read, written } = encoder.encodeInto(whole, kernel.bytes.subarray(at, at + units));
  if (read === units && written === units) {
    let end = 0;
    texts.forEach((text, i) => ends[i] = end += text.length);
    return { at, ends };
  }
  const wide = kernel.arena(units * UNIT_BYTES_MAX), bytes = kernel.bytes.subarray(wide, wide + units * UNIT_BYTES_MAX);
  let end = 0;
  texts.forEach((text, i) => ends[i] = end += encoder.encodeInto(text, bytes.subarray(end)).written);
  return { at: wide, ends };
}

function writeReferences(kernel: Kernel, { at, ends }: Chars, data: number, rows: number, places: Places): void {
  const view = kernel.data;
  if (places !== null) kernel.bytes.fill(0, data, data + rows * REF_SIZE);
  let start = 0;
  for (let i = 0; i < ends.length; i++) {
    const ref = data + (places === null ? i : places[i]) * REF_SIZE;
    view.setUint32(ref, at + start, true);
    view.setUint32(ref + 4, ends[i] - start, true);
    start = ends[i];
  }
}
