import { ByteBuffer } from "flatbuffers";
import { RdxError } from "./errors.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

function damaged(reason: string): RdxError {
  return new RdxError("invalid", `Cannot read the message: ${reason}`);
}

/**
 * Reads one FlatBuffers table out of bytes that may say anything: every position is checked, and what does not fit is an
 * RdxError("invalid"). Slots count the fields of the table's declaration from 0.
 */
export class FlatTable {
  readonly #buffer: ByteBuffer;
  readonly #at: number;
  /** Where the table's vtable starts and how many bytes it has. */
  readonly #vtable: number;
  readonly #vtableBytes: number;

  constructor(buffer: ByteBuffer, at: number) {
    this.#buffer = buffer;
    this.#at = this.#inside(at, 4);
    this.#vtable = this.#inside(at - buffer.readInt32(at), 4);
    this.#vtableBytes = buffer.readUint16(this.#vtable);
    this.#inside(this.#vtable, this.#vtableBytes);
  }

  /** The table that a finished buffer starts with. */
  static root(bytes: Uint8Array): FlatTable {
    if (bytes.length < 8) throw damaged(`${bytes.length} bytes are too few`);
    const buffer = new ByteBuffer(bytes);
    return new FlatTable(buffer, buffer.readUint32(0));
  }

  uint8(slot: number, otherwise = 0): number {
    const at = this.#field(slot, 1);
    return at === 0 ? otherwise : this.#buffer.readUint8(at);
  }

  bool(slot: number): boolean {
    return this.uint8(slot) !== 0;
  }

  int16(slot: number, otherwise = 0): number {
    const at = this.#field(slot, 2);
    return at === 0 ? otherwise : this.#buffer.readInt16(at);
  }

  int32(slot: number, otherwise = 0): number {
    const at = this.#field(slot, 4);
    return at === 0 ? otherwise : this.#buffer.readInt32(at);
  }

  /** An int64 that a length, an offset or a number can be; others are refused. */
  int64(slot: number, otherwise = 0): number {
    const at = this.#field(slot, 8);
    return at === 0 ? otherwise : this.#safe(at);
  }

  text(slot: number): string | null {
    const bytes = this.bytes(slot);
    if (bytes === null) return null;
    try {
      return decoder.decode(bytes);
    } catch {
      throw damaged("a text is not UTF-8");
    }
  }

  /** A vector of bytes, as a view. */
  bytes(slot: number): Uint8Array | null {
    const vector = this.#vector(slot, 1);
    return vector && this.#buffer.bytes().subarray(vector.at, vector.at + vector.length);
  }

  table(slot: number): FlatTable | null {
    const at = this.#field(slot, 4);
    return at === 0 ? null : new FlatTable(this.#buffer, at + this.#buffer.readUint32(at));
  }

  /** How many elements of `size` bytes the vector in a slot has. */
  length(slot: number, size: number): number {
    return this.#vector(slot, size)?.length ?? 0;
  }

  /** The tables of a vector; give the most that there may be. */
  tables(slot: number, most: number): FlatTable[] {
    const vector = this.#vector(slot, 4);
    if (!vector) return [];
    if (vector.length > most) throw damaged(`a list has ${vector.length} entries, at most ${most}`);
    return Array.from({ length: vector.length }, (_, i) => {
      const at = vector.at + i * 4;
      return new FlatTable(this.#buffer, at + this.#buffer.readUint32(at));
    });
  }

  /** The pair of int64 of a 16-byte struct in a vector: how Arrow describes nodes and buffers. */
  pair(slot: number, index: number): readonly [number, number] {
    const vector = this.#vector(slot, 16);
    if (!vector || index >= vector.length) throw damaged(`entry ${index} of a list is missing`);
    const at = vector.at + index * 16;
    return [this.#safe(at), this.#safe(at + 8)];
  }

  #safe(at: number): number {
    const value = Number(this.#buffer.readInt64(at));
    if (!Number.isSafeInteger(value)) throw damaged(`the number ${value} is out of range`);
    return value;
  }

  #vector(slot: number, size: number): { at: number; length: number } | null {
    const field = this.#field(slot, 4);
    if (field === 0) return null;
    const start = this.#inside(field + this.#buffer.readUint32(field), 4);
    const length = this.#buffer.readUint32(start);
    return { at: this.#inside(start + 4, length * size), length };
  }

  /** Position of a field's value, 0 when the table has none. */
  #field(slot: number, size: number): number {
    const entry = 4 + slot * 2;
    if (entry + 2 > this.#vtableBytes) return 0;
    const offset = this.#buffer.readUint16(this.#vtable + entry);
    return offset === 0 ? 0 : this.#inside(this.#at + offset, size);
  }

  #inside(at: number, size: number): number {
    const capacity = this.#buffer.capacity();
    if (!(at >= 0 && at + size <= capacity)) throw damaged(`position ${at} lies outside its ${capacity} bytes`);
    return at;
  }
}
