import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import fc from "../../deps/fast_check.ts";
import { BYTES, type Column, STRING } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import type { Expression } from "../../../src/expr/mod.ts";
import { bytes, text } from "./arguments.ts";
import { check } from "./differential.ts";
import { valuesOf } from "./run.ts";

const utf8 = (value: string | Uint8Array) => typeof value === "string" ? new TextEncoder().encode(value) : value;
const DIGESTS = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];
const of = (name: string, type: Column["type"], ...cells: Value[]) =>
  valuesOf({ call: name, args: [{ column: "a" }] }, [{ name: "a", type, nullable: true }], cells.map((cell) => [cell]));

Deno.test("digests are what OpenSSL says, of messages of every length around a block", () => {
  const messages = Array.from({ length: 300 }, (_, n) => Uint8Array.from({ length: n }, (_, i) => i * 31 + n));
  for (const name of DIGESTS) {
    const expected = messages.map((message) => createHash(name).update(message).digest("hex"));
    assert.deepEqual(of(name, BYTES, ...messages), expected, name);
    check(name, { args: [text], reference: (value: string) => createHash(name).update(value).digest("hex"), runs: 10 });
  }
  const long = new Uint8Array(100_000).fill(97);
  assert.deepEqual(of("sha512", BYTES, long), [createHash("sha512").update(long).digest("hex")]);
});

Deno.test("crc32 is what zlib says", () => {
  for (const argument of [bytes, text]) {
    check("crc32", {
      args: [argument],
      reference: (value: string | Uint8Array) => BigInt(crc32(Buffer.from(utf8(value)))),
    });
  }
});

const P = [
  11400714785074694791n,
  14029467366897019727n,
  1609587929392839161n,
  9650029242287828579n,
  2870177450012600261n,
];
const wrap = (x: bigint) => BigInt.asUintN(64, x),
  rotate = (x: bigint, by: bigint) => wrap(x << by) | wrap(x) >> (64n - by);

/** XXH64 with seed 0 by its specification, with numbers of any size. */
function xxh64(data: Uint8Array): bigint {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const round = (sum: bigint, lane: bigint) => wrap(rotate(wrap(sum + lane * P[1]), 31n) * P[0]);
  let at = 0, hash = P[4];
  if (data.length >= 32) {
    let lanes = [wrap(P[0] + P[1]), P[1], 0n, wrap(-P[0])];
    for (; data.length - at >= 32; at += 32) {
      lanes = lanes.map((lane, i) => round(lane, view.getBigUint64(at + i * 8, true)));
    }
    hash = [1n, 7n, 12n, 18n].reduce((sum, by, i) => wrap(sum + rotate(lanes[i], by)), 0n);
    for (const lane of lanes) hash = wrap((hash ^ round(0n, lane)) * P[0] + P[3]);
  }
  hash = wrap(hash + BigInt(data.length));
  for (; data.length - at >= 8; at += 8) {
    hash = wrap(rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * P[0] + P[3]);
  }
  if (data.length - at >= 4) {
    hash = wrap(rotate(hash ^ wrap(BigInt(view.getUint32(at, true)) * P[0]), 23n) * P[1] + P[2]);
    at += 4;
  }
  for (; at < data.length; at++) hash = wrap(rotate(hash ^ wrap(BigInt(data[at]) * P[4]), 11n) * P[0]);
  hash = wrap((hash ^ hash >> 33n) * P[1]);
  hash = wrap((hash ^ hash >> 29n) * P[2]);
  return BigInt.asIntN(64, hash ^ hash >> 32n);
}

Deno.test("xxhash64 is XXH64, of messages of every length", () => {
  // Vectors of xxHash's own sanity check: bytes that its generator makes
  let state = 2654435761n;
  const sanity = Uint8Array.from({ length: 222 }, () => {
    const byte = Number(state >> 56n);
    state = wrap(state * 11400714785074694797n);
    return byte;
  });
  const known = [[0, 0xef46db3751d8e999n], [1, 0xe934a84adb052768n], [4, 0x9136a0dca57457een], [
    14,
    0x8282dcc4994e35c8n,
  ], [222, 0xb641ae8cb691c174n]] as const;
  for (const [length, hash] of known) {
    assert.deepEqual(of("xxhash64", BYTES, sanity.slice(0, length)), [BigInt.asIntN(64, hash)], String(length));
  }
  const all = Array.from({ length: 222 }, (_, n) => sanity.slice(0, n));
  assert.deepEqual(of("xxhash64", BYTES, ...all), all.map(xxh64));
  check("xxhash64", { args: [text], reference: (value: string) => xxh64(utf8(value)) });
});

