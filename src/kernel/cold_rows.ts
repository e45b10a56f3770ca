import type { ColdFacts, OpenColdFile } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import {
  COLD_ADMIT_BYTES,
  COLD_CHUNK_BYTES,
  COLD_EVICT_BYTES,
  COLD_FILL_SHARE_MAX,
  COLD_LAPSE_KEYS_MAX,
} from "../core/limits.ts";
import { ColdAlarms, stampOf } from "./cold_alarms.ts";
import { noRoom, tooLarge } from "./cold_errors.ts";
import { readRecords, readSome, SIZES } from "./cold_records.ts";
import { ColdSegments, damagedFile, type Scan, spread, UNIT } from "./cold_segments.ts";
import { ColdWaits } from "./cold_waits.ts";
import type { Kernel, KernelFunction } from "./module.ts";
import type { FoundRows } from "./row_look.ts";

/** Flags of a row (asm/group/spec.ts), in a record with the number of the part behind them, and answers of the kernel. */
const CHANGED = 1, PART_BITS = 4, DAMAGED = 1, NO_MEMORY = 2;
/** Offsets in a record (asm/group/cold.ts): of the hash, the flags, the time, and the key group of the row. */
const HASH = 8, STATE = 20, STAMP = 24, GROUP = 56;
/** What a row that comes back takes for each byte of its records, at most: with what it holds, beside its least, or without. */
const ROOM_A_BYTE = 2.5, ROOM_ALONE_A_BYTE = 1.5;
/** Looks for keys that have left while room is made for others. */
const TRIES = 3;
/** The most of the bound that is made free at once for rows that come back, that they take which may be over, and that leaves beside what a batch needs. */
const ROOM_SHARE_MAX = 0.5, LAPSE_SHARE_MAX = 0.1, LEAVE_SHARE_MAX = 1 / 16;

/** The keys of a batch: their COLUMNs, those of the arguments (0: none) and of the sets, and which rows are selected (0: all). */
export interface AskedKeys {
  readonly keys: number;
  readonly args: number;
  readonly sets: number;
  readonly selection: number;
  readonly selected: number;
}

/**
 * The rows of a group aggregation that have left the kernel's memory for a working file. In front of each batch `prepare` brings back those
 * that it asks for, so that the aggregation finds every row that it ever had, and makes room when there is little: rows that nothing has
 * asked for since the hand of a clock went by leave first. A drain hands out those that have changed since the last cut like the others.
 */
export class ColdRows {
  readonly kernel: Kernel;
  readonly #group: number;
  readonly #open: OpenColdFile;
  readonly #room: KernelFunction;
  #cold: ColdSegments | null = null;
  #cuts = 0;
  #reads = 0;
  #whole = false;
  readonly #alarms = new ColdAlarms();
  #scan: Scan = [];
  /** Rows have something beside their cells: their records may have several parts. */
  readonly hasMore: boolean;
  /** Records that are not the first of their row. */
  #parts = 0;
  /** Bytes of a row that comes back, however short its records are. */
  readonly #leastBytes: number;
  /** Of rows of windows: when they have to be back; null: they are of none. */
  readonly #waits: ColdWaits | null;

  constructor(kernel: Kernel, group: number, open: OpenColdFile, holds: boolean, windowed: boolean) {
    this.kernel = kernel;
    this.#group = group;
    this.#waits = windowed ? new ColdWaits() : null;
    this.#open = open;
    this.hasMore = holds;
    this.#room = kernel.fn("group_room");
    if (holds) kernel.fn("group_cools")(group);
    this.#leastBytes = holds ? kernel.fn("group_least")(group) : 0;
  }

  get roomAByte(): number {
    return this.hasMore ? ROOM_A_BYTE : ROOM_ALONE_A_BYTE;
  }

  get room(): number {
    return this.#room(this.#group);
  }

