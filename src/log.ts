import type { Column } from "./core/schema.ts";

/**
 * Everything that enters is a record of a replayable, partitioned log.
 *
 * A record is what one request brought: all of its rows or none. It carries decoded columns (frames, see
 * core/frame.ts), so that whoever reads the log later, once or many times, decodes nothing. Offsets count rows.
 *
 * A log has one partition or several, numbered from 0. The rows of a partition have an order, a reader and (in each pipeline) a watermark of
 * their own, so that one that lags or is silent does not make the others late. A record is atomic also where its rows are of several
 * partitions: they lie in it one partition behind the other, and are written and synced as one. Hence offsets are those of the log: each row has one,
 * whatever its partition; within a partition they ascend, with gaps where rows of others lie. All that goes by offsets or by records (what producers
 * are answered, their numbers, holds, retention, times of arrival, dead letters) is one for all partitions.
 */
export interface LogRecord {
  /** Offset of the first row; the next record's is `offset + rows`. */
  readonly offset: number;
  readonly rows: number;
  /** `rows`: data · `end`: nothing follows, the watermark becomes +∞. */
  readonly kind: "rows" | "end";
  /** The rows, at most BATCH_ROWS_MAX in each frame. Never changed after the append; readers copy. */
  readonly frames: readonly ArrayBuffer[];
  /** Version of the stream's schema under which the frames were decoded. */
  readonly schema: number;
  /** Wall clock at the append, epoch ms: the event time of streams that declare none. It never goes back, even when the wall clock does; see Arrivals. */
  readonly arrivalMs: number;
  /** Bytes of the frames. */
  readonly bytes: number;
  /** Frames that came with the rows and belong elsewhere, such as rows that could not be taken. */
  readonly aside: readonly ArrayBuffer[];
  /** Of which partitions the rows are, in their order; absent: all of partition 0. */
  readonly partitions?: readonly PartitionRows[];
}

/** The next rows of a record, in frames of their own, that are of one partition. */
export interface PartitionRows {
  readonly partition: number;
  readonly rows: number;
}

/** The partitions whose numbers modulo `count` are `index`: of `count` readers each partition has one, also of a log that got more partitions since. */
export interface PartitionShare {
  readonly index: number;
  readonly count: number;
}

/** Who sent a batch and which of theirs it is. */
export interface ProducerMark {
  readonly producer: string;
  /** From 0, without gaps; of a sparse mark, more than the one before. */
  readonly sequence: number;
  /** What `hello` has given; 0 of producers that never said it. */
  readonly epoch?: number;
  /** Numbers may be left out: what is not above the last one is a repetition, whatever its content. */
  readonly sparse?: true;
  /** Identifies the content, so that other content under a used number is refused. */
  readonly digest: string;
}

/** Frames one behind the other, each filled up with zeros to a multiple of 8, made fewer bytes together. */
export interface PackedFrames {
  /** Filled up with zeros to a multiple of 8. */
  readonly buffer: ArrayBuffer;
  readonly length: number;
  /** CRC-32C of all of the buffer. */
  readonly sum: number;
}

/** What is to be appended; offset and arrival come from the log. */
export interface LogEntry<Answer> {
  readonly kind: "rows" | "end";
  readonly rows: number;
  readonly frames: readonly ArrayBuffer[];
  /** CRC-32C of each frame, if somebody has computed them: a log that wants them does not go through the bytes once more. */
  readonly sums?: readonly number[];
  /** The frames as a log that packs writes them, if somebody has packed them for it. */
  readonly packed?: PackedFrames | null;
  readonly schema: number;
  /** Kept in the record, for whoever brings them where they belong: a crash between the two loses nothing. */
  readonly aside?: readonly ArrayBuffer[];
  /** As in the record: they have all rows, and each at least one. */
  readonly partitions?: readonly PartitionRows[];
  /** With a mark, a repetition is not stored again: its first answer comes back. */
  readonly mark?: ProducerMark;
  /** Makes the answer for the producer, once the offset is known; it is kept beside the mark. Plain data, as JSON can say it. */
  answer(offset: number): Answer;
}

export interface Appended<Answer> {
  readonly duplicate: boolean;
  readonly answer: Answer;
}

/**
 * Reads all of a log, or some of its partitions, from an offset on. What a reader has not released is kept. Of a record that has rows of other partitions too,
 * a reader of some gets a record of those alone, one for each partition.
 */
export interface LogReader {
  /** Offset of the next record that `next` gives; as long as none is known, of what it comes behind. */
  readonly position: number;
  /** Whether `next` gives something now. While older records are read from where they are kept, it does not: `onChange` tells when it does. */
  readonly ready: boolean;
  /** The next record without waiting, or null when there is none now. Throws RdxError("invalid") for one that is kept and cannot be read. */
  next(): LogRecord | null;
  /** Records up to (not including) `offset` are no longer needed by this reader. */
  release(offset: number): void;
  close(): void;
}

export interface LogHold {
  move(offset: number): void;
  close(): void;
}

/** A power cut · the death of the process · nothing. */
export type Durability = "fsync" | "os" | "none";

/**
 * Times of arrival in one log, epoch ms. They never go back: when the wall clock is set back they go on from where they are, somewhat slower than time passes, until it has come
 * up with them.
 */
export interface Arrivals {
  /** Of rows that are appended now. */
  now(): number;
  /** No row that is appended from now on arrives before `timeMs`: somebody has counted on that. */
  raise(timeMs: number): void;
  /** By how much they are ahead of the wall clock; 0: they are not. */
  readonly aheadMs: number;
}

