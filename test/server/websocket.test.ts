import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { SocketClient } from "./client.ts";
import { type Harness, post, rawRequest, until, withServer } from "./harness.ts";

const PATH = "/v1/streams/s/ws";
const open = (harness: Harness) => SocketClient.open(harness, PATH, ["rdx.json.v1"]);

/** Holds back the engine; the returned function lets it go on. */
function hold({ engine }: Harness): () => void {
  let release = () => {};
  engine.streams.gate = new Promise((resolve) => release = resolve);
  return release;
}

Deno.test("credits come first, then one verdict for each message, in order", async () => {
  await withServer({ bounds: { creditRowsMax: 1000 } }, async (harness) => {
    const client = await open(harness);
    assert.equal(client.protocol, "rdx.json.v1");
    assert.deepEqual(await client.next(), { $rdx: "credit", rows: 1000 });
    client.send('{"n":1}\n{"n":2}\n');
    client.send('{"n":3}\nnonsense');
    client.send("nonsense");
    assert.deepEqual(await client.next(), {
      $rdx: "ack",
      sequence: 0,
      accepted: 2,
      rejected: 0,
      offset: 0,
      durability: "none",
    });
    const { errors, ...second } = await client.next();
    assert.deepEqual(second, { $rdx: "ack", sequence: 1, accepted: 1, rejected: 1, offset: 2, durability: "none" });
    assert.equal(errors[0].line, 2);
    const third = await client.next();
    assert.deepEqual([third.$rdx, third.sequence, third.type, third.status], ["error", 2, "/problems/invalid", 400]);
    await client.close();
  });
});

Deno.test("a producer's batch is led by its mark, a repetition is said to be one, a gap is a problem", async () => {
  await withServer({}, async (harness) => {
    const client = await open(harness);
    await client.next();
    const batch = (sequence: number) => `{"$rdx":{"producer":"p","sequence":${sequence}}}\n{"n":1}\n`;
    client.send(batch(0));
    client.send(batch(0));
    client.send(batch(7));
    assert.equal((await client.next()).sequence, 0);
    assert.equal((await client.next()).duplicate, true);
    const gap = await client.next();
    assert.deepEqual([gap.$rdx, gap.sequence, gap.status, gap.expected], ["error", 7, 409, 1]);
    assert.equal(harness.engine.streams.get("s").rowsIn, 1);
    assert.deepEqual(harness.engine.streams.requests[0].text, '{"n":1}\n');
    await client.close();
  });
});

for (
  const lead of [
    '{"$rdx":5}',
    '{"$rdx":{"producer":5,"sequence":0}}',
    '{"$rdx":{"producer":"p"}}',
    '{"$rdx":{"producer":"p","sequence":-1}}',
    '{"$rdx":{"producer":"p","sequense":1}}',
    '{"$rdx":{"producer":"p"',
    `{"$rdx":{"producer":"${"x".repeat(3000)}","sequence":0}}`,
  ]
) {
  Deno.test(`a leading line ${lead.slice(0, 45)} is refused in its turn, and the connection goes on`, async () => {
    await withServer({}, async (harness) => {
      const client = await open(harness);
      await client.next();
      client.send(`${lead}\n{"n":1}`);
      client.send('{"n":2}');
      const refused = await client.next();
      assert.deepEqual([refused.$rdx, refused.sequence, refused.status], ["error", 0, 400]);
      assert.deepEqual((await client.next()).sequence, 1);
      assert.equal(harness.engine.streams.requests.length, 1);
      await client.close();
    });
  });
}

Deno.test("bytes are taken like text, and a message without rows is acknowledged", async () => {
  await withServer({}, async (harness) => {
    const client = await open(harness);
    await client.next();
    client.send(new TextEncoder().encode('{"n":1}'));
    client.send("");
    assert.equal((await client.next()).accepted, 1);
    assert.equal((await client.next()).accepted, 0);
    await client.close();
  });
});

Deno.test("credits are renewed when a good part of them is used, not for each message", async () => {
  await withServer({ bounds: { creditRowsMax: 100 } }, async (harness) => {
    const client = await open(harness);
    await client.next();
    const kinds: string[] = [];
    for (let i = 0; i < 30; i++) {
      client.send('{"n":1}');
      for (;;) {
        const { $rdx, rows } = await client.next();
        kinds.push($rdx);
        if ($rdx === "credit") assert.equal(rows, 25);
        else break;
      }
    }
    assert.equal(kinds.filter((kind) => kind === "credit").length, 1);
    await client.close();
  });
});

