import type { Batch } from "../core/batch.ts";
import { FIRE_ROWS_MAX } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import { FrameReader, FrameWriter, NO_INFO } from "../kernel/frame.ts";
import { int64Column, type Probe } from "../kernel/lookup.ts";
import type { Kernel } from "../kernel/module.ts";
import type { Program } from "../kernel/program.ts";
import { ScalarTable, StateTables } from "../kernel/state_tables.ts";
import {
  type Asking,
  type BatchTimes,
  type LookupAnswer,
  type LookupReport,
  type LostRows,
  type OperatorCounts,
  type OperatorState,
  type Released,
  StateFull,
} from "../operator.ts";
import { type AnswerBounds, LookupAnswers } from "./lookup_answers.ts";
import { LookupResidual } from "./lookup_residual.ts";
import { timeOf, timeWord, type Waiting, type WaitingRows, WaitingTables } from "./lookup_waiting.ts";

/** A lookup as a plan describes it. */
export interface LookupPlan extends AnswerBounds {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly inputColumns: readonly Column[];
  readonly type: "inner" | "left";
  /** Input columns. */
  readonly keys: readonly number[];
  readonly tableKeys: readonly Column[];
  readonly picks: readonly Column[];
  readonly where: Program | null;
  readonly onError: "retry" | "null" | "dead_letter";
}

/** Rows that have their answers: positions `from` to `to` of a probe. */
interface Segment {
  readonly probe: Probe;
  readonly times: number;
  readonly from: number;
  readonly to: number;
}

const NONE: OperatorCounts = { late: 0, nullTime: 0 };

/** Joins rows with those of a table outside that have their keys. Rows and watermarks come out in the order in which they went in. */
export class LookupOperator implements Asking {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly exchanges = [null];
  readonly combiner = null;
  readonly state: OperatorState;
  readonly windowEnd = -1;
  readonly counts = NONE;
  readonly #kernel: Kernel;
  readonly #plan: LookupPlan;
  readonly #answers: LookupAnswers;
  readonly #residual: LookupResidual | null;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #waitingTables: WaitingTables;
  #waiting: Waiting[] = [];
  /** What comes out next, and what is on its way out. */
  #ready: Segment | null = null;
  #open: Segment | null = null;
  #pins = 0;
  #arrivals = 0;
  #pendingRows = 0;
  #pendingBytes = 0;
  #watermark = -Infinity;
  #reached = -Infinity;
  #hits = 0;
  #misses = 0;
  #lost: LostRows[] = [];

  constructor(kernel: Kernel, plan: LookupPlan) {
    this.id = plan.id;
    this.columns = plan.columns;
    this.#kernel = kernel;
    this.#plan = plan;
    this.#answers = new LookupAnswers(kernel, plan.tableKeys, plan.picks, plan);
    this.#residual = plan.where && new LookupResidual(kernel, plan.where);
    this.#writer = new FrameWriter(kernel);
    this.#reader = new FrameReader(kernel);
    this.#waitingTables = new WaitingTables(kernel, plan.inputColumns, () => this.#waiting, () => this.#arrivals);
    const parts = [this.#scalars(), ...this.#answers.tables(plan.tableKeys, plan.picks), this.#waitingTables];
    this.state = new StateTables(parts, () => this.#restored());
  }

  /** What it knows beside its keys and what waits. */
  #scalars(): ScalarTable {
    const kernel = this.#kernel, names = ["pins", "arrivals", "keys", "rows", "turns", "requests", "now"];
    return new ScalarTable(kernel, "scalars", 1, [...names, "watermark", "reached"], (to) => {
      const numbers = [this.#pins, this.#arrivals, ...this.#answers.numbers, this.#watermark, this.#reached];
      numbers.forEach((number, i) => kernel.data.setBigInt64(to + i * 8, timeWord(number), true));
    }, (from) => {
      const [pins, arrivals, ...rest] = Array.from(
        { length: names.length + 2 },
        (_, i) => timeOf(kernel.data.getBigInt64(from + i * 8, true)),
      );
      this.#pins = pins;
      this.#arrivals = arrivals;
      this.#reached = rest.pop()!;
      this.#watermark = rest.pop()!;
      this.#answers.numbers = rest;
      return [pins, arrivals, ...rest.slice(0, -1)].every((count) => Number.isSafeInteger(count) && count >= 0);
    });
  }

  #restored(): void {
    this.#answers.restored();
    this.#waiting = this.#waitingTables.restored(this.#pins, this.#arrivals);
    for (const one of this.#waiting) {
      if ("watermark" in one) continue;
      this.#pendingRows += one.rows;
      this.#pendingBytes += one.frame.byteLength;
    }
  }

  get reached(): number {
    return this.#reached;
  }

  /** Takes rows; those that have their answers, when none waits before them, come out at once. Throws StateFull. */
  push(batch: Batch, { running, before, delayMs, others }: BatchTimes): null {
    if (batch.selected === 0) return null;
    const { known } = this.#answers;
    // Rows that a watermark made find the one that was before it.
    const times = running === 0
      ? known.times(batch.rows, 0, this.#watermark, 0, Infinity)
      : known.times(batch.rows, running, before, delayMs, others);
    const probe = this.#probe(batch);
    this.#hits += batch.selected;
    if (this.#waiting.length === 0 && known.ready(probe, 0) === batch.selected) {
      this.#ready = { probe, times, from: 0, to: batch.selected };
    } else this.#wait(probe, times);
    return null;
  }

  #probe(batch: Batch): Probe {
    return this.#answers.known.probe(batch, this.#plan.keys.map((key) => batch.columns[key]));
  }

  #wait(probe: Probe, times: number): void {
    const { batch } = probe, pin = ++this.#pins, asked = this.#answers.need(probe, pin);
    if (asked < 0) throw this.#full();
    this.#hits -= asked;
    this.#misses += asked;
    const frame = this.#writer.write({ ...batch, columns: [...batch.columns, int64Column(times)] }, NO_INFO);
    const { selected: rows } = batch, arrival = this.#arrivals;
    this.#arrivals += rows;
    this.#waiting.push({ frame, rows, pin, arrival, from: 0, blockedBy: null, told: false });
    this.#pendingRows += batch.selected;
    this.#pendingBytes += frame.byteLength;
  }

