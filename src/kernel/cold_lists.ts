/** What a piece's rows are since the last cut: as each says, none has changed, or all have. */
export const BY_MARKS = 0, STORED = 1, CHANGED = 2;
/** They stand for all that their keys have had so far. */
export const IN_PLACE = 4;

/** Where a piece lies, in bytes, and what is known of it. */
export interface Piece {
  readonly group: number;
  readonly at: number;
  readonly bytes: number;
  readonly rows: number;
  /** One of BY_MARKS, STORED and CHANGED, and IN_PLACE. */
  readonly flags: number;
  /** Pieces that left together have one. */
  readonly round: number;
}

const WORDS = 4, UNIT = 16, PIECES_MIN = 8, ROUNDS = 65_536;

/** The pieces of one slice, in the order in which they left; 16 bytes for each. */
export class PieceList {
  #words = new Uint32Array(PIECES_MIN * WORDS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(piece: Piece): void {
    if ((this.#count + 1) * WORDS > this.#words.length) {
      const words = new Uint32Array(this.#words.length * 2);
      words.set(this.#words);
      this.#words = words;
    }
    this.#write(this.#count++, piece);
  }

  #write(i: number, { group, at, bytes, rows, flags, round }: Piece): void {
    this.#words.set([group | flags << 8 | round % ROUNDS << 16, at / UNIT, bytes / UNIT, rows], i * WORDS);
  }

  at(i: number): Piece {
    const [head, at, size, rows] = this.#words.subarray(i * WORDS, (i + 1) * WORDS);
    return {
      group: head & 255,
      flags: (head >>> 8) & 255,
      round: head >>> 16,
      at: at * UNIT,
      bytes: size * UNIT,
      rows,
    };
  }

  /** Those of a key group. */
  of(group: number): Piece[] {
    const found: Piece[] = [];
    for (let i = 0; i < this.#count; i++) if ((this.#words[i * WORDS] & 255) === group) found.push(this.at(i));
    return found;
  }

  /** Changes what `change` answers with something else. */
  update(change: (piece: Piece) => Piece): void {
    for (let i = 0; i < this.#count; i++) {
      const piece = this.at(i), changed = change(piece);
      if (changed !== piece) this.#write(i, changed);
    }
  }

  /** Forgets those of a key group. */
  remove(group: number): void {
    let to = 0;
    for (let i = 0; i < this.#count; i++) {
      if ((this.#words[i * WORDS] & 255) === group) continue;
      this.#words.copyWithin(to * WORDS, i * WORDS, (i + 1) * WORDS);
      to++;
    }
    this.#count = to;
  }
}
