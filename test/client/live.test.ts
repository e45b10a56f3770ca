import assert from "node:assert/strict";
import { connect, type LiveChange, type RdxError, type Row } from "../../src/client/rdx/mod.ts";
import { COUNT, counts, plan, source, toView, tumble } from "../e2e/plans.ts";
import { startServer, stayingPort, type TestServer, until } from "../e2e/server.ts";
import { TcpProxy } from "../sim/tcp_proxy.ts";
import { printedSeed, seeded } from "./numbers.ts";

const TRANSPORTS = ["events", "socket"] as const;
const START_MS = Date.UTC(2025, 0, 1), SECOND_MS = 1000;
const STREAM = { columns: [{ name: "ts", type: "timestamp" }, { name: "key", type: "string" }], time: "ts" };
const CUTS = 40, CUT_MS_MAX = 60;

async function deploy(server: TestServer): Promise<void> {
  await server.put("/v1/streams/events", STREAM);
  await server.put("/v1/pipelines/p", counts("events", "v", SECOND_MS, ["key"]));
}

/** What a view holds, as its changes tell it. */
class Picture {
  readonly #rows = new Map<string, Row>();
  snapshots = 0;
  seq = -1;

  take(change: LiveChange): void {
    if (change.kind === "snapshot") {
      this.#rows.clear();
      this.snapshots++;
      for (const row of change.rows) this.#rows.set(JSON.stringify(row), row);
    } else if (change.kind === "delta") {
      assert.ok(change.seq > this.seq, `seq ${change.seq} came behind ${this.seq}`);
      for (const { op, row } of change.rows) {
        const key = JSON.stringify(row), adds = op === "+I" || op === "+U";
        assert.equal(this.#rows.has(key), !adds, `${op} of ${key}`);
        if (adds) this.#rows.set(key, row);
        else this.#rows.delete(key);
      }
    } else return;
    this.seq = change.seq;
  }

  get rows(): string[] {
    return [...this.#rows.keys()].sort();
  }
}

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: snapshot and deltas give exactly what the view holds, though the connection is cut again and again`, async () => {
    await using server = await startServer();
    await deploy(server);
    using proxy = new TcpProxy(server.url);
    const random = seeded(printedSeed()), client = connect(proxy.url), picture = new Picture();
    const following = (async () => {
      for await (const change of client.live("v", { transport })) picture.take(change);
    })();
    const writer = await connect(server.url).writer("events", { batchDelayMsMax: 1 });
    for (let cut = 0; cut < CUTS; cut++) {
      await until(() => proxy.open > 0, 1);
      await writer.write(Array.from({ length: 500 }, (_, i) => {
        return { ts: START_MS + (cut * 10 + i % 10) * SECOND_MS, key: `key ${Math.floor(random() * 20)}` };
      }));
      await new Promise((resolve) => setTimeout(resolve, random() * CUT_MS_MAX));
      proxy.cut();
    }
    await writer.close();
    await server.fetch("/v1/streams/events/end", { method: "POST" }).then((answer) => answer.body?.cancel());
    await until(async () => (await server.json<{ state: string }>("/v1/pipelines/p")).state === "completed");
    const { seq, rows } = await server.json<{ seq: number; rows: Row[] }>("/v1/views/v?limit=10000");
    await until(() => picture.seq === seq, 5);
    assert.deepEqual(picture.rows, rows.map((row) => JSON.stringify(row)).sort());
    assert.ok(rows.length > 1000 && picture.snapshots < CUTS / 2, `${picture.snapshots} snapshots`);
    await client.close();
    await following;
  });
}

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: a view that goes away is waited for, and a new deploy brings it back`, async () => {
    await using server = await startServer();
    await deploy(server);
    using proxy = new TcpProxy(server.url);
    const client = connect(proxy.url), seen: LiveChange[] = [];
    const following = (async () => {
      for await (const change of client.live("v", { transport })) seen.push(change);
    })();
    const kinds = () => seen.map(({ kind }) => kind).join(" ");
    await until(() => kinds() === "connected snapshot", 5);
    await server.fetch("/v1/pipelines/p", { method: "DELETE" }).then((answer) => answer.body?.cancel());
    proxy.cut();
    const isGone = (change: LiveChange) => change.kind === "waiting" && change.error.code === "not_found";
    const gone = await until(() => seen.find(isGone) ?? null, 5);
    assert.ok(gone?.kind === "waiting" && gone.retryMs > 0);
    await deploy(server);
    await until(() => kinds().endsWith("connected snapshot") && kinds().includes("waiting"), 5);
    await client.close();
    await following;
  });
}

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: what waiting does not heal ends a live view with a typed error`, async () => {
    await using server = await startServer({ env: { RDX_TOKEN: "secret" } });
    const follow = async (token: string, view: string, options = {}) => {
      for await (const _ of connect(server.url, { token }).live(view, { transport, ...options })) {
        assert.fail("there was a change");
      }
    };
    const cases: [string, Promise<void>][] = [
      ["not_found", follow("secret", "missing")],
      ["unauthorized", follow("wrong", "missing")],
      ["invalid", follow("secret", "missing", { limit: -1 })],
    ];
    // All at once: what is refused while another is waited for would be nobody's.
    await Promise.all(cases.map(([code, work]) => assert.rejects(work, (thrown: RdxError) => thrown.code === code)));
  });
}

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: a server that is not there yet is waited for, with the token asked for again once it refuses`, async () => {
    const port = stayingPort(), first = await startServer({ port });
    await first.signal("SIGKILL");
    const tokens = ["old", "new"], client = connect(first.url, { token: () => tokens.shift() ?? "new" });
    const seen: LiveChange[] = [];
    const following = (async () => {
      for await (const change of client.live("v", { transport })) seen.push(change);
    })().catch((thrown) => thrown);
    await until(() => seen.some((change) => change.kind === "waiting" && change.error.extra.unreachable), 5);
    await using server = await startServer({ port, env: { RDX_TOKEN: "new" } });
    // Without a view of this name the server says so: the token was taken.
    assert.equal((await following as RdxError).code, "not_found");
    assert.equal(tokens.length, 0);
    assert.equal(server.url, first.url);
  });
}

