import { COLD_CHUNK_BYTES, COLD_FILL_SHARE_MAX } from "../core/limits.ts";
import { ColdIndex } from "./cold_index.ts";
import { damagedFile, UNIT } from "./cold_segments.ts";
import type { ColdShelf } from "./cold_shelf.ts";
import type { FoundRows } from "./row_look.ts";

/** Offsets of the hash, the key group and the arrival of the first row in a record (asm/rows/shelf.ts). */
const HASH = 8, GROUP = 63, ARRIVAL = 64;
/** Where the first image of a record begins; offsets in an image of its side, and of the row. */
const RECORD = 32, SIDE = 4, IMAGE = 16;

/**
 * The rows of one table of an operator that have left memory. While the table is restored, rows leave one by one when the bound nears, and what
 * comes later finds them by their names.
 */
export class ColdTable {
  readonly #shelf: ColdShelf;
  readonly #side: number;
  #names = new ColdIndex();
  /** Rows whose i64 at an offset is below a bound are gone. */
  #gone: { readonly offset: number; readonly below: bigint } | null = null;

  /** `side`: the table's place among those of the shelf. */
  constructor(shelf: ColdShelf, side: number) {
    this.#shelf = shelf;
    this.#side = side;
  }

  cut(whole: boolean): void {
    this.#shelf.cut(this.#side, whole);
  }

  /** The next rows that a drain hands out; null at the end. */
  drain(): FoundRows | null {
    return this.#shelf.drain(this.#side);
  }

  /** Rows of a key may be both here and in memory. */
  get comesInParts(): boolean {
    return this.#shelf.comesInParts;
  }

  /** The rows of a key that has left. */
  look(hash: number, columns: number, list: number): FoundRows {
    return this.#shelf.look(this.#side, hash, columns, list);
  }

  /** Rows to be restored come: makes room where there is little. */
  reserve(columns: number, rows: number): void {
    const { kernel, shelf } = this.#shelf, bound = kernel.stateBytesMax;
    // The map of names grows to twice its size at once
    const need = kernel.fn("shelf_need")(shelf, this.#side, columns, 0, rows) +
      kernel.fn("shelf_rows")(shelf, this.#side) * 16;
    if (kernel.fn("shelf_room")() < need + bound * (1 - COLD_FILL_SHARE_MAX)) this.setAside();
  }

  /** All restored rows leave that can. */
  setAside(): void {
    this.#shelf.begin(true);
    const { kernel, shelf, cuts } = this.#shelf, mark = kernel.mark(), buffer = kernel.arena(COLD_CHUNK_BYTES);
    const aside = kernel.fn("shelf_aside");
    kernel.fn("shelf_aside_begin")(shelf);
    for (let bytes; (bytes = aside(shelf, this.#side, buffer, COLD_CHUNK_BYTES, cuts) >>> 0) > 0;) {
      this.#shelf.append(buffer, bytes, (place, size, record) => {
        const data = kernel.data, group = data.getUint8(record + GROUP);
        const [low, high] = nameOf(
          group,
          data.getUint32(record + ARRIVAL, true),
          data.getUint32(record + ARRIVAL + 4, true),
        );
        this.#names.add(low, high, place, size);
      });
    }
    kernel.release(mark);
  }

  /** Rows with these names, i64 each, are gone, or others come with them. */
  forget(groups: number, arrivals: number, rows: number): void {
    if (this.#names.rows === 0) return;
    const { kernel } = this.#shelf;
    for (let i = 0; i < rows; i++) {
      const data = kernel.data, at = arrivals + i * 8, group = data.getUint32(groups + i * 8, true);
      const [low, high] = nameOf(group, data.getUint32(at, true), data.getUint32(at + 4, true));
      this.#names.take(low, high, (place, size) => this.#shelf.forget(place, size));
    }
  }

  /** Rows whose i64 at this offset is below the bound are gone, and none of those that come. */
  expire(offset: number, below: bigint): void {
    this.#gone = { offset, below };
  }

  /** All rows are gone. */
  clear(): void {
    this.#gone = null;
    this.#names.all((place, size) => this.#shelf.forget(place, size));
    this.#names.clear();
  }

  /** All rows have come, of this table and the others: from now on keys leave and come back as a whole. */
  restored(): void {
    if (this.#shelf.rows > 0) {
      this.setAside();
      if (this.#gone) this.#dropBelow(this.#gone.offset, this.#gone.below);
    }
    this.#names = new ColdIndex();
  }

  /** Of rows that were set aside one by one, those go whose i64 at this offset of a row is below `below`. */
  #dropBelow(offset: number, below: bigint): void {
    const { data } = this.#shelf.kernel, over: [number, number][] = [];
    this.#each((record, place) => {
      const image = record + RECORD, isOwn = data.getUint32(image + SIDE, true) === this.#side;
      if (!isOwn || data.getBigInt64(image + IMAGE + offset, true) >= below) return;
      over.push([place, data.getUint32(record, true) / UNIT]);
    });
    for (const [place, size] of over) this.#shelf.forget(place, size);
  }

  /** Goes through all records, which lie in the kernel's memory until `found` returns. */
  #each(found: (record: number, place: number) => void): void {
    const { kernel, file } = this.#shelf, mark = kernel.mark(), chunk = kernel.arena(COLD_CHUNK_BYTES);
    const scan = file.begin(true), bytes = kernel.bytes.subarray(chunk, chunk + COLD_CHUNK_BYTES);
    for (let records; (records = file.scan(scan, bytes)) !== null;) {
      for (const { at, place } of records) found(chunk + at, place);
    }
    kernel.release(mark);
  }

