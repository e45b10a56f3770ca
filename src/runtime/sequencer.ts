import type { Clock } from "../core/clock.ts";
import type { SourceClock } from "../core/watermark.ts";
import { RdxError } from "../core/errors.ts";
import type { LookupRecord, OrderLog, OrderRecord, OrderReplay } from "../log.ts";
import type { PipelineInput, Taken } from "./input.ts";

/** A source of the pipeline, with its event time as the main thread knows it. */
export interface SequencedSource {
  readonly id: string;
  readonly input: PipelineInput;
  readonly clock: SourceClock;
  readonly idleTimeoutMs: number;
}

/** Where numbered steps go. */
export interface Dispatch {
  /** Whether late rows of the source are wanted. */
  wantsLate(source: number): boolean;
  chunk(number: number, source: number, taken: Taken, late: boolean): void;
  mark(number: number, source: number, watermark: number): void;
  /** A checkpoint is taken behind the number, which is nothing but a mark of what its source has reached. */
  cut(number: number, source: number, watermark: number, whole: boolean): void;
  tick(number: number, nowMs: number): void;
  /** The operator at this position has its answer. */
  answer(operator: number, record: LookupRecord): void;
  /** The same, of an answer that an earlier process had. */
  answerAgain(record: LookupRecord): void;
  /** Nothing is done again any more: what comes from now on is new. */
  goOn(): void;
}

interface InFlight {
  /** −1 for a tick and an answer. */
  readonly source: number;
  /** Offset up to which the source is done with, −1 for an idle mark, a tick and an answer. */
  readonly to: number;
}

/** What the sequencer knows of one source. */
interface Progress {
  /** Numbers of it that are not finished. */
  inFlight: number;
  ended: boolean;
  /** Since when it has had credit and given nothing, and its watermark then. */
  silentSinceMs: number;
  silentWatermark: number;
}

/**
 * The order of one pipeline: numbers what its sources give (from `after` + 1), writes the order down, and keeps at most `window` numbers in
 * flight. Of several sources with data the one with the lowest watermark goes first, so that none runs away from the others.
 */
export class Sequencer {
  readonly #sources: readonly SequencedSource[];
  readonly #dispatch: Dispatch;
  readonly #window: number;
  readonly #clock: Clock;
  readonly #order: OrderLog;
  readonly #inFlight = new Map<number, InFlight>();
  readonly #progress: readonly Progress[];
  #number: number;
  #paused = false;
  /** What is to be done again before anything new is taken. */
  #replay: OrderReplay | null;
  /** The number up to which this plan did it; another goes on from there. */
  readonly #until: number;
  #heldBack = false;

