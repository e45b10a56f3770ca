import { FrameView } from "../core/frame.ts";
import { BATCH_ROWS_MAX } from "../core/limits.ts";
import { type Column, STRING } from "../core/schema.ts";
import type { Value } from "../core/value.ts";
import { writeColumns } from "../kernel/column.ts";
import { FrameReader, FrameWriter, NO_INFO } from "../kernel/frame.ts";
import { type KeyEntry, KnownKeys, type Probe } from "../kernel/lookup.ts";
import type { Kernel } from "../kernel/module.ts";
import { damaged, type TablePart, valueColumns, wordColumn } from "../kernel/state_tables.ts";
import { WholeTable } from "../kernel/whole_table.ts";
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
  /** So many entries have had their turn. */
  #turns = 0;
  /** What was asked before has to be asked once more: it is not known to whom else. */
  #again = false;
  /** Why keys have no answer, as a table. */
  readonly #reasons: WholeTable;

  constructor(kernel: Kernel, keys: readonly Column[], picks: readonly Column[], bounds: AnswerBounds) {
    this.#kernel = kernel;
    this.#bounds = bounds;
    this.known = new KnownKeys(kernel, keys.map(({ type }) => type), picks.map(({ type }) => type));
    this.#reader = new FrameReader(kernel);
    this.#writer = new FrameWriter(kernel);
    const reason = { name: "reason", type: STRING, nullable: false };
    const table = { name: "failures", version: 1, columns: [...["$group", "$key"].map(wordColumn), reason], keys: 2 };
    this.#reasons = new WholeTable(kernel, { ...table, expiry: -1 }, () => this.#reasonRows());
  }

  *#reasonRows(): Iterable<Value[]> {
    for (const [entry, reason] of this.#failed) yield [0n, BigInt(this.known.nameOf(entry)), reason];
  }

  /** What is known of keys as tables. */
  tables(keys: readonly Column[], picks: readonly Column[]): TablePart[] {
    return [...this.known.tables(valueColumns(keys), valueColumns(picks)), this.#reasons];
  }

  /** What it knows beside its keys: arrivals of entries and of rows, turns, questions, and the wall clock. */
  get numbers(): readonly number[] {
    return [...this.known.arrivals, this.#turns, this.#requests, this.#nowMs];
  }

  set numbers([entries, rows, turns, requests, nowMs]: readonly number[]) {
    this.known.arrivals = [entries, rows];
    this.#turns = turns;
    this.#requests = requests;
    this.#nowMs = nowMs;
  }

  /** All tables are there. What has no answer is asked once more, under its number. */
  restored(): void {
    const reasons = new Map(this.#reasons.take().map(([, name, reason]) => [Number(name), String(reason)]));
    const asked = new Map<number, KeyEntry[]>(), [arrivals] = this.known.arrivals;
    for (const { entry, name, state, request, turn, atMs } of this.known.restored()) {
      if (turn > this.#turns || request > this.#requests || name >= arrivals) {
        throw damaged("keys", "a key has a number that was not given yet");
      }
      if (state === "answered") this.#kept.push({ entry, atMs });
      else if (state === "failed") this.#failed.set(entry, reasons.get(name) ?? "");
      else if (request === 0) this.#unasked.push(entry);
      else {
        const entries = asked.get(request);
        if (entries) entries.push(entry);
        else asked.set(request, [entry]);
      }
    }
    for (const [request, entries] of [...asked].sort(([a], [b]) => a - b)) this.#asked.set(request, entries);
    this.#again = true;
  }

  /** Notes which keys batch `pin` needs; returns how many of them nobody has asked for yet, −1 when there is no room for them. */
  need(probe: Probe, pin: number): number {
    const made = this.known.need(probe, 0, pin);
    if (made === null) return -1;
    for (const entry of made) this.known.queue(entry, ++this.#turns);
    this.#unasked.push(...made);
    return made.length;
  }

  /** The questions that can be asked now. */
  questions(): LookupQuestion[] {
    const questions: LookupQuestion[] = [], { batchRows, concurrency } = this.#bounds;
    if (this.#again) { for (const [request, entries] of this.#asked) questions.push(this.#question(request, entries)); }
    this.#again = false;
    while (this.#asked.size < concurrency && this.#firstUnasked < this.#unasked.length) {
      const entries = this.#unasked.slice(this.#firstUnasked, this.#firstUnasked + Math.min(batchRows, BATCH_ROWS_MAX));
      this.#firstUnasked += entries.length;
      this.#asked.set(++this.#requests, entries);
      for (const entry of entries) this.known.ask(entry, this.#requests);
      questions.push(this.#question(this.#requests, entries));
    }
    if (this.#firstUnasked === this.#unasked.length) {
      this.#unasked = [];
      this.#firstUnasked = 0;
    }
    return questions;
  }

  #question(request: number, entries: readonly KeyEntry[]): LookupQuestion {
    const mark = this.#kernel.mark(), keys = this.#writer.write(this.known.keysOf(entries), NO_INFO);
    this.#kernel.release(mark);
    return { request, keys, rows: entries.length };
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
      this.known.settle(entry, reason !== undefined, ++this.#turns, this.#nowMs);
      if (reason === undefined) this.#kept.push({ entry, atMs: this.#nowMs });
      else this.#fail(entry, reason);
    });
    return true;
  }

  #fail(entry: KeyEntry, reason: string): void {
    this.#failed.set(entry, reason);
    this.#reasons.touch();
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
      this.#reasons.touch();
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
