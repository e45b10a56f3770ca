import assert from "node:assert/strict";
import { isLoopbackAddress, isLoopbackHost } from "../../src/server/auth.ts";
import { requireAuthentication } from "../../src/server/serve.ts";
import { SocketClient } from "./client.ts";
import { NDJSON, problemOf, rawRequest, withServer } from "./harness.ts";

const TOKEN = "correct horse/battery+staple".replaceAll(" ", "_");
const BEARER = { authorization: `Bearer ${TOKEN}` };
const base64url = (text: string) => btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

Deno.test("with a token every path needs it, but for the health checks and the page's shell", async () => {
  await withServer({ token: TOKEN }, async ({ ask }) => {
    for (
      const path of [
        "/v1/streams",
        "/v1/views/v/live",
        "/metrics",
        "/openapi.json",
        "/problems/busy",
        "/nothing",
        "/healthz/",
      ]
    ) {
      const answer = await ask(path);
      assert.equal(answer.status, 401, path);
      assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer /);
      assert.equal((await problemOf(answer)).code, "unauthorized");
    }
    for (const path of ["/", "/healthz", "/readyz"]) assert.equal((await ask(path)).status, 200, path);
    for (const path of ["/", "/v1/streams", "/metrics", "/openapi.json"]) {
      assert.equal((await ask(path, { headers: BEARER })).status, 200, path);
    }
  });
});

for (
  const [what, headers, status] of [
    ["the token", { authorization: `Bearer ${TOKEN}` }, 200],
    ["the token, in another case of the scheme", { authorization: `bearer  ${TOKEN}` }, 200],
    ["another token", { authorization: "Bearer wrong" }, 401],
    ["a part of the token", { authorization: `Bearer ${TOKEN.slice(0, -1)}` }, 401],
    ["more than the token", { authorization: `Bearer ${TOKEN}x` }, 401],
    ["another scheme", { authorization: `Basic ${btoa(`:${TOKEN}`)}` }, 401],
    ["nothing behind the scheme", { authorization: "Bearer" }, 401],
    ["an empty header", { authorization: "" }, 401],
  ] as [string, Record<string, string>, number][]
) {
  Deno.test(`a request with ${what} is ${status}`, async () => {
    await withServer({ token: TOKEN }, async ({ ask }) => {
      assert.equal((await ask("/v1/streams", { headers })).status, status);
    });
  });
}

Deno.test("the token as a parameter opens what browsers open without headers, and nothing else", async () => {
  await withServer({ token: TOKEN }, async (harness) => {
    harness.engine.addView("v");
    const query = `?access_token=${encodeURIComponent(TOKEN)}`;
    const answer = await harness.ask(`/v1/views/v/live${query}`);
    assert.equal(answer.status, 200);
    await answer.body?.cancel();
    for (const path of ["/v1/streams", "/v1/views/v", "/metrics"]) {
      assert.equal((await harness.ask(path + query)).status, 401, path);
    }
    const post = await harness.ask(`/v1/streams/s${query}`, { method: "POST", body: "{}", headers: NDJSON });
    assert.equal(post.status, 401);
    assert.equal((await harness.ask("/v1/views/v/live?access_token=wrong")).status, 401);
    await (await SocketClient.open(harness, `/v1/streams/s/ws${query}`)).close();
  });
});

Deno.test("a WebSocket brings the token as a subprotocol, which is never the one that is chosen", async () => {
  await withServer({ token: TOKEN }, async (harness) => {
    const path = "/v1/streams/s/ws", bearer = `rdx.bearer.${base64url(TOKEN)}`;
    const client = await SocketClient.open(harness, path, [bearer, "rdx.json.v1"]);
    assert.equal(client.protocol, "rdx.json.v1");
    await client.close();
    for (
      const protocols of [["rdx.json.v1"], [`rdx.bearer.${base64url("wrong")}`, "rdx.json.v1"], ["rdx.bearer.%%%"], []]
    ) {
      await assert.rejects(SocketClient.open(harness, path, protocols.filter((name) => !name.includes("%"))));
    }
    harness.engine.addView("v");
    await (await SocketClient.open(harness, "/v1/views/v/live", ["rdx.json.v1", bearer])).close();
  });
});

