import { COLD_ALARM_BUCKETS_MAX } from "../core/limits.ts";

/** Milliseconds of a bucket, at first. */
const WIDTH_MS = 1024;
const ROOM_MIN = 16;

/** Offsets in a record of the hash of its key, and of the time that its rows count from (asm/rows/shelf.ts, asm/group/cold.ts). */
const HASH = 8, STAMP = 24;
/** What stands for no time, and what is before all times: the first watermark. */
const NO_STAMP = 2 ** 63, FIRST = -(2 ** 61);

/** The time at an address; Infinity: there is none, −Infinity: that of the first watermark. */
export function stampOf(data: DataView<ArrayBuffer>, at: number): number {
  const stamp = Number(data.getBigInt64(at, true));
  return stamp >= NO_STAMP ? Infinity : stamp <= FIRST ? -Infinity : stamp;
}

/** Times and the hashes of keys, side by side. */
class Bucket {
  times = new Float64Array(ROOM_MIN);
  hashes = new Uint32Array(ROOM_MIN);
  count = 0;
  readonly #keepsAll: boolean;

  constructor(keepsAll: boolean) {
    this.#keepsAll = keepsAll;
  }

  add(time: number, hash: number): void {
    if (this.count === this.times.length) this.#grow();
    this.times[this.count] = time;
    this.hashes[this.count++] = hash;
  }

  /** Of a hash that is there twice, the earlier time is enough, but where each has to be there. */
  #grow(): void {
    if (this.#keepsAll) {
      const { times, hashes } = this;
      this.times = new Float64Array(times.length * 2);
      this.hashes = new Uint32Array(times.length * 2);
      this.times.set(times);
      this.hashes.set(hashes);
      return;
    }
    const least = new Map<number, number>();
    for (let i = 0; i < this.count; i++) {
      const hash = this.hashes[i], time = least.get(hash);
      if (time === undefined || this.times[i] < time) least.set(hash, this.times[i]);
    }
    const room = Math.max(ROOM_MIN, least.size * 2);
    this.times = new Float64Array(room);
    this.hashes = new Uint32Array(room);
    this.count = 0;
    for (const [hash, time] of least) {
      this.times[this.count] = time;
      this.hashes[this.count++] = hash;
    }
  }
}

/**
 * When something of keys that have left memory may be due: the hashes of the keys by times, in buckets whose width doubles when there are too
 * many of them. A time may come for nothing; none is missed.
 */
export class ColdAlarms {
  #buckets = new Map<number, Bucket>();
  #widthMs = WIDTH_MS;
  #least = Infinity;
  /** Those that count from the first watermark. */
  #first: Bucket;
  readonly #keepsAll: boolean;

  /** `keepsAll`: each time of a hash comes, else the earliest of several may be the only one. */
  constructor(keepsAll = false) {
    this.#keepsAll = keepsAll;
    this.#first = new Bucket(keepsAll);
  }

  /** Notes the time of a record's rows. */
  note(data: DataView<ArrayBuffer>, record: number): void {
    this.add(stampOf(data, record + STAMP), data.getUint32(record + HASH, true));
  }

  /** `time` −∞: the first watermark; +∞: there is none. */
  add(time: number, hash: number): void {
    if (time === Infinity) return;
    if (time === -Infinity) this.#first.add(time, hash);
    else {
      this.#put(time, hash);
      if (this.#buckets.size > COLD_ALARM_BUCKETS_MAX) this.#widen();
    }
  }

  #put(time: number, hash: number): void {
    const at = Math.floor(time / this.#widthMs);
    let bucket = this.#buckets.get(at);
    if (!bucket) this.#buckets.set(at, bucket = new Bucket(this.#keepsAll));
    bucket.add(time, hash);
    this.#least = Math.min(this.#least, time);
  }

  #widen(): void {
    const before = this.#buckets;
    this.#buckets = new Map();
    this.#widthMs *= 2;
    for (const { times, hashes, count } of before.values()) {
      for (let i = 0; i < count; i++) this.#put(times[i], hashes[i]);
    }
  }