/** The log of one stream. Answers are what the appender wants to give its producers again at a repetition. */
export interface Log<Answer> {
  /** Offset after the last row. */
  readonly end: number;
  /** Offset of the oldest row that can still be read. */
  readonly start: number;
  /** Bytes that some reader has not released. */
  readonly unreadBytes: number;
  readonly ended: boolean;
  /** What an acknowledged record survives. */
  readonly durability: Durability;
  /** It packs what it writes: frames may come packed. Absent: no. */
  readonly packs?: boolean;
  /** Why it takes nothing any more, or null. */
  readonly failure: string | null;
  readonly arrivals: Arrivals;
  /** Offset of the newest record that has frames aside, −1: none has. */
  readonly newestAside: number;
  /**
   * Whether a body of `bytes` can be taken now. Checked before decoding, so that a refusal costs nothing and uses no sequence number.
   */
  hasRoom(bytes: number): boolean;
  /**
   * Appends one record, atomically; it has its place in the order when the call returns, and the promise resolves when it is as durable as this log makes it
   * and readers have it. A repetition resolves when the first is.
   * Throws RdxError("conflict") for a gap (`extra.expected`), for other content under a used number, for an epoch that `hello` has ended (`extra.epoch`) and after the
   * end; RdxError("busy") when unread bytes reach their bound; "no_space" when the disk is full, and nothing was stored then; "closing" when it takes nothing any more.
   */
  append(entry: LogEntry<Answer>): Promise<Appended<Answer>>;
  /** Ends the epochs of a producer before a new one; resolves to it, durably, and to the number that comes next. */
  hello(producer: string): Promise<{ readonly epoch: number; readonly next: number }>;
  /** The last number that a producer has used, −1: none. */
  lastOf(producer: string): number;
  /** Keeps what lies behind `offset`, released or not, until it is moved on or closed. */
  hold(offset: number): LogHold;
  /** A reader at `from`: an offset, `earliest` that is kept, or `latest`. With `only`, of these partitions alone. */
  reader(from: number | "earliest" | "latest", only?: PartitionShare): LogReader;
  /** Offset of the first row that is kept and arrived at `timeMs` (epoch ms) or later; the end when there is none. */
  offsetAt(timeMs: number): Promise<number>;
  /**
   * From now on, rows that every reader is done with leave this long after they came, and the oldest of them when there are more bytes than this; null: when
   * the log's bound says so.
   */
  retain(forMs: number | null, bytesMax?: number | null): void;
  /** Calls back after each append and each release, and when a reader has got what it reads from elsewhere; the returned function ends that. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** Makes the log of a new stream. */
export type LogFactory = <Answer>(stream: string, columns: readonly Column[]) => Log<Answer>;

/**
 * One step of a pipeline's order. The sequencer writes each down before any effect of it can leave: same plan + same
 * log + same order = same bytes out.
 */
export type OrderRecord =
  | {
    readonly kind: "chunk";
    readonly number: number;
    readonly source: string;
    readonly from: number;
    readonly to: number;
    /** Late rows of it were wanted. */
    readonly late: boolean;
  }
  | { readonly kind: "idle"; readonly number: number; readonly source: string; readonly watermark: number }
  | { readonly kind: "end"; readonly number: number; readonly source: string }
  /** An interval of early results has ended by the wall clock, epoch ms. */
  | { readonly kind: "tick"; readonly number: number; readonly nowMs: number }
  /** What a table outside has said: a replay that takes it from here asks nobody. */
  | LookupRecord;

export interface LookupRecord {
  readonly kind: "lookup";
  readonly number: number;
  readonly node: string;
  /** Counts the questions of the node, from 1. */
  readonly request: number;
  /** A frame of the keys that were asked for. */
  readonly keys: ArrayBuffer;
  /** As lookup.ts says; null: there is no answer. */
  readonly frames: readonly ArrayBuffer[] | null;
  readonly failure: string | null;
  /** Wall clock, epoch ms. */
  readonly nowMs: number;
}

/** Where the order is written down. */
export interface OrderLog {
  append(record: OrderRecord): void;
  /** Resolves when the records up to `number` are as durable as this log makes them, and rejects when they never will be; null: they are. */
  durable(number: number): Promise<void> | null;
  /** Reads what is durable of it from the number behind `after` on. Absent: nothing is kept. */
  replay?(after: number): OrderReplay;
  /** Records up to `number` are not done again any more: they may go. Absent: nothing is kept anyway. */
  drop?(number: number): void;
  /** Resolves when all that was appended is written, or cannot be. */
  close(): Promise<void>;
}

/** What an earlier process has written down of an order, to be done again. */
export interface OrderReplay {
  /** The last number. */
  readonly last: number;
  /** The next record without waiting, or null when none has been read yet. Throws RdxError("invalid") for one that is kept and cannot be read. */
  peek(): OrderRecord | null;
  /** Goes on behind the record that `peek` gives. */
  shift(): void;
  /** Calls back when `peek` has something again; the returned function ends that. */
  onReady(listener: () => void): () => void;
  close(): void;
}

/** An order that an earlier process has left. */
export interface OpenedOrder {
  readonly order: OrderLog;
  /** The first number that it still has (1: all are there), and the last. */
  readonly first: number;
  readonly last: number;
  /** Reads it from the number behind `after` on. */
  replay(after: number): OrderReplay;
  /** Behind the last row that was taken of each source. */
  readonly ends: ReadonlyMap<string, number>;
  /** Up to when nothing came from each source that was idle, by the last of its idle marks. */
  readonly idle: ReadonlyMap<string, number>;
}
