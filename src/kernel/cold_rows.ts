import type { ColdFacts, OpenColdFile } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import {
  COLD_ADMIT_BYTES,
  COLD_BATCH_BYTES_MAX,
  COLD_CHUNK_BYTES,
  COLD_EVICT_BYTES,
  COLD_FILL_SHARE_MAX,
} from "../core/limits.ts";
import { stampOf } from "./cold_alarms.ts";
import type { AskedKeys } from "./cold_asked.ts";
import { noRoom, tooLarge } from "./cold_errors.ts";
import { type ColdHand, evictBy, GROUP_HAND, GROUP_PAGES_HAND } from "./cold_hand.ts";
import { ColdLapses } from "./cold_lapses.ts";
import { Neighbour } from "./cold_neighbours.ts";
import { listOf, readRecords, readSome, SIZES } from "./cold_records.ts";
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
/** The most of the bound that is made free at once for rows that come back, and that leaves beside what a batch needs. */
const ROOM_SHARE_MAX = 0.5, LEAVE_SHARE_MAX = 1 / 16;

/**
 * The rows of a group aggregation that have left the kernel's memory for a working file. In front of each batch `prepare` brings back those
 * that it asks for, so that the aggregation finds every row that it ever had, and makes room when there is little: rows that nothing has
 * asked for since the hand of a clock went by leave first. A drain hands out those that have changed since the last cut like the others.
 */
export class ColdRows extends Neighbour {
  readonly #group: number;
  readonly #open: OpenColdFile;
  readonly #room: KernelFunction;
  #cold: ColdSegments | null = null;
  #cuts = 0;
  #reads = 0;
  #whole = false;
  readonly #lapses = new ColdLapses();
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
    super(kernel);
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

