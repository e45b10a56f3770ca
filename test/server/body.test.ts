import assert from "node:assert/strict";
import { deflateSync, gzipSync } from "node:zlib";
import { HandClock, post, problemOf, rawRequest, until, withServer } from "./harness.ts";

const ROWS = Array.from({ length: 50_000 }, (_, n) => JSON.stringify({ n })).join("\n");
const HEAD = "POST /v1/streams/s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\n";

/** The checksum stands 8 bytes before the end. */
function damagedEnd(): Uint8Array {
  const bytes = gzipSync(ROWS);
  bytes[bytes.length - 8] ^= 1;
  return bytes;
}

for (
  const [encoding, bytes] of [
    ["gzip", gzipSync(ROWS)],
    ["GZIP", gzipSync(ROWS)],
    ["deflate", deflateSync(ROWS)],
    ["identity", new TextEncoder().encode(ROWS)],
  ] as const
) {
  Deno.test(`a body with content-encoding ${encoding} arrives as it was before packing`, async () => {
    await withServer({}, async (harness) => {
      const answer = await post(harness, "s", bytes, { "content-encoding": encoding });
      assert.equal((await answer.json()).accepted, 50_000);
      assert.equal(harness.engine.streams.requests[0].text, ROWS);
      assert.equal(harness.server.context.budget.used, 0);
    });
  });
}

Deno.test("a gzip body of several members is one body", async () => {
  await withServer({}, async (harness) => {
    const body = new Uint8Array([...gzipSync('{"n":1}\n'), ...gzipSync('{"n":2}\n')]);
    assert.equal((await (await post(harness, "s", body, { "content-encoding": "gzip" })).json()).accepted, 2);
  });
});

Deno.test("a chunked body of many small pieces arrives whole", async () => {
  await withServer({}, async (harness) => {
    const pieces = ROWS.slice(0, 3000).split("").map((byte) => `1\r\n${byte}\r\n`).join("");
    const answer = await rawRequest(
      harness.server.port,
      `${HEAD}transfer-encoding: chunked\r\n\r\n${pieces}0\r\n\r\n`,
      /\}\s*$/,
    );
    assert.match(answer, /^HTTP\/1.1 200/);
    assert.equal(harness.engine.streams.requests[0].text, ROWS.slice(0, 3000));
  });
});

Deno.test("an empty gzip body is no rows", async () => {
  await withServer({}, async (harness) => {
    const answer = await post(harness, "s", "", { "content-encoding": "gzip" });
    assert.deepEqual([answer.status, (await answer.json()).accepted], [200, 0]);
  });
});

for (
  const [what, bytes] of [
    ["no gzip at all", new TextEncoder().encode("nonsense")],
    ["a damaged middle", gzipSync(ROWS).fill(7, 1000, 1100)],
    ["a damaged checksum", damagedEnd()],
    ["a missing end", gzipSync(ROWS).subarray(0, 5000)],
  ] as const
) {
  Deno.test(`a gzip body with ${what} is 400 and nothing is stored`, async () => {
    await withServer({}, async (harness) => {
      const answer = await post(harness, "s", bytes, { "content-encoding": "gzip" });
      assert.equal(answer.status, 400);
      assert.match((await problemOf(answer)).detail, /inflate/);
      assert.equal(harness.engine.streams.requests.length, 0);
      assert.equal(harness.server.context.budget.used, 0);
    });
  });
}

for (const encoding of ["br", "zstd", "gzip, gzip", "nonsense"]) {
  Deno.test(`content-encoding ${encoding} is 415`, async () => {
    await withServer({}, async (harness) => {
      const answer = await post(harness, "s", "x", { "content-encoding": encoding });
      assert.equal(answer.status, 415);
      assert.match((await problemOf(answer)).detail, /gzip, deflate/);
    });
  });
}

