import { Builder } from "flatbuffers";
import { RdxError } from "./errors.ts";
import { FlatTable } from "./flat_table.ts";

/** What one binary WebSocket message says; wire.fbs describes the members. */
export type Envelope =
  | {
    readonly kind: "rows";
    readonly stream: string | null;
    readonly producer: string | null;
    /** −1: not numbered. */
    readonly sequence: number;
    /** Messages of Arrow's IPC format. */
    readonly arrow: Uint8Array;
  }
  | { readonly kind: "end"; readonly stream: string | null }
  | {
    readonly kind: "ack";
    readonly sequence: number;
    readonly accepted: number;
    readonly rejected: number;
    /** −1: no row was stored. */
    readonly offset: number;
  }
  | { readonly kind: "credit"; readonly rows: number }
  | {
    readonly kind: "error";
    readonly code: string;
    readonly message: string;
    readonly sequence: number;
    /** The number that comes next when the message's is not it; −1: it is not about numbers. */
    readonly expected: number;
  };

const KINDS = [null, "rows", "end", "ack", "credit", "error"] as const;

/** Slots of the table, in the order of wire.fbs. */
const SLOT = {
  kind: 0,
  stream: 1,
  producer: 2,
  sequence: 3,
  arrow: 4,
  accepted: 5,
  rejected: 6,
  offset: 7,
  credit: 8,
  code: 9,
  message: 10,
  expected: 11,
  count: 12,
} as const;

const ABSENT = -1;
const encoder = new TextEncoder();

/** The bytes of an envelope. */
export function encodeEnvelope(envelope: Envelope): Uint8Array<ArrayBuffer> {
  const builder = new Builder(256 + (envelope.kind === "rows" ? envelope.arrow.length : 0));
  const parts: [slot: number, offset: number][] = [];
  const text = (slot: number, value: string | null) => {
    if (value !== null) parts.push([slot, builder.createString(encoder.encode(value))]);
  };
  const numbers: [slot: number, value: number, otherwise: number][] = [];
  switch (envelope.kind) {
    case "rows":
      text(SLOT.stream, envelope.stream);
      text(SLOT.producer, envelope.producer);
      parts.push([SLOT.arrow, builder.createByteVector(envelope.arrow)]);
      numbers.push([SLOT.sequence, envelope.sequence, ABSENT]);
      break;
    case "end":
      text(SLOT.stream, envelope.stream);
      break;
    case "ack":
      numbers.push([SLOT.sequence, envelope.sequence, ABSENT], [SLOT.offset, envelope.offset, ABSENT]);
      numbers.push([SLOT.accepted, envelope.accepted, 0], [SLOT.rejected, envelope.rejected, 0]);
      break;
    case "credit":
      numbers.push([SLOT.credit, envelope.rows, 0]);
      break;
    case "error":
      text(SLOT.code, envelope.code);
      text(SLOT.message, envelope.message);
      numbers.push([SLOT.sequence, envelope.sequence, ABSENT], [SLOT.expected, envelope.expected, ABSENT]);
  }
  builder.startObject(SLOT.count);
  for (const [slot, value, otherwise] of numbers) builder.addFieldInt64(slot, BigInt(value), BigInt(otherwise));
  for (const [slot, offset] of parts) builder.addFieldOffset(slot, offset, 0);
  builder.addFieldInt8(SLOT.kind, KINDS.indexOf(envelope.kind), 0);
  builder.finish(builder.endObject());
  return builder.asUint8Array().slice();
}

/** Reads an envelope out of bytes that may say anything. Throws RdxError("invalid"). Its Arrow bytes are a view. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  const table = FlatTable.root(bytes), number = table.uint8(SLOT.kind), kind = KINDS[number] ?? null;
  switch (kind) {
    case "rows": {
      const stream = table.text(SLOT.stream), producer = table.text(SLOT.producer), arrow = table.bytes(SLOT.arrow);
      if (!arrow) throw new RdxError("invalid", "An envelope of kind rows carries no Arrow message");
      return { kind, stream, producer, sequence: count(table, SLOT.sequence, ABSENT), arrow };
    }
    case "end":
      return { kind, stream: table.text(SLOT.stream) };
    case "ack":
      return {
        kind,
        sequence: count(table, SLOT.sequence, ABSENT),
        accepted: count(table, SLOT.accepted, 0),
        rejected: count(table, SLOT.rejected, 0),
        offset: count(table, SLOT.offset, ABSENT),
      };
    case "credit":
      return { kind, rows: count(table, SLOT.credit, 0) };
    case "error": {
      const code = table.text(SLOT.code) ?? "internal", message = table.text(SLOT.message) ?? "";
      const sequence = count(table, SLOT.sequence, ABSENT), expected = count(table, SLOT.expected, ABSENT);
      return { kind, code, message, sequence, expected };
    }
    default:
      throw new RdxError("invalid", `Envelope kind ${number} is not known`);
  }
}

/** A number that is not less than what stands for its absence. */
function count(table: FlatTable, slot: number, otherwise: number): number {
  const value = table.int64(slot, otherwise);
  if (value < otherwise) throw new RdxError("invalid", `The number ${value} in an envelope is out of range`);
  return value;
}
