const TABLES = 256, SLOTS_MIN = 16;

/** Words of a slot: two of the hash, the place, the size; a size of 0: it is empty. They lie together, since a look at one is a look at all. */
const WORDS = 4, HIGH = 1, AT = 2, SIZE = 3;

/** Where records are, by the hashes of their keys: slots of 16 bytes each, of which three fourths are taken at most. */
class Table {
  used = 0;
  mask = -1;
  words = new Uint32Array();

  grow(): void {
    const { words } = this, slots = Math.max(SLOTS_MIN, (this.mask + 1) * 2);
    this.mask = slots - 1;
    this.words = new Uint32Array(slots * WORDS);
    for (let i = 0; i < words.length; i += WORDS) {
      if (words[i + SIZE] !== 0) this.#put(words[i], words[i + HIGH], words[i + AT], words[i + SIZE]);
    }
  }

  add(low: number, high: number, at: number, size: number): void {
    if ((this.used + 1) * 4 > (this.mask + 1) * 3) this.grow();
    this.#put(low, high, at, size);
    this.used++;
  }

  #put(low: number, high: number, at: number, size: number): void {
    const { words, mask } = this;
    let slot = low & mask;
    while (words[slot * WORDS + SIZE] !== 0) slot = (slot + 1) & mask;
    const to = slot * WORDS;
    words[to] = low;
    words[to + HIGH] = high;
    words[to + AT] = at;
    words[to + SIZE] = size;
  }

  /** Empties a slot; those behind it close up. */
  remove(slot: number): void {
    const { words, mask } = this;
    let gap = slot;
    for (let next = (slot + 1) & mask; words[next * WORDS + SIZE] !== 0; next = (next + 1) & mask) {
      if (((next - (words[next * WORDS] & mask)) & mask) < ((next - gap) & mask)) continue;
      words.copyWithin(gap * WORDS, next * WORDS, (next + 1) * WORDS);
      gap = next;
    }
    words[gap * WORDS + SIZE] = 0;
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
    const { words, mask } = table;
    for (let slot = low & mask; words[slot * WORDS + SIZE] !== 0;) {
      const from = slot * WORDS;
      if (words[from] !== low || words[from + HIGH] !== high) slot = (slot + 1) & mask;
      else {
        found(words[from + AT], words[from + SIZE]);
        table.remove(slot);
        this.#rows--;
      }
    }
  }

  /** Hands over all entries with a hash, which stay. */
  each(low: number, high: number, found: (at: number, size: number) => void): void {
    const table = this.#tables[high >>> 24];
    if (table.used === 0) return;
    const { words, mask } = table;
    for (let slot = low & mask; words[slot * WORDS + SIZE] !== 0; slot = (slot + 1) & mask) {
      const from = slot * WORDS;
      if (words[from] === low && words[from + HIGH] === high) found(words[from + AT], words[from + SIZE]);
    }
  }

  /** Whether the record of a hash at this place is one that counts. */
  has(low: number, high: number, at: number): boolean {
    return this.#slot(low, high, at) >= 0;
  }

  /** A record has another place now. */
  move(low: number, high: number, from: number, to: number): void {
    const slot = this.#slot(low, high, from);
    if (slot >= 0) this.#tables[high >>> 24].words[slot * WORDS + AT] = to;
  }

  /** Takes out the record of a hash at this place. */
  remove(low: number, high: number, at: number): void {
    const slot = this.#slot(low, high, at);
    if (slot < 0) return;
    this.#tables[high >>> 24].remove(slot);
    this.#rows--;
  }

  #slot(low: number, high: number, at: number): number {
    const table = this.#tables[high >>> 24];
    if (table.used === 0) return -1;
    const { words, mask } = table;
    for (let slot = low & mask; words[slot * WORDS + SIZE] !== 0; slot = (slot + 1) & mask) {
      const from = slot * WORDS;
      if (words[from + AT] === at && words[from] === low && words[from + HIGH] === high) return slot;
    }
    return -1;
  }

  /** Hands over all entries. */
  all(found: (at: number, size: number) => void): void {
    for (const { words } of this.#tables) {
      for (let from = 0; from < words.length; from += WORDS) {
        if (words[from + SIZE] !== 0) found(words[from + AT], words[from + SIZE]);
      }
    }
  }

  clear(): void {
    this.#tables = Array.from({ length: TABLES }, () => new Table());
    this.#rows = 0;
  }
}
