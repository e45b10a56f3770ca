import { reasonOf } from "../core/errors.ts";

/** The sum of bytes behind those whose sum is `before`: CRC-32C where nothing else is said. */
export type Checksum = (bytes: Uint8Array, before?: number) => number;

/** What a document can be asked for, whatever version wrote it. */
export type Unsealed<Body> = { readonly body: Body } | { readonly damage: string };

const encoder = new TextEncoder(), decoder = new TextDecoder("utf-8", { fatal: true });
const HEAD = '{"crc32c":"', NECK = '","checkpoint":', END = "}\n", SUM_CHARS = 8;
const BODY_AT = HEAD.length + SUM_CHARS + NECK.length;

export function hexOf(sum: number): string {
  return sum.toString(16).padStart(SUM_CHARS, "0");
}

/** A JSON document with the sum of what stands in it: `{"crc32c":"…","checkpoint":BODY}`, in every version. */
export function seal(body: unknown, checksum: Checksum): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify(body), sum = hexOf(checksum(encoder.encode(text)));
  return encoder.encode(HEAD + sum + NECK + text + END);
}

/** What was sealed. Its type is what the caller knows of a document whose sum is right. */
export function unseal<Body>(bytes: Uint8Array<ArrayBuffer>, checksum: Checksum): Unsealed<Body> {
  const body = bytes.subarray(BODY_AT, Math.max(BODY_AT, bytes.length - END.length));
  try {
    const frame = decoder.decode(bytes.subarray(0, BODY_AT)) + decoder.decode(bytes.subarray(BODY_AT + body.length));
    if (frame !== HEAD + hexOf(checksum(body)) + NECK + END) return { damage: "its sum is not that of what it says" };
    return { body: JSON.parse(decoder.decode(body)) };
  } catch (thrown) {
    return { damage: reasonOf(thrown) };
  }
}
