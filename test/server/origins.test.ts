import assert from "node:assert/strict";
import { Origins } from "../../src/server/origins.ts";
import { EventClient } from "./client.ts";
import { type Harness, JSON_TYPE, NDJSON, problemOf, rawRequest, withServer } from "./harness.ts";

const FRIEND = "https://shop.example", STRANGER = "https://evil.example";
const TOKEN = "a-token";
const CORS = ["access-control-allow-origin", "access-control-expose-headers", "access-control-allow-credentials"];

/** What a browser asks before a page of `origin` sends. */
function preflight({ ask }: Harness, path: string, origin: string, method = "PUT"): Promise<Response> {
  const headers = {
    origin,
    "access-control-request-method": method,
    "access-control-request-headers": "authorization,content-type",
  };
  return ask(path, { method: "OPTIONS", headers });
}

function upgrade(port: number, origin: string): Promise<string> {
  return rawRequest(
    port,
    `GET /v1/streams/s/ws HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\norigin: ${origin}\r\nupgrade: websocket\r\n` +
      "connection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    /\}$|101/,
  );
}

async function headersOf(answer: Response): Promise<Headers> {
  await answer.body?.cancel();
  return answer.headers;
}

Deno.test("closed by default: no page of another origin reads, sends, asks whether it may, or opens a WebSocket", async () => {
  await withServer({}, async (harness) => {
    const read = await headersOf(await harness.ask("/v1/streams", { headers: { origin: STRANGER } }));
    for (const name of CORS) assert.equal(read.get(name), null, name);
    assert.equal(read.get("cross-origin-resource-policy"), "same-origin");
    const asked = await preflight(harness, "/v1/streams/s", STRANGER);
    for (const name of CORS) assert.equal(asked.headers.get(name), null, name);
    assert.equal(asked.headers.get("access-control-allow-methods"), null);
    const { code, detail } = await problemOf(asked);
    assert.deepEqual([code, /--allow-origin/.test(detail)], ["forbidden", true]);
    assert.match(await upgrade(harness.server.port, STRANGER), /^HTTP\/1.1 403/);
  });
});

Deno.test("pages of an allowed origin read, send and open WebSockets; those of others do not", async () => {
  await withServer({ allowOrigins: [FRIEND, "http://localhost:3000/"] }, async (harness) => {
    for (const origin of [FRIEND, "http://localhost:3000"]) {
      const sent = await harness.ask("/v1/streams/s", {
        method: "POST",
        headers: { origin, ...NDJSON },
        body: '{"n":1}',
      });
      assert.equal(sent.status, 200);
      const headers = await headersOf(sent);
      assert.equal(headers.get("access-control-allow-origin"), origin);
      assert.equal(headers.get("access-control-expose-headers"), "date, retry-after, rdx-build");
      assert.equal(headers.get("cross-origin-resource-policy"), "cross-origin");
      assert.equal(headers.get("access-control-allow-credentials"), null);
      assert.match(headers.get("vary")!, /origin/);
      assert.match(await upgrade(harness.server.port, origin), /^HTTP\/1.1 101/);
    }
    for (
      const origin of [STRANGER, `${FRIEND}.evil.example`, "https://shop.example:444", "http://shop.example", "null"]
    ) {
      const refused = await harness.ask("/v1/streams/s", {
        method: "POST",
        headers: { origin, ...NDJSON },
        body: "{}",
      });
      assert.equal(refused.headers.get("access-control-allow-origin"), null, origin);
      assert.equal((await problemOf(refused)).code, "forbidden", origin);
      const read = await headersOf(await harness.ask("/v1/streams", { headers: { origin } }));
      assert.equal(read.get("access-control-allow-origin"), null, origin);
      assert.match(read.get("vary")!, /origin/);
      assert.equal((await preflight(harness, "/v1/streams/s", origin)).status, 403, origin);
      assert.match(await upgrade(harness.server.port, origin), /^HTTP\/1.1 403/);
    }
    assert.match((await headersOf(await harness.ask("/v1/streams"))).get("vary")!, /origin/);
  });
});

