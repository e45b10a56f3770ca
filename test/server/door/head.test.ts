import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { type Head, readHead } from "../../../src/server/door/head.ts";

const encoder = new TextEncoder();
const read = (text: string) => readHead(encoder.encode(text));
const POST = "POST /v1/streams/s HTTP/1.1", LENGTH = "content-length: 3";
const head = (...lines: string[]) => `${lines.join("\r\n")}\r\n\r\n`;

Deno.test("the head of a request with rows is read, whatever stands behind it", () => {
  const text = head(POST, "Host: localhost:80", LENGTH, "X-Empty:", "Accept:\t a, b \t");
  const found = read(`${text}a\r\n\r\n`) as Head, { headers, ...rest } = found;
  assert.deepEqual(rest, { method: "POST", path: "/v1/streams/s", stream: "s", bodyBytes: 3, length: text.length });
  assert.deepEqual([...headers], [
    ["host", "localhost:80"],
    ["x-empty", ""],
    ["accept", "a, b"],
  ]);
});

Deno.test("the upgrade of a stream's socket is read", () => {
  const found = read(head("GET /v1/streams/a.b-c/ws HTTP/1.1", "connection: Upgrade", "upgrade: websocket")) as Head;
  assert.deepEqual([found.method, found.path, found.stream], ["GET", "/v1/streams/a.b-c/ws", "a.b-c"]);
});

Deno.test("every beginning of a head may become one, and nothing else may", () => {
  const text = head(POST, "host: localhost", LENGTH);
  for (let length = 0; length < text.length; length++) assert.equal(read(text.slice(0, length)), "part");
  assert.notEqual(read(text), "part");
  for (const other of ["G", "PO", "POST /v1/streams", "GET /v1/stream"]) {
    assert.equal(read(`${other}\u0001`), "other", other);
  }
  assert.equal(read("PUT"), "other");
});

const OTHERS: readonly (readonly string[])[] = [
  [POST],
  [POST, "content-length: -1"],
  [POST, "content-length: 1e3"],
  [POST, "content-length: 3, 3"],
  [POST, "content-length: 99999999999999999999"],
  [POST, LENGTH, LENGTH],
  [POST, LENGTH, "Content-Length: 4"],
  [POST, LENGTH, "transfer-encoding: chunked"],
  [POST, LENGTH, "Transfer-Encoding : chunked"],
  [POST, LENGTH, "transfer-encoding\u0000: chunked"],
  [POST, LENGTH, "content-encoding: gzip"],
  [POST, LENGTH, "expect: 100-continue"],
  [POST, LENGTH, "origin: http://evil.example"],
  [POST, LENGTH, "connection: close"],
  [POST, LENGTH, "connection: keep-alive, upgrade"],
  [POST, LENGTH, "upgrade: h2c"],
  [POST, LENGTH, "host: a", "host: b"],
  [POST, LENGTH, " folded: line"],
  [POST, LENGTH, "no colon"],
  [POST, LENGTH, ": no name"],
  [POST, LENGTH, "x: a\u0000b"],
  [POST, LENGTH, "x: \u00e9"],
  [POST, LENGTH, "x: a\nb: c"],
  [POST, LENGTH, "x: a\rb"],
  ["POST /v1/streams/s HTTP/1.0", LENGTH],
  ["POST /v1/streams/s HTTP/1.1 ", LENGTH],
  ["POST  /v1/streams/s HTTP/1.1", LENGTH],
  ["POST /v1/streams/s?access_token=x HTTP/1.1", LENGTH],
  ["POST /v1/streams/s/end HTTP/1.1", LENGTH],
  ["POST /v1/streams/s/ws HTTP/1.1", LENGTH],
  ["POST /v1/streams/../s HTTP/1.1", LENGTH],
  ["POST /v1/streams/%73 HTTP/1.1", LENGTH],
  ["POST /v1/streams/ HTTP/1.1", LENGTH],
  ["GET /v1/streams/s HTTP/1.1", LENGTH],
  ["GET /v1/streams/s/ws HTTP/1.1", LENGTH, "upgrade: websocket"],
];

for (const lines of OTHERS) {
  Deno.test(`${JSON.stringify(lines.join(" | "))} is for somebody else`, () =>
    assert.equal(read(head(...lines)), "other"));
}

Deno.test("no bytes break it, and a head never goes beyond its empty line", () => {
  const piece = fc.oneof(
    fc.constantFrom(POST, "\r\n", "\r\n\r\n", LENGTH, ":", " ", "host: a", "transfer-encoding: chunked"),
    fc.string({ maxLength: 5 }),
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
    const text = pieces.join(""), found = read(`${POST}\r\n${LENGTH}\r\n${text}`);
    if (typeof found === "string") return;
    const bytes = encoder.encode(`${POST}\r\n${LENGTH}\r\n${text}`);
    assert.equal(new TextDecoder().decode(bytes.subarray(found.length - 4, found.length)), "\r\n\r\n");
    assert.ok(!found.headers.has("transfer-encoding"));
  }));
});
