import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { JSON_TYPE, post, withServer } from "./harness.ts";

const PLAN = {
  nodes: [
    { id: "in", op: "source", stream: "readings" },
    { id: "out", op: "sink", sink: { kind: "view", name: "hot" } },
  ],
};

Deno.test("an empty server shows a line to copy that works", async () => {
  await withServer({}, async ({ ask, url, engine }) => {
    const text = await (await ask("/")).text();
    const line = /<pre>(curl[^<]+)<\/pre>/.exec(text)![1].replaceAll("&#39;", "'").replaceAll("&quot;", '"');
    const [, type, body, target] = /-H 'content-type: (\S+)' --data-binary '(.+)' (http\S+)$/.exec(line)!;
    assert.ok(target.startsWith(url));
    assert.equal((await fetch(target, { method: "POST", headers: { "content-type": type }, body })).status, 200);
    assert.equal(engine.streams.list().length, 1);
    assert.doesNotMatch(await (await ask("/")).text(), /<pre>/);
  });
});

Deno.test("where streams are not made by themselves, the first line declares one", async () => {
  await withServer({ autoCreate: false }, async ({ ask }) => {
    assert.match(
      await (await ask("/")).text(),
      /<pre>curl -X PUT [^\n]+\/v1\/streams\/readings\ncurl -H [^\n]+<\/pre>/,
    );
  });
});

Deno.test("with a token the line names the variable, never the token", async () => {
  await withServer({ token: "hidden-token" }, async ({ ask }) => {
    const text = await (await ask("/", { headers: { authorization: "Bearer hidden-token" } })).text();
    assert.match(text, /Bearer \$RDX_TOKEN/);
    assert.doesNotMatch(text, /hidden-token/);
  });
});

Deno.test("the page lists pipelines with state, rates and watermark, views with links, and streams", async () => {
  await withServer({}, async (harness) => {
    await post(harness, "readings", '{"n":1}');
    await harness.ask("/v1/pipelines/hot", { method: "PUT", headers: JSON_TYPE, body: JSON.stringify(PLAN) });
    harness.engine.pipelines.show("hot", {
      rowsIn: 1234567,
      rowsInPerSecond: 98.7,
      watermark: 0,
      state: "failed",
      reason: "No disk",
    });
    const text = await (await harness.ask("/")).text();
    for (const part of ["1,234,567", ">99<", "1970-01-01T00:00:00.000Z", "failed", "No disk"]) {
      assert.ok(text.includes(part), part);
    }
    for (const link of ["/v1/views/hot", "/v1/pipelines/hot/explain", "/v1/streams/readings/rows?limit=20"]) {
      assert.ok(text.includes(`href="${link}"`), link);
      assert.equal((await harness.ask(link)).status, 200, link);
    }
  });
});

Deno.test("values reach the page as text", async () => {
  await withServer({}, async (harness) => {
    const evil = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;`;
    await post(harness, "s", JSON.stringify({ [evil]: 1 }));
    await harness.ask("/v1/pipelines/p", { method: "PUT", headers: JSON_TYPE, body: JSON.stringify(PLAN) });
    harness.engine.pipelines.show("p", { reason: evil });
    const text = await (await harness.ask("/")).text();
    assert.doesNotMatch(text, /<script|<img/);
    assert.equal(
      text.split("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&#39;alert(2)&#39;&gt;&amp;amp;")
        .length,
      3,
    );
  });
});

Deno.test("the page allows its own style by its hash, and no scripts", async () => {
  await withServer({}, async ({ ask }) => {
    const answer = await ask("/"), text = await answer.text();
    const policy = answer.headers.get("content-security-policy")!;
    const style = /<style>([^]*)<\/style>/.exec(text)![1];
    assert.ok(policy.includes(`style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`));
    assert.match(policy, /^default-src 'none';/);
    assert.doesNotMatch(policy, /unsafe|script-src/);
    assert.doesNotMatch(text, /<script| style=| on\w+=/);
  });
});

Deno.test("the page refreshes when it is asked to", async () => {
  await withServer({}, async ({ ask }) => {
    assert.doesNotMatch(await (await ask("/")).text(), /http-equiv/);
    assert.match(await (await ask("/?refresh=5")).text(), /<meta http-equiv="refresh" content="5">/);
    assert.equal((await ask("/?refresh=x")).status, 400);
  });
});
