import { createHash } from "node:crypto";
import { RdxError } from "../../core/errors.ts";
import type { OutboxBatch } from "./types.ts";

/** What stands in the file of an outbox. */
export type Entry =
  | { readonly kind: "producer"; readonly producer: string; readonly next: number }
  | { readonly kind: "batch"; readonly batch: OutboxBatch }
  | { readonly kind: "forget"; readonly sequence: number };

/*
 * An entry, little-endian:
 *
 *   0 ┌────────────────────────┐
 *     │ magic "rdxo"           │
 *   4 │ kind 1 · 2 · 3         │  producer · batch · forget
 *   8 │ sequence, or next      │  float64: whole numbers up to 2^53
 *  16 │ rows                   │
 *  20 │ bytes of the body      │
 *  24 │ checksum               │  the first 8 bytes of SHA-256 of 0 to 24 and the body
 *  32 │ body …                 │  the producer's name, or a batch
 *     └────────────────────────┘
 */
const MAGIC = 0x6f786472;
const CHECKSUM_AT = 24, HEAD_BYTES = 32;
const KINDS = ["producer", "batch", "forget"] as const;

export function encodeEntry(entry: Entry): Uint8Array<ArrayBuffer> {
  const body = entry.kind === "batch"
    ? entry.batch.body
    : new TextEncoder().encode(entry.kind === "producer" ? entry.producer : "");
  const bytes = new Uint8Array(HEAD_BYTES + body.length), data = new DataView(bytes.buffer);
  data.setUint32(0, MAGIC, true);
  data.setUint32(4, KINDS.indexOf(entry.kind) + 1, true);
  data.setFloat64(
    8,
    entry.kind === "producer" ? entry.next : entry.kind === "batch" ? entry.batch.sequence : entry.sequence,
    true,
  );
  data.setUint32(16, entry.kind === "batch" ? entry.batch.rows : 0, true);
  data.setUint32(20, body.length, true);
  bytes.set(body, HEAD_BYTES);
  bytes.set(checksum(bytes), CHECKSUM_AT);
  return bytes;
}

/** All whole entries, and where they end. Throws RdxError("invalid") when a damaged one is not the last: that is no crash's doing. */
export function readEntries(bytes: Uint8Array<ArrayBuffer>, path: string): { entries: Entry[]; end: number } {
  const entries: Entry[] = [], data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  while (at + HEAD_BYTES <= bytes.length) {
    const end = at + HEAD_BYTES + data.getUint32(at + 20, true);
    const entry = end <= bytes.length ? decodeEntry(bytes.subarray(at, end)) : null;
    if (!entry) break;
    entries.push(entry);
    at = end;
  }
  if (at < bytes.length && hasWhole(bytes, at + 1)) {
    throw new RdxError(
      "invalid",
      `The outbox ${path} is damaged at byte ${at}, in front of whole batches: move it away`,
    );
  }
  return { entries, end: at };
}

function decodeEntry(bytes: Uint8Array<ArrayBuffer>): Entry | null {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (data.getUint32(0, true) !== MAGIC || data.getUint32(20, true) !== bytes.length - HEAD_BYTES) return null;
  if (checksum(bytes).some((byte, i) => byte !== bytes[CHECKSUM_AT + i])) return null;
  const number = data.getFloat64(8, true), body = bytes.slice(HEAD_BYTES);
  switch (KINDS[data.getUint32(4, true) - 1]) {
    case "producer":
      return { kind: "producer", producer: new TextDecoder().decode(body), next: number };
    case "batch":
      return { kind: "batch", batch: { sequence: number, rows: data.getUint32(16, true), body } };
    case "forget":
      return { kind: "forget", sequence: number };
    default:
      return null;
  }
}

/** Whether a whole entry begins anywhere from `from` on. */
function hasWhole(bytes: Uint8Array<ArrayBuffer>, from: number): boolean {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = bytes.indexOf(MAGIC & 255, from); at >= 0; at = bytes.indexOf(MAGIC & 255, at + 1)) {
    if (at + HEAD_BYTES > bytes.length) return false;
    if (data.getUint32(at, true) !== MAGIC) continue;
    const end = at + HEAD_BYTES + data.getUint32(at + 20, true);
    if (end <= bytes.length && decodeEntry(bytes.subarray(at, end))) return true;
  }
  return false;
}

function checksum(bytes: Uint8Array): Uint8Array {
  const hash = createHash("sha256").update(bytes.subarray(0, CHECKSUM_AT)).update(bytes.subarray(HEAD_BYTES));
  return hash.digest().subarray(0, 8);
}
