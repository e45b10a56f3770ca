import assert from "node:assert/strict";
import { SocketClient } from "../server/client.ts";
import { rawRequest } from "../server/harness.ts";
import { ask, isHealthy, metric, NDJSON, put, send } from "./requests.ts";
import { startServer, type TestServer, until } from "./server.ts";

const encoder = new TextEncoder();
const portOf = (server: TestServer) => Number(new URL(server.url).port);

/** Runs a test against a server of its own, which has to be as well afterwards as before. */
async function withServer(test: (server: TestServer) => Promise<void>): Promise<void> {
  await using server = await startServer();
  await send(server, "s", [{ n: 0 }]);
  await test(server);
  assert.ok(await isHealthy(server));
  await send(server, "s", [{ n: 1 }]);
  await until(async () => await metric(server, "rdx_http_bodies_bytes") === 0);
  await until(async () => await metric(server, "rdx_connections") === 0);
}

const head = (lines: readonly string[]) => `${lines.join("\r\n")}\r\n\r\n`;
const POST = (more: readonly string[]) => head(["POST /v1/streams/s HTTP/1.1", "host: localhost", ...more]);

Deno.test("headers that are no HTTP end their connection and nothing else", async () => {
  await withServer(async (server) => {
    const garbage: (string | Uint8Array)[] = [
      "\r\n\r\n\r\n\r\nGET\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "\u0016\u0003\u0001\u0002\u0000 this is no TLS\r\n\r\n",
      crypto.getRandomValues(new Uint8Array(4096)),
      head(["GET /v1/streams HTTP/1.1", "host: localhost", `x: ${"y".repeat(1 << 20)}`]),
      head(["GET /v1/streams HTTP/1.1", "host: localhost", ...Array.from({ length: 5000 }, (_, i) => `x${i}: y`)]),
      head(["GET /v1/streams HTTP/1.1", "host: localhost", "no colon here"]),
      head([`GET /${"a".repeat(200_000)} HTTP/1.1`, "host: localhost"]),
      POST([`content-type: ${NDJSON}`, "content-length: -1"]),
      POST([`content-type: ${NDJSON}`, "content-length: 10", "content-length: 11"]) + '{"n":1}\n   ',
      POST([`content-type: ${NDJSON}`, "content-length: 8", "transfer-encoding: chunked"]) + "0\r\n\r\nGET /",
      POST([`content-type: ${NDJSON}`, "content-length: 18446744073709551616"]) + '{"n":1}\n',
      POST([`content-type: ${NDJSON}`, "transfer-encoding: chunked"]) + "zz\r\n{}\r\n0\r\n\r\n",
      POST([`content-type: ${NDJSON}`, "transfer-encoding: chunked"]) + "ffffffffffffffff1\r\n{}\r\n",
    ];
    for (const bytes of garbage) {
      const answer = await rawRequest(portOf(server), bytes, /^HTTP\/1\.[01] \d{3}/);
      assert.match(answer, /^$|^HTTP\/1\.[01] 4\d\d /, String(bytes).slice(0, 80));
    }
    const foreign = await rawRequest(
      portOf(server),
      head(["GET /v1/streams HTTP/1.1", "host: evil.example"]),
      /\}\s*$/,
    );
    assert.match(foreign, /^HTTP\/1\.1 403/);
    const chunked = POST([`content-type: ${NDJSON}`, "transfer-encoding: chunked"]) + '8\r\n{"n":2}\n\r\n0\r\n\r\n';
    assert.match(await rawRequest(portOf(server), chunked, /"accepted":1/), /^HTTP\/1\.1 200/);
  });
});

Deno.test("uploads that are broken off store nothing and hold no memory", async () => {
  await withServer(async (server) => {
    const lines = '{"n":5}\n'.repeat(1000);
    const uploads = [
      POST([`content-type: ${NDJSON}`, "content-length: 100000"]) + lines,
      POST([`content-type: ${NDJSON}`, "content-length: 30000000"]) + lines,
      POST([`content-type: ${NDJSON}`, "transfer-encoding: chunked"]) + `1f40\r\n${lines}\r\n`,
      POST([`content-type: ${NDJSON}`, "content-encoding: gzip", "content-length: 100000"]) + "\u001f",
    ];
    for (let round = 0; round < 10; round++) {
      for (const upload of uploads) {
        const connection = await Deno.connect({ port: portOf(server), hostname: "127.0.0.1" });
        const bytes = encoder.encode(upload);
        for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
        connection.close();
      }
    }
    const controller = new AbortController();
    const endless = new ReadableStream({
      // Slow enough that it is seen before it is too large.
      async pull(stream) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        stream.enqueue(encoder.encode(lines));
      },
    });
    const sending = server.fetch("/v1/streams/s", {
      method: "POST",
      body: endless,
      headers: { "content-type": NDJSON },
      signal: controller.signal,
    });
    await until(async () => await metric(server, "rdx_http_bodies_bytes") > 0);
    controller.abort();
    await assert.rejects(sending);
    await until(async () => await metric(server, "rdx_http_bodies_bytes") === 0);
    const { rows_in } = await server.json<{ rows_in: number }>("/v1/streams/s");
    assert.equal(rows_in, 1);
  });
});

