import type { Clock } from "../core/clock.ts";
import type { SourceClock } from "../core/watermark.ts";
import { RdxError } from "../core/errors.ts";
import type { LookupRecord, OrderLog, OrderRecord, OrderReplay } from "../log.ts";
import type { QuarantinedChunk } from "../store.ts";
import type { PipelineInput, Taken } from "./input.ts";
import { isLeftOut } from "./quarantine.ts";

/** A source of the pipeline, with its event time as the main thread knows it. */
export interface SequencedSource {
  readonly id: string;
  /** What the partitions of one stream have in common; others have it alone. */
  readonly stream: string;
  readonly input: PipelineInput;
  readonly clock: SourceClock;
  readonly idleTimeoutMs: number;
  /** Its event time is the time of arrival. */
  readonly byArrival: boolean;
}

/** Where numbered steps go. */
export interface Dispatch {
  /** Whether late rows of the source are wanted. */
  wantsLate(source: number): boolean;
  /** How much of the usual length the next range of the source is to have. */
  shareOf(source: number): number;
  chunk(number: number, source: number, taken: Taken, late: boolean): void;
  /** A chunk that no task may see: its number is nothing but a mark of what its source has reached. */
  leaveOut(number: number, source: number, taken: Taken, watermark: number, out: QuarantinedChunk): void;
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
  /** Numbers of it that are not finished: with rows or its end, and marks. */
  inFlight: number;
  marks: number;
  ended: boolean;
  /** Since when it has had credit and given nothing. */
  silentSinceMs: number;
  /** What its watermark was at a time from which on nothing but time has moved it. */
  silentWatermark: number;
  stoodSinceMs: number;
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
  /** The number up to which this plan goes; another goes on from there, also where nothing is to be done again. */
  readonly #until: number;
  /** Chunks that are not done again, by their numbers. */
  readonly #out: ReadonlyMap<number, QuarantinedChunk>;
  #heldBack = false;
  #near = false;
  readonly #nearWindow: number;