Deno.test("an allowed origin's preflight is answered without a token, what follows needs it and may read a refusal", async () => {
  await withServer({ allowOrigins: [FRIEND], token: TOKEN }, async (harness) => {
    for (const path of ["/v1/streams/s", "/v1/views/v/live", "/nothing"]) {
      const asked = await preflight(harness, path, FRIEND);
      assert.deepEqual([asked.status, await asked.text()], [204, ""]);
      assert.equal(asked.headers.get("access-control-allow-origin"), FRIEND);
      assert.match(asked.headers.get("access-control-allow-methods")!, /PUT, POST, DELETE/);
      const allowed = asked.headers.get("access-control-allow-headers")!.split(", ");
      for (const name of ["authorization", "content-type", "content-encoding", "rdx-producer", "rdx-sequence"]) {
        assert.ok(allowed.includes(name), name);
      }
      assert.ok(Number(asked.headers.get("access-control-max-age")) > 0);
      assert.match(asked.headers.get("vary")!, /origin/);
    }
    const refused = await harness.ask("/v1/streams", { headers: { origin: FRIEND } });
    assert.equal(refused.headers.get("access-control-allow-origin"), FRIEND);
    assert.equal((await problemOf(refused)).code, "unauthorized");
    const taken = await harness.ask("/v1/streams", { headers: { origin: FRIEND, authorization: `Bearer ${TOKEN}` } });
    assert.equal(taken.status, 200);
    await taken.body?.cancel();
  });
});

Deno.test("* lets pages of every origin in, without telling caches apart and without credentials", async () => {
  await withServer({ allowOrigins: ["*"] }, async (harness) => {
    for (const origin of [FRIEND, STRANGER, "null"]) {
      const asked = await headersOf(await preflight(harness, "/v1/streams/s", origin, "DELETE"));
      assert.equal(asked.get("access-control-allow-origin"), "*");
      const made = await harness.ask("/v1/streams/s", {
        method: "PUT",
        headers: { origin, ...JSON_TYPE },
        body: '{"columns":[{"name":"n","type":"int64"}]}',
      });
      assert.ok(made.ok);
      const headers = await headersOf(made);
      assert.deepEqual(CORS.map((name) => headers.get(name)), ["*", "date, retry-after, rdx-build", null]);
      assert.equal(headers.get("vary"), null);
      assert.match(await upgrade(harness.server.port, origin), /^HTTP\/1.1 101/);
    }
  });
});

Deno.test("live events, problems and assets carry the headers for allowed origins", async () => {
  const bundle = { build: "b1", page: new Uint8Array(), assets: new Map([["page.css", new Uint8Array([32])]]) };
  await withServer({ allowOrigins: [FRIEND], bundle }, async (harness) => {
    harness.engine.addView("v");
    const live = await harness.ask("/v1/views/v/live", { headers: { origin: FRIEND } });
    assert.equal(live.headers.get("access-control-allow-origin"), FRIEND);
    const events = new EventClient(live);
    assert.equal((await events.next())?.event, "snapshot");
    await events.close();
    for (const path of ["/v1/streams/missing", "/nothing", "/assets/page.css", "/"]) {
      const headers = await headersOf(await harness.ask(path, { headers: { origin: FRIEND } }));
      assert.equal(headers.get("access-control-allow-origin"), FRIEND, path);
      assert.equal(headers.get("rdx-build"), "b1", path);
    }
    const asset = await headersOf(await harness.ask("/assets/page.css", { headers: { origin: FRIEND } }));
    assert.deepEqual(asset.get("vary")!.split(", ").sort(), ["accept-encoding", "origin"]);
  });
});

Deno.test("an OPTIONS request that is no preflight is answered like any other method that a path lacks", async () => {
  await withServer({ allowOrigins: [FRIEND] }, async ({ ask }) => {
    assert.equal(
      (await problemOf(await ask("/v1/streams", { method: "OPTIONS", headers: { origin: FRIEND } }))).status,
      405,
    );
  });
});

Deno.test("on loopback an allowed origin is no reason to answer under a foreign name", async () => {
  await withServer({ allowOrigins: ["*"] }, async ({ server }) => {
    const answer = await rawRequest(
      server.port,
      `OPTIONS /v1/streams HTTP/1.1\r\nhost: evil.example\r\norigin: ${STRANGER}\r\naccess-control-request-method: PUT\r\n` +
        "connection: close\r\n\r\n",
    );
    assert.match(answer, /^HTTP\/1.1 403/);
  });
});

Deno.test("an origin is a scheme, a host and a port, and nothing else", () => {
  const origins = new Origins(["HTTPS://Shop.Example:443", "http://[::1]:8000"]);
  assert.ok(origins.allows(FRIEND) && origins.allows("http://[::1]:8000"));
  assert.ok(!origins.allows(null) && !origins.allows("null") && !origins.allows("*"));
  for (
    const text of [
      "",
      "shop.example",
      "https://",
      "https://shop.example/path",
      "https://a@shop.example",
      "null",
      "file:///tmp",
      "https://shop.example?x",
      "https://shop.example#x",
      "**",
      "https://*.example/x",
    ]
  ) {
    assert.throws(() => new Origins([text]), /is no origin: expected one such as/, text);
  }
});
