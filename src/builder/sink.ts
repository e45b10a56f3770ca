import type { SinkOptions } from "../plan/plan.ts";

/** A sink of any kind that the process offers. */
export function sink(kind: string, options: Readonly<Record<string, unknown>> = {}): SinkOptions {
  return { ...options, kind };
}

/** A view that can be queried and followed. */
export const view = (name: string): SinkOptions => ({ kind: "view", name });

/** A file that is written anew. */
export const file = (path: string, format: "ndjson" | "csv" | "arrow" = "ndjson"): SinkOptions => ({
  kind: "file",
  path,
  format,
});

export const stdout = (format: "ndjson" | "csv" = "ndjson"): SinkOptions => ({ kind: "stdout", format });

/** Nowhere: for measurements. */
export const discard = (): SinkOptions => ({ kind: "discard" });
