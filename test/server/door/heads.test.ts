import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { readHead } from "../../../src/server/door/head.ts";
import { Heads } from "../../../src/server/door/heads.ts";

const encoder = new TextEncoder();

/** Heads that are alike, and those that nearly are. */
const line = fc.constantFrom(
  "host: a",
  "host: b",
  "content-type: application/json",
  "x-content-length: 9",
  "rdx-sequence: 7",
  "connection: keep-alive",
  "connection: close",
  "transfer-encoding: chunked",
);
const length = fc.tuple(
  fc.constantFrom("content-length", "Content-Length"),
  fc.constantFrom(":", ": ", ":\t "),
  fc.oneof(
    fc.integer({ min: 0, max: 2000 }).map(String),
    fc.constantFrom("007", "-1", "1e2", "", "12345678901", "3, 3"),
  ),
  fc.constantFrom("", " "),
).map((parts) => parts.join(""));
const text = fc.tuple(
  fc.constantFrom("/v1/streams/s", "/v1/streams/t", "/v1/streams/s/ws"),
  fc.constantFrom("POST", "POST", "POST", "GET"),
  fc.uniqueArray(line, { maxLength: 2 }),
  fc.array(length, { minLength: 1, maxLength: 2 }).map((all) =>
    all.length > 1 && all[0] < all[1] ? all : all.slice(0, 1)
  ),
  fc.constantFrom("\r\n\r\n", "\r\n\r\n", "\r\n\r\nbody", "\r\n"),
).map(([path, method, others, lengths, end]) =>
  [`${method} ${path} HTTP/1.1`, ...others, ...lengths].join("\r\n") + end
);

Deno.test("heads of one connection are read as each would be by itself, whichever came before", () => {
  fc.assert(fc.property(fc.array(text, { minLength: 1, maxLength: 12 }), (texts) => {
    const heads = new Heads();
    for (const one of texts) assert.deepEqual(heads.read(encoder.encode(one)), readHead(encoder.encode(one)), one);
  }));
});

Deno.test("any one byte of a head that is known makes another of it", () => {
  const known = encoder.encode("POST /v1/streams/s HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\nx: y\r\n\r\n");
  const heads = new Heads();
  heads.read(known);
  for (let at = 0; at < known.length; at++) {
    for (let byte = 0; byte < 256; byte++) {
      const bytes = known.slice();
      bytes[at] = byte;
      assert.deepEqual(heads.read(bytes), readHead(bytes), `byte ${byte} at ${at}`);
      heads.read(known);
    }
  }
});
