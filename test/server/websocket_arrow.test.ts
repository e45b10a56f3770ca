import assert from "node:assert/strict";
import { encodeArrow, encodeRows, encodeSchema } from "../../src/core/arrow/writer.ts";
import { ArrowReader } from "../../src/core/arrow/reader.ts";
import { FrameBuilder, FrameView } from "../../src/core/frame.ts";
import { type Column, INT64, STRING } from "../../src/core/schema.ts";
import { decodeEnvelope, encodeEnvelope } from "../../src/core/wire.ts";
import { SocketClient } from "./client.ts";
import { type Harness, until, withServer } from "./harness.ts";

const COLUMNS: readonly Column[] = [
  { name: "n", type: INT64, nullable: true },
  { name: "city", type: STRING, nullable: true },
];

function frame(...rows: [bigint, string][]): ArrayBuffer {
  const builder = new FrameBuilder(COLUMNS);
  for (const row of rows) builder.append(row);
  return builder.finish();
}

const envelope = (arrow: Uint8Array, mark: { producer?: string; sequence?: number; stream?: string } = {}) =>
  encodeEnvelope({
    kind: "rows",
    stream: mark.stream ?? null,
    producer: mark.producer ?? null,
    sequence: mark.sequence ?? -1,
    arrow,
  });

const open = (harness: Harness) => SocketClient.open(harness, "/v1/streams/s/ws", ["rdx.arrow.v1"]);

async function next(client: SocketClient) {
  return decodeEnvelope(new Uint8Array(await client.nextRaw() as ArrayBuffer));
}

/** The rows that a body of the engine holds, read as an IPC stream of its own. */
function cities(body: Uint8Array): string[] {
  return new ArrowReader().read(body).flatMap((one) => {
    const view = new FrameView(one);
    return Array.from({ length: view.rows }, (_, row) => view.text(1, row));
  });
}

Deno.test("the schema comes once; each message reaches the engine as a stream of its own", async () => {
  await withServer({ bounds: { creditRowsMax: 100 } }, async (harness) => {
    const client = await open(harness);
    assert.equal(client.protocol, "rdx.arrow.v1");
    assert.deepEqual(await next(client), { kind: "credit", rows: 100 });
    client.send(envelope(encodeSchema(COLUMNS)));
    client.send(envelope(encodeRows(frame([1n, "Oslo"]), 0, 1), { producer: "p", sequence: 0 }));
    client.send(envelope(encodeRows(frame([2n, "Rome"], [3n, "Bergen"]), 0, 2), { stream: "s" }));
    const verdicts = [await next(client), await next(client), await next(client)];
    assert.deepEqual(verdicts.map((one) => one.kind === "ack" ? one.sequence : one), [0, 0, 2]);
    const [first, second] = harness.engine.streams.requests;
    assert.deepEqual([first.format, first.producer, first.sequence], ["arrow", "p", 0]);
    assert.deepEqual([cities(first.bytes), cities(second.bytes)], [["Oslo"], ["Rome", "Bergen"]]);
    await client.close();
  });
});

Deno.test("a message that is a whole stream is taken as it is", async () => {
  await withServer({}, async (harness) => {
    const client = await open(harness);
    await next(client);
    for (const city of ["Oslo", "Rome"]) client.send(envelope(encodeArrow(COLUMNS, [frame([1n, city])])));
    assert.equal((await next(client)).kind, "ack");
    assert.equal((await next(client)).kind, "ack");
    assert.deepEqual(harness.engine.streams.requests.map(({ bytes }) => cities(bytes)), [["Oslo"], ["Rome"]]);
    await client.close();
  });
});

for (
  const [what, bytes] of [
    ["text", "hello"],
    ["bytes that are no envelope", new Uint8Array(64).fill(255)],
    ["an envelope of the server's kind", encodeEnvelope({ kind: "credit", rows: 5 })],
    ["rows for another stream", envelope(encodeSchema(COLUMNS), { stream: "t" })],
    ["rows before the schema", envelope(encodeRows(frame([1n, "Oslo"]), 0, 1))],
    ["a sequence without a producer", envelope(encodeSchema(COLUMNS), { sequence: 4 })],
    ["Arrow data that is cut short", envelope(encodeSchema(COLUMNS).subarray(0, 20))],
  ] as const
) {
  Deno.test(`${what} is refused in its turn, and the connection goes on`, async () => {
    await withServer({}, async (harness) => {
      const client = await open(harness);
      await next(client);
      client.send(bytes);
      const refused = await next(client);
      assert.deepEqual([
        refused.kind,
        refused.kind === "error" && refused.code,
        refused.kind === "error" && refused.sequence,
      ], [
        "error",
        "invalid",
        0,
      ]);
      client.send(envelope(encodeArrow(COLUMNS, [frame([1n, "Oslo"])])));
      assert.equal((await next(client)).kind, "ack");
      assert.equal(harness.engine.streams.requests.length, 1);
      await client.close();
    });
  });
}

Deno.test("rows beyond the credits count as the messages claim them", async () => {
  await withServer({ bounds: { creditRowsMax: 1, creditOverrunRowsMax: 1 } }, async (harness) => {
    const client = await open(harness);
    await next(client);
    client.send(envelope(encodeArrow(COLUMNS, [frame([1n, "a"], [2n, "b"], [3n, "c"])])));
    assert.equal((await client.closed).code, 1008);
    assert.equal(harness.engine.streams.requests.length, 0);
  });
});

Deno.test("an envelope of kind end ends the stream", async () => {
  await withServer({}, async (harness) => {
    const client = await open(harness);
    await next(client);
    client.send(envelope(encodeArrow(COLUMNS, [frame([1n, "Oslo"])])));
    client.send(encodeEnvelope({ kind: "end", stream: null }));
    await next(client);
    assert.deepEqual(await next(client), { kind: "ack", sequence: 1, accepted: 0, rejected: 0, offset: 1 });
    assert.equal(harness.engine.streams.get("s").ended, true);
    await client.close();
    await until(() => harness.server.context.connections.count === 0);
  });
});
