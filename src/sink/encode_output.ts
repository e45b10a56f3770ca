import type { Encoder } from "../codec.ts";
import type { OutputBatch } from "../sink.ts";

/** The rows of an output in one piece. */
export function encodeOutput(encoder: Encoder, { ranges }: OutputBatch): Uint8Array {
  const parts = ranges.map(({ frame, start, rows }) => encoder.rows(frame, start, rows));
  if (parts.length === 1) return parts[0];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
