import type { Crc32c } from "../../kernel/crc.ts";
import type { PackedFrames } from "../../log.ts";

/** Makes bytes fewer. */
export type Pack = (bytes: Uint8Array) => Uint8Array;

/** Frames as a log that packs writes them; null when that makes them no fewer bytes. */
export function packFrames(frames: readonly ArrayBuffer[], pack: Pack, crc: Crc32c): PackedFrames | null {
  const whole = new Uint8Array(frames.reduce((sum, { byteLength }) => sum + filled(byteLength), 0));
  let at = 0;
  for (const frame of frames) {
    whole.set(new Uint8Array(frame), at);
    at += filled(frame.byteLength);
  }
  const packed = pack(whole), { length } = packed;
  if (filled(length) + 8 >= whole.length) return null;
  const bytes = new Uint8Array(filled(length));
  bytes.set(packed);
  return { buffer: bytes.buffer, length, sum: crc.of(bytes) };
}

function filled(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
