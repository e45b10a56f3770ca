import type { LookupRecord, OrderRecord } from "../log.ts";

/*
 * Steps of an order that are written together, little-endian. Their numbers follow each other, from the key of the record that they are in.
 *
 *   ┌─────────────────────────────────────────────┐
 *   │ sources                                     │ u16
 *   │ length, id of a source                      │ u16, UTF-8; so many times
 *   │ kind  late  source                          │ u8 u8 u16: each step
 *   │ chunk: from, to · idle: watermark · tick: ms │ f64 each
 *   │ lookup: request, ms                         │ f64 each; then
 *   │   parts, length of each                     │ u32 each: its keys, then its frames, or why there are none (`late` is 1)
 *   │   the parts                                 │
 *   └─────────────────────────────────────────────┘
 * The source of a lookup is its node.
 */
const KINDS = ["chunk", "idle", "end", "tick", "lookup"] as const;
const VALUES = { chunk: 2, idle: 1, end: 0, tick: 1, lookup: 2 };
const STEP_BYTES = 4;
const encoder = new TextEncoder(), decoder = new TextDecoder();

/** Encodes steps whose numbers follow each other. */
export function encodeOrder(records: readonly OrderRecord[]): Uint8Array<ArrayBuffer> {
  const sources = new Map<string, number>();
  for (const record of records) {
    const source = sourceOf(record);
    if (source !== null && !sources.has(source)) sources.set(source, sources.size);
  }
  const names = [...sources.keys()].map((source) => encoder.encode(source));
  const head = names.reduce((sum, { length }) => sum + 2 + length, 2);
  const bytes = new Uint8Array(records.reduce((sum, record) => sum + bytesOf(record), head));
  const data = new DataView(bytes.buffer);
  data.setUint16(0, names.length, true);
  let at = 2;
  for (const name of names) {
    data.setUint16(at, name.length, true);
    bytes.set(name, at + 2);
    at += 2 + name.length;
  }
  for (const record of records) {
    data.setUint8(at, KINDS.indexOf(record.kind));
    data.setUint8(at + 1, flagOf(record) ? 1 : 0);
    data.setUint16(at + 2, sources.get(sourceOf(record) ?? "") ?? 0, true);
    at += STEP_BYTES;
    for (const value of valuesOf(record)) {
      data.setFloat64(at, value, true);
      at += 8;
    }
    if (record.kind === "lookup") at = writeParts(bytes, data, at, partsOf(record));
  }
  return bytes;
}

function sourceOf(record: OrderRecord): string | null {
  return record.kind === "tick" ? null : record.kind === "lookup" ? record.node : record.source;
}

function flagOf(record: OrderRecord): boolean {
  return record.kind === "chunk" ? record.late : record.kind === "lookup" && record.frames === null;
}

function valuesOf(record: OrderRecord): number[] {
  if (record.kind === "chunk") return [record.from, record.to];
  if (record.kind === "idle") return [record.watermark];
  if (record.kind === "lookup") return [record.request, record.nowMs];
  return record.kind === "tick" ? [record.nowMs] : [];
}

function partsOf({ keys, frames, failure }: LookupRecord): Uint8Array[] {
  return [new Uint8Array(keys), ...frames?.map((frame) => new Uint8Array(frame)) ?? [encoder.encode(failure ?? "")]];
}

function bytesOf(record: OrderRecord): number {
  const parts = record.kind === "lookup" ? partsOf(record).reduce((sum, { length }) => sum + 4 + length, 4) : 0;
  return STEP_BYTES + 8 * VALUES[record.kind] + parts;
}

function writeParts(bytes: Uint8Array, data: DataView, from: number, parts: readonly Uint8Array[]): number {
  let at = from;
  for (const count of [parts.length, ...parts.map(({ length }) => length)]) {
    data.setUint32(at, count, true);
    at += 4;
  }
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return at;
}

/** The parts at `from`, copied, and where they end. */
function readParts(bytes: Uint8Array, data: DataView, from: number): { parts: ArrayBuffer[]; end: number } {
  const count = data.getUint32(from, true);
  let end = from + 4 + 4 * count;
  const parts = Array.from({ length: count }, (_, i) => {
    const length = data.getUint32(from + 4 + 4 * i, true), part = new Uint8Array(length);
    part.set(bytes.subarray(end, end + length));
    end += length;
    return part.buffer;
  });
  return { parts, end };
}

/** The steps that `encodeOrder` has written, from number `first` on. */
export function decodeOrder(bytes: Uint8Array<ArrayBuffer>, first: number): OrderRecord[] {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length), sources: string[] = [];
  let at = 2;
  for (let left = data.getUint16(0, true); left > 0; left--) {
    const length = data.getUint16(at, true);
    sources.push(decoder.decode(bytes.subarray(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  const records: OrderRecord[] = [];
  for (let number = first; at < bytes.length; number++) {
    const kind = KINDS[data.getUint8(at)], flag = data.getUint8(at + 1) !== 0;
    const source = sources[data.getUint16(at + 2, true)];
    at += STEP_BYTES;
    const [a, b] = [0, 8].slice(0, VALUES[kind]).map((place) => data.getFloat64(at + place, true));
    at += 8 * VALUES[kind];
    if (kind === "chunk") records.push({ kind, number, source, from: a, to: b, late: flag });
    else if (kind === "idle") records.push({ kind, number, source, watermark: a });
    else if (kind === "tick") records.push({ kind, number, nowMs: a });
    else if (kind === "end") records.push({ kind, number, source });
    else {
      const { parts: [keys, ...rest], end } = readParts(bytes, data, at);
      const answer = flag ? { frames: null, failure: decoder.decode(rest[0]) } : { frames: rest, failure: null };
      records.push({ kind, number, node: source, request: a, keys, ...answer, nowMs: b });
      at = end;
    }
  }
  return records;
}
