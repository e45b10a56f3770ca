/** Numbers that grow with their use. */
function grown<T extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(array: T): T {
  const larger = array instanceof Int32Array ? new Int32Array(array.length * 2) : new Float64Array(array.length * 2);
  larger.set(array);
  return larger as T;
}

const END = -1;

/**
 * Entries by hash: small whole numbers that are used again. Entries of one hash are chained; who looks for one tells the
 * right one by its values.
 */
export class TableIndex {
  #heads = new Int32Array(64).fill(END);
  #next = new Int32Array(64);
  #hashes = new Int32Array(64);
  #arrived = new Float64Array(64);
  #free: number[] = [];
  /** Behind the last entry that was ever used. */
  #end = 0;
  #size = 0;
  /** Entries that have come: what the next one has arrived as. */
  arrivals = 0;

  /** The first entry of this hash for which `is` holds, or −1. */
  find(hash: number, is: (entry: number) => boolean): number {
    for (let at = this.#heads[hash & (this.#heads.length - 1)]; at !== END; at = this.#next[at]) {
      if (this.#hashes[at] === hash && is(at)) return at;
    }
    return -1;
  }

  add(hash: number, arrival = this.arrivals++): number {
    if (this.#size >= this.#heads.length) this.#grow();
    const entry = this.#free.pop() ?? this.#end++;
    if (entry >= this.#next.length) {
      this.#next = grown(this.#next);
      this.#hashes = grown(this.#hashes);
      this.#arrived = grown(this.#arrived);
    }
    this.#size++;
    this.#hashes[entry] = hash;
    this.#arrived[entry] = arrival;
    this.#link(entry);
    return entry;
  }

  remove(entry: number): void {
    const bucket = this.#hashes[entry] & (this.#heads.length - 1);
    if (this.#heads[bucket] === entry) this.#heads[bucket] = this.#next[entry];
    else {
      let before = this.#heads[bucket];
      while (this.#next[before] !== entry) before = this.#next[before];
      this.#next[before] = this.#next[entry];
    }
    this.#size--;
    this.#free.push(entry);
  }

  /** Entries ascend by this as they came. */
  arrived(entry: number): number {
    return this.#arrived[entry];
  }

  #link(entry: number): void {
    const bucket = this.#hashes[entry] & (this.#heads.length - 1);
    this.#next[entry] = this.#heads[bucket];
    this.#heads[bucket] = entry;
  }

  #grow(): void {
    const entries: number[] = [];
    for (const head of this.#heads) for (let at = head; at !== END; at = this.#next[at]) entries.push(at);
    this.#heads = new Int32Array(this.#heads.length * 2).fill(END);
    for (const entry of entries) this.#link(entry);
  }
}
