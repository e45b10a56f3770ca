import { FrameView } from "../core/frame.ts";
import { BATCH_ROWS_MAX } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import { writeColumns } from "../kernel/column.ts";
import { FrameReader, FrameWriter, NO_INFO } from "../kernel/frame.ts";
import { type KeyEntry, KnownKeys, type Probe } from "../kernel/lookup.ts";
import type { Kernel } from "../kernel/module.ts";
import { placeOf } from "../lookup.ts";
import type { LookupAnswer, LookupQuestion } from "../operator.ts";

export interface AnswerBounds {
  /** Keys whose answers are kept. */
  readonly cacheRows: number;
  /** 0 = for ever. */
  readonly cacheTtlMs: number;
  readonly batchRows: number;
  readonly concurrency: number;
}

/** An answer that is kept, and since when. */
interface Kept {
  readonly entry: KeyEntry;
  readonly atMs: number;
}

/**
 * What is asked, and what the answers were. Answers leave in the order in which they came, when there are too many or when they are too
 * old by the clock of the order; those that waiting rows need stay.
 */
export class LookupAnswers {
  readonly known: KnownKeys;
  readonly #kernel: Kernel;
  readonly #bounds: AnswerBounds;
  readonly #reader: FrameReader;
  readonly #writer: FrameWriter;
  /** Keys that no question has had yet, from `#firstUnasked` on. */
  #unasked: KeyEntry[] = [];
  #firstUnasked = 0;
  /** By question its keys. */
  readonly #asked = new Map<number, readonly KeyEntry[]>();
  #requests = 0;
  /** From `#firstKept` on, the oldest first. */
  #kept: Kept[] = [];
  #firstKept = 0;
  /** Keys without an answer, and why: they are asked for anew. */
  readonly #failed = new Map<KeyEntry, string>();
  /** The wall clock as the order tells it. */
  #nowMs = -Infinity;

  constructor(kernel: Kernel, keys: readonly Column[], picks: readonly Column[], bounds: AnswerBounds) {
    this.#kernel = kernel;
    this.#bounds = bounds;
    this.known = new KnownKeys(kernel, keys.map(({ type }) => type), picks.map(({ type }) => type));
    this.#reader = new FrameReader(kernel);
    this.#writer = new FrameWriter(kernel);
  }

  /** Notes which keys batch `pin` needs; returns how many of them nobody has asked for yet, −1 when there is no room for them. */
  need(probe: Probe, pin: number): number {
    const made = this.known.need(probe, 0, pin);
    if (made === null) return -1;
    this.#unasked.push(...made);
    return made.length;
  }

  /** The questions that can be asked now. */
  questions(): LookupQuestion[] {
    const questions: LookupQuestion[] = [], { batchRows, concurrency } = this.#bounds;
    while (this.#asked.size < concurrency && this.#firstUnasked < this.#unasked.length) {
      const entries = this.#unasked.slice(this.#firstUnasked, this.#firstUnasked + Math.min(batchRows, BATCH_ROWS_MAX));
      this.#firstUnasked += entries.length;
      const mark = this.#kernel.mark(), keys = this.#writer.write(this.known.keysOf(entries), NO_INFO);
      this.#kernel.release(mark);
      this.#asked.set(++this.#requests, entries);
      questions.push({ request: this.#requests, keys, rows: entries.length });
    }
    if (this.#firstUnasked === this.#unasked.length) {
      this.#unasked = [];
      this.#firstUnasked = 0;
    }
    return questions;
  }

  /** Takes an answer; false when there is no room for its rows. */
  take({ request, frames, failure, nowMs }: LookupAnswer): boolean {
    const entries = this.#asked.get(request);
    if (!entries) throw new Error(`An answer came to question ${request}, which nobody has asked`);
    this.#asked.delete(request);
    this.tell(nowMs);
    const misfits = new Map<number, string>();
    if (!this.#takeRows(entries, frames ?? [], misfits)) return false;
    entries.forEach((entry, number) => {
      const reason = frames === null ? failure ?? "" : misfits.get(number);
      this.known.settle(entry, reason !== undefined);
      if (reason === undefined) this.#kept.push({ entry, atMs: this.#nowMs });
      else this.#failed.set(entry, reason);
    });
    return true;
  }

  /** Why a key has no answer. */
  reasonOf(entry: KeyEntry): string {
    return this.#failed.get(entry) ?? "";
  }

  #takeRows(entries: readonly KeyEntry[], frames: readonly ArrayBuffer[], misfits: Map<number, string>): boolean {
    const kernel = this.#kernel;
    let number = -1, last = 0;
    for (const frame of frames) {
      const mark = kernel.mark(), { columns: [numbers, ...rest], rows } = this.#reader.read(frame);
      const columns = writeColumns(kernel, rest);
      for (let row = 0; row < rows; row++) {
        const own = Number(kernel.data.getBigInt64(numbers.data + row * 8, true));
        if (own < 0) {
          misfits.set(placeOf(own), new FrameView(frame).text(1, row));
          continue;
        }
        if (own < number || own >= entries.length) {
          throw new Error(`An answer has rows of key ${own} in its wrong place`);
        }
        last = this.known.append(entries[own], own === number ? last : 0, columns, row);
        if (last === 0) return false;
        number = own;
      }
      kernel.release(mark);
    }
    return true;
  }

  /** The wall clock has come so far. */
  tell(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }

  /** Forgets what is too old or too much, but for what batch `pin` and those behind it need. */
  forget(pin: number): void {
    const { cacheRows, cacheTtlMs } = this.#bounds, until = cacheTtlMs === 0 ? -Infinity : this.#nowMs - cacheTtlMs;
    for (const entry of this.#failed.keys()) {
      if (this.known.pinned(entry) >= pin) continue;
      this.known.drop(entry);
      this.#failed.delete(entry);
    }
    for (; this.#firstKept < this.#kept.length; this.#firstKept++) {
      const { entry, atMs } = this.#kept[this.#firstKept];
      const goes = atMs <= until || this.#kept.length - this.#firstKept > cacheRows;
      if (!goes || this.known.pinned(entry) >= pin) break;
      this.known.drop(entry);
    }
    if (this.#firstKept > this.#kept.length >> 1) {
      this.#kept = this.#kept.slice(this.#firstKept);
      this.#firstKept = 0;
    }
  }

  close(): void {
    this.known.close();
  }
}