Deno.test("murmur2 is what Kafka's clients say", () => {
  const known = {
    "21": -973932308n,
    foobar: -790332482n,
    "a-little-bit-long-string": -985981536n,
    "a-little-bit-longer-string": -1486304829n,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971n,
    abc: 479470107n,
  };
  assert.deepEqual(of("murmur2", STRING, ...Object.keys(known)), Object.values(known));
});

Deno.test("hexadecimal digits go both ways", () => {
  const upper = (value: string | Uint8Array) => Buffer.from(utf8(value)).toString("hex").toUpperCase();
  check("hex", { args: [bytes], reference: upper });
  check("hex", { args: [text], reference: upper });
  const digits = { type: STRING, values: fc.string({ unit: fc.constantFrom(..."0189abcdefABCDEFg"), maxLength: 9 }) };
  check("unhex", {
    args: [digits],
    reference: (value: string) =>
      /g/.test(value) ? null : Uint8Array.from(Buffer.from(value.length % 2 ? `0${value}` : value, "hex")),
    runs: 100,
  });
});

/** The form of web forms, as browsers have it. */
const formOf = (value: string) => new URLSearchParams([["", value]]).toString().slice(1);

Deno.test("the form of web forms is that of browsers, and back", () => {
  check("url_encode", { args: [text], reference: formOf, runs: 100 });
  const sent = {
    type: STRING,
    values: fc.oneof(
      text.values.map((value) => formOf(value as string)),
      fc.string({ unit: fc.constantFrom("a", "+", "%", "4", "1", "C", "é", "%C3"), maxLength: 8 }),
    ),
  };
  const back = (value: string) => {
    try {
      return decodeURIComponent(value.replaceAll("+", " "));
    } catch {
      return null;
    }
  };
  check("url_decode", { args: [sent], reference: back, runs: 200 });
});

const URLS = [
  "http://userinfo:pw@host.com:8080/path/p.php?k1=v1&k2=v2&k1=v3#Ref1",
  "https://[2001:db8::1]:80/a?b#c?d",
  "ftp://x",
  "http://a?q=1",
  "http://a#r",
  "mailto:someone@example.org",
  "no address",
  "",
  "http://a@b@c/p@q",
  "http:///p",
];
const PARTS: Record<string, (string | null)[]> = {
  host: ["host.com", "[2001:db8::1]", "x", "a", "a", "", null, null, "c", ""],
  path: ["/path/p.php", "/a", "", "", "", "someone@example.org", null, null, "/p@q", "/p"],
  query: ["k1=v1&k2=v2&k1=v3", "b", null, "q=1", null, null, null, null, null, null],
  ref: ["Ref1", "c?d", null, null, "r", null, null, null, null, null],
  protocol: ["http", "https", "ftp", "http", "http", "mailto", null, null, "http", "http"],
  authority: ["userinfo:pw@host.com:8080", "[2001:db8::1]:80", "x", "a", "a", null, null, null, "a@b@c", ""],
  file: ["/path/p.php?k1=v1&k2=v2&k1=v3", "/a?b", "", "?q=1", "", "someone@example.org", null, null, "/p@q", "/p"],
  userinfo: ["userinfo:pw", null, null, null, null, null, null, null, "a@b", null],
};

Deno.test("addresses have the parts that Java's URL finds", () => {
  const column: Column[] = [{ name: "a", type: STRING, nullable: true }];
  const parse = (...rest: string[]): Expression => ({
    call: "parse_url",
    args: [{ column: "a" }, ...rest.map((literal) => ({ literal }))],
  });
  for (const [part, expected] of Object.entries(PARTS)) {
    assert.deepEqual(valuesOf(parse(part.toUpperCase()), column, URLS.map((url) => [url])), expected, part);
  }
  const keyed = (key: string) => valuesOf(parse("query", key), column, URLS.slice(0, 4).map((url) => [url]));
  assert.deepEqual(keyed("k1"), ["v1", null, null, null]);
  assert.deepEqual(keyed("k2"), ["v2", null, null, null]);
  assert.deepEqual(keyed("q"), [null, null, null, "1"]);
  assert.deepEqual(keyed("k"), [null, null, null, null]);
});
