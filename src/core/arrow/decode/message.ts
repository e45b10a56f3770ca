import { FlatTable } from "../../flat_table.ts";
import { CONTINUATION, MESSAGE, MESSAGE_PREFIX_BYTES, METADATA_V4, METADATA_V5 } from "../format.ts";
import { arrowError } from "./error.ts";

/** An encapsulated message, taken apart. */
export interface ArrowMessage {
  /** A position in HEADER's values. */
  readonly headerType: number;
  readonly header: FlatTable;
  readonly body: Uint8Array;
  /** Bytes from the start of this message to the next. */
  readonly length: number;
}

/** The message that starts at `offset`, or null at the end of the stream or of the bytes. */
export function decodeMessage(bytes: Uint8Array, offset = 0): ArrowMessage | null {
  const left = bytes.length - offset;
  if (left === 0) return null;
  if (left < MESSAGE_PREFIX_BYTES) throw arrowError(`${left} bytes are no message`);
  const data = new DataView(bytes.buffer, bytes.byteOffset + offset, MESSAGE_PREFIX_BYTES);
  if (data.getUint32(0, true) !== CONTINUATION) {
    throw arrowError(
      "a message does not start with FF FF FF FF: expected the IPC streaming format of Arrow 0.15 or later",
    );
  }
  const metadataLength = data.getUint32(4, true);
  if (metadataLength === 0) return null;
  const start = offset + MESSAGE_PREFIX_BYTES, body = start + metadataLength;
  if (body > bytes.length) {
    throw arrowError(`the metadata of a message has ${metadataLength} bytes, but ${left} are left`);
  }
  const table = FlatTable.root(bytes.subarray(start, body));
  const version = table.int16(MESSAGE.version), bodyLength = table.int64(MESSAGE.bodyLength);
  if (version !== METADATA_V4 && version !== METADATA_V5) {
    throw arrowError(`metadata version ${version + 1} is not known`);
  }
  if (bodyLength < 0 || body + bodyLength > bytes.length) {
    throw arrowError(`the body of a message has ${bodyLength} bytes, but ${bytes.length - body} are left`);
  }
  const header = table.table(MESSAGE.header);
  if (!header) throw arrowError("a message has no header");
  return {
    headerType: table.uint8(MESSAGE.headerType),
    header,
    body: bytes.subarray(body, body + bodyLength),
    length: body + bodyLength - offset,
  };
}
