import { SHARED_RESULTS_BYTES_MAX } from "../core/limits.ts";

/** What a program has come to over the rows of a frame, outside of the memory of any kernel. */
export interface SharedResult {
  /** One column of as many rows as the frame has. */
  readonly column: ArrayBuffer;
  /** Row numbers that it was computed for, where it has no other rows; null: it has all. */
  readonly rows: Int32Array | null;
}

interface Kept extends SharedResult {
  /** Programs that have not asked for it. */
  waiting: number;
}

/** How often the results of one expression were kept in vain, and when they were asked for. */
interface Worth {
  credit: number;
  skipped: number;
}

/** Frames in a row whose results nobody has asked for, after which only one in TRIED_FRAMES is kept. */
const CREDIT_MAX = 8;
const TRIED_FRAMES = 16;

/**
 * Results that the programs of several pipelines have in common, of the frames that this worker keeps. They are bounded in bytes, and go with
 * their frames at the latest. Who finds none computes it: results never depend on what is here.
 */
export class SharedResults {
  readonly #frames = new Map<ArrayBuffer, Map<number, Kept>>();
  readonly #worth = new Map<number, Worth>();
  #bytes = 0;

  /** Bytes of all that is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** From now on results of the frame are kept. */
  add(frame: ArrayBuffer): void {
    if (!this.#frames.has(frame)) this.#frames.set(frame, new Map());
  }

  /** Forgets a frame and its results. */
  drop(frame: ArrayBuffer): void {
    for (const kept of this.#frames.get(frame)?.values() ?? []) this.#bytes -= bytesOf(kept);
    this.#frames.delete(frame);
  }

  /** The frames stay, and all that is known of expressions goes: their keys have another meaning from now on. */
  forget(): void {
    for (const results of this.#frames.values()) results.clear();
    this.#worth.clear();
    this.#bytes = 0;
  }

  /** What the expression `key` came to over the frame, for one of those that wait for it; null: nobody has computed it. */
  take(frame: ArrayBuffer, key: number): SharedResult | null {
    const results = this.#frames.get(frame), kept = results?.get(key);
    if (!results || !kept) return null;
    if (--kept.waiting === 0) {
      results.delete(key);
      this.#bytes -= bytesOf(kept);
    }
    this.#worthOf(key).credit = CREDIT_MAX;
    return kept;
  }

  /** Whether a result that somebody has computed is to be kept. */
  wants(frame: ArrayBuffer, key: number): boolean {
    const results = this.#frames.get(frame);
    if (!results || results.has(key) || this.#bytes >= SHARED_RESULTS_BYTES_MAX) return false;
    const worth = this.#worthOf(key);
    if (worth.credit > 0) return true;
    worth.skipped = (worth.skipped + 1) % TRIED_FRAMES;
    return worth.skipped === 0;
  }

  /** Keeps what the expression came to, for `others` that will ask for it. */
  put(frame: ArrayBuffer, key: number, result: SharedResult, others: number): void {
    const kept = { ...result, waiting: others };
    this.#frames.get(frame)!.set(key, kept);
    this.#bytes += bytesOf(kept);
    this.#worthOf(key).credit--;
  }

  #worthOf(key: number): Worth {
    let worth = this.#worth.get(key);
    if (!worth) this.#worth.set(key, worth = { credit: CREDIT_MAX, skipped: 0 });
    return worth;
  }
}

function bytesOf({ column, rows }: SharedResult): number {
  return column.byteLength + (rows?.byteLength ?? 0);
}
