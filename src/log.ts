import type { Column } from "./core/schema.ts";

/**
 * Everything that enters is a record of a replayable, partitioned log.
 *
 * A record is what one request brought: all of its rows or none. It carries decoded columns (frames, see
 * core/frame.ts), so that whoever reads the log later, once or many times, decodes nothing. Offsets count rows.
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
  /** Wall clock at the append, epoch ms: the event time of streams that declare none. */
  readonly arrivalMs: number;
  /** Bytes of the frames. */
  readonly bytes: number;
}

/** Who sent a batch and which of theirs it is. */
export interface ProducerMark {
  readonly producer: string;
  /** From 0, without gaps. */
  readonly sequence: number;
  /** Identifies the content, so that other content under a used number is refused. */
  readonly digest: string;
}

/** What is to be appended; offset and arrival come from the log. */
export interface LogEntry<Answer> {
  readonly kind: "rows" | "end";
  readonly rows: number;
  readonly frames: readonly ArrayBuffer[];
  readonly schema: number;
  /** With a mark, a repetition is not stored again: its first answer comes back. */
  readonly mark?: ProducerMark;
  /** Makes the answer for the producer, once the offset is known; it is kept beside the mark. */
  answer(offset: number): Answer;
}

export interface Appended<Answer> {
  readonly duplicate: boolean;
  readonly answer: Answer;
}

/** Reads one partition from an offset on. What a reader has not released is kept. */
export interface LogReader {
  /** Offset of the next record that `next` gives. */
  readonly position: number;
  /** The next record without waiting, or null when there is none now. */
  next(): LogRecord | null;
  /** Records up to (not including) `offset` are no longer needed by this reader. */
  release(offset: number): void;
  close(): void;
}

/** One partition of one stream. Answers are what the appender wants to give its producers again at a repetition. */
export interface Log<Answer> {
  /** Offset after the last row. */
  readonly end: number;
  /** Offset of the oldest row that can still be read. */
  readonly start: number;
  /** Bytes that some reader has not released. */
  readonly unreadBytes: number;
  readonly ended: boolean;
  /**
   * Whether a body of `bytes` can be taken now. Checked before decoding, so that a refusal costs nothing and uses no sequence number.
   */
  hasRoom(bytes: number): boolean;
  /**
   * Appends one record, atomically; resolves when it is as durable as this log makes it.
   * Throws RdxError("conflict") for a gap (`extra.expected`), for other content under a used number and after the end;
   * RdxError("busy") when unread bytes reach their bound.
   */
  append(entry: LogEntry<Answer>): Promise<Appended<Answer>>;
  /** A reader at `from`: an offset, `earliest` that is kept, or `latest`. */
  reader(from: number | "earliest" | "latest"): LogReader;
  /** From now on, rows that every reader is done with leave this long after they came; null: when the log's bound says so. */
  retain(forMs: number | null): void;
  /** Calls back after each append and each release; the returned function ends that. */
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
}
