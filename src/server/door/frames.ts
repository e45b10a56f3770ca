import type { Unmasked } from "../../runtime/service.ts";

/*
 * Frames of the WebSocket protocol (RFC 6455, 5.2), as a server reads and writes them.
 *
 *    0 ┌──────────────────────────────┐
 *      │ final  0 0 0  opcode         │ u8: bits 1 3 4
 *    1 │ masked  length               │ u8: bits 1 7; 126: the next two bytes have it, 127: the next eight
 *      │ length                       │ u16 or u64, big-endian, or nothing
 *      │ mask                         │ 4 bytes, from clients alone
 *      │ bytes                        │ each xor one of the mask, in turn
 *      └──────────────────────────────┘
 */
export const OPCODE = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
export const CLOSED = { normal: 1000, goingAway: 1001, protocol: 1002, notText: 1007 } as const;
const OPCODES: ReadonlySet<number> = new Set(Object.values(OPCODE));
const CONTROL = 8, CONTROL_BYTES_MAX = 125, TWO_BYTES = 126, EIGHT_BYTES = 127, MASK_BYTES = 4;
const FINAL = 0x80, RESERVED = 0x70, CODE = 0x0f, MASKED = 0x80, LENGTH = 0x7f;

/** What stands in front of a client's frame. */
export interface FrameHead {
  readonly final: boolean;
  readonly opcode: number;
  /** Bytes of the frame behind the head. */
  readonly length: number;
  /** As it lies in memory. */
  readonly mask: number;
  /** Bytes of the head. */
  readonly headLength: number;
}

/** The head that `bytes` begins with; null: more of it has to come; `broken`: a client must not send it. */
export function readFrameHead(bytes: Uint8Array<ArrayBuffer>): FrameHead | null | "broken" {
  if (bytes.length < 2) return null;
  const first = bytes[0],
    second = bytes[1],
    opcode = first & CODE,
    final = (first & FINAL) !== 0,
    short = second & LENGTH;
  const isControl = opcode >= CONTROL;
  if ((first & RESERVED) !== 0 || !OPCODES.has(opcode) || (second & MASKED) === 0) return "broken";
  if (isControl && (!final || short > CONTROL_BYTES_MAX)) return "broken";
  const at = short === TWO_BYTES ? 4 : short === EIGHT_BYTES ? 10 : 2, headLength = at + MASK_BYTES;
  if (bytes.length < headLength) return null;
  const data = new DataView(bytes.buffer, bytes.byteOffset);
  const length = short === TWO_BYTES ? data.getUint16(2) : short === EIGHT_BYTES ? Number(data.getBigUint64(2)) : short;
  if (!Number.isSafeInteger(length)) return "broken";
  return { final, opcode, length, mask: data.getInt32(at, true), headLength };
}

const LINE_FEED = 10, ASCII_MAX = 0x7f;

/** Takes the mask from all of `bytes`, one by one: for where nothing does so faster (`EngineService.unmask`). */
export function unmask(bytes: Uint8Array, mask: number): Unmasked {
  let lines = 0, ascii = true, afterFeed = true;
  for (let i = 0; i < bytes.length; i++) {
    const byte = (bytes[i] ^ mask >>> (8 * (i & 3))) & 255, feed = byte === LINE_FEED;
    bytes[i] = byte;
    if (byte > ASCII_MAX) ascii = false;
    if (feed && !afterFeed) lines++;
    afterFeed = feed;
  }
  return { lines: afterFeed ? lines : lines + 1, ascii };
}

/** Bytes of the head of a server's frame around `length` bytes. */
export function frameHeadBytes(length: number): number {
  return length <= CONTROL_BYTES_MAX ? 2 : length <= 0xffff ? 4 : 10;
}

/** Writes a whole frame of a server at `at`; returns where it ends. */
export function writeFrame(into: Uint8Array<ArrayBuffer>, at: number, opcode: number, bytes: Uint8Array): number {
  const head = frameHeadBytes(bytes.length), data = new DataView(into.buffer, into.byteOffset + at, head);
  data.setUint8(0, FINAL | opcode);
  if (head === 2) data.setUint8(1, bytes.length);
  else if (head === 4) {
    data.setUint8(1, TWO_BYTES);
    data.setUint16(2, bytes.length);
  } else {
    data.setUint8(1, EIGHT_BYTES);
    data.setBigUint64(2, BigInt(bytes.length));
  }
  into.set(bytes, at + head);
  return at + head + bytes.length;
}
