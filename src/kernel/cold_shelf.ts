import type { ColdFacts, OpenColdFile } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import {
  COLD_ADMIT_BYTES,
  COLD_BATCH_BYTES_MAX,
  COLD_CHUNK_BYTES,
  COLD_EVICT_BYTES,
  COLD_FILL_SHARE_MAX,
  COLD_LAPSE_KEYS_MAX,
} from "../core/limits.ts";
import { ColdAlarms, stampOf } from "./cold_alarms.ts";
import type { AskedRows } from "./cold_asked.ts";
import { noRoomForRow } from "./cold_errors.ts";
import { evictBy, SHELF_HAND } from "./cold_hand.ts";
import { Neighbour } from "./cold_neighbours.ts";
import { listOf, readRecords, SIZES } from "./cold_records.ts";
import { ColdSegments, damagedFile, type Scan, spread, UNIT } from "./cold_segments.ts";
import type { Kernel, KernelFunction } from "./module.ts";
import type { FoundRows } from "./row_look.ts";

/** Flags of a record (asm/rows/shelf.ts), and answers of the kernel. */
const CHANGED = 1, OF_KEY = 2, STATE_ROWS = 8, DAMAGED = 1, NO_MEMORY = 2;
/** Offsets in a record. */
const HASH = 8, STATE = 20;
/** What a row that comes back takes for each byte of its record, at most. */
export const ROOM_A_BYTE = 1.5;
/** Looks for keys that have left while room is made for others. */
const TRIES = 3;
/** The most of the bound that is made free at once for rows that come back. */
const ROOM_SHARE_MAX = 0.5;
/** The most of it that rows take which come back since they may be over. */
const LAPSE_SHARE_MAX = 0.1;

/** Notes of what is in records that were written (asm/rows/shelf.ts). */
export interface ColdNotes {
  note(data: DataView<ArrayBuffer>, record: number): void;
}

/** What an operator does in its own way. */
export interface ShelfWays {
  /** Called before the first key leaves; `restoring`: the operator's rows are in nothing yet. */
  readonly begin?: (restoring: boolean) => void;
  /** Where it is noted when rows that have left have to be back; absent: rows go when they are over, which `lapse` does. */
  readonly dues?: ColdNotes;
  /** Rows are pushed without a look at those of their key that have left. */
  readonly asksNothing?: boolean;
  /** Bytes of the operator's state in memory. */
  readonly stateBytes: () => number;
}

/** A record that was written: where it is in the file, and where in the kernel's memory it was written from. */
export type Written = (place: number, size: number, record: number) => void;

/**
 * The keys of an operator that have left the kernel's memory with all their rows (asm/rows/shelf.ts). In front of each batch `prepare` brings
 * back those that it asks for, so that the operator finds every row that it ever had, and makes room when there is little. A drain hands out the
 * rows that have changed since the last cut like the others; `lapse` lets rows go whose time has come.
 */
export class ColdShelf extends Neighbour {
  readonly roomAByte = ROOM_A_BYTE;
  readonly shelf: number;
  readonly #open: OpenColdFile;
  readonly #room: KernelFunction;
  readonly #alarms = new ColdAlarms();
  #file: ColdSegments | null = null;
  #cuts = 0;
  /** Rows that have left, and how many of them only know of a key. */
  #rows = 0;
  #keys = 0;
  #reads = 0;
  readonly #whole: boolean[] = [];
  readonly #scans: Scan[] = [];

  readonly #sides: number;
  readonly #ways: ShelfWays;
  #begun = false;

  /** `shelf`: its address; 0: there was no memory for it. */
  constructor(kernel: Kernel, shelf: number, sides: number, open: OpenColdFile, ways: ShelfWays) {
    super(kernel);
    if (shelf === 0) throw new RdxError("no_space", "Cannot get kernel memory for rows that leave it");
    this.shelf = shelf;
    this.#sides = sides;
    this.#open = open;
    this.#ways = ways;
    this.#room = kernel.fn("shelf_room");
  }

  get stateBytes(): number {
    return this.#ways.stateBytes();
  }