Deno.test("the token shows in no answer", async () => {
  await withServer({ token: TOKEN }, async ({ ask }) => {
    for (const path of ["/", "/metrics", "/openapi.json", "/v1/nothing", `/v1/streams?access_token=${TOKEN}`]) {
      assert.ok(!(await (await ask(path, { headers: BEARER })).text()).includes(TOKEN), path);
    }
  });
});

Deno.test("off loopback the server does not start without a token or the word that it may", () => {
  for (const hostname of ["0.0.0.0", "::", "192.168.1.5", "example.com", "localhost.example.com"]) {
    assert.throws(() => requireAuthentication(hostname, null, false), /RDX_TOKEN/, hostname);
    requireAuthentication(hostname, TOKEN, false);
    requireAuthentication(hostname, null, true);
  }
  for (const hostname of ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"]) {
    requireAuthentication(hostname, null, false);
    assert.ok(isLoopbackAddress(hostname));
  }
});

Deno.test("on loopback only names of this machine are answered", async () => {
  for (const host of ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:80", "app.localhost", "LocalHost."]) {
    assert.ok(isLoopbackHost(host), host);
  }
  for (
    const host of [
      "evil.example",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "1270.0.1",
      "[::2]",
      "",
      "localhost:80:80",
      "evil@localhost",
    ]
  ) {
    assert.ok(!isLoopbackHost(host), host);
  }
  await withServer({}, async ({ server }) => {
    const request = (host: string) =>
      rawRequest(server.port, `GET /v1/streams HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    assert.match(await request("evil.example"), /^HTTP\/1.1 403/);
    assert.match(await request(`localhost:${server.port}`), /^HTTP\/1.1 200/);
  });
});

Deno.test("off loopback any host is answered, since names of it are not known", async () => {
  await withServer({ hostname: "0.0.0.0", insecure: true }, async ({ server }) => {
    const answer = await rawRequest(
      server.port,
      "GET /v1/streams HTTP/1.1\r\nhost: my.example\r\nconnection: close\r\n\r\n",
    );
    assert.match(answer, /^HTTP\/1.1 200/);
  });
});

Deno.test("off loopback streams are not made by themselves", async () => {
  await withServer({ hostname: "0.0.0.0", insecure: true }, async ({ server }) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/v1/streams/s`, {
      method: "POST",
      body: "{}",
      headers: NDJSON,
    });
    assert.equal(answer.status, 404);
    await answer.body?.cancel();
  });
});

Deno.test("pages of other origins can change nothing and open no WebSocket; the server's own can", async () => {
  await withServer({}, async ({ server, engine, ask }) => {
    const own = `http://127.0.0.1:${server.port}`;
    await ask("/v1/streams/s", { method: "POST", body: '{"n":1}', headers: NDJSON });
    const end = (origin: string) => ask("/v1/streams/s/end", { method: "POST", headers: { origin } });
    for (
      const origin of ["https://evil.example", "null", `http://localhost:${server.port}`, "http://127.0.0.1", "file://"]
    ) {
      assert.equal((await problemOf(await end(origin))).code, "forbidden", origin);
    }
    assert.equal(engine.streams.get("s").ended, false);
    assert.equal((await end(own)).status, 200);
    assert.equal((await ask("/v1/streams", { headers: { origin: "https://evil.example" } })).status, 200);
    const upgrade = (origin: string) =>
      rawRequest(
        server.port,
        `GET /v1/streams/s/ws HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\norigin: ${origin}\r\nupgrade: websocket\r\n` +
          "connection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        /\}$|101/,
      );
    assert.match(await upgrade("https://evil.example"), /^HTTP\/1.1 403/);
    assert.match(await upgrade(own), /^HTTP\/1.1 101/);
  });
});