  get facts(): ColdFacts {
    return { rows: this.#rows, bytes: this.#cold?.bytes ?? 0, reads: this.#reads };
  }

  get #rows(): number {
    return (this.#cold?.index.rows ?? 0) - this.#parts;
  }

  /** Bytes of the working file. */
  get fileBytes(): number {
    return this.#cold?.writtenBytes ?? 0;
  }

  /** Makes room for so many bytes of something else; where not enough can leave, there is less. */
  spare(bytes: number): void {
    const wish = bytes + this.kernel.stateBytesMax * (1 - COLD_FILL_SHARE_MAX);
    if (this.#room(this.#group) < wish) this.makeRoom(wish, bytes);
  }

  /**
   * Brings back the rows that the first of these keys ask for, and makes room for those that are new; returns for how many keys, at least one: where
   * rows hold more than cells there may not be room for all. Throws RdxError: "no_space", "invalid" for damage.
   */
  prepare(asked: AskedKeys): number {
    const bound = this.kernel.stateBytesMax, { selected } = asked;
    if (!this.#cold?.index.rows && this.#room(this.#group) > bound / 2) return selected;
    const need = this.#need(asked, selected);
    if (this.hasMore) return this.#preparePiece(asked, need, bound);
    this.makeRoom(need + bound * (1 - COLD_FILL_SHARE_MAX), need);
    // What has left just now may be asked for, too
    if (this.#cold?.index.rows) this.#bringBack(this.#cold, this.#absent(asked, selected));
    return selected;
  }

  #need({ keys, args, sets, selection }: AskedKeys, selected: number): number {
    return this.kernel.fn("group_need")(this.#group, keys, args, sets, selection, selected);
  }

  #preparePiece(asked: AskedKeys, need: number, bound: number): number {
    let { selected } = asked;
    const most = bound * ROOM_SHARE_MAX;
    this.makeRoom(Math.min(need + bound * (1 - COLD_FILL_SHARE_MAX), most), Math.min(need, most));
    while (selected > 1 && this.#room(this.#group) < this.#need(asked, selected)) selected >>>= 1;
    if (selected < asked.selected) this.makeRoom(this.#need(asked, selected), this.#need(asked, selected));
    if (this.#room(this.#group) < this.#need(asked, selected)) throw noRoom();
    for (let tries = 0; this.#cold?.index.rows; tries++) {
      const hashes = this.#absent(asked, selected), own = this.#need(asked, selected), bytes = this.#bytesOf(hashes);
      const enough = own + bytes * this.roomAByte + hashes.length * this.#leastBytes;
      if (this.#room(this.#group) >= enough || (selected === 1 && tries > TRIES)) {
        if (this.#room(this.#group) < bytes) throw tooLarge(bytes, bound);
        this.#bringBackWhole(this.#cold, hashes);
        break;
      }
      // What leaves may be asked for, too
      if (tries > 0 && selected > 1) selected >>>= 1;
      else this.makeRoom(Math.min(enough, bound * (selected > 1 ? ROOM_SHARE_MAX : 1)), own);
    }
    return selected;
  }

  /** Hashes of keys that have no row in memory. */
  #absent({ keys, selection }: AskedKeys, selected: number): Uint32Array {
    const kernel = this.kernel, mark = kernel.mark(), out = kernel.arena(Math.max(1, selected) * 4);
    const absent = kernel.fn("group_absent")(this.#group, keys, selection, selected, out);
    const hashes = new Uint32Array(kernel.bytes.buffer, out, absent).slice();
    kernel.release(mark);
    return this.hasMore ? hashes.sort().filter((hash, i, all) => i === 0 || hash !== all[i - 1]) : hashes;
  }

  #bytesOf(hashes: Uint32Array): number {
    return hashes.reduce((sum, hash) => sum + this.bytesOf(hash), 0);
  }

  bytesOf(hash: number): number {
    let units = 0;
    this.#cold?.index.each(hash, spread(hash), (_, size) => units += size);
    return units * UNIT;
  }

  /** Bytes of state that the rows with these hashes take at most when they are back. */
  #roomOf(hashes: Uint32Array): number {
    return this.#bytesOf(hashes) * this.roomAByte + hashes.length * this.#leastBytes;
  }

  /** The watermark passes the ends of windows of which rows are away: they wait for `goOn`. */
  holds(watermark: number): void {
    if (this.#waits?.holds(watermark + 1)) this.kernel.fn("group_hold")(this.#group, -Infinity, 0);
  }

  /** All that may come out of windows is out: brings the next rows back; false: none is held. Throws RdxError("no_space"). */
  goOn(): boolean {
    const hold = this.kernel.fn("group_hold");
    return this.#waits?.goOn(this, (time, keyGroup) => hold(this.#group, time, keyGroup)) ?? false;
  }

  bringBack(hashes: Uint32Array): void {
    const cold = this.#cold;
    if (cold) this.hasMore ? this.#bringBackWhole(cold, hashes) : this.#bringBack(cold, hashes);
  }

  /** Brings back rows with all of their parts. */
  #bringBackWhole(cold: ColdSegments, hashes: Uint32Array): void {
    let wanted: number[] = [], bytes = 0;
    const admit = () => {
      const kernel = this.kernel,
        mark = kernel.mark(),
        records = this.#lastFirst(readRecords(kernel, cold, wanted));
      const parts = this.#parts === 0 ? 0 : records.filter((record) => this.#partOf(record) > 0).length;
      const status = kernel.fn("group_admit")(this.#group, this.#list(records), records.length, this.#cuts);
      kernel.release(mark);
      this.#parts -= parts;
      this.#reads += wanted.length - parts;
      if (status === NO_MEMORY) throw tooLarge(bytes, kernel.stateBytesMax);
      this.#check(status);
      for (const one of wanted) cold.drop(Math.floor(one / SIZES), one % SIZES);
      cold.tidy(2 * bytes);
      wanted = [];
      bytes = 0;
    };
    for (const hash of hashes) {
      cold.index.take(hash, spread(hash), (at, size) => {
        wanted.push(at * SIZES + size);
        bytes += size * UNIT;
      });
      // All parts of a row come back at once
      if (bytes >= COLD_ADMIT_BYTES) admit();
    }
    if (wanted.length > 0) admit();
  }

  #partOf(record: number): number {
    return this.kernel.data.getUint32(record + STATE, true) >>> PART_BITS;
  }

  #lastFirst(records: number[]): number[] {
    return this.#parts === 0 ? records : records.toSorted((a, b) => this.#partOf(b) - this.#partOf(a));
  }

  #bringBack(cold: ColdSegments, hashes: Uint32Array): void {
    const wanted: number[] = [];
    for (const hash of hashes) cold.index.take(hash, spread(hash), (at, size) => wanted.push(at * SIZES + size));
    this.#reads += wanted.length;
    const sorted = Float64Array.from(wanted).sort();
    for (let from = 0; from < sorted.length;) {
      const kernel = this.kernel, mark = kernel.mark(), { records, next } = readSome(kernel, cold, sorted, from);
      const status = kernel.fn("group_admit")(this.#group, this.#list(records), records.length, this.#cuts);
      kernel.release(mark);
      this.#check(status);
      from = next;
    }
    let bytes = 0;
    for (const one of wanted) {
      cold.drop(Math.floor(one / SIZES), one % SIZES);
      bytes += one % SIZES * UNIT;
    }
    cold.tidy(2 * bytes);
  }

  #list(addresses: readonly number[]): number {
    const list = this.kernel.arena(Math.max(1, addresses.length) * 4);
    new Uint32Array(this.kernel.bytes.buffer, list, addresses.length).set(addresses);
    return list;
  }

  #check(status: number): void {
    if (status === DAMAGED) throw damagedFile("the checksum of a row is wrong");
    if (status === NO_MEMORY) throw new RdxError("no_space", "Cannot get kernel memory for rows that come back");
  }

  /** Lets rows leave when there is less room than `wish`, about COLD_EVICT_BYTES of them and twice `need`, but until `need` is there. */
  makeRoom(wish: number, need: number): void {
    const kernel = this.kernel, group = this.#group, before = this.#room(group);
    if (before >= wish) return;
    const cold = this.#cold ??= new ColdSegments(this.#open()),
      mark = kernel.mark(),
      enough = Math.min(COLD_EVICT_BYTES, this.hasMore ? kernel.stateBytesMax * LEAVE_SHARE_MAX : Infinity) + 2 * need;
    const evict = kernel.fn("group_evict"), wants = kernel.fn("group_wants");
    let size = COLD_CHUNK_BYTES, buffer = kernel.arena(size), written = 0;
    // After so many steps of the hand, whatever could leave has left
    for (let left = 4 + kernel.fn("group_rounds")(group); left > 0;) {
      const room = this.#room(group);
      if (room >= need && (room >= wish + need || written >= enough)) break;
      const bytes = evict(group, buffer, size, this.#cuts);
      if (bytes > 0) this.#append(cold, buffer, bytes);
      else if (wants(group) > size) buffer = kernel.arena(size = wants(group));
      else left--;
      written += bytes;
    }
    kernel.release(mark);
    cold.tidy(4 * written);
  }

  #append(cold: ColdSegments, records: number, bytes: number): void {
    const { data } = this.kernel;
    for (let from = records; from < records + bytes;) {
      let to = from;
      while (to < records + bytes) {
        const size = data.getUint32(to, true);
        if (to > from && to + size - from > COLD_CHUNK_BYTES) break;
        this.#note(data, to);
        if (data.getUint32(to + STATE, true) >>> PART_BITS > 0) this.#parts++;
        to += size;
      }
      cold.append(this.kernel.bytes.subarray(from, to));
      from = to;
    }
  }

  #note(data: DataView<ArrayBuffer>, record: number): void {
    const time = stampOf(data, record + STAMP);
    if (this.#waits === null) this.#alarms.note(data, record);
    else if (time < Infinity) {
      this.#waits.dues.add(time, data.getUint8(record + GROUP), data.getUint32(record + HASH, true));
    }
  }

  /** Makes room for rows that are restored. */
  reserve(bytes: number): void {
    const need = Math.min(bytes, this.kernel.stateBytesMax * ROOM_SHARE_MAX);
    this.makeRoom(need, need);
  }

  /** Rows that have been away go when their time, from which `until` on they are over, has come. `first`: the time of those that have none. */
  lapse(until: number, first: number): void {
    let due = this.#alarms.take(until, first);
    while (due.length > 0) due = due.subarray(this.#lapseSome(due.subarray(0, COLD_LAPSE_KEYS_MAX)));
  }

  /** The same for the first ones of these keys; how many. */
  #lapseSome(keys: Uint32Array): number {
    const kernel = this.kernel, mark = kernel.mark(), count = this.#cold ? this.#makeRoomFor(keys) : keys.length;
    const hashes = keys.subarray(0, count), list = this.#list([...hashes]), out = kernel.arena(count * 8);
    this.bringBack(hashes);
    kernel.fn("group_lapse")(this.#group, list, count, out);
    hashes.forEach((hash, i) => this.#alarms.add(stampOf(kernel.data, out + i * 8), hash));
    kernel.release(mark);
    return count;
  }

  /** Makes room for the rows of the first ones of these keys; for how many there is, at least one. */
  #makeRoomFor(keys: Uint32Array): number {
    const bound = this.kernel.stateBytesMax, spare = bound * (1 - COLD_FILL_SHARE_MAX);
    let count = this.#fitting(keys, bound * LAPSE_SHARE_MAX),
      need = this.#roomOf(keys.subarray(0, count));
    if (this.#room(this.#group) >= need + spare) return count;
    this.makeRoom(need + spare, need);
    // What has left just now may be of these keys, too
    count = this.#fitting(keys.subarray(0, count), this.#room(this.#group) - spare / 2);
    need = this.#roomOf(keys.subarray(0, count));
    if (this.#room(this.#group) < need) this.makeRoom(need, need);
    return count;
  }

  /** How many of the first ones of these keys have rows that take so many bytes together, at least one. */
  #fitting(keys: Uint32Array, room: number): number {
    let count = 0, bytes = 0;
    for (; count < keys.length; count++) {
      bytes += this.#roomOf(keys.subarray(count, count + 1));
      if (count > 0 && bytes > room) break;
    }
    return count;
  }

  /** A cut begins. `whole`: the drain hands out every row. */
  cut(whole: boolean): void {
    this.#whole = whole;
    this.#scan = this.#cold?.begin(whole) ?? [];
    this.#cold?.cut();
    this.#cuts++;
  }

  /**
   * Addresses (u32 each) of the next rows that the drain hands out, in the batch arena; none is no end, null is. Of these, `firsts` are there once for
   * each row, others for each part of what it holds. `chunk`: where there is room for COLD_CHUNK_BYTES, in which the rows are.
   */
  drain(chunk: number): (FoundRows & { readonly firsts: readonly number[] }) | null {
    const kernel = this.kernel, cold = this.#cold;
    if (!cold) return null;
    const found = cold.scan(this.#scan, kernel.bytes.subarray(chunk, chunk + COLD_CHUNK_BYTES));
    if (found === null) return null;
    const wanted = found.filter(({ epoch, state }) =>
      this.#whole || (epoch === this.#cuts - 1 && (state & CHANGED) !== 0)
    );
    const list = this.#list(wanted.map(({ at }) => chunk + at)), rows = wanted.length;
    if (kernel.fn("group_thaw")(this.#group, list, rows, 0) < 0) this.#check(DAMAGED);
    const firsts = wanted.flatMap(({ state }, i) =>
      state >>> PART_BITS > 0 ? [] : [kernel.data.getUint32(list + i * 4, true)]
    );
    return { list, rows, firsts };
  }

  /** The row of a key that has left, by the address of the COLUMNs of one row: read into the batch arena, while it stays where it is. */
  look(keys: number): FoundRows {
    const kernel = this.kernel, cold = this.#cold, out = kernel.arena(4);
    if (!cold?.index.rows || kernel.fn("group_absent")(this.#group, keys, 0, 1, out) === 0) return { list: 0, rows: 0 };
    const hash = kernel.data.getUint32(out, true), wanted: number[] = [];
    cold.index.each(hash, spread(hash), (at, size) => wanted.push(at * SIZES + size));
    const records = this.#lastFirst(readRecords(kernel, cold, wanted)), list = this.#list(records);
    const rows = kernel.fn("group_thaw")(this.#group, list, records.length, 1);
    if (rows < 0) this.#check(DAMAGED);
    return { list, rows: kernel.fn("group_look_same")(this.#group, keys, list, rows) };
  }

  /** No row is there any more. */
  clear(): void {
    this.#alarms.clear();
    this.#waits?.dues.clear();
    this.#cold?.clear();
    this.#parts = 0;
    this.#scan = [];
  }

  close(): void {
    this.#cold?.close();
    this.#cold = null;
  }
}
