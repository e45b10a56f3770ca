import assert from "node:assert/strict";
import { EventStreamParser, type ServerSentEvent } from "../../src/client/rdx/sse.ts";
import fc from "../deps/fast_check.ts";

const encoder = new TextEncoder();

function parse(pieces: Iterable<Uint8Array>): ServerSentEvent[] {
  const events: ServerSentEvent[] = [], parser = new EventStreamParser((event) => events.push(event));
  for (const piece of pieces) parser.push(piece);
  return events;
}

const whole = (text: string) => parse([encoder.encode(text)]);

/** Cuts bytes at the given places. */
function* cut(bytes: Uint8Array, places: readonly number[]): Generator<Uint8Array> {
  let from = 0;
  for (const place of places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b)) {
    yield bytes.subarray(from, place);
    from = place;
  }
  yield bytes.subarray(from);
}

Deno.test("the examples of the HTML standard", () => {
  const data = (text: string) => whole(text).map((event) => event.data);
  assert.deepEqual(data("data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"]);
  assert.deepEqual(data("data\n\ndata\ndata\n\ndata:"), ["", "\n"]);
  assert.deepEqual(data("data:test\n\ndata: test\n\n"), ["test", "test"]);
  assert.deepEqual(
    whole(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"),
    [
      { event: "message", data: "first event", id: "1" },
      { event: "message", data: "second event", id: "" },
      { event: "message", data: " third event", id: "" },
    ],
  );
});

Deno.test("a byte order mark, every kind of line end, and ids with a NUL", () => {
  const events = whole(
    "\ufeffevent: a\rdata: 1\r\rid: x\0y\r\nevent: b\r\ndata: 2\r\n\r\nid: 7\nunknown: z\ndata: 3\n\n",
  );
  assert.deepEqual(events, [
    { event: "a", data: "1", id: "" },
    { event: "b", data: "2", id: "" },
    { event: "message", data: "3", id: "7" },
  ]);
});

Deno.test("however the bytes are cut, the events are the same", () => {
  const line = fc.oneof(
    fc.constantFrom("data", "data:", "event: x", "id: 5", "id", ": comment", "retry: 9", ""),
    fc.string({ unit: "binary", maxLength: 12 }).map((text) => `data: ${text.replace(/[\r\n]/g, "")}`),
  );
  const end = fc.constantFrom("\n", "\r", "\r\n");
  const stream = fc.array(fc.tuple(line, end), { maxLength: 30 }).map((lines) => lines.flat().join(""));
  fc.assert(fc.property(stream, fc.array(fc.nat(), { maxLength: 40 }), (text, places) => {
    const bytes = encoder.encode(text);
    assert.deepEqual(parse(cut(bytes, places)), parse([bytes]));
    assert.deepEqual(parse(Array.from(bytes, (byte) => Uint8Array.of(byte))), parse([bytes]));
  }));
});
