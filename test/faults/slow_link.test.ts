import assert from "node:assert/strict";
import { connect } from "../../src/client/rdx/mod.ts";
import { assertCountedOnce, deployNumbers, numbered } from "../client/numbers.ts";
import { completed, startServer, type TestServer, until } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";
import { TcpProxy } from "../sim/tcp_proxy.ts";
import { Receiver } from "../sink/receiver.ts";
import { loggedRows } from "./partition_verdicts.ts";
import { allPlan, PRODUCERS, STREAM } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** How often the link is cut; `deno task test:faults` has more. */
const CUTS = Number(Deno.env.get("RDX_FAULT_SEEDS") ?? 20) > 20 ? 60 : 12;
/** Each way, at most and on average about half of it. */
const DELAY_MS_MAX = 80;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The same server, behind a proxy. */
const through = (server: TestServer, proxy: TcpProxy): TestServer => ({
  ...server,
  fetch: (path, init) => fetch(proxy.url + path, init),
});

const seed = 9200;
Deno.test(`HTTP producers over a link that is slow and cut in the midst of requests and acknowledgements lose and double nothing (seed ${seed})`, async () => {
  const random = seeded(seed), client = new VerifyingClient("s", random);
  const data = await Deno.makeTempDir({ prefix: "rdx-slow-" });
  try {
    await using server = await startServer({ data, args: ["--workers", "1"] });
    await server.put("/v1/streams/s", STREAM);
    using proxy = new TcpProxy(server.url);
    proxy.delayMs = () => random(DELAY_MS_MAX);
    const far = through(server, proxy);
    let isOver = false, lost = 0;
    const sending = PRODUCERS.map(async (producer) => {
      while (!isOver) if (!await client.one(far, producer)) lost++;
    });
    for (let cut = 1; cut <= CUTS; cut++) {
      await until(() => client.acks >= cut * 3);
      // Every third one takes acknowledgements with it of what the log has by then.
      const release = cut % 3 === 0 ? proxy.hold() : null;
      await wait(random(2 * DELAY_MS_MAX));
      proxy.cut();
      release?.();
    }
    isOver = true;
    await Promise.all(sending);
    await client.settle(server);
    assert.ok(lost >= CUTS / 3, `${lost} answers were lost`);
    const log = await loggedRows(server);
    assert.deepEqual(client.compare(log.map(({ id }) => id)), { lost: [], doubled: [] });
    assert.equal(log.length, client.acked.size);
    assert.equal((await server.json<{ dead_rows: number }>("/v1/streams/s")).dead_rows, client.bad);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test(`a WebSocket producer over a slow link that is cut counts each row once, and waits for what is not acknowledged (seed ${seed + 1})`, async () => {
  const random = seeded(seed + 1), rows = CUTS * 5000;
  await using server = await startServer();
  await deployNumbers(server);
  using proxy = new TcpProxy(server.url);
  proxy.delayMs = () => random(DELAY_MS_MAX);
  const client = connect(proxy.url), writer = await client.writer("numbers");
  for (let cut = 0; cut < CUTS; cut++) {
    const from = Math.floor(rows * cut / CUTS), to = Math.floor(rows * (cut + 1) / CUTS);
    const writing = writer.write(Array.from({ length: to - from }, (_, i) => numbered(from + i)));
    const before = writer.counts.accepted;
    await until(() => proxy.open > 0 && (cut % 4 === 3 || writer.counts.accepted > before || before === from), 1);
    await wait(random(2 * DELAY_MS_MAX));
    proxy.cut();
    await writing;
  }
  const counts = await writer.close();
  assert.deepEqual([counts.accepted, counts.rejected, counts.waiting], [rows, 0, 0]);
  assert.ok(counts.reconnects > 0, "it was never cut");
  await client.close();
  await assertCountedOnce(server, rows);
});

Deno.test(`a webhook over a link that is slow, stands still and is cut has each row once and in order (seed ${seed + 2})`, async () => {
  const random = seeded(seed + 2), client = new VerifyingClient("s", random), receiver = await Receiver.start();
  const data = await Deno.makeTempDir({ prefix: "rdx-slow-" });
  try {
    await using server = await startServer({ data, args: ["--workers", "1", "--allow-private", "127.0.0.1"] });
    using proxy = new TcpProxy(receiver.url);
    proxy.delayMs = () => random(DELAY_MS_MAX / 2);
    await server.put("/v1/streams/s", STREAM);
    const hook = { kind: "webhook", url: `${proxy.url}/rows`, batch_rows: 200, timeout_ms: 400 };
    await server.put("/v1/pipelines/hook", allPlan(hook));
    for (let cut = 0; cut < CUTS; cut++) {
      for (const producer of PRODUCERS) assert.ok(await client.one(server, producer));
      const there = receiver.stored.size;
      await until(() => receiver.stored.size > there || cut % 4 === 3);
      // What the receiver answers stands for longer than the sink waits, or is cut with the connection.
      const release = cut % 4 === 1 ? proxy.hold() : null;
      await wait(random(release ? 600 : DELAY_MS_MAX));
      proxy.cut();
      release?.();
    }
    assert.equal((await server.fetch("/v1/streams/s/end", { method: "POST" })).status, 200);
    await completed(server, "hook");
    const log = await loggedRows(server), ids = (receiver.rows as { id: number }[]).map(({ id }) => id);
    assert.deepEqual(client.compare(log.map(({ id }) => id)), { lost: [], doubled: [] });
    assert.deepEqual(ids, log.map(({ id }) => id));
    assert.ok(receiver.doubled > 0, "no answer was lost");
  } finally {
    await receiver.close();
    await Deno.remove(data, { recursive: true });
  }
});