Deno.test("a bomb is 413 soon after it passes the ratio, not after it is inflated", async () => {
  await withServer({}, async (harness) => {
    const bomb = gzipSync(new Uint8Array(64 << 20));
    const answer = await post(harness, "s", bomb, { "content-encoding": "gzip" });
    assert.equal(answer.status, 413);
    assert.match((await problemOf(answer)).detail, /times its size/);
    const { metrics, budget } = harness.server.context;
    assert.ok(metrics.inflatedBytes.value < 16 << 20, `${metrics.inflatedBytes.value} bytes were inflated`);
    assert.equal(budget.used, 0);
  });
});

Deno.test("a body that inflates to more than its bound is 413, within one step of the bound", async () => {
  await withServer({ bounds: { bodyInflatedBytesMax: 300_000 } }, async (harness) => {
    const answer = await post(harness, "s", gzipSync(ROWS), { "content-encoding": "gzip" });
    assert.equal(answer.status, 413);
    await answer.body?.cancel();
    assert.ok(harness.server.context.metrics.inflatedBytes.value <= 300_000);
  });
});

Deno.test("a declared length beyond the bound is 413 before anything is read", async () => {
  await withServer({ bounds: { bodyBytesMax: 1000 } }, async ({ server, engine }) => {
    const answer = await rawRequest(server.port, `${HEAD}content-length: 1001\r\n\r\n{"n"`, /\}\s*$/);
    assert.match(answer, /^HTTP\/1.1 413 /);
    assert.equal(server.context.metrics.bodyBytes.value, 0);
    assert.equal(engine.streams.requests.length, 0);
  });
});

Deno.test("a chunked body beyond the bound is 413 without reading on", async () => {
  await withServer({ bounds: { bodyBytesMax: 100_000 } }, async ({ server, engine }) => {
    const piece = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    const answer = await rawRequest(
      server.port,
      `${HEAD}transfer-encoding: chunked\r\n\r\n${piece.repeat(3)}`,
      /\}\s*$/,
    );
    assert.match(answer, /^HTTP\/1.1 413 /);
    assert.ok(server.context.metrics.bodyBytes.value < 3 * 0x10000);
    assert.equal(engine.streams.requests.length, 0);
  });
});

Deno.test("bodies together never hold more than their bound: the one beyond it is 429", async () => {
  await withServer({ bounds: { bodiesBytesMax: 100 } }, async (harness) => {
    let open = () => {};
    harness.engine.streams.gate = new Promise((resolve) => open = resolve);
    const first = post(harness, "s", `{"n":"${"x".repeat(50)}"}`);
    await until(() => harness.engine.streams.requests.length === 1);
    for (const packed of [false, true]) {
      const body = `{"n":"${"y".repeat(50)}"}`;
      const second = await post(harness, "s", packed ? gzipSync(body) : body, {
        "content-encoding": packed ? "gzip" : "identity",
      });
      assert.equal(second.status, 429);
      assert.equal(second.headers.get("retry-after"), "1");
      await second.body?.cancel();
    }
    open();
    assert.equal((await first).status, 200);
    assert.equal(harness.server.context.budget.used, 0);
    assert.equal((await post(harness, "s", `{"n":"${"y".repeat(50)}"}`)).status, 200);
  });
});

/** Resolves when nothing is timed any more: some timers run on for a while with nothing to watch. */
async function timersEnd(clock: HandClock): Promise<void> {
  await until(() => {
    clock.advance(1000);
    return clock.timers === 0;
  });
}

