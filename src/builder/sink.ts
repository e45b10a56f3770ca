import type { SinkOptions } from "../plan/plan.ts";
import type { OrderSpec } from "./order.ts";

/** A sink of any kind that the process offers. */
export function sink(kind: string, options: Readonly<Record<string, unknown>> = {}): SinkOptions {
  return { ...options, kind };
}

/** A view that can be queried and followed. Its answers go by `order`, else by window and keys. */
export const view = (name: string, { order = [] }: { readonly order?: readonly OrderSpec[] } = {}): SinkOptions => ({
  kind: "view",
  name,
  ...(order.length === 0 ? {} : { order: order.map(({ column }) => column) }),
});

/** What sinks that write rows by themselves may be told. */
export interface WrittenOptions {
  /** Takes rows that may be taken back, too: each gets a member `$op`, which is +I, -U, +U or -D. */
  readonly changelog?: boolean;
}

/** A file that rows are appended to. */
export const file = (
  path: string,
  format: "ndjson" | "csv" | "arrow" = "ndjson",
  options: WrittenOptions = {},
): SinkOptions => ({ kind: "file", path, format, ...options });

/** How a folder of files is cut into parts. */
export interface FilesOptions extends WrittenOptions {
  readonly compression?: "none" | "gzip";
  /** A part becomes visible after so many rows, so many bytes or so long a time, whichever comes first. */
  readonly rollRows?: number;
  readonly rollBytes?: number;
  readonly rollMs?: number;
}

/** A folder of files, each of which is there as a whole or not at all. */
export const files = (
  path: string,
  format: "ndjson" | "csv" | "arrow" = "ndjson",
  { compression, rollRows, rollBytes, rollMs, changelog }: FilesOptions = {},
): SinkOptions => ({
  kind: "files",
  path,
  format,
  ...given({ compression, roll_rows: rollRows, roll_bytes: rollBytes, roll_ms: rollMs, changelog }),
});

/** A table in a database of SQLite. With `keys`, a row takes the place of the one with its keys; what changes has its keys anyway. */
export const sqlite = (
  path: string,
  table: string,
  { keys }: { readonly keys?: readonly string[] } = {},
): SinkOptions => ({
  kind: "sqlite",
  path,
  table,
  ...given({ keys }),
});

/** Where the value of a header stands that is no part of the plan. */
export type HeaderValue = string | { readonly env?: string; readonly file?: string; readonly prefix?: string };

/** How a webhook sends its rows. */
export interface WebhookOptions extends WrittenOptions {
  readonly headers?: Readonly<Record<string, HeaderValue>>;
  readonly format?: "ndjson" | "json";
  readonly batchRows?: number;
  readonly timeoutMs?: number;
  /** What an answer means that says that the rows are wrong: the pipeline ends, or they go to a stream. */
  readonly onRefused?: "stop" | "dead_letter";
  /** Rows wait on disk, so that a slow receiver does not stall the pipeline. */
  readonly outbox?: boolean;
}

/** A server that gets rows by POST, each request with an idempotency key. */
export const webhook = (
  url: string,
  { headers, format, batchRows, timeoutMs, onRefused, outbox, changelog }: WebhookOptions = {},
): SinkOptions => ({
  kind: "webhook",
  url,
  ...given({
    headers,
    format,
    batch_rows: batchRows,
    timeout_ms: timeoutMs,
    on_refused: onRefused,
    outbox,
    changelog,
  }),
});

function given(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

export const stdout = (format: "ndjson" | "csv" = "ndjson", options: WrittenOptions = {}): SinkOptions => ({
  kind: "stdout",
  format,
  ...options,
});

/** Nowhere: for measurements. */
export const discard = (): SinkOptions => ({ kind: "discard" });
