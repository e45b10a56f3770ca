import { joinSums } from "../kernel/crc.ts";
import type { PackedFrames } from "../log.ts";

/*
 * What segments of a journal are made of, little-endian. Everything starts at a multiple of 8, so that records can be looked for.
 *
 *   segment, version 1
 *    0 ┌──────────────────────────────┐
 *      │ magic "rdxs"                 │ u32
 *    4 │ version of the format        │ u32
 *    8 │ key of its first record      │ f64: the first offset, of an order the first number
 *   16 │ id                           │ u32: by one more than that of the segment before it
 *   20 │ capacity                     │ u32: bytes of the file
 *   24 │ made at                      │ f64: epoch ms
 *   32 │ 0 …                          │
 *   60 │ checksum of 0 to 60          │ u32: CRC-32C
 *   64 ├──────────────────────────────┤
 *      │ record, record, …, seal      │ then zeros, or what an earlier use has left
 *      └──────────────────────────────┘
 *
 *   record
 *    0 ┌──────────────────────────────┐
 *      │ magic "rdxr"                 │ u32
 *    4 │ checksum of 8 to length      │ u32: CRC-32C that begins with the segment's id
 *    8 │ length                       │ u32: of all of it, a multiple of 8
 *   12 │ kind  flags  key id          │ u8 u8 u16: flag 1: the parts are packed (zstd), flag 2: the text says of which partitions the rows are; key id 0: not encrypted
 *   16 │ rows                         │ u32
 *   20 │ version of the schema        │ u32
 *   24 │ key                          │ f64: offset of the first row, of an order the first number
 *   32 │ arrived at                   │ f64: epoch ms
 *   40 │ newest key with parts aside  │ f64: of this record and all before it, −1: none
 *   48 │ group                        │ u32: where in the segment the first group begins that was not synced when it was written
 *   52 │ bytes of the text            │ u32
 *   56 │ parts                        │ u32
 *   60 │ parts aside                  │ u32
 *   64 │ bytes of each part           │ u32 each, and of the packed parts if they are packed; filled up to 8
 *      │ text                         │ JSON: the producer's mark and answer, the partitions; filled up to 8
 *      │ parts                        │ frames, each filled up to 8; or packed
 *      └──────────────────────────────┘
 *
 * A segment is used again when its records are no longer needed. Since its id is another then, what is left in it has wrong checksums.
 */
export const SEGMENT_MAGIC = 0x73786472, SEGMENT_VERSION = 1, SEGMENT_HEADER_BYTES = 64;
export const RECORD_MAGIC = 0x72786472, RECORD_HEADER_BYTES = 64;
const SEGMENT_CHECKSUM_AT = 60, CHECKED_FROM = 8;
const PACKED = 1, PARTITIONED = 2;

/** The sum of bytes behind those whose sum is `before`. */
export type Checksum = (bytes: Uint8Array, before?: number) => number;

/** Makes bytes fewer, and back. */
export interface Packer {
  pack(bytes: Uint8Array): Uint8Array;
  /** `bytes`: how many there were. */
  unpack(packed: Uint8Array, bytes: number): Uint8Array;
}

export const KINDS = ["rows", "end", "mark", "hello", "order", "seal"] as const;
export type RecordKind = typeof KINDS[number];

export interface SegmentHead {
  readonly version: number;
  readonly first: number;
  readonly id: number;
  readonly capacity: number;
  readonly madeMs: number;
}

/** A record as it is written. */
export interface RecordParts {
  readonly kind: RecordKind;
  readonly key: number;
  readonly rows: number;
  readonly schema: number;
  readonly arrivalMs: number;
  readonly newestAside: number;
  readonly text: Uint8Array;
  /** The text says of which partitions the rows are. */
  readonly partitioned?: boolean;
  readonly parts: readonly Uint8Array[];
  /** Checksums of the parts, if they are known; else none. */
  readonly sums?: readonly number[];
  /** The parts packed, if somebody has done that; null: it makes them no fewer. */
  readonly packed?: PackedFrames | null;
  readonly aside: readonly Uint8Array[];
}

/** Ends a segment. */
export const SEAL: RecordParts = {
  kind: "seal",
  key: 0,
  rows: 0,
  schema: 0,
  arrivalMs: 0,
  newestAside: -1,
  text: new Uint8Array(),
  parts: [],
  aside: [],
};

/** What stands in front of a record's text. */
export interface RecordHead {
  readonly length: number;
  readonly kind: RecordKind;
  readonly packed: boolean;
  readonly partitioned: boolean;
  readonly rows: number;
  readonly schema: number;
  readonly key: number;
  readonly arrivalMs: number;
  readonly newestAside: number;
  readonly group: number;
  readonly textBytes: number;
  readonly parts: number;
  readonly aside: number;
}

