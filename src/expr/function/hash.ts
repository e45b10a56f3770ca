import { INT64, STRING } from "../../core/schema.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import { plain } from "./plain.ts";

/** Bits of the digests of SHA-2. */
const SHA2_BITS = [224, 256, 384, 512];

/** Digests: name, bits, which it is, example. */
const DIGESTS: readonly (readonly [string, number, string, string])[] = [
  ["md5", 128, "MD5", "'900150983cd24fb0d6963f7d28e17f72'"],
  ["sha1", 160, "SHA-1", "'a9993e364706816aba3e25717850c26c9cd0d89d'"],
  ["sha224", 224, "SHA-224", "'23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7'"],
  ["sha256", 256, "SHA-256", "'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'"],
  [
    "sha384",
    384,
    "SHA-384",
    "'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7'",
  ],
  [
    "sha512",
    512,
    "SHA-512",
    "'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f'",
  ],
];

/** Hashes that are numbers: name, code of fn_hash, what it is, example. */
const NUMBERS: readonly (readonly [string, number, string, string])[] = [
  ["crc32", 0, "The CRC-32 of Ethernet, from 0 to 2^32 - 1", "891568578"],
  ["xxhash64", 1, "XXH64 with seed 0, its 64 bits as an int64", "4952883123889572249"],
  ["murmur2", 2, "MurmurHash2 as Kafka's partitioner has it, with its sign", "479470107"],
];

export const HASH_FUNCTIONS: readonly FunctionDefinition[] = [
  ...DIGESTS.map(([name, code, title, result]) =>
    plain({
      name,
      group: "hash",
      signature: `${name}(a: string | bytes): string`,
      summary: `The ${title} digest as small hexadecimal digits; of a string in UTF-8`,
      example: example(`${name}('abc')`, result),
      params: ["text"],
      kernel: "fn_digest",
      code,
      result: STRING,
      mayFail: true,
    })
  ),
  {
    name: "sha2",
    group: "hash",
    signature: "sha2(a: string | bytes, bits: int64 literal): string",
    summary: `The SHA-2 digest of so many bits (${SHA2_BITS.join(", ")}) as small hexadecimal digits`,
    example: example("sha2('abc', 224)", DIGESTS[2][3]),
    args: [2, 2],
    apply: (call) => {
      const value = call.want(0, "string", "bytes"), bits = call.wantWhole(1, SHA2_BITS[0], SHA2_BITS[3]);
      if (value === null || bits === null) return null;
      if (SHA2_BITS.includes(bits)) return call.emit("fn_digest", bits, STRING, [value], true);
      return call.fail(1, `SHA-2 has no digest of ${bits} bits`, `What fits: ${SHA2_BITS.join(", ")}`);
    },
  },
  ...NUMBERS.map(([name, code, summary, result]) =>
    plain({
      name,
      group: "hash",
      signature: `${name}(a: string | bytes): int64`,
      summary: `${summary}; of a string in UTF-8`,
      example: example(`${name}('abc')`, result),
      params: ["text"],
      kernel: "fn_hash",
      code,
      result: INT64,
    })
  ),
];