  get stateBytes(): number {
    return this.kernel.fn("group_state_bytes")(this.#group) >>> 0;
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

  /** Makes room for rows of something else; for how many of the first ones of these there is, or at least one. */
  spare(rows: number, bytesOf: (rows: number) => number): number {
    const spare = this.kernel.stateBytesMax * (1 - COLD_FILL_SHARE_MAX),
      room = () => this.kernel.fn("state_room")() >>> 0;
    this.kernel.neighbours.begin(this, bytesOf(rows));
    for (let count = rows;; count >>>= 1) {
      const bytes = bytesOf(count);
      if (room() < bytes + spare) this.makeRoom(bytes + spare, bytes);
      if (room() < bytes) this.giveRoom(bytes);
      this.kernel.neighbours.help(this, bytes);
      // Of a single row, who asked says so if there is no room
      if (count <= 1) this.kernel.neighbours.insist(this, bytes);
      if (count <= 1 || room() >= bytes) return count;
    }
  }

  /**
   * Brings back the rows that the first of these keys ask for, and makes room for those that are new; returns for how many keys, at least one: where
   * rows hold more than cells there may not be room for all. Throws RdxError: "no_space", "invalid" for damage.
   */
  prepare(asked: AskedKeys): number {
    const bound = this.kernel.stateBytesMax, { selected } = asked;
    if (!this.#cold?.index.rows && this.room > Math.max(bound / 2, COLD_BATCH_BYTES_MAX)) return selected;
    const need = this.#need(asked, selected);
    this.kernel.neighbours.begin(this, need);
    if (this.hasMore) return this.#preparePiece(asked, need, bound);
    this.makeRoom(need + bound * (1 - COLD_FILL_SHARE_MAX), need);
    const count = this.#countWithRoom(asked);
    // What has left just now may be asked for, too
    if (this.#cold?.index.rows) this.#bringBack(this.#cold, this.#absent(asked, count));
    return count;
  }

  /** How many of the keys there is room for, if need be while rows leave by whole pages; at least one. */
  #countWithRoom(asked: AskedKeys): number {
    const { kernel } = this, room = () => kernel.fn("state_room")() >>> 0;
    for (let count = asked.selected;; count >>>= 1) {
      if (this.#lacks(asked, count) === 0) return count;
      this.giveRoom(room() + this.#lacks(asked, count));
      kernel.neighbours.help(this, room() + this.#lacks(asked, count));
      if (this.#lacks(asked, count) === 0) return count;
      if (count > 1) continue;
      if (!kernel.neighbours.insist(this, room() + this.#lacks(asked, count))) throw noRoom();
      return count;
    }
  }

  readonly #lacks = (asked: AskedKeys, selected: number) => this.#ask("group_lacks", asked, selected);

  #ask(what: string, { keys, args, sets, selection }: AskedKeys, selected: number): number {
    return this.kernel.fn(what)(this.#group, keys, args, sets, selection, selected);
  }

  readonly #need = (asked: AskedKeys, selected: number) => this.#ask("group_need", asked, selected);
  #preparePiece(asked: AskedKeys, need: number, bound: number): number {
    let { selected } = asked;
    const most = bound * ROOM_SHARE_MAX;
    this.makeRoom(Math.min(need + bound * (1 - COLD_FILL_SHARE_MAX), most), Math.min(need, most));
    while (selected > 1 && this.room < this.#need(asked, selected)) selected >>>= 1;
    if (selected < asked.selected) this.makeRoom(this.#need(asked, selected), this.#need(asked, selected));
    const least = this.#need(asked, selected), { neighbours } = this.kernel;
    if (this.room < least && !neighbours.insist(this, least)) throw noRoom();
    for (let tries = 0; this.#cold?.index.rows; tries++) {
      const hashes = this.#absent(asked, selected), own = this.#need(asked, selected), bytes = this.#bytesOf(hashes);
      // One row is worked at whatever that leaves for others
      const kept = selected > 1 ? neighbours.shareOf(this) : 0,
        enough = own + this.#roomFor(bytes, hashes.length) + kept;
      if (this.room >= enough || (selected === 1 && tries > TRIES)) {
        if (this.room < bytes && !neighbours.insist(this, bytes)) throw tooLarge(bytes, bound);
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

  readonly #bytesOf = (hashes: Uint32Array) => hashes.reduce((sum, hash) => sum + this.bytesOf(hash), 0);

  bytesOf(hash: number): number {
    let units = 0;
    this.#cold?.index.each(hash, spread(hash), (_, size) => units += size);
    return units * UNIT;
  }

  /** Bytes of state that the rows with these hashes take at most when they are back. */
  roomOf(hashes: Uint32Array): number {
    return this.#roomFor(this.#bytesOf(hashes), hashes.length);
  }

  readonly #roomFor = (bytes: number, hashes: number) => bytes * this.roomAByte + hashes * this.#leastBytes;

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
      const { kernel } = this, mark = kernel.mark(), records = this.#lastFirst(readRecords(kernel, cold, wanted));
      const parts = this.#parts === 0 ? 0 : records.filter((record) => this.#partOf(record) > 0).length;
      const status = kernel.fn("group_admit")(this.#group, listOf(this.kernel, records), records.length, this.#cuts);
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
      const status = kernel.fn("group_admit")(this.#group, listOf(this.kernel, records), records.length, this.#cuts);
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

  #check(status: number): void {
    if (status === DAMAGED) throw damagedFile("the checksum of a row is wrong");
    if (status === NO_MEMORY) throw new RdxError("no_space", "Cannot get kernel memory for rows that come back");
  }

  /** Lets rows leave when there is less room than `wish`, about COLD_EVICT_BYTES of them and twice `need`, but until `need` is there. */
  makeRoom(wish: number, need: number): void {
    if (this.room >= wish) return;
    const { kernel } = this, most = this.hasMore ? kernel.stateBytesMax * LEAVE_SHARE_MAX : Infinity;
    const enough = Math.min(COLD_EVICT_BYTES, most) + 2 * need;
    this.#evict(GROUP_HAND, (written) => {
      const { room } = this;
      return room >= need && (room >= wish + need || written >= enough);
    });
    const lacks = need - this.room;
    if (lacks > 0) kernel.neighbours.help(this, kernel.fn("state_room")() + lacks);
  }

  /** Lets rows leave page by page: only whole pages are memory for others. */
  giveRoom(bytes: number): void {
    const { kernel } = this, room = () => kernel.fn("state_room")() >>> 0;
    for (let before = -1; room() < bytes && room() > before;) {
      before = room();
      const least = bytes - before;
      this.#evict(GROUP_PAGES_HAND, (written) => room() >= bytes || written >= least);
      kernel.fn("group_shrink")(this.#group);
    }
  }

  #evict(hand: ColdHand, isEnough: (written: number) => boolean): void {
    const cold = this.#cold ??= new ColdSegments(this.#open());
    const append = (at: number, bytes: number) => this.#append(cold, at, bytes);
    cold.tidy(4 * evictBy(this.kernel, hand, this.#group, this.#cuts, append, isEnough));
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
    if (this.#waits === null) this.#lapses.alarms.note(data, record);
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
    this.#lapses.lapse(this, until, first);
  }

  expire(hashes: Uint32Array): void {
    const kernel = this.kernel, mark = kernel.mark(), count = hashes.length, out = kernel.arena(count * 8);
    kernel.fn("group_lapse")(this.#group, listOf(this.kernel, [...hashes]), count, out);
    hashes.forEach((hash, i) => this.#lapses.alarms.add(stampOf(kernel.data, out + i * 8), hash));
    kernel.release(mark);
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
    const list = listOf(this.kernel, wanted.map(({ at }) => chunk + at)), rows = wanted.length;
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
    const records = this.#lastFirst(readRecords(kernel, cold, wanted)), list = listOf(this.kernel, records);
    const rows = kernel.fn("group_thaw")(this.#group, list, records.length, 1);
    if (rows < 0) this.#check(DAMAGED);
    return { list, rows: kernel.fn("group_look_same")(this.#group, keys, list, rows) };
  }

  /** No row is there any more. */
  clear(): void {
    this.#lapses.alarms.clear();
    this.#waits?.dues.clear();
    this.#cold?.clear();
    this.#parts = 0;
    this.#scan = [];
  }

  override close(): void {
    super.close();
    this.#cold?.close();
    this.#cold = null;
  }
}