for (
  const [what, head] of [
    ["a short body", `${HEAD}content-length: 100\r\n\r\n{"n":`],
    ["a long body", `${HEAD}content-length: 1000000\r\n\r\n{"n":`],
    ["a chunked body", `${HEAD}transfer-encoding: chunked\r\n\r\n5\r\n{"n":\r\n`],
    ["a packed body", `${HEAD}content-encoding: gzip\r\ncontent-length: 100\r\n\r\n\x1f`],
  ] as const
) {
  Deno.test(`${what} that stalls is 408 after its time, and its memory is free`, async () => {
    const clock = new HandClock();
    await withServer({ clock, bounds: { bodyIdleMsMax: 1000 } }, async ({ server, engine }) => {
      const answer = rawRequest(server.port, head, /\}\s*$/);
      await until(() => clock.timers > 0);
      clock.advance(1001);
      assert.match(await answer, /^HTTP\/1.1 408 /);
      assert.equal(server.context.budget.used, 0);
      assert.equal(engine.streams.requests.length, 0);
      await timersEnd(clock);
    });
  });

  Deno.test(`${what} that is aborted leaves the server as it was`, async () => {
    await withServer({}, async (harness) => {
      const connection = await Deno.connect({ port: harness.server.port, hostname: "127.0.0.1" });
      await connection.write(new TextEncoder().encode(head));
      connection.close();
      assert.equal((await post(harness, "other", '{"n":1}')).status, 200);
      await until(() => harness.server.context.budget.used === 0);
      assert.equal(harness.engine.streams.requests.length, 1);
    });
  });
}

Deno.test("a body that keeps coming in time is not cut off", async () => {
  const clock = new HandClock();
  await withServer({ clock, bounds: { bodyIdleMsMax: 1000, bodyBytesPerSecondMin: 1 } }, async ({ server, engine }) => {
    const connection = await Deno.connect({ port: server.port, hostname: "127.0.0.1" });
    const send = (text: string) => connection.write(new TextEncoder().encode(text));
    await send(`${HEAD}transfer-encoding: chunked\r\n\r\n`);
    let sent = 0;
    for (const piece of ['{"n"', ":1", "}"]) {
      await send(`${piece.length}\r\n${piece}\r\n`);
      sent += piece.length;
      await until(() => server.context.metrics.bodyBytes.value === sent);
      clock.advance(900);
    }
    await send("0\r\n\r\n");
    await until(() => engine.streams.requests.length === 1);
    connection.close();
    assert.equal(engine.streams.requests[0].text, '{"n":1}');
  });
});

for (
  const [what, head] of [
    ["a long body", `${HEAD}content-length: 1000000\r\n\r\n`],
    ["a chunked body", `${HEAD}transfer-encoding: chunked\r\n\r\n`],
  ] as const
) {
  Deno.test(`${what} that comes in drops and never ends is 408, and others are served meanwhile`, async () => {
    const clock = new HandClock();
    await withServer({ clock, bounds: { bodyIdleMsMax: 1000, bodyBytesPerSecondMin: 10 } }, async (harness) => {
      const { server, engine } = harness;
      const connection = await Deno.connect({ port: server.port, hostname: "127.0.0.1" });
      const send = (text: string) => connection.write(new TextEncoder().encode(text));
      await send(head);
      const { bodyBytes } = server.context.metrics;
      // Silence is never as long as it may be, and the whole is soon slower than it may be
      for (let drops = 1; drops <= 3; drops++) {
        // That of the door runs on behind the other request
        await until(() => clock.timers === (drops === 3 ? 2 : 1));
        const before = bodyBytes.value;
        await send(what === "a long body" ? "  " : "2\r\n  \r\n");
        await until(() => bodyBytes.value === before + 2);
        clock.advance(600);
        if (drops === 2) assert.equal((await post(harness, "other", '{"n":1}')).status, 200);
      }
      await until(() => server.context.budget.used === 0);
      await timersEnd(clock);
      const buffer = new Uint8Array(4096), read = await connection.read(buffer);
      const answer = new TextDecoder().decode(buffer.subarray(0, read ?? 0));
      assert.match(answer, /^HTTP\/1.1 408 [^]*comes too slowly: expected 10 bytes a second/);
      connection.close();
      assert.equal(engine.streams.requests.length, 1);
    });
  });
}
