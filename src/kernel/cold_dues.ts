import { COLD_ALARM_BUCKETS_MAX, COLD_DUES_UNSORTED_MAX } from "../core/limits.ts";
import { stampOf } from "./cold_alarms.ts";

/** Milliseconds of a stretch at first, and at most where they are told apart in entries that are sorted. */
const WIDTH_MS = 1024, SORTED_WIDTH_MS = 2 ** 14;
/** A stretch that is wider is divided by so many. */
const PARTS = 64;
const ROOM_MIN = 16;
/** Of an entry: the hash in the lowest bits, then the key group; above them the millisecond in its stretch. */
const HASHES = 2 ** 32, GROUPS = 128;
const GROUP = 63, HASH = 8, STAMP = 24;

/** A place in the order in which rows come out: by time, then key group. */
export interface DuePlace {
  readonly time: number;
  readonly group: number;
}

/** Keys of rows that come out next, and the place in front of which no other one does. */
export interface DueKeys extends DuePlace {
  readonly hashes: Uint32Array;
}

type Add = (time: number, keyed: number) => void;
type More = (hash: number) => boolean;

/** The keys of a stretch of time. `keyed`: a hash under its key group. */
interface Stretch {
  readonly isEmpty: boolean;
  /** No key is due before it; there is one. */
  readonly least: number;
  add(time: number, keyed: number): void;
  each(add: Add): void;
  /** As ColdDues.take, of a short stretch. `isFirst`: those of the first time and key group come whatever `more` says. */
  take(end: number, more: More, keep: boolean, isFirst: boolean): DueKeys | null;
}

/** A short stretch: entries, in their order as soon as somebody asks. */
class Sorted implements Stretch {
  #entries = new Float64Array(ROOM_MIN);
  #count = 0;
  #sorted = 0;

  constructor(readonly from: number, readonly widthMs: number) {}

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  get least(): number {
    return this.#placeOf(this.#all()[0]).time;
  }

  add(time: number, keyed: number): void {
    if (this.#count === this.#entries.length) this.#grow();
    this.#entries[this.#count++] = (time - this.from) * GROUPS * HASHES + keyed;
  }

  /** What is there twice is enough once. */
  #grow(): void {
    const all = this.#all();
    if (all.length * 2 <= this.#entries.length) return;
    const more = new Float64Array(this.#entries.length * 2);
    more.set(all);
    this.#entries = more;
  }

  /** All entries, in their order. */
  #all(): Float64Array {
    const all = this.#entries.subarray(0, this.#count);
    if (this.#sorted < this.#count) {
      all.sort();
      let kept = 0;
      for (let i = 0; i < all.length; i++) if (i === 0 || all[i] !== all[kept - 1]) all[kept++] = all[i];
      this.#count = this.#sorted = kept;
    }
    return this.#entries.subarray(0, this.#count);
  }

  #placeOf(entry: number): DuePlace {
    const unit = Math.floor(entry / HASHES);
    return { time: this.from + Math.floor(unit / GROUPS), group: unit % GROUPS };
  }

  each(add: Add): void {
    for (const entry of this.#all()) add(this.#placeOf(entry).time, entry % (GROUPS * HASHES));
  }

  take(end: number, more: More, keep: boolean, isFirst: boolean): DueKeys | null {
    const all = this.#all(), hashes: number[] = [];
    let unit = -1, from = 0, isForced = isFirst, takes = true, i = 0;
    for (; i < all.length && takes; i++) {
      const own = Math.floor(all[i] / HASHES);
      if (own !== unit) {
        if (this.#placeOf(all[i]).time >= end) break;
        isForced = isFirst && unit < 0;
        [unit, from] = [own, i];
      }
      const hash = all[i] % HASHES;
      takes = more(hash) || isForced;
      hashes.push(hash);
    }
    if (!takes) i = from;
    if (i === 0) return null;
    const next = i < all.length ? this.#placeOf(all[i]) : { time: this.from + this.widthMs, group: 0 };
    const place = next.time < end ? next : { time: end, group: 0 };
    if (!keep) this.#drop(i);
    return { hashes: Uint32Array.from(hashes.slice(0, i)), ...place };
  }

  /** The first entries go. */
  #drop(count: number): void {
    this.#entries = this.#entries.slice(count, Math.max(this.#count, count + ROOM_MIN));
    this.#count -= count;
    this.#sorted = this.#count;
  }
}

/** A long stretch that nothing of is due yet: times and keys side by side, until they are too many. */
class Unsorted {
  #times = new Float64Array(ROOM_MIN);
  #keyed = new Float64Array(ROOM_MIN);
  #count = 0;

