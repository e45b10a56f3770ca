import type { Clock } from "../../core/clock.ts";
import { RdxError } from "../../core/errors.ts";
import {
  DEAD_REPLAY_READ_BYTES,
  DEAD_REPLAY_READ_ROWS,
  DEAD_REPLAY_ROWS_MAX,
  DEAD_REPLAY_TURN_ROWS,
  INGEST_ERRORS_MAX,
} from "../../core/limits.ts";
import type { DeadFilter, DeadLetterService, DeadPage, DeadReasons, DeadReplay } from "../service.ts";
import type { Stream } from "../stream.ts";
import { type IdRange, lastVerdict } from "../verdict.ts";
import { type LetterView, matcher, takesAll } from "./letter.ts";
import { EMPTY_PAGE, pageOf, type PageQuery } from "./page.ts";
import { ReasonCounts } from "./reasons.ts";
import { type DeadOf, tryAgain } from "./replay.ts";
import { Retries, type Waiting } from "./retries.ts";
import { scanOpen, type ScanParts } from "./scan.ts";
import { rangesOf, Settled, type SettledStore, union } from "./settled.ts";

/** What dead letters need of the streams that there are. */
export interface DeadParts {
  readonly clock: Clock;
  /** Throws not_found. */
  stream(name: string): Stream;
  /** The stream that takes the bad rows of another, if there is one. */
  deadOf(stream: Stream): Stream | null;
  /** Names a dead-letter stream for good: no other ever has it. */
  nameOf(dead: Stream): string;
  /** All that there are. */
  streams(): Iterable<Stream>;
  /** Something is to be known by those who run this. */
  said(what: string): void;
  /** What is noted of it, and where more of it is; the latter null where nothing outlives the process. */
  noted(dead: Stream): { readonly ranges: readonly IdRange[]; readonly store: SettledStore | null };
}

interface Opened {
  readonly dead: Stream;
  readonly settled: Settled;
  readonly producer: string;
  readonly counts: ReasonCounts;
  /** What is replayed or discarded, one after the other. */
  turn: Promise<unknown>;
}

/** Lists dead letters, tries them again and discards them. */
export class DeadLetters implements DeadLetterService {
  readonly #parts: DeadParts;
  readonly #opened = new WeakMap<Stream, Promise<Opened>>();

  /** Tries letters again by the clock. */
  readonly retries: Retries;

