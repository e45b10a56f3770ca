import assert from "node:assert/strict";
import { PROBLEMS } from "../../src/server/problems.ts";
import { post, problemOf, rawRequest, withServer } from "./harness.ts";

Deno.test("a path that is not there is 404, with the path as the instance", async () => {
  await withServer({}, async ({ ask }) => {
    for (const path of ["/nothing", "/v1", "/v1/streams/a/b/c", "/v2/streams", "//", "/V1/streams"]) {
      const answer = await ask(path);
      assert.equal(answer.status, 404, path);
      const { type, title, status, instance } = await problemOf(answer);
      assert.deepEqual([type, title, status, instance], ["/problems/not_found", "Not found", 404, path]);
    }
  });
});

Deno.test("another method than those of a path is 405 with Allow", async () => {
  await withServer({}, async ({ ask }) => {
    const answer = await ask("/v1/streams/s", { method: "PATCH" });
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.get("allow"), "GET, HEAD, PUT, DELETE, POST");
    assert.equal((await problemOf(answer)).code, "method_not_allowed");
    const page = await ask("/", { method: "POST" });
    assert.deepEqual([page.status, page.headers.get("allow")], [405, "GET, HEAD"]);
    await page.body?.cancel();
  });
});

Deno.test("HEAD is answered like GET, without a body", async () => {
  await withServer({}, async ({ ask }) => {
    const answer = await ask("/v1/streams", { method: "HEAD" });
    assert.deepEqual([answer.status, await answer.text()], [200, ""]);
  });
});

Deno.test("every problem has a page that explains it", async () => {
  await withServer({}, async ({ ask }) => {
    for (const [code, { status, title }] of Object.entries(PROBLEMS)) {
      const answer = await ask(`/problems/${code}`);
      assert.ok((await answer.text()).startsWith(`${title} (${status})`));
    }
    assert.equal((await problemOf(await ask("/problems/constructor"))).status, 404);
  });
});

Deno.test("every answer carries the security headers, errors too", async () => {
  await withServer({}, async ({ ask }) => {
    for (const path of ["/", "/healthz", "/v1/streams", "/openapi.json", "/nothing", "/v1/streams/1"]) {
      const { headers, body } = await ask(path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      assert.equal(headers.get("referrer-policy"), "no-referrer", path);
      assert.equal(headers.get("cross-origin-resource-policy"), "same-origin", path);
      assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'/, path);
      assert.match(headers.get("cache-control") ?? "", /no-store/, path);
      assert.equal(headers.get("access-control-allow-origin"), null, path);
      await body?.cancel();
    }
  });
});

Deno.test("HTTP garbage on the socket ends that connection and nothing else", async () => {
  await withServer({}, async (harness) => {
    const garbage = [
      "\x00\x01\x02\x03\r\n\r\n",
      "GET\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "POST /v1/streams/s HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
      "POST /v1/streams/s HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
      `GET / HTTP/1.1\r\nhost: localhost\r\n${"x: y\r\n".repeat(2000)}\r\n`,
      `GET /${"a".repeat(100_000)} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
      "POST /v1/streams/s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ];
    for (const bytes of garbage) {
      const answer = await rawRequest(harness.server.port, bytes, /\r\n\r\n/);
      assert.doesNotMatch(answer, /^HTTP\/1.1 2/);
    }
    assert.equal((await post(harness, "s", '{"n":1}')).status, 200);
    assert.equal(harness.engine.streams.requests.length, 1);
  });
});

Deno.test("health answers always, readiness tells the truth and the reason", async () => {
  await withServer({}, async ({ ask, engine }) => {
    assert.equal(await (await ask("/healthz")).text(), "ok\n");
    assert.deepEqual([(await ask("/readyz")).status], [200]);
    engine.ready = false;
    const answer = await ask("/readyz");
    assert.equal(answer.status, 503);
    assert.deepEqual(await answer.json(), { ready: false, reason: "The engine starts" });
    assert.equal((await ask("/healthz")).status, 200);
  });
});

Deno.test("metrics are the engine's and the server's, each family once", async () => {
  await withServer({}, async (harness) => {
    await post(harness, "s", '{"n":1}');
    await harness.ask("/v1/streams/missing");
    await harness.ask("/nothing");
    const answer = await harness.ask("/metrics"), text = await answer.text();
    assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert.match(text, /^rdx_rows_in_total 7$/m);
    assert.match(text, /^rdx_http_requests_total\{method="POST",route="\/v1\/streams\/:name",status="200"\} 1$/m);
    assert.match(text, /^rdx_http_requests_total\{method="GET",route="\/v1\/streams\/:name",status="404"\} 1$/m);
    assert.match(text, /^rdx_http_requests_total\{method="GET",route="none",status="404"\} 1$/m);
    assert.match(text, /^rdx_http_body_bytes_total 7$/m);
    const families = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    assert.equal(new Set(families).size, families.length);
    for (const line of text.split("\n")) assert.match(line, /^(|# (HELP|TYPE) .+|[a-z_]+(\{.+\})? \S+)$/);
  });
});

Deno.test("a draining server refuses changes with 503, still answers questions, and says so", async () => {
  await withServer({}, async (harness) => {
    let open = () => {};
    harness.engine.drainGate = new Promise((resolve) => open = resolve);
    const stopped = harness.server.stop();
    const answer = await post(harness, "s", '{"n":1}');
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get("retry-after"), "1");
    assert.equal((await problemOf(answer)).code, "closing");
    assert.equal((await harness.ask("/readyz")).status, 503);
    assert.equal((await harness.ask("/v1/streams")).status, 200);
    open();
    await stopped;
    assert.equal(harness.engine.drained, 1);
    await assert.rejects(harness.ask("/healthz"));
  });
});
