import type { Builder } from "flatbuffers";
import { BODY_ALIGNMENT, CONTINUATION, MESSAGE, MESSAGE_PREFIX_BYTES, METADATA_V5 } from "../format.ts";

/** The next multiple of BODY_ALIGNMENT. */
export function alignBody(bytes: number): number {
  return Math.ceil(bytes / BODY_ALIGNMENT) * BODY_ALIGNMENT;
}

/**
 * Finishes a message around `header` and gives its encapsulated bytes with `bodyLength` bytes of zeros behind, and where
 * the body starts.
 */
export function finishMessage(
  builder: Builder,
  headerType: number,
  header: number,
  bodyLength: number,
): { bytes: Uint8Array<ArrayBuffer>; body: number } {
  const head = startMessage(builder, headerType, header, bodyLength), body = head.length;
  const bytes = new Uint8Array(body + bodyLength);
  bytes.set(head);
  return { bytes, body };
}

/** The same without its body. */
export function startMessage(
  builder: Builder,
  headerType: number,
  header: number,
  bodyLength: number,
): Uint8Array<ArrayBuffer> {
  builder.startObject(MESSAGE.fields);
  builder.addFieldInt64(MESSAGE.bodyLength, BigInt(bodyLength), 0n);
  builder.addFieldOffset(MESSAGE.header, header, 0);
  builder.addFieldInt16(MESSAGE.version, METADATA_V5, 0);
  builder.addFieldInt8(MESSAGE.headerType, headerType, 0);
  builder.finish(builder.endObject());
  const metadata = builder.asUint8Array();
  const body = alignBody(MESSAGE_PREFIX_BYTES + metadata.length);
  const bytes = new Uint8Array(body), data = new DataView(bytes.buffer);
  data.setUint32(0, CONTINUATION, true);
  data.setInt32(4, body - MESSAGE_PREFIX_BYTES, true);
  bytes.set(metadata, MESSAGE_PREFIX_BYTES);
  return bytes;
}

/** What stands at the end of an IPC stream. */
export function endOfStream(): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);
}
