import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { HALF_HEADS_OF_ADDRESS_MAX } from "../../src/server/door/half_heads.ts";
import { startServer, until } from "../e2e/server.ts";

const HALF_HEADERS = "POST /v1/streams/s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-";
const HALF_BODY =
  'POST /v1/streams/s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ncontent-length: 1000\r\n\r\n{"n":';
/** Connections of either kind. */
const CLIENTS = 200;

Deno.test("clients whose headers or bodies never end keep nobody else from being served and are let go, and the server ends in order", async () => {
  const connections: Deno.Conn[] = [];
  try {
    await using server = await startServer({ args: ["--workers", "1"] });
    const { port } = new URL(server.url);
    await server.put("/v1/streams/s", { columns: [{ name: "n", type: "int64" }] });
    for (let client = 0; client < 2 * CLIENTS; client++) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
      connections.push(connection);
      await connection.write(new TextEncoder().encode(client % 2 === 0 ? HALF_HEADERS : HALF_BODY));
    }
    const headers = { "content-type": "application/x-ndjson" };
    for (let n = 0; n < 20; n++) {
      const answer = await server.fetch("/v1/streams/s", { method: "POST", headers, body: `{"n":${n}}` });
      assert.equal(answer.status, 200, await answer.text());
    }
    assert.equal((await server.json<{ end: number }>("/v1/streams/s")).end, 20);
    // The bound of silence in a body is over, one by one
    for (let client = 1; client < 2 * CLIENTS; client += 2) {
      const buffer = new Uint8Array(4096), read = await connections[client].read(buffer);
      assert.match(new TextDecoder().decode(buffer.subarray(0, read ?? 0)), /^HTTP\/1.1 408 /);
    }
    // Those whose headers never end hear nothing, and are ended too
    for (let client = 0; client < 2 * CLIENTS; client += 2) {
      assert.equal(await connections[client].read(new Uint8Array(1)), null);
    }
    // One whose headers come slowly, but to their end, is served like all others
    const slow = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    connections.push(slow);
    for (const part of [HALF_HEADERS, 'ndjson\r\ncontent-length: 9\r\n\r\n{"n":100}']) {
      await slow.write(new TextEncoder().encode(part));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const buffer = new Uint8Array(4096), read = await slow.read(buffer);
    assert.match(new TextDecoder().decode(buffer.subarray(0, read ?? 0)), /^HTTP\/1.1 200 /);
    await until(async () => (await server.json<{ end: number }>("/v1/streams/s")).end === 21);
    assert.equal(await server.signal("SIGTERM"), 0);
  } finally {
    for (const connection of connections) connection.close();
  }
});

Deno.test("an address that keeps more heads unfinished than it may loses its oldest, and those of another address stay", async () => {
  const connections: Deno.Conn[] = [], halves = new TextEncoder().encode(HALF_HEADERS), more = 20;
  await using server = await startServer({ args: ["--workers", "1"] });
  const port = Number(new URL(server.url).port);
  await server.put("/v1/streams/s", { columns: [{ name: "n", type: "int64" }] });
  const other = connect({ host: "127.0.0.1", port, localAddress: "127.0.0.2" });
  try {
    await once(other, "connect");
    other.write(HALF_HEADERS);
    const open = async () => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      connections.push(connection);
      await connection.write(halves);
    };
    const ended = new Set<number>();
    for (let i = 0; i < HALF_HEADS_OF_ADDRESS_MAX + more; i++) {
      await open();
      connections[i].read(new Uint8Array(1)).then(() => ended.add(i), () => ended.add(i));
    }
    // Long before a head has taken the time that one may take.
    await until(() => ended.size === more);
    // Which are taken first, so that they are the oldest, is up to the machine for the newest few alone.
    assert.ok([...ended].every((i) => i < HALF_HEADS_OF_ADDRESS_MAX), [...ended].join(" "));
    other.write('ndjson\r\ncontent-length: 7\r\n\r\n{"n":1}');
    const [answer] = await once(other, "data");
    assert.match(String(answer), /^HTTP\/1.1 200 /);
    // The address itself is served too, where its heads are whole.
    const headers = { "content-type": "application/x-ndjson" };
    assert.equal((await server.fetch("/v1/streams/s", { method: "POST", headers, body: '{"n":2}' })).status, 200);
  } finally {
    other.destroy();
    for (const connection of connections) connection.close();
  }
});