export function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

export function encodeSegmentHead(head: Omit<SegmentHead, "version">, checksum: Checksum): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES), data = new DataView(bytes.buffer);
  data.setUint32(0, SEGMENT_MAGIC, true);
  data.setUint32(4, SEGMENT_VERSION, true);
  data.setFloat64(8, head.first, true);
  data.setUint32(16, head.id, true);
  data.setUint32(20, head.capacity, true);
  data.setFloat64(24, head.madeMs, true);
  data.setUint32(SEGMENT_CHECKSUM_AT, checksum(bytes.subarray(0, SEGMENT_CHECKSUM_AT)), true);
  return bytes;
}

/** Null for what is no whole head of a segment. */
export function decodeSegmentHead(bytes: Uint8Array<ArrayBuffer>, checksum: Checksum): SegmentHead | null {
  if (bytes.length < SEGMENT_HEADER_BYTES) return null;
  const data = new DataView(bytes.buffer, bytes.byteOffset);
  if (data.getUint32(0, true) !== SEGMENT_MAGIC) return null;
  if (data.getUint32(SEGMENT_CHECKSUM_AT, true) !== checksum(bytes.subarray(0, SEGMENT_CHECKSUM_AT))) return null;
  return {
    version: data.getUint32(4, true),
    first: data.getFloat64(8, true),
    id: data.getUint32(16, true),
    capacity: data.getUint32(20, true),
    madeMs: data.getFloat64(24, true),
  };
}

/** A record with its parts packed if that is wanted, ready to be written anywhere. */
export interface Prepared {
  readonly record: RecordParts;
  readonly packed: Uint8Array | null;
  /** Checksum of the packed parts, filled up to a multiple of 8, if it is known. */
  readonly packedSum: number | null;
  /** Bytes of the whole record. */
  readonly length: number;
}

/** `packer` null: parts are written as they are, and likewise where packing makes them no fewer. */
export function prepareRecord(record: RecordParts, packer: Packer | null): Prepared {
  const all = [...record.parts, ...record.aside], raw = all.reduce((sum, part) => sum + padded(part.length), 0);
  const given = packer && record.aside.length === 0 ? record.packed : undefined;
  const packed = given ? new Uint8Array(given.buffer, 0, given.length) : packedParts(all, raw, given, packer);
  const lengths = padded(4 * (all.length + (packed ? 1 : 0)));
  const length = RECORD_HEADER_BYTES + lengths + padded(record.text.length) + (packed ? padded(packed.length) : raw);
  return { record, packed, packedSum: given?.sum ?? null, length };
}

/** Packs the parts, unless it is known that this is of no use. */
function packedParts(parts: readonly Uint8Array[], bytes: number, given: null | undefined, packer: Packer | null) {
  if (!packer || given === null || bytes === 0) return null;
  const packed = packer.pack(joined(parts, bytes));
  return padded(packed.length) + 8 < bytes ? packed : null;
}

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += padded(part.length);
  }
  return whole;
}

/** Writes a record at `at` of `bytes`, which has room there. `group`: see above; `seed`: the segment's id. */
export function writeRecord(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  prepared: Prepared,
  { group, seed, checksum }: { readonly group: number; readonly seed: number; readonly checksum: Checksum },
): void {
  const { record, packed, length } = prepared, data = new DataView(bytes.buffer, bytes.byteOffset + at, length);
  const { kind, rows, schema, key, arrivalMs, newestAside, text, partitioned, parts, aside } = record;
  const stored = packed ? [packed] : [...parts, ...aside], lengths = [...parts, ...aside, ...(packed ? [packed] : [])];
  bytes.fill(0, at, at + RECORD_HEADER_BYTES + padded(4 * lengths.length));
  data.setUint32(0, RECORD_MAGIC, true);
  data.setUint32(8, length, true);
  data.setUint8(12, KINDS.indexOf(kind));
  data.setUint8(13, (packed ? PACKED : 0) | (partitioned ? PARTITIONED : 0));
  data.setUint32(16, rows, true);
  data.setUint32(20, schema, true);
  data.setFloat64(24, key, true);
  data.setFloat64(32, arrivalMs, true);
  data.setFloat64(40, newestAside, true);
  data.setUint32(48, group, true);
  data.setUint32(52, text.length, true);
  data.setUint32(56, parts.length, true);
  data.setUint32(60, aside.length, true);
  let to = RECORD_HEADER_BYTES;
  for (const part of lengths) {
    data.setUint32(to, part.length, true);
    to += 4;
  }
  to = setPadded(bytes, at, padded(to), text);
  const begin = to;
  for (const part of stored) to = setPadded(bytes, at, to, part);
  const sums = knownSums(prepared);
  let sum = checksum(bytes.subarray(at + CHECKED_FROM, at + (sums ? begin : length)), seed);
  sums?.forEach((one, i) => sum = joinSums(sum, one, padded((packed ?? parts[i]).length)));
  data.setUint32(4, sum, true);
}