Deno.test("int64 beyond 2^53 stays exact in live rows, and large doubles stay doubles", async () => {
  await using server = await startServer();
  const columns = [...STREAM.columns, { name: "n", type: "int64" }, { name: "x", type: "double" }];
  await server.put("/v1/streams/events", { columns, time: "ts" });
  const aggs = [COUNT, { fn: "max", arg: "n", as: "most" }, { fn: "max", arg: "x", as: "x" }];
  const by = { id: "aggregate", op: "aggregate", input: ["window"], keys: ["key"], aggs };
  await server.put("/v1/pipelines/p", plan(source("events"), tumble(SECOND_MS), by, toView("v", "aggregate")));
  const client = connect(server.url), writer = await client.writer("events");
  await writer.write({ ts: START_MS, key: "a", n: 2n ** 53n + 1n, x: 2 ** 60 });
  await writer.write({ ts: START_MS, key: "b", n: 1, x: 2 });
  await writer.write({ ts: START_MS + 2 * SECOND_MS, key: "b", n: 1, x: 2 });
  await writer.flush();
  const rows: Row[] = [];
  for await (const change of client.live("v", { key: ["a"], time: "ms" })) {
    if (change.kind === "snapshot") rows.push(...change.rows);
    if (change.kind === "delta") rows.push(...change.rows.map(({ row }) => row));
    if (rows.length > 0) break;
  }
  assert.deepEqual(rows.map(({ window_start, key, most, x }) => [window_start, key, most, x]), [
    [START_MS, "a", 9007199254740993n, 2 ** 60],
  ]);
  await client.close();
});

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: a view's live changes end with the signal, whatever they wait for`, async () => {
    await using server = await startServer();
    await deploy(server);
    for (const url of [server.url, "http://127.0.0.1:9"]) {
      const stop = new AbortController();
      for await (const { kind } of connect(url).live("v", { transport, signal: stop.signal })) {
        if (kind === "snapshot" || kind === "waiting") setTimeout(() => stop.abort(), 10);
      }
      assert.ok(stop.signal.aborted);
    }
  });
}

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: who takes changes slowly misses none between two snapshots, and comes to the end`, async () => {
    await using server = await startServer();
    await server.put("/v1/streams/wide", {
      columns: [{ name: "id", type: "int64" }, { name: "text", type: "string" }],
    });
    await server.put("/v1/pipelines/wide", plan(source("wide"), toView("wide", "in")));
    const writer = await connect(server.url).writer("wide", { batchDelayMsMax: 1 }), text = "x".repeat(10_000);
    let last = -1, slow = true, snapshots = 0;
    const client = connect(server.url), all = 4000;
    const following = (async () => {
      for await (const change of client.live("wide", { transport, limit: 1 })) {
        if (change.kind === "snapshot") {
          snapshots++;
          last = change.rows.length > 0 ? Number(change.rows[0].id) : -1;
        } else if (change.kind === "delta") {
          for (const { row } of change.rows) {
            assert.equal(row.id, last + 1);
            last++;
          }
          if (slow) await until(() => !slow);
        }
        if (last === all - 1) return;
      }
    })();
    await until(() => snapshots > 0);
    for (let id = 0; id < all; id += 50) {
      await writer.write(Array.from({ length: 50 }, (_, i) => ({ id: id + i, text })));
    }
    await writer.close();
    slow = false;
    await following;
    await client.close();
  });
}