  get isFull(): boolean {
    return this.#count === COLD_DUES_UNSORTED_MAX;
  }

  add(time: number, keyed: number): void {
    if (this.#count === this.#times.length) {
      const more = () => new Float64Array(this.#count * 2), times = more(), all = more();
      times.set(this.#times);
      all.set(this.#keyed);
      [this.#times, this.#keyed] = [times, all];
    }
    this.#times[this.#count] = time;
    this.#keyed[this.#count++] = keyed;
  }

  each(add: Add): void {
    for (let i = 0; i < this.#count; i++) add(this.#times[i], this.#keyed[i]);
  }
}

/** A time of stretches of one width: the long ones are divided as soon as something of them is due, or when they have many keys. */
class Stretches implements Stretch {
  readonly #parts = new Map<number, Stretch | Unsorted>();
  #firstAt = Infinity;

  constructor(readonly widthMs: number) {}

  get isEmpty(): boolean {
    return this.#parts.size === 0;
  }

  get size(): number {
    return this.#parts.size;
  }

  add(time: number, keyed: number): void {
    const at = Math.floor(time / this.widthMs), isShort = this.widthMs <= SORTED_WIDTH_MS;
    let part = this.#parts.get(at);
    if (!part) {
      this.#parts.set(at, part = isShort ? new Sorted(at * this.widthMs, this.widthMs) : new Unsorted());
      this.#firstAt = Math.min(this.#firstAt, at);
    }
    if (part instanceof Unsorted && part.isFull) part = this.#divide(at, part);
    part.add(time, keyed);
  }

  #divide(at: number, part: Unsorted): Stretch {
    const parts = new Stretches(Math.max(WIDTH_MS, this.widthMs / PARTS));
    part.each((time, keyed) => parts.add(time, keyed));
    this.#parts.set(at, parts);
    return parts;
  }

  /** The first one, which is there. */
  #first(): Stretch {
    const part = this.#parts.get(this.#firstAt)!;
    return part instanceof Unsorted ? this.#divide(this.#firstAt, part) : part;
  }

  get least(): number {
    return this.#first().least;
  }

  each(add: Add): void {
    for (const part of this.#parts.values()) part.each(add);
  }

  take(end: number, more: More, keep: boolean, isFirst: boolean): DueKeys | null {
    const part = this.#first(), taken = part.take(end, more, keep, isFirst);
    if (part.isEmpty) this.#dropFirst();
    return taken;
  }

  #dropFirst(): void {
    this.#parts.delete(this.#firstAt);
    this.#firstAt = Infinity;
    for (const at of this.#parts.keys()) this.#firstAt = Math.min(this.#firstAt, at);
  }
}

/**
 * The hashes of keys that have left memory with rows that come out at a time, in the order of these: by time and key group. Times are told apart by
 * the millisecond, however far the last one is: rows that come back too early would leave again, and nothing of their time come out meanwhile. A key
 * may come for nothing; none comes too late.
 */
export class ColdDues {
  #all = new Stretches(WIDTH_MS);

  /** Notes what is in a record (asm/rows/shelf.ts). */
  note(data: DataView<ArrayBuffer>, record: number): void {
    const time = stampOf(data, record + STAMP);
    if (time < Infinity) this.add(time, data.getUint8(record + GROUP), data.getUint32(record + HASH, true));
  }

  add(time: number, group: number, hash: number): void {
    this.#all.add(time, group * HASHES + hash);
    if (this.#all.size > COLD_ALARM_BUCKETS_MAX) this.#widen();
  }

  clear(): void {
    this.#all = new Stretches(WIDTH_MS);
  }

  #widen(): void {
    const before = this.#all, wider = this.#all = new Stretches(before.widthMs * 2);
    before.each((time, keyed) => wider.add(time, keyed));
  }

  /** No key is due before it; +∞: there is none. */
  get least(): number {
    return this.#all.isEmpty ? Infinity : this.#all.least;
  }

  /**
   * Keys that are due before `end`, those of the first time and key group, and more in their order as long as `more` takes them, which is asked
   * for one after the other; null: none is. They are noted no more unless `keep`: then they are of one short stretch.
   */
  take(end: number, more: More, keep = false): DueKeys | null {
    const all: number[] = [];
    let place: DuePlace | null = null, goesOn = true;
    const asked = (hash: number) => goesOn = more(hash);
    while (goesOn && !this.#all.isEmpty) {
      const taken = this.#all.take(end, asked, keep, place === null);
      if (!taken) break;
      for (const hash of taken.hashes) all.push(hash);
      place = { time: taken.time, group: taken.group };
      goesOn &&= !keep;
    }
    return place && { hashes: Uint32Array.from(all), ...place };
  }
}
