import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Packer } from "./format.ts";

/** Fast rather than small: what is written has to keep up with what comes in. */
const LEVEL = 1;

/** Zstandard, as the platform has it. */
export const zstdPacker: Packer = {
  pack: (bytes) => plain(zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } })),
  unpack: (packed, bytes) => plain(zstdDecompressSync(packed, { maxOutputLength: Math.max(1, bytes) })),
};

/** A Buffer is a Uint8Array whose `slice` copies nothing. */
function plain({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
