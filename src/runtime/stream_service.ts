import type { InputFormat } from "../codec.ts";
import type { ErrorDetail } from "../core/errors.ts";
import type { Column } from "../core/schema.ts";
import type { PartitionRows } from "../log.ts";
import type { RowRange } from "../sink.ts";

export interface StreamDeclaration {
  readonly columns: readonly Column[];
  /** The event time column, or null: event time is the arrival. */
  readonly time: string | null;
  readonly delayMs: number;
  /** How far event time may be ahead of a row's arrival; 0: without bound. */
  readonly futureSkewMs: number;
  readonly onError: "dead_letter" | "reject";
  /** Null: as the log's bound says. */
  readonly retentionMs: number | null;
  /** Bytes of columns that are kept once every pipeline is done with them; absent: as the log's bound says. */
  readonly retentionBytes?: number;
  /** More can be added, and none taken away; absent: as many as there are, of a new stream 1. */
  readonly partitions?: number;
  /**
   * Rows with equal values of these go to one partition; none: each request goes to one as a whole, always the same of a producer, else each in turn. Absent: as
   * it was.
   */
  readonly partitionBy?: readonly string[];
  /** How long after it failed a dead row is tried again, for the first time, the second …; absent: never by itself. */
  readonly retryMs?: readonly number[];
}

export interface StreamInfo extends StreamDeclaration {
  readonly name: string;
  /** False: the schema was inferred and widens. */
  readonly declared: boolean;
  readonly schemaVersion: number;
  /** Offsets of the oldest row that is kept and behind the newest. */
  readonly start: number;
  readonly end: number;
  readonly ended: boolean;
  readonly rowsIn: number;
  readonly bytesIn: number;
  readonly deadRows: number;
  /** Dead rows that are kept and were neither replayed nor discarded. */
  readonly deadOpen: number;
  readonly unreadBytes: number;
  /** By how much times of arrival are ahead of a wall clock that was set back. */
  readonly arrivalAheadMs: number;
  /** Pipelines that read it. */
  readonly readers: readonly string[];
}

export interface IngestRequest {
  /** The whole body, inflated. It is taken over: the caller does not use it again. */
  readonly body: Uint8Array<ArrayBuffer>;
  readonly format: InputFormat | "arrow";
  /** CSV only. */
  readonly header?: boolean;
  readonly delimiter?: string;
  readonly producer?: string;
  readonly sequence?: number;
  /** What `hello` gave the producer; default 0: it never said it. */
  readonly epoch?: number;
  /** Where all of its rows go, of a stream that does not spread them by their values. */
  readonly partition?: number;
  /** Make the stream if it does not exist. */
  readonly autoCreate: boolean;
  /** Texts take any value of JSON; absent: those of streams that nobody declared do. */
  readonly coerce?: boolean;
}

export interface IngestAnswer {
  readonly stream: string;
  readonly accepted: number;
  readonly rejected: number;
  /** Offset of the first row. */
  readonly offset: number;
  readonly durability: "fsync" | "os" | "none";
  /** Where its rows are, one partition behind the other from `offset` on; absent: the stream has one partition. */
  readonly partitions?: readonly PartitionRows[];
  readonly errors: readonly ErrorDetail[];
  readonly duplicate?: true;
}

/** A place in a log: an offset, `earliest` that is kept, `latest`, or the first row that arrived at a time (epoch ms) or later. */
export type LogPlace = number | "earliest" | "latest" | { readonly timeMs: number };

export interface FollowOptions {
  readonly from: LogPlace;
  /** Up to, and not, this offset, or what arrived at this time; null: without an end. */
  readonly to: number | { readonly timeMs: number } | null;
  /** Wait for rows that come. */
  readonly follow: boolean;
  /** Rows of one partition alone; absent: all. */
  readonly partition?: number;
}

/** Rows of one record of a log, behind each other. */
export interface LogPiece {
  /** Of the first row. */
  readonly offset: number;
  readonly partition: number;
  /** Epoch ms. */
  readonly arrivalMs: number;
  readonly columns: readonly Column[];
  readonly range: RowRange;
}

/** Somebody who reads a log. Holds no producer up, however slow. */
export interface LogFollower {
  /** Offset of the next row. */
  readonly position: number;
  /** Behind the newest row of the log. */
  readonly end: number;
  /**
   * The next rows, once there are some; null when nothing more comes, or after `close`. Throws not_found when the rows are not kept any more, or the stream is deleted; one call at a
   * time.
   */
  next(): Promise<LogPiece | null>;
  close(): void;
}

export interface StreamService {
  list(): StreamInfo[];
  /** Throws not_found. */
  get(name: string): StreamInfo;
  /** Declares, or declares again with columns added; conflict when a column would change its type or go. */
  put(name: string, declaration: StreamDeclaration): { created: boolean; stream: StreamInfo };
  /** Takes along what was put aside of it and no pipeline reads. Throws conflict while pipelines read it. */
  delete(name: string): void;
  /**
   * Decodes and appends one request, whole or not at all. Throws invalid (with details) when all rows are bad, or any is and
   * the stream rejects; not_found, conflict (producer gap: `extra.expected`; ended), too_large, busy, closing.
   */
  ingest(name: string, request: IngestRequest): Promise<IngestAnswer>;
  /** Marks the end of the input: windows close, further rows are a conflict. */
  end(name: string): Promise<void>;
  /** Ends the epochs of a producer before a new one, durably; resolves to that and to the number that comes next. Throws not_found. */
  hello(name: string, producer: string): Promise<{ readonly epoch: number; readonly next: number }>;
  /** What an accepted row survives, of this stream and of those to come. */
  readonly durability: "fsync" | "os" | "none";
  /** Reads what is kept, from any place on. Throws not_found for a stream or an offset that is not there any more, invalid for an offset to come. */
  follow(name: string, options: FollowOptions): Promise<LogFollower>;
  /** The newest rows, newest first. */
  rows(name: string, limit: number): Promise<{ columns: readonly Column[]; ranges: readonly RowRange[] }>;
  /**
   * Keeps late rows of pipelines over the stream from now on, in the stream `<name>.late`; a plan that reads that stream does the same,
   * deleting it ends it. Throws not_found; conflict when a stream of that name has other rows.
   */
  keepLate(name: string): { created: boolean; stream: StreamInfo };
  /** Rows that may be sent to the stream now; 0 while it is full. */
  credit(name: string): number;
  /** Calls back when credit may have grown; the returned function ends that. */
  onCredit(name: string, listener: () => void): () => void;
}