  get facts(): ColdFacts {
    return { rows: this.#rows - this.#keys, bytes: this.#file?.bytes ?? 0, reads: this.#reads };
  }

  get rows(): number {
    return this.#rows;
  }

  /** Bytes that new rows may take. */
  get room(): number {
    return this.#room();
  }

  /** A key has records whose rows were not asked for when others of it came. */
  get comesInParts(): boolean {
    return this.#ways.asksNothing === true;
  }

  /** Keys are about to leave. */
  begin(restoring: boolean): void {
    if (this.#begun) return;
    this.#ways.begin?.(restoring);
    this.#begun = true;
  }

  get cuts(): number {
    return this.#cuts;
  }

  get file(): ColdSegments {
    return this.#file ??= new ColdSegments(this.#open());
  }

  /**
   * Brings back the keys that the first of these rows ask for, and makes room for the rows; returns for how many, at least one: what they meet may
   * be more than there is room for. Throws RdxError: "no_space", "invalid" for damage.
   */
  prepare(asked: AskedRows): number {
    const kernel = this.kernel, bound = kernel.stateBytesMax, { neighbours } = kernel;
    let { selected } = asked;
    if (this.#rows === 0 && this.#room() > Math.max(bound / 2, COLD_BATCH_BYTES_MAX)) return selected;
    const mark = kernel.mark(), need = this.#need(asked, selected);
    neighbours.begin(this, need);
    this.makeRoom(need + bound * (1 - COLD_FILL_SHARE_MAX), need);
    while (selected > 1 && this.#room() < this.#need(asked, selected)) selected >>>= 1;
    const least = this.#need(asked, selected);
    if (this.#room() < least && !neighbours.insist(this, least)) throw noRoomForRow();
    if (!this.comesInParts) {
      selected = this.#bringAsked(selected, (n) => this.#need(asked, n), (n) => this.#absent(asked, n));
    }
    kernel.release(mark);
    return selected;
  }

  /**
   * Rows come out of the operator, and meet others of their keys, which `absent` names (those of the first so many that have no row in memory). Brings these
   * back; returns for how many of the rows, at least one. Throws as `prepare` does.
   */
  meet(rows: number, absent: (rows: number) => Uint32Array): number {
    return this.#rows === 0 ? rows : this.#bringAsked(rows, () => 0, absent);
  }

  /** Brings back what the first ones of rows ask for, with as much room as they need beside that; for how many, at least one. */
  #bringAsked(rows: number, need: (rows: number) => number, absent: (rows: number) => Uint32Array): number {
    const { kernel } = this, { neighbours, stateBytesMax: bound } = kernel;
    let selected = rows;
    for (let tries = 0; this.#rows > 0; tries++) {
      const hashes = once(absent(selected)), own = need(selected);
      // One row is worked at whatever that leaves for others
      const kept = selected > 1 ? neighbours.shareOf(this) : 0;
      const enough = own + this.#bytesOf(hashes) * ROOM_A_BYTE + kept;
      if (this.#room() >= enough || (selected === 1 && tries > TRIES)) {
        this.bringBack(hashes);
        break;
      }
      // What leaves may be asked for, too
      if (tries > 0 && selected > 1) selected >>>= 1;
      else this.makeRoom(Math.min(enough, bound * ROOM_SHARE_MAX), own);
    }
    return selected;
  }

  #need({ side, columns, selection }: AskedRows, selected: number): number {
    return this.kernel.fn("shelf_need")(this.shelf, side, columns, selection, selected);
  }

  /** Hashes of keys that the rows ask for and that are not in memory. */
  #absent({ side, columns, selection }: AskedRows, selected: number): Uint32Array {
    const kernel = this.kernel, mark = kernel.mark();
    const [hashes, heads, out] = [0, 0, 0].map(() => kernel.arena(Math.max(1, selected) * 4));
    const absent = kernel.fn("shelf_absent");
    const count = absent(this.shelf, side, columns, 0, selection, selected, hashes, heads, out);
    const found = new Uint32Array(kernel.bytes.buffer, out, count).slice();
    kernel.release(mark);
    return found;
  }

  #bytesOf(hashes: Uint32Array): number {
    return hashes.reduce((sum, hash) => sum + this.bytesOf(hash), 0);
  }

  /** Bytes of the records of keys with a hash. */
  bytesOf(hash: number): number {
    let units = 0;
    this.#file?.index.each(hash, spread(hash), (_, size) => units += size);
    return units * UNIT;
  }

  /** Brings back all that has left of the keys with these hashes. `bare`: the rows are put into nothing yet. */
  bringBack(hashes: Uint32Array, bare = false): void {
    const file = this.#file;
    if (!file) return;
    let wanted: number[] = [], bytes = 0;
    for (const hash of hashes) {
      file.index.take(hash, spread(hash), (at, size) => {
        wanted.push(at * SIZES + size);
        bytes += size * UNIT;
      });
      // All records of a key come back at once
      if (bytes < COLD_ADMIT_BYTES) continue;
      this.#admit(file, wanted, bare);
      wanted = [];
      bytes = 0;
    }
    if (wanted.length > 0) this.#admit(file, wanted, bare);
  }

  #admit(file: ColdSegments, wanted: readonly number[], bare: boolean): void {
    const kernel = this.kernel, mark = kernel.mark(), records = readRecords(kernel, file, wanted);
    const status = kernel.fn("shelf_admit")(
      this.shelf,
      listOf(this.kernel, records),
      records.length,
      this.#cuts,
      Number(bare),
    );
    const { rows, keys } = this.#countOf(records);
    kernel.release(mark);
    this.#check(status);
    this.#rows -= rows;
    this.#keys -= keys;
    this.#reads += rows - keys;
    let bytes = 0;
    for (const one of wanted) {
      file.drop(Math.floor(one / SIZES), one % SIZES);
      bytes += one % SIZES * UNIT;
    }
    file.tidy(2 * bytes);
  }

