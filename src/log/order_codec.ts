import type { OrderRecord } from "../log.ts";

/*
 * Steps of an order that are written together, little-endian. Their numbers follow each other, from the key of the record that they are in.
 *
 *   ┌─────────────────────────────────────────────┐
 *   │ sources                                     │ u16
 *   │ length, id of a source                      │ u16, UTF-8; so many times
 *   │ kind  late  source                          │ u8 u8 u16: each step
 *   │ chunk: from, to · idle: watermark · tick: ms │ f64 each
 *   └─────────────────────────────────────────────┘
 */
const KINDS = ["chunk", "idle", "end", "tick"] as const;
const VALUES = { chunk: 2, idle: 1, end: 0, tick: 1 };
const STEP_BYTES = 4;
const encoder = new TextEncoder(), decoder = new TextDecoder();

/** Encodes steps whose numbers follow each other. */
export function encodeOrder(records: readonly OrderRecord[]): Uint8Array<ArrayBuffer> {
  const sources = new Map<string, number>();
  for (const record of records) {
    if (record.kind !== "tick" && !sources.has(record.source)) sources.set(record.source, sources.size);
  }
  const names = [...sources.keys()].map((source) => encoder.encode(source));
  const head = names.reduce((sum, { length }) => sum + 2 + length, 2);
  const bytes = new Uint8Array(records.reduce((sum, { kind }) => sum + STEP_BYTES + 8 * VALUES[kind], head));
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
    data.setUint8(at + 1, record.kind === "chunk" && record.late ? 1 : 0);
    data.setUint16(at + 2, record.kind === "tick" ? 0 : sources.get(record.source)!, true);
    at += STEP_BYTES;
    for (const value of valuesOf(record)) {
      data.setFloat64(at, value, true);
      at += 8;
    }
  }
  return bytes;
}

function valuesOf(record: OrderRecord): number[] {
  if (record.kind === "chunk") return [record.from, record.to];
  if (record.kind === "idle") return [record.watermark];
  return record.kind === "tick" ? [record.nowMs] : [];
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
    const kind = KINDS[data.getUint8(at)], late = data.getUint8(at + 1) !== 0;
    const source = sources[data.getUint16(at + 2, true)];
    at += STEP_BYTES;
    const [a, b] = [0, 8].slice(0, VALUES[kind]).map((place) => data.getFloat64(at + place, true));
    at += 8 * VALUES[kind];
    if (kind === "chunk") records.push({ kind, number, source, from: a, to: b, late });
    else if (kind === "idle") records.push({ kind, number, source, watermark: a });
    else if (kind === "tick") records.push({ kind, number, nowMs: a });
    else records.push({ kind, number, source });
  }
  return records;
}