Deno.test("while the stream is full no credits come, and they come when it has room again", async () => {
  await withServer({ bounds: { creditRowsMax: 100 } }, async (harness) => {
    await post(harness, "s", '{"n":1}');
    harness.engine.streams.creditRows = 0;
    const client = await open(harness);
    client.send("");
    assert.equal((await client.next()).$rdx, "ack");
    assert.equal(client.waiting, 0);
    harness.engine.streams.grant(40);
    assert.deepEqual(await client.next(), { $rdx: "credit", rows: 40 });
    await client.close();
    await until(() => harness.engine.streams.listeners("s") === 0);
  });
});

Deno.test("what was sent with credit before the stream became full waits for room", async () => {
  await withServer({ bounds: { creditRowsMax: 100 } }, async (harness) => {
    await post(harness, "s", '{"n":1}');
    const client = await open(harness);
    assert.equal((await client.next()).rows, 100);
    harness.engine.streams.creditRows = 1;
    client.send('{"n":1}\n{"n":2}\n');
    await until(() => harness.server.context.budget.used > 0);
    assert.deepEqual([harness.engine.streams.requests.length, client.waiting], [1, 0]);
    harness.engine.streams.grant(2);
    assert.equal((await client.next()).accepted, 2);
    harness.engine.streams.creditRows = 0;
    client.send('{"n":3}');
    await until(() => harness.server.context.budget.used > 0);
    await client.close();
    await until(() => harness.server.context.budget.used === 0);
    assert.equal(harness.engine.streams.requests.length, 2);
  });
});

Deno.test("while bodies take much of their memory nothing waits for room, and who waits is told when the server goes", async () => {
  await withServer({ bounds: { creditRowsMax: 100, bodiesBytesMax: 40 } }, async (harness) => {
    await post(harness, "s", '{"n":1}');
    const first = await open(harness), second = await open(harness);
    await first.next();
    await second.next();
    harness.engine.streams.creditRows = 0;
    first.send('{"n":11111}');
    await until(() => harness.server.context.budget.used > 0);
    harness.engine.streams.failure = new RdxError("busy", "The stream is full");
    second.send('{"n":22222}');
    assert.equal((await second.next()).status, 429);
    await second.close();
    harness.engine.streams.failure = new RdxError("closing", "The engine is shutting down");
    const stopped = harness.server.stop();
    assert.deepEqual([(await first.next()).sequence, (await first.next()).status], [0, 503]);
    assert.equal((await first.closed).code, 1001);
    await stopped;
  });
});

Deno.test("a client that sends a little beyond its credits is served, one that ignores them is closed with 1008", async () => {
  await withServer({ bounds: { creditRowsMax: 10, creditOverrunRowsMax: 5 } }, async (harness) => {
    const client = await open(harness);
    assert.equal((await client.next()).rows, 10);
    const release = hold(harness);
    client.send('{"n":1}\n'.repeat(12));
    await until(() => harness.engine.streams.requests.length === 1);
    client.send('{"n":1}\n'.repeat(12));
    const problem = await client.next();
    assert.deepEqual([problem.$rdx, problem.status], ["error", 429]);
    assert.equal((await client.closed).code, 1008);
    release();
    await until(() => harness.server.context.budget.used === 0);
    assert.equal(harness.engine.streams.requests.length, 1);
  });
});

Deno.test("a message beyond its bound is closed with 1009", async () => {
  await withServer({ bounds: { messageBytesMax: 100 } }, async (harness) => {
    const client = await open(harness);
    await client.next();
    client.send("x".repeat(101));
    assert.equal((await client.next()).status, 413);
    assert.equal((await client.closed).code, 1009);
    assert.equal(harness.engine.streams.requests.length, 0);
  });
});

Deno.test("messages that wait are bounded in bytes, however few rows they have", async () => {
  await withServer({ bounds: { messagesWaitingBytesMax: 5000 } }, async (harness) => {
    const client = await open(harness);
    await client.next();
    const release = hold(harness);
    for (let i = 0; i < 20; i++) client.send("{}");
    assert.equal((await client.closed).code, 1008);
    release();
  });
});

