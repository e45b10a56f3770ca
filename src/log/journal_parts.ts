import {
  JOURNAL_CACHE_BYTES_MAX,
  JOURNAL_RECENT_BYTES_MAX,
  JOURNAL_RETAINED_BYTES_MAX,
  JOURNALS_RETAINED_BYTES_MAX,
  LOG_UNREAD_BYTES_MAX,
  PRODUCER_ANSWERS_MAX,
  PRODUCERS_MAX,
} from "../core/limits.ts";
import type { Clock } from "../core/clock.ts";
import type { LogRecord } from "../log.ts";
import { Ages } from "./ages.ts";
import type { ArrivalClock } from "./arrival_clock.ts";
import type { Segment, SegmentParts } from "./segment_files.ts";
import type { SegmentLog } from "./segment_log.ts";

/** What a journal may hold; the limits of the engine unless told otherwise. */
export interface JournalBounds {
  readonly unreadBytesMax: number;
  /** On disk, of what every reader is done with. */
  readonly retainedBytesMax: number;
  /** Of all journals that share their room for that. */
  readonly allRetainedBytesMax: number;
  /** In memory, of the same. */
  readonly cacheBytesMax: number;
  /** In memory, of what readers of partitions have read from disk. */
  readonly recentBytesMax: number;
  readonly producersMax: number;
  readonly answersMax: number;
}

export interface JournalParts {
  readonly segments: Omit<SegmentParts, "now">;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  readonly bounds?: Partial<JournalBounds>;
  /** What several journals retain together. */
  readonly shared: { bytes: number };
  /** Called when a new segment is there, whose first row has this offset. */
  readonly made?: (first: number) => void;
}

const DEFAULT_BOUNDS: JournalBounds = {
  unreadBytesMax: LOG_UNREAD_BYTES_MAX,
  retainedBytesMax: JOURNAL_RETAINED_BYTES_MAX,
  allRetainedBytesMax: JOURNALS_RETAINED_BYTES_MAX,
  cacheBytesMax: JOURNAL_CACHE_BYTES_MAX,
  recentBytesMax: JOURNAL_RECENT_BYTES_MAX,
  producersMax: PRODUCERS_MAX,
  answersMax: PRODUCER_ANSWERS_MAX,
};

export function boundsOf({ bounds }: JournalParts): JournalBounds {
  return { ...DEFAULT_BOUNDS, ...bounds };
}

/** What the segments of a journal are made with: they are as old as the rows in them, whatever the wall clock says meanwhile. */
export function segmentsOf({ segments }: JournalParts, arrivals: ArrivalClock): SegmentParts {
  return { ...segments, now: () => arrivals.now() };
}

/**
 * The text of a record: who sent it, which of theirs it is, its content's digest, and the answer; of which partitions how many rows are, by turns, unless all
 * are of the first.
 */
export interface RecordText<Answer = unknown> {
  readonly p?: string;
  readonly e?: number;
  readonly s?: number;
  readonly d?: string;
  readonly x?: true;
  readonly a?: Answer;
  readonly n?: readonly (readonly [partition: number, rows: number])[];
}

export function readText<Answer>(text: Uint8Array): RecordText<Answer> | null {
  return text.length === 0 ? null : JSON.parse(new TextDecoder().decode(text)) as RecordText<Answer>;
}

interface Content {
  bytes: number;
  /** When the newest of it came, monotonic. */
  newestMs: number;
}

/** Says which segments of a journal may go: those that nobody needs, when they are too many bytes or too old. */
export class Retention {
  forMs = Infinity;
  /** Null: the journal's bound. */
  bytesMax: number | null = null;
  readonly #parts: JournalParts;
  readonly #bounds: JournalBounds;
  readonly #log: SegmentLog;
  readonly #ages: Ages;
  /** Of segments that were written by this process. */
  readonly #contents = new Map<Segment, Content>();
  /** Segments that have been given up and are still there. */
  #gone = 0;
  #retainedBytes = 0;

  constructor(parts: JournalParts, bounds: JournalBounds, log: SegmentLog) {
    this.#ages = new Ages(parts.clock);
    this.#parts = parts;
    this.#bounds = bounds;
    this.#log = log;
  }

  /** First offset that is kept, or null when nothing ever was. */
  get start(): number | null {
    return this.#log.segments[this.#gone]?.first ?? null;
  }

  get gone(): number {
    return this.#gone;
  }

  add(segment: Segment, { bytes }: LogRecord): void {
    const content = this.#contents.get(segment), newestMs = this.#parts.clock.monotonic();
    if (content) {
      content.bytes += bytes;
      content.newestMs = newestMs;
    } else this.#contents.set(segment, { bytes, newestMs });
  }

  /** Gives up what lies before `needed`, as far as the bounds say so; whether that was anything. `end`: behind the newest row. */
  trim(needed: number, end: number): boolean {
    const { segments } = this.#log, before = this.#gone;
    const free = (i: number) => i < segments.length - 1 && segments[i + 1].first <= needed;
    let bytes = 0;
    for (let i = this.#gone; free(i); i++) bytes += this.#bytesOf(i);
    // The segment that is written on stays; what it has counts all the same.
    if (needed === end) bytes += this.#contents.get(segments.at(-1)!)?.bytes ?? 0;
    const others = this.#parts.shared.bytes - this.#retainedBytes;
    const own = this.bytesMax ?? this.#bounds.retainedBytesMax;
    const most = Math.min(own, Math.max(0, this.#bounds.allRetainedBytesMax - others));
    while (free(this.#gone)) {
      if (bytes <= most && this.#ageOf(this.#gone) <= this.forMs) break;
      bytes -= this.#bytesOf(this.#gone);
      this.#gone++;
    }
    this.#share(bytes);
    return this.#gone > before;
  }

  #bytesOf(i: number): number {
    const segment = this.#log.segments[i];
    return this.#contents.get(segment)?.bytes ?? segment.capacity;
  }

  /** Of the newest that a segment has. */
  #ageOf(i: number): number {
    const { segments } = this.#log, content = this.#contents.get(segments[i]);
    // Of a segment that an earlier process has written, the next one tells when it was full.
    return content ? this.#ages.since(content.newestMs) : this.#ages.before(segments[i + 1].madeMs);
  }

  /** Says to the other journals how much this one retains. */
  #share(bytes: number): void {
    this.#parts.shared.bytes += bytes - this.#retainedBytes;
    this.#retainedBytes = bytes;
  }

  /** How many segments are to be dropped; they count as dropped. */
  take(): number {
    const gone = this.#gone;
    for (const segment of this.#log.segments.slice(0, gone)) this.#contents.delete(segment);
    this.#gone = 0;
    return gone;
  }

  close(): void {
    this.#share(0);
  }
}

/** What a journal does when its segments change. */
interface Hooked {
  rolled(): void;
  beforeReplace(): Promise<void>;
}

/** What segments call of a journal that is not there yet when they are made. */
export function hooksOf(journal: () => Hooked) {
  return { rolled: () => journal().rolled(), beforeReplace: () => journal().beforeReplace() };
}
