import { RdxError } from "../core/errors.ts";
import {
  type Checksum,
  isWhole,
  readRecordHead,
  RECORD_HEADER_BYTES,
  RECORD_MAGIC,
  type RecordHead,
  SEGMENT_HEADER_BYTES,
} from "./format.ts";

/** What a segment has. */
export interface Scanned {
  /** Behind its last whole record. */
  readonly end: number;
  /** A seal says that nothing follows in it. */
  readonly sealed: boolean;
  /** A record or a group of them behind the end was cut by a crash. */
  readonly torn: boolean;
}

/**
 * Goes through the records of a segment from its first. What was written together and not yet synced may be lost in any part when the machine
 * stops: a damaged record is the end of the log if all whole ones behind it were written with it. Throws RdxError("invalid") when one was
 * written later, since then the damage is to something that was synced, and nobody may drop it in silence.
 */
export function scanRecords(
  bytes: Uint8Array<ArrayBuffer>,
  seed: number,
  checksum: Checksum,
  place: string,
  visit: (head: RecordHead, at: number) => void,
): Scanned {
  let at = SEGMENT_HEADER_BYTES;
  for (let head = wholeAt(bytes, at, seed, checksum); head; head = wholeAt(bytes, at, seed, checksum)) {
    if (head.kind === "seal") return { end: at, sealed: true, torn: false };
    visit(head, at);
    at += head.length;
  }
  // Behind the last group there are zeros.
  let torn = bytes.subarray(at, at + 8).some((byte) => byte !== 0);
  for (const later of wholeRecords(bytes, at + 8, seed, checksum)) {
    if (later.group > at) {
      throw new RdxError(
        "invalid",
        `${place} is damaged at byte ${at}, in front of whole records: put a copy in its place, or move the data directory away`,
      );
    }
    torn = true;
  }
  return { end: at, sealed: false, torn };
}

/** The head of the whole record at `at`, or null. */
export function wholeAt(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  seed: number,
  checksum: Checksum,
): RecordHead | null {
  const head = readRecordHead(bytes, at);
  return head && at + head.length <= bytes.length && isWhole(bytes, at, head.length, seed, checksum) ? head : null;
}

function* wholeRecords(bytes: Uint8Array<ArrayBuffer>, from: number, seed: number, checksum: Checksum) {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = from; at + RECORD_HEADER_BYTES <= bytes.length; at += 8) {
    if (data.getUint32(at, true) !== RECORD_MAGIC) continue;
    const head = wholeAt(bytes, at, seed, checksum);
    if (head) yield head;
  }
}