Deno.test("uploads that make no progress get 408 and store nothing", async () => {
  await withServer(async (server) => {
    const type = `content-type: ${NDJSON}`;
    const uploads = [
      POST([type, "content-length: 100"]) + '{"n":1}\n',
      POST([type, "content-length: 1000000"]) + '{"n":1}\n',
      POST([type, "transfer-encoding: chunked"]) + '8\r\n{"n":2}\n\r\n',
      POST([type, "content-encoding: gzip", "content-length: 100"]) + "\u001f",
    ];
    const answers = await Promise.all(uploads.map((upload) => rawRequest(portOf(server), upload, /\}\s*$/)));
    for (const answer of answers) {
      assert.match(answer, /^HTTP\/1\.1 408 [^]*"\/problems\/timeout"/);
      assert.match(answer, /\r\nconnection: close\r\n/);
    }
    assert.equal((await server.json<{ rows_in: number }>("/v1/streams/s")).rows_in, 1);
  });
});

const UPGRADE = head([
  "GET /v1/streams/s/ws HTTP/1.1",
  "host: localhost",
  "upgrade: websocket",
  "connection: upgrade",
  "sec-websocket-version: 13",
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
]);

Deno.test("garbage on a WebSocket ends that connection; messages that make no sense are refused in their turn", async () => {
  await withServer(async (server) => {
    const frames = [
      [0xff, 0xff, 0xff, 0xff],
      [0x83, 0x80, 0, 0, 0, 0],
      [0xc1, 0x80, 1, 2, 3, 4],
      [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
      [0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28],
      [0x8f, ...crypto.getRandomValues(new Uint8Array(2048))],
    ];
    const upgrade = encoder.encode(UPGRADE);
    for (const frame of frames) await rawRequest(portOf(server), new Uint8Array([...upgrade, ...frame]));
    const client = await SocketClient.open(server, "/v1/streams/s/ws", ["rdx.json.v1"]);
    assert.equal((await client.next()).$rdx, "credit");
    const messages = [
      '{"$rdx":1}',
      "nonsense",
      "[".repeat(10_000),
      '{"n":"\ud800"}',
      "\u0000",
      '{"$rdx":{"producer":"p","sequence":5}}\n{"n":1}',
    ];
    for (const message of messages) client.send(message);
    client.send('{"n":3}\n');
    for (let i = 0; i <= messages.length; i++) {
      const verdict = await client.next();
      assert.equal(verdict.sequence, i === 5 ? 5 : i, JSON.stringify(verdict));
      if (i === messages.length) assert.deepEqual([verdict.$rdx, verdict.accepted], ["ack", 1]);
      else if (i !== 3) assert.equal(verdict.$rdx, "error", JSON.stringify(verdict));
    }
    await client.close();
    const arrow = await SocketClient.open(server, "/v1/streams/s/ws", ["rdx.arrow.v1"]);
    arrow.send(crypto.getRandomValues(new Uint8Array(1000)));
    await arrow.nextRaw();
    await arrow.close();
  });
});

Deno.test("names that climb out of their place, and paths that do not exist, are refused", async () => {
  await withServer(async (server) => {
    const names = [
      "..%2f..%2fetc%2fpasswd",
      "%2e%2e%2f%2e%2e",
      "a%00b",
      "a%2fb",
      "%ff%fe",
      "-a",
      "a%20b",
      "%E2%80%AE",
      `a${"b".repeat(128)}`,
      "a;b",
      "%",
    ];
    for (const name of names) {
      for (
        const path of [`/v1/streams/${name}`, `/v1/pipelines/${name}`, `/v1/views/${name}`, `/v1/streams/${name}/rows`]
      ) {
        const answer = await rawRequest(
          portOf(server),
          head([`GET ${path} HTTP/1.1`, "host: localhost", "connection: close"]),
        );
        assert.match(answer, /^HTTP\/1\.1 40[04] /, path);
      }
      const row = await ask(server, `/v1/streams/${name}`, {
        method: "POST",
        body: '{"n":1}',
        headers: { "content-type": NDJSON },
      });
      assert.ok([400, 404].includes(row.status), `${name}: ${row.status}`);
      const declared = await put(server, `/v1/streams/${name}`, { columns: [{ name: "n", type: "int64" }] });
      assert.ok([400, 404].includes(declared.status), `${name}: ${declared.status}`);
    }
    for (const path of ["/../../etc/passwd", "/v1/streams/../../etc/passwd", "/.git/config", "/src/main.ts", "//"]) {
      const answer = await rawRequest(
        portOf(server),
        head([`GET ${path} HTTP/1.1`, "host: localhost", "connection: close"]),
      );
      assert.match(answer, /^HTTP\/1\.1 40[04] /, path);
    }
    for (
      const path of ["/v1/streams/__proto__", "/v1/pipelines/constructor", "/v1/views/toString", "/problems/__proto__"]
    ) {
      assert.equal((await ask(server, path)).status, 404, path);
    }
    await send(server, "__proto__", [{ n: 1 }]);
    assert.equal((await server.json<{ rows_in: number }>("/v1/streams/__proto__")).rows_in, 1);
    const { streams } = await server.json<{ streams: { name: string }[] }>("/v1/streams");
    assert.deepEqual(streams.map(({ name }) => name).sort(), ["__proto__", "s"]);
  });
});