  constructor(parts: DeadParts) {
    this.#parts = parts;
    this.retries = new Retries(parts.clock, () => this.#waiting(), parts.said);
  }

  /** The streams whose dead letters are tried again by themselves. */
  async *#waiting(): AsyncGenerator<Waiting> {
    for (const stream of [...this.#parts.streams()]) {
      const opened = stream.retryMs.length > 0 ? await this.#open(stream) : null;
      if (!opened) continue;
      const again = (ids: readonly number[]) => this.replay(stream.name, { ids });
      yield { stream, scan: this.#scan(opened), again };
    }
  }

  async list(name: string, query: PageQuery): Promise<DeadPage> {
    const stream = this.#parts.stream(name), opened = await this.#open(stream);
    if (!opened) return EMPTY_PAGE;
    return await pageOf(this.#scan(opened), query, stream.retryMs);
  }

  async reasons(name: string, filter: DeadFilter): Promise<DeadReasons> {
    const opened = await this.#open(this.#parts.stream(name));
    if (!opened) return { rows: 0, complete: true, reasons: [] };
    return await opened.counts.of(this.#scan(opened), filter);
  }

  /** How many of a stream are open; counts those that nothing was done with as open until somebody looked. */
  openOf(stream: Stream): number {
    const dead = this.#parts.deadOf(stream);
    if (!dead) return 0;
    const { start, end } = dead.log, known = this.#settledOf.get(dead);
    return end - start - (known?.count(start, end) ?? 0);
  }

  readonly #settledOf = new WeakMap<Stream, Settled>();

  async replay(name: string, filter: DeadFilter): Promise<DeadReplay> {
    const stream = this.#parts.stream(name), opened = await this.#open(stream);
    if (!opened) return new Replayed(0).answer(false);
    return await inTurn(opened, () => this.#replay(stream, opened, filter));
  }

  async #replay(stream: Stream, opened: Opened, filter: DeadFilter): Promise<DeadReplay> {
    if (stream.log.ended) {
      throw new RdxError(
        "conflict",
        `Stream ${stream.name} has ended and takes no more rows: its dead rows can be discarded`,
      );
    }
    const matches = matcher(filter), { log } = opened.dead, to = endOf(filter, log.end), once = new Replayed(to);
    const mayEnter = (letter: LetterView) => filter.pipeline !== undefined || isAlone(stream, letter.pipeline);
    opened.settled.checkRoom();
    let from = startOf(filter, log.start);
    while (from < to && !once.full) {
      const letters: LetterView[] = [];
      let bytes = 0;
      from = await scanOpen(this.#scan(opened), from, to, (letter) => {
        if (!matches(letter)) return true;
        if (!mayEnter(letter)) once.skipped++;
        else if (letters.push(letter) > 0) bytes += letter.rawBytes;
        return letters.length < once.room && bytes < DEAD_REPLAY_READ_BYTES;
      });
      for (let at = 0; at < letters.length; at += DEAD_REPLAY_TURN_ROWS) {
        const turn = letters.slice(at, at + DEAD_REPLAY_TURN_ROWS);
        if (!await this.#turn({ ...opened, stream }, turn, once)) return once.answer(true);
      }
    }
    return once.answer(once.full && from < to);
  }

  /** Returns false when there is no room for more now. Throws what goes wrong before anything was done. */
  async #turn(of: DeadOf, letters: readonly LetterView[], once: Replayed): Promise<boolean> {
    try {
      const failed = await tryAgain(of, letters);
      once.add(letters.length - failed.length, failed);
      return true;
    } catch (thrown) {
      if (once.rows === 0 || !(thrown instanceof RdxError) || thrown.code !== "busy") throw thrown;
      return false;
    }
  }

  async discard(name: string, filter: DeadFilter): Promise<{ discarded: number }> {
    const opened = await this.#open(this.#parts.stream(name));
    if (!opened) return { discarded: 0 };
    return await inTurn(opened, () => this.#discard(opened, filter));
  }

  async #discard(opened: Opened, filter: DeadFilter): Promise<{ discarded: number }> {
    const { dead: { log }, settled } = opened, { start, end } = log;
    if (takesAll(filter)) {
      const discarded = end - start - settled.count(start, end);
      settled.add([[0, end]]);
      return { discarded };
    }
    const matches = matcher(filter);
    let ids: number[] = [], ranges: IdRange[] = [], discarded = 0;
    settled.checkRoom();
    await scanOpen(this.#scan(opened), startOf(filter, start), endOf(filter, end), (letter) => {
      if (!matches(letter)) return true;
      discarded++;
      if (ids.push(letter.id) >= DEAD_REPLAY_TURN_ROWS) {
        ranges = union(ranges, rangesOf(ids));
        ids = [];
      }
      return true;
    });
    settled.add(union(ranges, rangesOf(ids)));
    return { discarded };
  }

  /** The dead letters of a stream with what is settled of them, or null where it has none. */
  #open(stream: Stream): Promise<Opened | null> {
    const dead = this.#parts.deadOf(stream);
    if (!dead) return Promise.resolve(null);
    let opened = this.#opened.get(dead);
    if (!opened) {
      opened = this.#find(stream, dead);
      this.#opened.set(dead, opened);
      opened.catch(() => this.#opened.delete(dead));
    }
    return opened;
  }

  /** What the last records of what was tried again have settled may not be noted: a crash came between. */
  async #find(stream: Stream, dead: Stream): Promise<Opened> {
    const producer = `replay ${this.#parts.nameOf(dead)}`, { ranges, store } = this.#parts.noted(dead);
    const settled = new Settled(ranges, store);
    for (const { log } of [stream, dead]) {
      const verdict = await lastVerdict(log, producer);
      if (verdict && "answer" in verdict && verdict.settled) settled.add(verdict.settled);
    }
    this.#settledOf.set(dead, settled);
    return { dead, settled, producer, counts: new ReasonCounts(), turn: Promise.resolve() };
  }

  /** Finds out what an earlier process has settled, and goes on with what it was to try again. */
  async recover(): Promise<void> {
    for (const stream of this.#parts.streams()) {
      await this.#open(stream);
      if (stream.retryMs.length > 0) this.retries.kick();
    }
  }

  #scan({ dead: { log }, settled }: Opened): ScanParts {
    return { log, settled, clock: this.#parts.clock };
  }
}

function inTurn<T>(opened: Opened, work: () => Promise<T>): Promise<T> {
  const turn = opened.turn.then(work);
  opened.turn = turn.catch(() => {});
  return turn;
}

/** Whether nobody but `pipeline` reads the stream. A row that it left out is in the stream, and others have taken it. */
function isAlone({ readers }: Stream, pipeline: string | null): boolean {
  return pipeline === null || [...readers].every((reader) => reader === pipeline);
}

/** Ids bound where to look. */
function startOf({ ids }: DeadFilter, start: number): number {
  return ids ? Math.max(start, ids.reduce((least, id) => Math.min(least, id), Infinity)) : start;
}

function endOf({ ids, before = Infinity }: DeadFilter, end: number): number {
  const last = ids ? ids.reduce((most, id) => Math.max(most, id), -1) + 1 : Infinity;
  return Math.min(end, before, last);
}

/** What one call has come to. */
class Replayed {
  #replayed = 0;
  #failed = 0;
  skipped = 0;
  readonly #before: number;
  readonly #errors: DeadReplay["errors"][number][] = [];

  /** `before`: what was dead when it began has lesser ids. */
  constructor(before: number) {
    this.#before = before;
  }

  get rows(): number {
    return this.#replayed + this.#failed;
  }

  get room(): number {
    return Math.min(DEAD_REPLAY_READ_ROWS, DEAD_REPLAY_ROWS_MAX - this.rows);
  }

  get full(): boolean {
    return this.rows >= DEAD_REPLAY_ROWS_MAX;
  }

  add(replayed: number, failed: Awaited<ReturnType<typeof tryAgain>>): void {
    this.#replayed += replayed;
    this.#failed += failed.length;
    for (const { letter: { id }, field, reason } of failed) {
      if (this.#errors.length >= INGEST_ERRORS_MAX) break;
      this.#errors.push({ id, ...(field === null ? {} : { field }), reason });
    }
  }

  answer(more: boolean): DeadReplay {
    return {
      replayed: this.#replayed,
      failed: this.#failed,
      skipped: this.skipped,
      more,
      before: this.#before,
      errors: this.#errors,
    };
  }
}