  #full(): StateFull {
    return new StateFull(
      `Node ${this.id} has no room for more answers: ${this.#answers.known.entries} keys take ${this.#answers.known.bytes} ` +
        "bytes; keep fewer of them with cache_rows, or ask for fewer columns",
    );
  }

  advance(watermark: number): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    const at = this.#waiting.length - 1, last = this.#waiting[at];
    if (last && "watermark" in last) this.#waiting[at] = { ...last, watermark };
    else this.#waiting.push({ pin: ++this.#pins, watermark });
  }

  tick(nowMs: number): void {
    this.#answers.tell(nowMs);
    this.#forget();
  }

  answer(answer: LookupAnswer): void {
    if (!this.#answers.take(answer)) throw this.#full();
  }

  /** Answers that nobody waits for may go. */
  #forget(): void {
    const first = this.#waiting.find((one) => "frame" in one);
    this.#answers.forget(first && "frame" in first ? first.pin : Infinity);
  }

  next(): "rows" | "watermark" | null {
    if (this.#ready === null) {
      const [head] = this.#waiting;
      if (head && "watermark" in head) {
        this.#waiting.shift();
        this.#reached = head.watermark;
        return "watermark";
      }
      this.#ready = head ? this.#nextOf(head) : null;
    }
    this.#open = this.#ready;
    this.#ready = null;
    if (this.#open === null) {
      this.#forget();
      return null;
    }
    this.#answers.known.begin(this.#open.from);
    this.#lose(this.#open);
    return "rows";
  }

  /** The rows of the first batch that can go on; null: the first of them waits. */
  #nextOf(head: WaitingRows): Segment | null {
    const { known } = this.#answers;
    if (head.blockedBy !== null && !known.isAnswered(head.blockedBy)) return null;
    const all = this.#reader.read(head.frame), columns = all.columns.slice(0, -1), { from } = head;
    const probe = this.#probe({ ...all, columns }), to = known.ready(probe, from);
    if (to < head.rows) head.blockedBy = known.entryAt(probe, to);
    else {
      this.#waiting.shift();
      this.#pendingBytes -= head.frame.byteLength;
      this.#writer.recycle(head.frame);
    }
    head.from = to;
    this.#pendingRows -= to - from;
    return to === from ? null : { probe, times: all.columns.at(-1)!.data, from, to };
  }

  /** Rows that are given up leave for the dead letters, in their order: those beside each other that have one reason in a frame. */
  #lose({ probe, from, to }: Segment): void {
    if (this.#plan.onError !== "dead_letter") return;
    const runs: { readonly reason: string; readonly rows: number[] }[] = [];
    for (const { row, entry } of this.#answers.known.failed(probe, from, to)) {
      const reason = this.#answers.reasonOf(entry), last = runs.at(-1);
      if (last?.reason === reason) last.rows.push(row);
      else runs.push({ reason, rows: [row] });
    }
    for (const { reason, rows } of runs) {
      const selection = this.#kernel.arena(rows.length * 4);
      rows.forEach((row, i) => this.#kernel.data.setUint32(selection + i * 4, row, true));
      const frame = this.#writer.write({ ...probe.batch, selection, selected: rows.length }, NO_INFO);
      this.#lost.push({ frame, rows: rows.length, reason });
    }
  }

  release(rowsMax: number): Released | null {
    const { type, onError } = this.#plan, { known } = this.#answers, left = type === "left";
    const most = Math.max(1, Math.min(rowsMax, FIRE_ROWS_MAX));
    while (this.#open !== null) {
      const { probe, times, to } = this.#open, pairs = known.pairs(probe, to, left, onError !== "dead_letter", most);
      if (pairs.count === 0) this.#open = null;
      else {
        const kept = left && this.#residual ? this.#residual.outer(known, probe, pairs) : pairs;
        const joined = known.join(probe, kept), out = left ? joined : this.#residual?.inner(joined) ?? joined;
        if (out.selected > 0) return { ...out, times: known.timesOf(times, kept) };
      }
    }
    return null;
  }

  report(): LookupReport {
    const report = {
      questions: this.#answers.questions(),
      hits: this.#hits,
      misses: this.#misses,
      pendingRows: this.#pendingRows,
      lost: this.#lost,
    };
    this.#hits = this.#misses = 0;
    this.#lost = [];
    return report;
  }

  /** Everything comes out of `release`. */
  pull(): null {
    return null;
  }

  peek(): null {
    return null;
  }

  get stateRows(): number {
    return this.#answers.known.entries + this.#pendingRows;
  }

  get stateBytes(): number {
    return this.#answers.known.bytes + this.#pendingBytes;
  }

  close(): void {
    this.#answers.close();
    this.#residual?.close();
    this.#waitingTables.close();
  }
}
