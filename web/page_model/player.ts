/** Rows that leave in one piece, and how often pieces leave. */
const PIECE_ROWS_MAX = 2000;
const TICK_MS = 50;

export interface PlayerParts<Row> {
  /** In the order of their times. */
  readonly rows: readonly Row[];
  /** Event time of a row, epoch ms. */
  readonly timeOf: (row: Row) => number;
  /** Resolves when there is room for more. */
  readonly write: (rows: readonly Row[]) => Promise<void>;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** How long all of it takes, ms; 0: as fast as it goes. */
  readonly wholeMs: number;
}

/** Plays recorded rows in event time: at their distances, faster by a factor that may change on the way. */
export class Player<Row> {
  readonly #parts: PlayerParts<Row>;
  #sent = 0;
  #paused = false;
  #stopped = false;
  #wholeMs: number;
  /** Event time that was reached when the clock showed `#sinceMs`. */
  #atMs: number;
  #sinceMs: number;

  constructor(parts: PlayerParts<Row>) {
    this.#parts = parts;
    this.#wholeMs = parts.wholeMs;
    this.#atMs = parts.rows.length > 0 ? parts.timeOf(parts.rows[0]) : 0;
    this.#sinceMs = parts.now();
  }

  get sent(): number {
    return this.#sent;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Event milliseconds in a millisecond; Infinity: as fast as it goes. */
  get speed(): number {
    const { rows, timeOf } = this.#parts;
    if (rows.length === 0 || this.#wholeMs === 0) return Infinity;
    return Math.max(1, timeOf(rows[rows.length - 1]) - timeOf(rows[0])) / this.#wholeMs;
  }

  /** Event time of the newest row that was sent. */
  get timeMs(): number {
    const { rows, timeOf } = this.#parts;
    return rows.length === 0 ? 0 : timeOf(rows[Math.max(0, this.#sent - 1)]);
  }

  set wholeMs(value: number) {
    this.#rebase();
    this.#wholeMs = value;
  }

  pause(): void {
    this.#rebase();
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#sinceMs = this.#parts.now();
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Resolves with true when all rows were written, false when it was stopped. Throws what `write` throws. */
  async run(): Promise<boolean> {
    const { rows, timeOf, write, sleep } = this.#parts;
    while (this.#sent < rows.length && !this.#stopped) {
      const reached = this.#reachedMs();
      let end = this.#sent;
      while (end < rows.length && end - this.#sent < PIECE_ROWS_MAX && timeOf(rows[end]) <= reached) end++;
      if (end > this.#sent) {
        await write(rows.slice(this.#sent, end));
        this.#sent = end;
      }
      if (this.#paused || this.#wholeMs > 0) await sleep(TICK_MS);
    }
    return !this.#stopped;
  }

  #reachedMs(): number {
    if (this.#paused) return -Infinity;
    return this.#wholeMs === 0 ? Infinity : this.#atMs + (this.#parts.now() - this.#sinceMs) * this.speed;
  }

  /** What was played so far stays so when the pace changes. */
  #rebase(): void {
    if (this.#paused) return;
    this.#atMs = this.#wholeMs === 0 ? this.timeMs : this.#reachedMs();
    this.#sinceMs = this.#parts.now();
  }
}