  /**
   * Rows that were set aside one by one, when it is known what becomes of them: `found` is told of the address of each, its key group, and the hash under which
   * it left.
   */
  eachAside(found: (row: number, group: number, hash: number) => void): void {
    const { data } = this.#shelf.kernel;
    if (this.#shelf.rows === 0) return;
    this.#each((record) => {
      found(record + RECORD + IMAGE, data.getUint8(record + GROUP), data.getUint32(record + HASH, true));
    });
  }

  /** The first rows that have left of a key, where no hash tells which they are: the file is gone through. */
  seek(columns: number, list: number, most: number): FoundRows {
    const { kernel, shelf, rows, cuts } = this.#shelf, hashes = new Set<number>(), { data } = kernel;
    const given = kernel.arena(4), thaw = kernel.fn("shelf_thaw"), to = kernel.arena(COLD_CHUNK_BYTES);
    if (rows === 0) return { list: to, rows: 0 };
    this.#each((record) => {
      data.setUint32(given, record, true);
      const found = hashes.size < most ? thaw(shelf, this.#side, given, 1, cuts - 1, 1, columns, list, to) : 0;
      if (found < 0) throw damagedFile("the checksum of rows is wrong");
      if (found > 0) hashes.add(data.getUint32(record + HASH, true));
    });
    const all = kernel.arena(Math.max(1, most) * 4);
    let count = 0;
    for (const hash of hashes) {
      const found = this.look(hash, columns, list), added = Math.min(found.rows, most - count);
      kernel.bytes.copyWithin(all + count * 4, found.list, found.list + added * 4);
      count += added;
    }
    return { list: all, rows: count, away: true };
  }

  /** Of keys with a row that has to stay in memory, all rows come back. `bare`: into memory alone, as those that stayed are. */
  join(bare = true): void {
    const { kernel, shelf, rows } = this.#shelf;
    if (rows === 0) return;
    const mark = kernel.mark(), list = kernel.arena(kernel.fn("shelf_rows")(shelf, this.#side) * 4 + 4);
    this.#shelf.join(list, kernel.fn("shelf_stayed")(shelf, this.#side, list), bare);
    kernel.release(mark);
  }
}

/** A name as two numbers that are spread well, and of which no other name has both. */
function nameOf(group: number, arrivalLow: number, arrivalHigh: number): [low: number, high: number] {
  const low = Math.imul(arrivalLow, 0x9e3779b1) >>> 0, rest = (group << 25 | arrivalHigh) >>> 0;
  return [low, (Math.imul(rest, 0x85ebca6b) ^ Math.imul(low, 0xc2b2ae35)) >>> 0];
}

/** All tables of an operator are there, in front of what makes its indices anew. */
export function coldRestored(tables: readonly ColdTable[]): void {
  for (const table of tables) table.restored();
  for (const table of tables) table.join();
}
