const TABLES = 256, SLOTS_MIN = 16;

/** Where records are, by the hashes of their keys: some lines of 14 bytes each, of which three fourths are taken at most. */
class Table {
  used = 0;
  mask = -1;
  low = new Uint32Array();
  high = new Uint32Array();
  at = new Uint32Array();
  /** 0: the slot is empty. */
  size = new Uint16Array();

  grow(): void {
    const { low, high, at, size } = this, slots = Math.max(SLOTS_MIN, (this.mask + 1) * 2);
    this.mask = slots - 1;
    this.low = new Uint32Array(slots);
    this.high = new Uint32Array(slots);
    this.at = new Uint32Array(slots);
    this.size = new Uint16Array(slots);
    for (let i = 0; i < size.length; i++) if (size[i] !== 0) this.#put(low[i], high[i], at[i], size[i]);
  }

  add(low: number, high: number, at: number, size: number): void {
    if ((this.used + 1) * 4 > (this.mask + 1) * 3) this.grow();
    this.#put(low, high, at, size);
    this.used++;
  }

  #put(low: number, high: number, at: number, size: number): void {
    let slot = low & this.mask;
    while (this.size[slot] !== 0) slot = (slot + 1) & this.mask;
    this.low[slot] = low;
    this.high[slot] = high;
    this.at[slot] = at;
    this.size[slot] = size;
  }

  /** Empties a slot; those behind it close up. */
  remove(slot: number): void {
    const { low, high, at, size, mask } = this;
    let gap = slot;
    for (let next = (slot + 1) & mask; size[next] !== 0; next = (next + 1) & mask) {
      if (((next - (low[next] & mask)) & mask) < ((next - gap) & mask)) continue;
      low[gap] = low[next];
      high[gap] = high[next];
      at[gap] = at[next];
      size[gap] = size[next];
      gap = next;
    }
    size[gap] = 0;
    this.used--;
  }
}

/**
 * Where the records of rows are that have left the kernel's memory, by the 64 bits of the hash of their keys: two keys with one hash have
 * two entries. Places and sizes are in units of 16 bytes. It grows in parts, so that no step is long.
 */
export class ColdIndex {
  #tables = Array.from({ length: TABLES }, () => new Table());
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  add(low: number, high: number, at: number, size: number): void {
    this.#tables[high >>> 24].add(low, high, at, size);
    this.#rows++;
  }

  /** Takes all entries with a hash out, and hands each over. */
  take(low: number, high: number, found: (at: number, size: number) => void): void {
    const table = this.#tables[high >>> 24];
    if (table.used === 0) return;
    for (let slot = low & table.mask; table.size[slot] !== 0;) {
      if (table.low[slot] !== low || table.high[slot] !== high) slot = (slot + 1) & table.mask;
      else {
        found(table.at[slot], table.size[slot]);
        table.remove(slot);
        this.#rows--;
      }
    }
  }

  /** Hands over all entries with a hash, which stay. */
  each(low: number, high: number, found: (at: number, size: number) => void): void {
    const table = this.#tables[high >>> 24];
    if (table.used === 0) return;
    for (let slot = low & table.mask; table.size[slot] !== 0; slot = (slot + 1) & table.mask) {
      if (table.low[slot] === low && table.high[slot] === high) found(table.at[slot], table.size[slot]);
    }
  }

  /** Whether the record of a hash at this place is one that counts. */
  has(low: number, high: number, at: number): boolean {
    return this.#slot(low, high, at) >= 0;
  }

  /** A record has another place now. */
  move(low: number, high: number, from: number, to: number): void {
    const slot = this.#slot(low, high, from);
    if (slot >= 0) this.#tables[high >>> 24].at[slot] = to;
  }

  #slot(low: number, high: number, at: number): number {
    const table = this.#tables[high >>> 24];
    if (table.used === 0) return -1;
    for (let slot = low & table.mask; table.size[slot] !== 0; slot = (slot + 1) & table.mask) {
      if (table.at[slot] === at && table.low[slot] === low && table.high[slot] === high) return slot;
    }
    return -1;
  }

  clear(): void {
    this.#tables = Array.from({ length: TABLES }, () => new Table());
    this.#rows = 0;
  }
}
