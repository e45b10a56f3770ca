import assert from "node:assert/strict";
import { problemOf, rawRequest, withServer } from "./harness.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const PAGE = '<!doctype html><meta name="rdx-build" content="b1"><p>rdx</p>';
const SCRIPT = `export const text = ${JSON.stringify("x".repeat(5000))};\n`;
const bundle = {
  build: "b1",
  page: utf8(PAGE),
  assets: new Map([["rdx-page.js", utf8(SCRIPT)], ["page.css", utf8("body { margin: 0; }")]]),
};

Deno.test("the page is a static shell under a policy that allows its own scripts and styles alone", async () => {
  await withServer({ bundle }, async ({ ask }) => {
    const answer = await ask("/");
    assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
    assert.equal(await answer.text(), PAGE);
    const policy = answer.headers.get("content-security-policy")!;
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.equal(answer.headers.get("cross-origin-resource-policy"), "same-origin");
  });
});

Deno.test("assets have their types and may be embedded by pages of other origins", async () => {
  await withServer({ bundle }, async ({ ask }) => {
    for (const [name, type] of [["rdx-page.js", "text/javascript"], ["page.css", "text/css"]]) {
      const answer = await ask(`/assets/${name}`);
      assert.equal(answer.headers.get("content-type"), `${type}; charset=utf-8`);
      assert.equal(answer.headers.get("cross-origin-resource-policy"), "cross-origin");
      assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
      assert.equal(answer.headers.get("access-control-allow-origin"), null);
      await answer.body?.cancel();
    }
    const { status, detail } = await problemOf(await ask("/assets/__proto__"));
    assert.deepEqual([status, detail], [404, "There is no asset of this name: there are rdx-page.js, page.css"]);
  });
});

Deno.test("what does not change is kept by clients and asked for by its tag, one for each encoding", async () => {
  await withServer({ bundle }, async ({ ask, server }) => {
    for (const path of ["/", "/assets/rdx-page.js"]) {
      const plain = await ask(path, { headers: { "accept-encoding": "identity" } }), tag = plain.headers.get("etag")!;
      assert.match(tag, /^"[0-9a-f]{32}"$/);
      assert.deepEqual([plain.headers.get("cache-control"), plain.headers.get("content-encoding")], ["no-cache", null]);
      assert.match(plain.headers.get("vary")!, /accept-encoding/);
      await plain.body?.cancel();
      for (const known of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
        const headers = { "accept-encoding": "identity", "if-none-match": known };
        const again = await ask(path, { headers });
        assert.deepEqual([again.status, again.headers.get("etag"), await again.text()], [304, tag, ""], known);
      }
      const other = await ask(path, { headers: { "accept-encoding": "identity", "if-none-match": '"other"' } });
      assert.equal(other.status, 200);
      await other.body?.cancel();
    }
    const line = `GET /assets/rdx-page.js HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n`;
    const packed = await rawRequest(server.port, `${line}accept-encoding: br;q=1.0, gzip;q=0.8\r\n\r\n`);
    assert.match(packed, /content-encoding: gzip/i);
    assert.match(packed, /etag: "[0-9a-f]{32}-gzip"/i);
    assert.ok(packed.length < 2000);
    const refused = await rawRequest(server.port, `${line}accept-encoding: gzip;q=0\r\n\r\n`);
    assert.doesNotMatch(refused, /content-encoding/i);
    assert.ok(refused.endsWith(SCRIPT));
    const read = await ask("/assets/rdx-page.js", { headers: { "accept-encoding": "gzip" } });
    assert.equal(await read.text(), SCRIPT);
  });
});

Deno.test("HEAD tells the tag without the bytes", async () => {
  await withServer({ bundle }, async ({ ask }) => {
    const answer = await ask("/assets/page.css", { method: "HEAD" });
    assert.deepEqual([answer.status, await answer.text()], [200, ""]);
    assert.ok(answer.headers.get("etag"));
  });
});

Deno.test("every answer names the build, errors too, and health tells it as JSON", async () => {
  await withServer({ bundle }, async ({ ask }) => {
    for (const path of ["/", "/assets/page.css", "/v1/streams", "/nothing", "/v1/streams/1"]) {
      const answer = await ask(path);
      assert.equal(answer.headers.get("rdx-build"), "b1", path);
      await answer.body?.cancel();
    }
    const health = await ask("/healthz", { headers: { accept: "application/json" } });
    assert.deepEqual(await health.json(), { status: "ok", build: "b1" });
    assert.equal(await (await ask("/healthz")).text(), "ok\n");
  });
});

Deno.test("the shell and its assets need no token, and hold nothing that does", async () => {
  await withServer({ bundle, token: "hidden-token" }, async ({ ask }) => {
    for (const path of ["/", "/?access_token=wrong", "/assets/page.css", "/assets/rdx-page.js"]) {
      const answer = await ask(path);
      assert.equal(answer.status, 200, path);
      assert.doesNotMatch(await answer.text(), /hidden-token/);
    }
    for (const path of ["/assets", "/assets/../v1/streams", "/v1/streams", "/demo/flights.json"]) {
      assert.equal((await ask(path)).status, 401, path);
    }
  });
});

Deno.test("on loopback the shell is not given under a foreign name", async () => {
  await withServer({ bundle }, async ({ server }) => {
    for (const path of ["/", "/assets/page.css"]) {
      const answer = await rawRequest(
        server.port,
        `GET ${path} HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n`,
      );
      assert.match(answer, /^HTTP\/1.1 403/);
    }
  });
});

Deno.test("a server whose page is not built says so in a sentence", async () => {
  await withServer({}, async ({ ask }) => {
    const answer = await ask("/");
    assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
    assert.match(await answer.text(), /^The page is not built: deno task build:web makes it\./);
    assert.equal(answer.headers.get("rdx-build"), null);
    assert.match((await problemOf(await ask("/assets/page.css"))).detail, /not built/);
    const health = await ask("/healthz", { headers: { accept: "application/json" } });
    assert.deepEqual(await health.json(), { status: "ok", build: null });
  });
});

Deno.test("the flights of the demo are got once, when somebody asks, and kept", async () => {
  let loads = 0;
  const loadDemo = () => Promise.resolve(utf8(`[{"load":${++loads}}]`));
  await withServer({ loadDemo }, async ({ ask }) => {
    assert.equal(loads, 0);
    const answers = await Promise.all(Array.from({ length: 3 }, () => ask("/demo/flights.json")));
    for (const answer of answers) {
      assert.equal(answer.headers.get("content-type"), "application/json");
      assert.deepEqual(await answer.json(), [{ load: 1 }]);
    }
    const tag = answers[0].headers.get("etag")!;
    const again = await ask("/demo/flights.json", { headers: { "if-none-match": tag } });
    assert.equal(again.status, 304);
    assert.equal(loads, 1);
  });
});

Deno.test("flights that cannot be had are a problem with the reason, and the next question tries again", async () => {
  let reachable = false;
  const loadDemo = () =>
    reachable ? Promise.resolve(utf8("[]")) : Promise.reject(new Error("no network\nat somewhere"));
  await withServer({ loadDemo }, async ({ ask }) => {
    const { status, code, detail } = await problemOf(await ask("/demo/flights.json"));
    assert.deepEqual([status, code], [503, "unavailable"]);
    assert.equal(detail, "Cannot get the flights of npm package vega-datasets: no network");
    reachable = true;
    assert.deepEqual(await (await ask("/demo/flights.json")).json(), []);
  });
  await withServer({}, async ({ ask }) => {
    assert.match((await problemOf(await ask("/demo/flights.json"))).detail, /started without them/);
  });
});
