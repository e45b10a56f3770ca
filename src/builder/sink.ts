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

export const stdout = (format: "ndjson" | "csv" = "ndjson", options: WrittenOptions = {}): SinkOptions => ({
  kind: "stdout",
  format,
  ...options,
});

/** Nowhere: for measurements. */
export const discard = (): SinkOptions => ({ kind: "discard" });