/** Puts a part at `to` behind `at`, filled up with zeros; returns where the next one stands. */
function setPadded(bytes: Uint8Array, at: number, to: number, part: Uint8Array): number {
  const end = to + part.length, next = to + padded(part.length);
  bytes.set(part, at + to);
  bytes.fill(0, at + end, at + next);
  return next;
}

/** The checksums of what stands behind the text, if all of them are known. */
function knownSums({ record: { parts, sums = [], aside }, packed, packedSum }: Prepared): readonly number[] | null {
  if (packed) return packedSum === null ? null : [packedSum];
  const all = sums.length === parts.length && aside.length === 0;
  return all && parts.every(({ length }) => length === padded(length)) ? sums : null;
}

/** The head of the record at `at`, or null for what cannot be one; its checksum is not looked at. */
export function readRecordHead(bytes: Uint8Array<ArrayBuffer>, at: number): RecordHead | null {
  if (at + RECORD_HEADER_BYTES > bytes.length) return null;
  const data = new DataView(bytes.buffer, bytes.byteOffset + at);
  if (data.getUint32(0, true) !== RECORD_MAGIC) return null;
  const length = data.getUint32(8, true), kind = KINDS[data.getUint8(12)], flags = data.getUint8(13);
  if (kind === undefined || length < RECORD_HEADER_BYTES || length % 8 !== 0) return null;
  return {
    length,
    kind,
    packed: (flags & PACKED) !== 0,
    partitioned: (flags & PARTITIONED) !== 0,
    rows: data.getUint32(16, true),
    schema: data.getUint32(20, true),
    key: data.getFloat64(24, true),
    arrivalMs: data.getFloat64(32, true),
    newestAside: data.getFloat64(40, true),
    group: data.getUint32(48, true),
    textBytes: data.getUint32(52, true),
    parts: data.getUint32(56, true),
    aside: data.getUint32(60, true),
  };
}

/** Whether the record at `at`, which `bytes` has whole, is as it was written into the segment with this id. */
export function isWhole(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  length: number,
  seed: number,
  checksum: Checksum,
): boolean {
  const sum = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(4, true);
  return sum === checksum(bytes.subarray(at + CHECKED_FROM, at + length), seed);
}

/** The text of the record at `at`. */
export function textOf(bytes: Uint8Array<ArrayBuffer>, at: number, head: RecordHead): Uint8Array<ArrayBuffer> {
  const from = at + RECORD_HEADER_BYTES + lengthsBytes(head);
  return bytes.subarray(from, from + head.textBytes);
}

/** The parts of the record at `at`, copied, and those aside. */
export function partsOf(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  head: RecordHead,
  packer: Packer | null,
): { readonly parts: readonly ArrayBuffer[]; readonly aside: readonly ArrayBuffer[] } {
  const data = new DataView(bytes.buffer, bytes.byteOffset + at), count = head.parts + head.aside;
  const lengths = Array.from({ length: count }, (_, i) => data.getUint32(RECORD_HEADER_BYTES + 4 * i, true));
  const start = at + RECORD_HEADER_BYTES + lengthsBytes(head) + padded(head.textBytes);
  let from = start, whole: Uint8Array = bytes;
  if (head.packed) {
    if (!packer) throw new Error("It is packed, and nothing here can unpack it");
    const packedBytes = data.getUint32(RECORD_HEADER_BYTES + 4 * count, true);
    whole = packer.unpack(
      bytes.subarray(start, start + packedBytes),
      lengths.reduce((sum, one) => sum + padded(one), 0),
    );
    from = 0;
  }
  const all = lengths.map((length) => {
    const part = whole.slice(from, from + length);
    from += padded(length);
    return part.buffer as ArrayBuffer;
  });
  return { parts: all.slice(0, head.parts), aside: all.slice(head.parts) };
}

function lengthsBytes({ parts, aside, packed }: RecordHead): number {
  return padded(4 * (parts + aside + (packed ? 1 : 0)));
}
