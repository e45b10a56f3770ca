/*
 * What a program that talks to an rdx server gets: in a page, under Deno and under Node. Nothing here knows where it runs; what differs
 * (the store of an outbox) is handed in.
 *
 *   rows ─▶ writer ─▶ batch N ─▶ outbox ─▶ WebSocket ─▶ server
 *             ▲ credits, acks ◀───┘ forgets N          │
 *   for await (change of live(view)) ◀── events, resumed by seq ◀──┘
 */
import type { RdxError } from "../../core/errors.ts";

/** A row as it travels in JSON. Times are ISO 8601 or epoch ms; an int64 beyond 2^53 is a bigint. */
export type Row = Readonly<Record<string, unknown>>;

export interface ConnectOptions {
  /** The server's token, or what gives one: it is asked again when the server refuses the last. */
  readonly token?: string | (() => string | Promise<string>);
  /** Ends everything that the client does. */
  readonly signal?: AbortSignal;
  /** Default: the platform's. Node before 22 has no WebSocket of its own. */
  readonly WebSocket?: typeof WebSocket;
  readonly fetch?: typeof fetch;
}

export interface Client {
  readonly url: string;
  /** A request with a JSON answer. Throws RdxError with the problem's code, sentence and details; null for 204. */
  request(method: string, path: string, body?: unknown, options?: { readonly signal?: AbortSignal }): Promise<unknown>;
  /** Sends rows to a stream, each exactly once as far as the server's durability goes. */
  writer(stream: string, options?: WriterOptions): Promise<Writer>;
  /** What a view holds, and every change from then on, over reconnections. Ends with the signal, or throws an RdxError that waiting does not heal. */
  live(view: string, options?: LiveOptions): AsyncIterable<LiveChange>;
  /** Ends live views, and writers once what they hold is acknowledged. Rejects with why a writer failed, unless its `write` or `flush` has told already. */
  close(): Promise<void>;
}

export interface WriterOptions {
  /** `json`: NDJSON messages. `arrow`: columns in Arrow IPC; needs `columns`. Default json. */
  readonly format?: "json" | "arrow";
  /** Arrow: names and types (as api.md writes them) of what is sent. */
  readonly columns?: readonly { readonly name: string; readonly type: string; readonly nullable?: boolean }[];
  /** Where batches wait for their acknowledgement. Default: in memory, gone with the process. */
  readonly outbox?: Outbox;
  /** A batch leaves when it has so many rows, or has waited so long. Defaults 4,096 and 20 ms. */
  readonly batchRowsMax?: number;
  readonly batchDelayMsMax?: number;
  readonly signal?: AbortSignal;
  /** Reconnections, refusals, rows that the server left out: what a person may want to see. */
  readonly onStatus?: (status: WriterStatus) => void;
}

export interface Writer {
  /**
   * Takes rows. Resolves when there is room for more: at once as a rule, later while the server gives no credit and the outbox is full. Throws
   * RdxError("closing") after `close`, and what the server refuses for good ("not_found", "conflict", "invalid" …).
   */
  write(rows: object | readonly object[]): Promise<void>;
  /** Takes columns side by side, all of one length: the fast way in (arrow only). */
  writeColumns(columns: Readonly<Record<string, ColumnValues>>): Promise<void>;
  /** Resolves when everything taken so far is acknowledged. */
  flush(): Promise<WriterCounts>;
  readonly counts: WriterCounts;
  /** `flush`, then ends the connection. */
  close(): Promise<WriterCounts>;
}

export type ColumnValues =
  | Float64Array
  | BigInt64Array
  | Int32Array
  | readonly (string | number | bigint | boolean | null)[];

export interface WriterCounts {
  readonly accepted: number;
  /** Rows that the server put aside as dead letters. */
  readonly rejected: number;
  /** Rows in the outbox. */
  readonly waiting: number;
  readonly reconnects: number;
}

export type WriterStatus =
  | { readonly kind: "connected" }
  | { readonly kind: "waiting"; readonly reason: string; readonly retryMs: number }
  /** What the outbox kept was deleted under it, and is kept again: somebody may want to know who deletes it. */
  | { readonly kind: "restored"; readonly reason: string }
  | {
    readonly kind: "rejected";
    readonly rows: number;
    /** The first of them; none over Arrow, where the server does not tell. */
    readonly errors: readonly RejectedRow[];
  };

export interface RejectedRow {
  /** The row in its batch, from 1. */
  readonly line: number;
  readonly reason: string;
  readonly field?: string;
}

/**
 * Batches that the server has not acknowledged, in order. Numbers are the producer's sequence: ascending without gaps. A store that outlives
 * the process lets the next one go on: same producer, same numbers, so that what was sent twice is stored once.
 */
export interface Outbox {
  /**
   * The producer and its batches as the last process left them; a new producer otherwise. Only one process at a time holds it. A store that can be deleted under
   * it calls `tell` when it was and all is kept again.
   */
  open(
    tell?: (reason: string) => void,
  ): Promise<{ readonly producer: string; readonly next: number; readonly batches: readonly OutboxBatch[] }>;
  /** Resolves when the batch would outlive a crash, as far as the store promises. */
  append(batch: OutboxBatch): Promise<void>;
  /** Batches up to and with `sequence` are acknowledged. */
  forget(sequence: number): Promise<void>;
  /** The server does not know the producer any more: the same batches go on under a new name, numbered from 0. */
  rename(producer: string, batches: readonly OutboxBatch[]): Promise<void>;
  close(): Promise<void>;
}

export interface OutboxBatch {
  readonly sequence: number;
  readonly rows: number;
  /** NDJSON, or the messages of an Arrow stream that can be read by itself. */
  readonly body: Uint8Array<ArrayBuffer>;
}

export interface LiveOptions {
  readonly key?: readonly string[];
  readonly limit?: number;
  /** Windows that are not closed yet come too, about once a second. */
  readonly open?: boolean;
  /** How the columns of type timestamp come: ISO 8601 (the default) or epoch ms. */
  readonly time?: "iso" | "ms";
  readonly signal?: AbortSignal;
  /**
   * `events` (the default): an event stream. `socket`: a WebSocket, for a page with many views, since browsers open six connections for requests to a server, and
   * each event stream takes one of them.
   */
  readonly transport?: "events" | "socket";
  /** Goes on behind this seq, where the server still has what came since. */
  readonly since?: number;
}

export interface ViewColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

/** Watermarks are epoch ms; null before the first row, Infinity at the end of the input. */
export type LiveChange =
  /** Forget what came before: this is what the view holds. `complete`: all of it. */
  | {
    readonly kind: "snapshot";
    readonly seq: number;
    /** Which of the views that have had this name it is: after a new deploy or a restart of the server, seqs begin again under another. */
    readonly epoch: string;
    readonly watermark: number | null;
    readonly complete: boolean;
    readonly keys: readonly string[];
    readonly columns: readonly ViewColumn[];
    readonly rows: readonly Row[];
  }
  | {
    readonly kind: "delta";
    readonly seq: number;
    readonly watermark: number | null;
    readonly rows: readonly { readonly op: "+I" | "-U" | "+U" | "-D"; readonly row: Row }[];
  }
  /** All windows that are open now, in the place of those told before. */
  | { readonly kind: "open"; readonly seq: number; readonly watermark: number | null; readonly rows: readonly Row[] }
  | { readonly kind: "heartbeat"; readonly seq: number; readonly watermark: number | null }
  /** The connection is there (again); nothing was missed. */
  | { readonly kind: "connected" }
  /** It is not; the next try comes by itself. */
  | { readonly kind: "waiting"; readonly error: RdxError; readonly retryMs: number };