Deno.test("a message for which there is no memory is refused in its turn, and can be sent again", async () => {
  await withServer({ bounds: { bodiesBytesMax: 20 } }, async (harness) => {
    const client = await open(harness);
    await client.next();
    client.send(`{"n":"${"x".repeat(20)}"}`);
    client.send('{"n":1}');
    const refused = await client.next();
    assert.deepEqual([refused.$rdx, refused.sequence, refused.status], ["error", 0, 429]);
    assert.deepEqual((await client.next()).sequence, 1);
    await client.close();
  });
});

Deno.test("a client that leaves while its rows are stored harms nobody", async () => {
  await withServer({}, async (harness) => {
    const client = await open(harness);
    await client.next();
    const release = hold(harness);
    client.send('{"n":1}');
    client.send('{"n":2}');
    await until(() => harness.engine.streams.requests.length === 2);
    await client.close();
    release();
    await until(() => harness.server.context.budget.used === 0 && harness.server.context.connections.count === 0);
    assert.equal(harness.engine.streams.get("s").rowsIn, 2);
  });
});

Deno.test("a server that stops gives verdicts on what it took, says so and closes with 1001", async () => {
  await withServer({}, async (harness) => {
    const client = await open(harness);
    await client.next();
    const release = hold(harness);
    client.send('{"n":1}');
    await until(() => harness.engine.streams.requests.length === 1);
    harness.engine.drainGate = client.closed.then(() => {});
    const stopped = harness.server.stop();
    release();
    assert.equal((await client.next()).$rdx, "ack");
    assert.equal((await client.next()).status, 503);
    assert.equal((await client.closed).code, 1001);
    await stopped;
  });
});

Deno.test("an unknown subprotocol, an unknown stream and a plain request are refused with a problem", async () => {
  await withServer({ autoCreate: false }, async (harness) => {
    harness.engine.streams.put("s", {
      columns: [],
      time: null,
      delayMs: 0,
      futureSkewMs: 3_600_000,
      onError: "reject",
      retentionMs: null,
    });
    const upgrade = (path: string, protocol: string) =>
      rawRequest(
        harness.server.port,
        `GET ${path} HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n` +
          `sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: ${protocol}\r\n\r\n`,
        /\}$|101/,
      );
    assert.match(await upgrade(PATH, "rdx.json.v1"), /^HTTP\/1.1 101/);
    assert.match(await upgrade(PATH, "chat, superchat"), /^HTTP\/1.1 400[^]*rdx\.arrow\.v1/);
    assert.match(await upgrade("/v1/streams/t/ws", "rdx.json.v1"), /^HTTP\/1.1 404/);
    const plain = await harness.ask(PATH);
    assert.equal(plain.status, 400);
    assert.match(await plain.text(), /upgrade/);
  });
});

Deno.test("garbage on a WebSocket ends that connection and nothing else", async () => {
  await withServer({}, async (harness) => {
    const upgrade = `GET ${PATH} HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n` +
      "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    const head = new TextEncoder().encode(upgrade);
    for (
      const garbage of [[0xff, 0xff, 0xff, 0xff], [0x83, 0x80, 0, 0, 0, 0], [
        0xc1,
        0x80,
        1,
        2,
        3,
        4,
      ]]
    ) {
      await rawRequest(harness.server.port, new Uint8Array([...head, ...garbage]));
    }
    const lying = new Uint8Array([...head, 0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    await rawRequest(harness.server.port, lying);
    const notText = new Uint8Array([...head, 0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]);
    await rawRequest(harness.server.port, notText);
    await until(() => harness.server.context.connections.count === 0);
    assert.equal((await post(harness, "s", '{"n":1}')).status, 200);
  });
});

Deno.test("connections are bounded: the one beyond is refused with 429", async () => {
  await withServer({ bounds: { connectionsMax: 1 } }, async (harness) => {
    const first = await open(harness);
    await assert.rejects(open(harness));
    await first.close();
    await until(() => harness.server.context.connections.count === 0);
    await (await open(harness)).close();
  });
});

Deno.test("a busy engine refuses a message by its number, so that it can be sent again", async () => {
  await withServer({}, async (harness) => {
    const client = await open(harness);
    await client.next();
    harness.engine.streams.failure = new RdxError("busy", "The stream is full");
    client.send('{"$rdx":{"producer":"p","sequence":0}}\n{"n":1}');
    const refused = await client.next();
    assert.deepEqual([refused.sequence, refused.type], [0, "/problems/busy"]);
    harness.engine.streams.failure = null;
    client.send('{"$rdx":{"producer":"p","sequence":0}}\n{"n":1}');
    assert.equal((await client.next()).accepted, 1);
    await client.close();
  });
});