  #check(status: number): void {
    if (status === DAMAGED) throw damagedFile("the checksum of rows is wrong");
    if (status === NO_MEMORY) throw new RdxError("no_space", "Cannot get kernel memory for rows that come back");
  }

  /**
   * Lets keys leave when there is less room than `wish`, about COLD_EVICT_BYTES of them and twice `need`, but until `need` is there, or all have left
   * that can.
   */
  makeRoom(wish: number, need: number): void {
    if (this.#room() >= wish) return;
    const enough = COLD_EVICT_BYTES + 2 * need;
    this.#evict((room, written) => room >= need && (room >= wish + need || written >= enough));
    this.kernel.neighbours.help(this, need);
  }

  giveRoom(bytes: number): void {
    this.#evict((room) => room >= bytes);
  }

  /** Lets keys leave until `isEnough` says so of the room and what was written, or all have left that can. */
  #evict(isEnough: (room: number, written: number) => boolean): void {
    const { kernel, shelf } = this;
    this.begin(false);
    const append = (at: number, bytes: number) => this.append(at, bytes);
    const written = evictBy(kernel, SHELF_HAND, shelf, this.#cuts, append, (so) => isEnough(this.#room(), so));
    this.#file?.tidy(4 * written);
  }

  /** Writes records that lie one behind the other in the kernel's memory. */
  append(at: number, bytes: number, written: Written = () => {}): void {
    const { kernel, file } = this;
    for (let from = at; from < at + bytes;) {
      let to = from;
      while (to < at + bytes) {
        const size = kernel.data.getUint32(to, true);
        if (to > from && to + size - from > COLD_CHUNK_BYTES) break;
        to += size;
      }
      const start = file.append(kernel.bytes.subarray(from, to)), data = kernel.data;
      for (let record = from; record < to; record += data.getUint32(record, true)) {
        const size = data.getUint32(record, true);
        const { rows, keys } = this.#countOf([record]);
        this.#rows += rows;
        this.#keys += keys;
        (this.#ways.dues ?? this.#alarms).note(data, record);
        written((start + record - from) / UNIT, size / UNIT, record);
      }
      from = to;
    }
  }

  /** The record at a place is not there any more. */
  forget(place: number, size: number): void {
    const { kernel, file } = this, mark = kernel.mark(), head = kernel.arena(32);
    file.read(place * UNIT, kernel.bytes.subarray(head, head + 32));
    const hash = kernel.data.getUint32(head + HASH, true);
    const { rows, keys } = this.#countOf([head]);
    this.#rows -= rows;
    this.#keys -= keys;
    kernel.release(mark);
    file.index.remove(hash, spread(hash), place);
    file.drop(place, size);
  }

  #countOf(records: readonly number[]): { rows: number; keys: number } {
    let rows = 0, keys = 0;
    for (const record of records) {
      const state = this.kernel.data.getUint32(record + STATE, true);
      rows += state >>> STATE_ROWS;
      keys += (state & OF_KEY) === 0 ? 0 : 1;
    }
    return { rows, keys };
  }

  /** Brings back what has left of keys whose rows are in memory, but in nothing yet: `hashes`, u32 each. `bare`: it is put into nothing either. */
  join(hashes: number, count: number, bare = true): void {
    this.bringBack(new Uint32Array(this.kernel.bytes.buffer, hashes, count).slice(), bare);
  }

  /** Rows that have been away go when their time, from which `until` on they are over, has come. `first`: the time of those that have none. */
  lapse(until: number, first: number): void {
    const due = this.#alarms.take(until, first);
    for (let from = 0; from < due.length;) {
      let to = from, bytes = 0;
      for (; to < due.length && to - from < COLD_LAPSE_KEYS_MAX; to++) {
        bytes += this.#bytesOf(due.subarray(to, to + 1)) * ROOM_A_BYTE;
        if (to > from && bytes > this.kernel.stateBytesMax * LAPSE_SHARE_MAX) break;
      }
      this.#lapseSome(due.subarray(from, to));
      from = to;
    }
  }

  #lapseSome(hashes: Uint32Array): void {
    const kernel = this.kernel, mark = kernel.mark(), count = hashes.length;
    this.makeRoom(this.#bytesOf(hashes) * ROOM_A_BYTE, 0);
    this.bringBack(hashes);
    const list = listOf(this.kernel, [...hashes]), out = kernel.arena(count * 8);
    kernel.fn("shelf_lapse")(this.shelf, list, count, out);
    hashes.forEach((hash, i) => this.#alarms.add(stampOf(kernel.data, out + i * 8), hash));
    kernel.release(mark);
  }

  /** A cut begins. `whole`: the drain hands out every row of the side. All sides are cut before one is drained, in their order. */
  cut(side: number, whole: boolean): void {
    if (side === 0) this.#cuts++;
    this.#whole[side] = whole;
    this.#scans[side] = this.#file?.begin(whole) ?? [];
    if (side === this.#sides - 1) this.#file?.cut();
  }

  /** Addresses (u32 each) of the next rows of a side that the drain hands out, in the batch arena; none is no end, null is. */
  drain(side: number): FoundRows | null {
    const kernel = this.kernel, file = this.#file;
    if (!file) return null;
    const chunk = kernel.arena(COLD_CHUNK_BYTES), whole = this.#whole[side], before = this.#cuts - 1;
    const found = file.scan(this.#scans[side], kernel.bytes.subarray(chunk, chunk + COLD_CHUNK_BYTES));
    if (found === null) return null;
    const wanted = found.filter(({ epoch, state }) => whole || (epoch === before && (state & CHANGED) !== 0));
    return this.#thaw(side, wanted.map(({ at }) => chunk + at), whole, 0, 0);
  }

  /** The rows of a side that have left of a key, by the COLUMNs of one row, which `list` names (u32 each), and its hash; they stay where they are. */
  look(side: number, hash: number, columns: number, list: number): FoundRows {
    const wanted: number[] = [], file = this.#file;
    file?.index.each(hash, spread(hash), (at, size) => wanted.push(at * SIZES + size));
    if (!file || wanted.length === 0) return { list: 0, rows: 0 };
    return this.#thaw(side, readRecords(this.kernel, file, wanted), true, columns, list);
  }

  #thaw(side: number, records: readonly number[], whole: boolean, columns: number, batchList: number): FoundRows {
    const kernel = this.kernel,
      thaw = kernel.fn("shelf_thaw"),
      given = listOf(this.kernel, records),
      count = records.length;
    const { rows } = this.#countOf(records), list = kernel.arena(Math.max(1, rows) * 4);
    const found = thaw(this.shelf, side, given, count, this.#cuts - 1, Number(whole), columns, batchList, list);
    if (found < 0) this.#check(DAMAGED);
    return { list, rows: found };
  }

  override close(): void {
    super.close();
    this.#file?.close();
    this.#file = null;
  }
}

/** Each of these numbers once. */
function once(hashes: Uint32Array): Uint32Array {
  return hashes.sort().filter((hash, i, all) => i === 0 || hash !== all[i - 1]);
}
