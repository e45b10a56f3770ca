import type { Encoder } from "../codec.ts";
import { RdxError } from "../core/errors.ts";
import { frameHasKinds } from "../core/frame_info.ts";
import type { OutputBatch } from "../sink.ts";

/**
 * The rows of an output in one piece. Throws RdxError("internal") for rows that take others back where the encoder writes no
 * kinds: who reads them would take them for new ones.
 */
export function encodeOutput(encoder: Encoder, { ranges }: OutputBatch, kinds: boolean): Uint8Array {
  if (!kinds && ranges.some(({ frame }) => frameHasKinds(frame))) {
    throw new RdxError("internal", "Rows that take others back came to a sink that cannot say so: it needs changelog");
  }
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