  constructor(
    sources: readonly SequencedSource[],
    dispatch: Dispatch,
    options: {
      readonly window: number;
      readonly clock: Clock;
      readonly order: OrderLog;
      readonly after: number;
      readonly replay?: OrderReplay | null;
      readonly until?: number;
    },
  ) {
    this.#sources = sources;
    this.#dispatch = dispatch;
    this.#window = options.window;
    this.#clock = options.clock;
    this.#order = options.order;
    this.#number = options.after;
    this.#replay = options.replay ?? null;
    this.#until = options.until ?? Infinity;
    if (this.#replay && this.#replay.last <= options.after) this.#replay = null;
    this.#progress = sources.map(({ clock }) => ({
      inFlight: 0,
      // An earlier deployment may have met the end already: its input will not give it again.
      ended: clock.ended,
      silentSinceMs: this.#clock.monotonic(),
      silentWatermark: clock.watermark,
    }));
  }

  /** The last number that was given. */
  get number(): number {
    return this.#number;
  }

  /** Numbers that are not finished yet. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Every source is at its end and everything is finished. */
  get complete(): boolean {
    return this.#replay === null && this.#progress.every(({ ended }) => ended) && this.#inFlight.size === 0;
  }

  /** Takes what the window has room for. */
  pump(): void {
    // Refilled by halves, so that what goes to a task at one time travels together.
    if (this.#inFlight.size > this.#window / 2) return;
    while (!this.#paused && this.#inFlight.size < this.#window) {
      if (this.#replay) {
        if (this.#number >= this.#until || !this.#repeat(this.#replay)) return;
        continue;
      }
      const source = this.#choose();
      if (source < 0) return;
      this.#take(source);
    }
  }

  /** It does again what an earlier process did, and takes nothing new. */
  get repeating(): boolean {
    return this.#replay !== null;
  }

  /** Whether there was something that it could do again. */
  #repeat(replay: OrderReplay): boolean {
    const record = replay.peek();
    if (!record || !this.#again(record)) return false;
    replay.shift();
    if (this.#number >= replay.last) {
      this.#replay = null;
      this.#sources.forEach((_, source) => this.#silentFromNow(source));
      this.#dispatch.goOn();
    }
    return true;
  }

  #again(record: OrderRecord): boolean {
    if (record.number !== this.#number + 1) {
      throw new RdxError("invalid", `Its order goes on with ${record.number} behind ${this.#number}`);
    }
    if (record.kind === "tick") {
      this.#dispatch.tick(this.#next(-1, -1), record.nowMs);
      return true;
    }
    if (record.kind === "lookup") {
      this.#next(-1, -1);
      this.#dispatch.answerAgain(record);
      return true;
    }
    const source = this.#sources.findIndex(({ id }) => id === record.source);
    if (source < 0) {
      throw new RdxError("invalid", `Its order speaks of a source ${record.source} that it does not have`);
    }
    if (record.kind === "chunk") {
      const taken = this.#sources[source].input.takeTo(record.to);
      if (!taken) return false;
      this.#dispatch.chunk(this.#next(source, taken.to), source, taken, record.late);
    } else if (record.kind === "idle") {
      this.#dispatch.mark(this.#next(source, -1), source, record.watermark);
    } else {
      this.#progress[source].ended = true;
      const { input } = this.#sources[source];
      this.#dispatch.mark(this.#next(source, input.offset), source, Infinity);
    }
    return true;
  }

  /** Takes nothing until `resume`; what is in flight goes on. */
  pause(): void {
    this.#paused = true;
  }

  /** Takes again, from the next `pump` on. */
  resume(): void {
    this.#paused = false;
  }

  /** Gives a number of its own to a cut, at which nothing changes: a full window does not keep it waiting. */
  cut(whole: boolean): number {
    const [{ id, clock: { watermark } }] = this.#sources, number = this.#next(0, -1);
    this.#order.append({ kind: "idle", number, source: id, watermark });
    this.#dispatch.cut(number, 0, watermark, whole);
    return number;
  }

  /** Takes no rows while too many wait for answers from outside. */
  holdBack(heldBack: boolean): void {
    this.#heldBack = heldBack;
  }

  #choose(): number {
    let best = -1;
    if (this.#heldBack) return best;
    this.#sources.forEach(({ input, clock }, source) => {
      if (this.#progress[source].ended || !input.ready) return;
      if (best < 0 || clock.watermark < this.#sources[best].clock.watermark) best = source;
    });
    return best;
  }

  #take(source: number): void {
    const { id, input } = this.#sources[source], taken = input.take(), number = this.#next(source, taken.to);
    if (taken.end) {
      this.#progress[source].ended = true;
      this.#order.append({ kind: "end", number, source: id });
      this.#dispatch.mark(number, source, Infinity);
    } else {
      const late = this.#dispatch.wantsLate(source);
      this.#order.append({ kind: "chunk", number, source: id, from: taken.from, to: taken.to, late });
      this.#dispatch.chunk(number, source, taken, late);
    }
  }

  #next(source: number, to: number): number {
    const number = ++this.#number;
    this.#inFlight.set(number, { source, to });
    if (source >= 0) this.#progress[source].inFlight++;
    return number;
  }

  /** The number and all before it have had their effect. */
  finished(number: number): void {
    const { source, to } = this.#inFlight.get(number)!;
    this.#inFlight.delete(number);
    if (source < 0) return;
    const progress = this.#progress[source];
    progress.inFlight--;
    if (to < 0) return;
    if (progress.inFlight === 0) this.#silentFromNow(source);
    this.#sources[source].input.release(to);
  }

  #silentFromNow(source: number): void {
    this.#progress[source].silentSinceMs = this.#clock.monotonic();
    this.#progress[source].silentWatermark = this.#sources[source].clock.watermark;
  }

  /**
   * Advances the watermark of sources that had credit and gave nothing for their idle timeout by the wall-clock time that has
   * passed since: never a jump to now, so that a replay of old data stays in its time. A source whose rows are on their way, or
   * whose producers are refused, is not idle.
   */
  idleTick(): void {
    if (this.#paused || this.#replay) return;
    this.#sources.forEach(({ id, input, clock, idleTimeoutMs }, source) => {
      const progress = this.#progress[source];
      if (idleTimeoutMs === 0 || progress.ended || progress.inFlight > 0 || input.ready) return;
      if (input.refusing) this.#silentFromNow(source);
      const silentMs = Math.floor(this.#clock.monotonic() - progress.silentSinceMs);
      if (clock.watermark === -Infinity || silentMs < idleTimeoutMs || this.#inFlight.size >= this.#window) return;
      const watermark = progress.silentWatermark + silentMs, number = this.#next(source, -1);
      this.#order.append({ kind: "idle", number, source: id, watermark });
      this.#dispatch.mark(number, source, watermark);
    });
  }

  /** A table outside has answered: what it said is in the order before it has an effect. A full window does not keep it waiting. */
  answer(operator: number, record: Omit<LookupRecord, "kind" | "number">): void {
    const numbered: LookupRecord = { kind: "lookup", number: this.#next(-1, -1), ...record };
    this.#order.append(numbered);
    this.#dispatch.answer(operator, numbered);
  }

  /**
   * An interval of early results has ended by the wall clock. While one before it is under way, or nothing fits into the
   * window, none is told: results that come too seldom are what a slow sink gets. Behind the end of all sources nothing is early.
   */
  tick(nowMs: number): void {
    if (this.#paused || this.#replay || this.#inFlight.size >= this.#window) return;
    if (this.#progress.every(({ ended }) => ended)) return;
    if (this.#inFlight.values().some(({ source }) => source < 0)) return;
    const number = this.#next(-1, -1);
    this.#order.append({ kind: "tick", number, nowMs });
    this.#dispatch.tick(number, nowMs);
  }
}