  /** Takes out the hashes whose times are `until` or before it, each once; `first`: that of the first watermark. */
  take(until: number, first: number): Uint32Array {
    const due = new Set<number>();
    if (this.#first.count > 0 && first > -Infinity && first <= until) {
      for (let i = 0; i < this.#first.count; i++) due.add(this.#first.hashes[i]);
      this.#first = new Bucket(this.#keepsAll);
    }
    if (until >= this.#least) this.#takeUntil(until, due);
    return Uint32Array.from(due);
  }

  /**
   * Takes out the hashes whose times come first, of a time all or none: as long as there is room for the bytes that `bytesOf` says (below 0: it is not
   * due at that time), but at least those of one time. Until when, `until` at most, none is left. Where this is used, `add` drops nothing.
   */
  next(
    until: number,
    room: number,
    bytesOf: (hash: number, time: number) => number,
  ): { due: Uint32Array; until: number } {
    const due = new Set<number>();
    let bytes = 0;
    while (this.#buckets.size > 0 && this.#least <= until) {
      const [at, bucket] = this.#leastBucket(), order = [...bucket.times.subarray(0, bucket.count).keys()];
      order.sort((a, b) => bucket.times[a] - bucket.times[b]);
      let from = 0, isFull = false;
      while (from < order.length && bucket.times[order[from]] <= until) {
        const time = bucket.times[order[from]], same = new Set<number>();
        let to = from;
        for (; to < order.length && bucket.times[order[to]] === time; to++) same.add(bucket.hashes[order[to]]);
        for (const hash of same) {
          const more = due.has(hash) ? -1 : bytesOf(hash, time);
          if (more < 0) same.delete(hash);
          else bytes += more;
        }
        isFull = due.size > 0 && bytes > room;
        if (isFull) break;
        for (const hash of same) due.add(hash);
        from = to;
      }
      this.#keep(at, bucket, order.slice(from));
      if (isFull) return { due: Uint32Array.from(due), until: this.#least - 1 };
    }
    return { due: Uint32Array.from(due), until };
  }

  /** The bucket with the least times. */
  #leastBucket(): [at: number, bucket: Bucket] {
    let least = Infinity;
    for (const at of this.#buckets.keys()) least = Math.min(least, at);
    return [least, this.#buckets.get(least)!];
  }

  /** Of a bucket, the first one, only these are left, by their times. */
  #keep(at: number, bucket: Bucket, order: readonly number[]): void {
    const times = order.map((i) => bucket.times[i]), hashes = order.map((i) => bucket.hashes[i]);
    bucket.times.set(times);
    bucket.hashes.set(hashes);
    bucket.count = order.length;
    if (order.length > 0) this.#least = times[0];
    else {
      this.#buckets.delete(at);
      this.#least = Infinity;
      for (const other of this.#buckets.keys()) this.#least = Math.min(this.#least, other * this.#widthMs);
    }
  }

  #takeUntil(until: number, due: Set<number>): void {
    const last = Math.floor(until / this.#widthMs);
    this.#least = Infinity;
    for (const [at, bucket] of this.#buckets) {
      if (at > last) {
        this.#least = Math.min(this.#least, at * this.#widthMs);
        continue;
      }
      let kept = 0;
      for (let i = 0; i < bucket.count; i++) {
        const time = bucket.times[i], hash = bucket.hashes[i];
        if (time <= until) due.add(hash);
        else {
          bucket.times[kept] = time;
          bucket.hashes[kept++] = hash;
          this.#least = Math.min(this.#least, time);
        }
      }
      bucket.count = kept;
      if (kept === 0) this.#buckets.delete(at);
    }
  }

  clear(): void {
    this.#buckets.clear();
    this.#least = Infinity;
    this.#first = new Bucket(this.#keepsAll);
  }
}