  constructor(
    sources: readonly SequencedSource[],
    dispatch: Dispatch,
    options: {
      readonly window: number;
      /** The same while a cut is near; default `window`. */
      readonly nearWindow?: number;
      readonly clock: Clock;
      readonly order: OrderLog;
      readonly after: number;
      readonly replay?: OrderReplay | null;
      readonly until?: number;
      readonly quarantined?: readonly QuarantinedChunk[];
    },
  ) {
    this.#sources = sources;
    this.#dispatch = dispatch;
    this.#window = options.window;
    this.#nearWindow = Math.min(options.nearWindow ?? Infinity, options.window);
    this.#clock = options.clock;
    this.#order = options.order;
    this.#number = options.after;
    this.#replay = options.replay ?? null;
    this.#until = options.until ?? Infinity;
    this.#out = new Map(options.quarantined?.map((chunk) => [chunk.number, chunk]));
    if (this.#replay && this.#replay.last <= options.after) this.#replay = null;
    this.#progress = sources.map(({ clock }) => ({
      inFlight: 0,
      marks: 0,
      // An earlier deployment may have met the end already: its input will not give it again.
      ended: clock.ended,
      silentSinceMs: this.#clock.monotonic(),
      silentWatermark: clock.watermark,
      stoodSinceMs: this.#clock.monotonic(),
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
    if (!this.#near && this.#inFlight.size > this.#window / 2) return;
    const window = this.#near ? this.#nearWindow : this.#window;
    while (!this.#paused && this.#inFlight.size < window && this.#number < this.#until) {
      if (this.#replay) {
        if (!this.#repeat(this.#replay)) return;
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
      this.stood();
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
      const again = this.#sources[source].input.takeTo(record.to);
      if (!again) return false;
      // Of one partition, rows of others lie in front, and a restart may have begun behind them.
      const taken = { ...again, from: record.from };
      const out = this.#out.get(record.number), { watermark } = this.#sources[source].clock;
      const number = this.#next(source, taken.to);
      if (out && isLeftOut(record, out)) this.#dispatch.leaveOut(number, source, taken, watermark, out);
      else this.#dispatch.chunk(number, source, taken, record.late);
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

  /** Keeps less in flight until `near` is false: a cut is through sooner. */
  approach(near: boolean): void {
    this.#near = near;
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
    const { id, input } = this.#sources[source], taken = input.take(this.#dispatch.shareOf(source));
    const number = this.#next(source, taken.to);
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
    if (source >= 0) this.#progress[source][to < 0 ? "marks" : "inFlight"]++;
    return number;
  }

  /** The number and all before it have had their effect. */
  finished(number: number): void {
    const { source, to } = this.#inFlight.get(number)!;
    this.#inFlight.delete(number);
    if (source < 0) return;
    const progress = this.#progress[source];
    progress[to < 0 ? "marks" : "inFlight"]--;
    if (to < 0) return;
    if (progress.inFlight === 0) this.#silentFromNow(source);
    this.#sources[source].input.release(to);
  }

  /** The process stood still: what came meanwhile waits where nobody has looked yet, and no source was silent. */
  stood(): void {
    this.#sources.forEach((_, source) => this.#silentFromNow(source));
  }

  #silentFromNow(source: number): void {
    this.#progress[source].silentSinceMs = this.#clock.monotonic();
    this.#standsFromNow(source, this.#sources[source].clock.watermark);
  }

  #standsFromNow(source: number, watermark: number): void {
    this.#progress[source].stoodSinceMs = this.#clock.monotonic();
    this.#progress[source].silentWatermark = watermark;
  }

  /**
   * Leaves sources out that had credit and gave nothing for their idle timeout. Among the partitions of one stream such a one has the least watermark of those
   * that are not idle, whatever it had before. Where all are idle, watermarks advance by the wall-clock time that has passed since: never a jump to
   * now, so that a replay of old data stays in its time. A source whose rows are on their way, or whose producers are refused, is not idle. Of the time since something is on its
   * way to a log, nobody knows yet that nothing came: no silence is longer than up to there.
   */
  idleTick(): void {
    if (this.#paused || this.#replay || this.#number >= this.#until) return;
    const idle = this.#sources.map((_, source) => this.#isIdle(source));
    this.#sources.forEach(({ id, clock }, source) => {
      if (!idle[source] || this.#progress[source].marks > 0 || this.#inFlight.size >= this.#window) return;
      const watermark = this.#idleWatermark(source, idle);
      if (watermark <= clock.watermark) return;
      const number = this.#next(source, -1);
      this.#order.append({ kind: "idle", number, source: id, watermark });
      this.#dispatch.mark(number, source, watermark);
    });
  }

  /** Whether a source, by its id, has had credit and given nothing for its idle timeout. */
  isIdle(id: string): boolean {
    const source = this.#sources.findIndex((one) => one.id === id);
    return source >= 0 && !this.#replay && this.#isIdle(source);
  }

  #isIdle(source: number): boolean {
    const { input, idleTimeoutMs } = this.#sources[source], progress = this.#progress[source];
    if (idleTimeoutMs === 0 || progress.ended || progress.inFlight > 0 || input.ready) return false;
    if (input.refusing) this.#silentFromNow(source);
    if (Math.floor(this.#heardMs(source) - progress.silentSinceMs) < idleTimeoutMs) return false;
    return !input.reading || this.#isAheadOfAnother(source);
  }

  /** Up to when all that has come to a source can be taken. */
  #heardMs(source: number): number {
    return Math.min(this.#clock.monotonic(), this.#sources[source].input.underWaySinceMs);
  }

  /**
   * Whether a partition, of which it is not known yet what it has next, is further on in the log than one of the same stream that has rows, or may have some: the time of that
   * one makes none of its rows late that was not so in the order of the log.
   */
  #isAheadOfAnother(source: number): boolean {
    const { stream, input: { offset } } = this.#sources[source];
    return this.#sources.some(({ stream: other, input }, i) => {
      if (i === source || other !== stream || this.#progress[i].ended) return false;
      if (this.#progress[i].inFlight === 0 && !input.ready && !input.reading) return false;
      return input.offset < offset || (input.offset === offset && i < source);
    });
  }

  /** Of an idle source; −Infinity when nothing is known of time. */
  #idleWatermark(source: number, idle: readonly boolean[]): number {
    const { stream } = this.#sources[source],
      others = this.#sources.keys().toArray().filter((other) =>
        other !== source && this.#sources[other].stream === stream && !this.#progress[other].ended
      );
    const live = others.filter((other) => !idle[other]);
    if (live.length > 0) {
      const least = Math.min(...live.map((other) => this.#sources[other].clock.watermark));
      this.#standsFromNow(source, Math.max(least, this.#sources[source].clock.watermark));
      return least;
    }
    const own = this.#passed(source);
    if (own > -Infinity) return own;
    // A partition to which no row ever came has no time of its own.
    const known = others.map((other) => this.#passed(other)).filter(Number.isFinite);
    return known.length === 0 ? -Infinity : Math.min(...known);
  }

  /** Where the watermark of a source is by the time that has passed. Times of arrival may go on slower than that, and what arrives next is not to be late. */
  #passed(source: number): number {
    const { silentWatermark, stoodSinceMs } = this.#progress[source],
      { byArrival, input, clock } = this.#sources[source];
    const passed = silentWatermark + Math.floor(this.#heardMs(source) - stoodSinceMs);
    return byArrival ? Math.min(passed, input.nextArrivalMs - clock.delayMs) : passed;
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
    if (this.#paused || this.#replay || this.#number >= this.#until || this.#inFlight.size >= this.#window) return;
    if (this.#progress.every(({ ended }) => ended)) return;
    if (this.#inFlight.values().some(({ source }) => source < 0)) return;
    const number = this.#next(-1, -1);
    this.#order.append({ kind: "tick", number, nowMs });
    this.#dispatch.tick(number, nowMs);
  }
}
