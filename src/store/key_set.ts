import type { ColumnBuffers, FrameView } from "../core/frame.ts";

const SLOTS_FIRST = 1024, BYTES_FIRST = 1 << 16;
/** A set of more keys than this part of its slots grows. */
const LOAD_MAX = 0.6;

/**
 * A set of keys, by the bytes of their cells. Slots have the place of a key plus one, 0 for none:
 *
 *   slots   | 0 | place + 1 | 0 | …      hashes, ends: by place      bytes: | key of place 0 | key of place 1 | …
 */
export class KeySet {
  #slots = new Int32Array(SLOTS_FIRST);
  #hashes = new Int32Array(SLOTS_FIRST);
  #ends = new Float64Array(SLOTS_FIRST);
  #bytes = new Uint8Array(BYTES_FIRST);
  #size = 0;
  #key = new Uint8Array(256);
  #columns: readonly ColumnBuffers[] = [];
  #cells: readonly Uint8Array[] = [];

  get size(): number {
    return this.#size;
  }

  /** Rows are those of this frame from now on; its first `keys` columns are their key. */
  from(view: FrameView, keys: number): void {
    this.#columns = Array.from({ length: keys }, (_, column) => view.buffers(column));
    this.#cells = this.#columns.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  has(row: number): boolean {
    const length = this.#read(row);
    return this.#slots[this.#find(hashOf(this.#key, length), length)] !== 0;
  }

  /** False: it was there already. */
  add(row: number): boolean {
    const length = this.#read(row), hash = hashOf(this.#key, length), slot = this.#find(hash, length);
    if (this.#slots[slot] !== 0) return false;
    const place = this.#size++, start = place === 0 ? 0 : this.#ends[place - 1];
    if (start + length > this.#bytes.length) this.#bytes = grown(this.#bytes, start + length);
    this.#bytes.set(this.#key.subarray(0, length), start);
    this.#ends[place] = start + length;
    this.#hashes[place] = hash;
    this.#slots[slot] = place + 1;
    if (this.#size > this.#slots.length * LOAD_MAX) this.#grow();
    return true;
  }

  /** The slot of a key that was read, or the free one where it belongs. */
  #find(hash: number, length: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask;; slot = (slot + 1) & mask) {
      const place = this.#slots[slot] - 1;
      if (place < 0 || (this.#hashes[place] === hash && this.#isAt(place, length))) return slot;
    }
  }

  #isAt(place: number, length: number): boolean {
    const start = place === 0 ? 0 : this.#ends[place - 1];
    if (this.#ends[place] - start !== length) return false;
    for (let i = 0; i < length; i++) if (this.#bytes[start + i] !== this.#key[i]) return false;
    return true;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2), mask = slots.length - 1;
    for (let place = 0; place < this.#size; place++) {
      let slot = this.#hashes[place] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = place + 1;
    }
    const hashes = new Int32Array(slots.length), ends = new Float64Array(slots.length);
    hashes.set(this.#hashes.subarray(0, this.#size));
    ends.set(this.#ends.subarray(0, this.#size));
    this.#slots = slots;
    this.#hashes = hashes;
    this.#ends = ends;
  }

  /** Reads the key of a row: of each cell whether it is there, its length where that varies, and its bytes. Returns how long that is. */
  #read(row: number): number {
    let end = 0;
    for (let column = 0; column < this.#columns.length; column++) end = this.#readCell(column, row, end);
    return end;
  }

  #readCell(column: number, row: number, at: number): number {
    const { type, validity, data, chars } = this.#columns[column];
    const there = validity === null ? 1 : validity[row >> 3] >> (row & 7) & 1;
    this.#room(at + 9);
    this.#key[at] = there;
    if (there === 0) return at + 1;
    if (type.kind === "bool") {
      this.#key[at + 1] = this.#cells[column][row >> 3] >> (row & 7) & 1;
      return at + 2;
    }
    if (chars === null) {
      const cells = this.#cells[column];
      for (let i = 0; i < 8; i++) this.#key[at + 1 + i] = cells[row * 8 + i];
      return at + 9;
    }
    const start = (data as Int32Array)[row], length = (data as Int32Array)[row + 1] - start;
    this.#room(at + 5 + length);
    for (let i = 0; i < 4; i++) this.#key[at + 1 + i] = length >> (i * 8);
    this.#key.set(chars.subarray(start, start + length), at + 5);
    return at + 5 + length;
  }

  #room(bytes: number): void {
    if (bytes > this.#key.length) this.#key = grown(this.#key, bytes);
  }
}

function grown(bytes: Uint8Array<ArrayBuffer>, least: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(bytes.length * 2, least));
  larger.set(bytes);
  return larger;
}

/** FNV-1a, mixed so that the low bits depend on all. */
function hashOf(bytes: Uint8Array, length: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
