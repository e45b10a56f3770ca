import assert from "node:assert/strict";
import { EventClient, SocketClient } from "../server/client.ts";
import { counts } from "./plans.ts";
import { post, put, readLines, send, toLines } from "./requests.ts";
import { startServer, type TestServer, until } from "./server.ts";

const SENDERS = 4;
/** Rows of one request. */
const ROWS = 50;
const EVENTS = {
  columns: [{ name: "ts", type: "timestamp" }, { name: "id", type: "int64" }, { name: "key", type: "string" }],
  time: "ts",
};

/** What a sender was told until the server was gone. */
interface Sent {
  readonly accepted: number[];
  /** Rows of the request that got no answer, if there was one: it may be in the results or not. */
  readonly unknown: number[];
  /** How the last request ended: its status, or 0 for a connection that was refused. */
  readonly last: number;
}

function rowOf(id: number) {
  return { ts: id, id, key: `k${id % 7}` };
}

/** Posts rows with ids that nobody else sends, until the server takes no more. */
async function sendUntilRefused(server: TestServer, sender: number, sent: { count: number }): Promise<Sent> {
  const accepted: number[] = [];
  for (let request = 0;; request++) {
    const ids = Array.from({ length: ROWS }, (_, i) => (request * ROWS + i) * SENDERS + sender);
    try {
      const answer = await post(server, "events", toLines(ids.map(rowOf)));
      if (answer.status !== 200) return { accepted, unknown: [], last: answer.status };
      assert.equal(answer.json.accepted, ROWS, answer.text);
      accepted.push(...ids);
      sent.count++;
    } catch (thrown) {
      if (!(thrown instanceof TypeError)) throw thrown;
      return { accepted, unknown: ids, last: 0 };
    }
  }
}

/** Sends from several clients at once, and SIGTERM into the middle of it. */
async function drainWhileSending(server: TestServer): Promise<Sent[]> {
  const sent = { count: 0 };
  const senders = Array.from({ length: SENDERS }, (_, sender) => sendUntilRefused(server, sender, sent));
  await until(() => sent.count >= 40, 1);
  const code = await server.signal("SIGTERM");
  const results = await Promise.all(senders);
  assert.equal(code, 0, server.errors);
  for (const { last } of results) {
    assert.ok(last === 503 || last === 0, `a request after the signal ended with ${last}`);
  }
  return results;
}

function sorted(ids: Iterable<number>): number[] {
  return [...ids].sort((a, b) => a - b);
}

async function withFile(test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rdx-drain-" });
  try {
    await test(`${folder}/out.ndjson`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const source = { id: "in", op: "source", stream: "events" };
const fileSink = (path: string, input: string) => ({
  id: "out",
  op: "sink",
  input: [input],
  sink: { kind: "file", path, format: "ndjson" },
});

for (const workers of ["1", "2"]) {
  Deno.test(`SIGTERM under load: every row that got 200 is in the file once, and the process ends with 0 (${workers} workers)`, async () => {
    await withFile(async (path) => {
      await using server = await startServer({ args: ["--workers", workers] });
      await server.put("/v1/streams/events", EVENTS);
      const filter = {
        id: "pick",
        op: "filter",
        input: ["in"],
        where: { call: "ge", args: [{ column: "id" }, { literal: 0 }] },
      };
      await server.put("/v1/pipelines/copy", { rdx: 1, nodes: [source, filter, fileSink(path, "pick")] });
      const results = await drainWhileSending(server);
      const accepted = new Set(results.flatMap((result) => result.accepted));
      const unknown = new Set(results.flatMap((result) => result.unknown));
      const stored = (await readLines(path)).map(({ id }) => id as number);
      assert.equal(new Set(stored).size, stored.length, "a row is there twice");
      const certain = stored.filter((id) => !unknown.has(id));
      assert.deepEqual(sorted(certain), sorted(accepted));
      for (let sender = 0; sender < SENDERS; sender++) {
        const own = stored.filter((id) => id % SENDERS === sender);
        assert.deepEqual(own, sorted(own), `the rows of sender ${sender} are out of order`);
      }
    });
  });
}

Deno.test("SIGTERM under load: open windows are fired, with every row that got 200", async () => {
  await withFile(async (path) => {
    await using server = await startServer({ args: ["--workers", "2"] });
    await server.put("/v1/streams/events", { ...EVENTS, delay_ms: 3_600_000 });
    const nodes = [
      source,
      { id: "window", op: "window", input: ["in"], window: { kind: "tumble", size_ms: 60_000 } },
      {
        id: "count",
        op: "aggregate",
        input: ["window"],
        keys: ["key"],
        aggs: [{ fn: "count", as: "n" }, { fn: "sum", arg: "id", as: "ids" }],
      },
      fileSink(path, "count"),
    ];
    await server.put("/v1/pipelines/counts", { rdx: 1, nodes });
    const results = await drainWhileSending(server);
    const accepted = results.flatMap((result) => result.accepted);
    const rows = await readLines(path), unknown = results.reduce((sum, result) => sum + result.unknown.length, 0);
    const counted = rows.reduce((sum, { n }) => sum + n, 0);
    assert.ok(counted >= accepted.length && counted <= accepted.length + unknown, `${counted} of ${accepted.length}`);
    if (unknown > 0) return;
    for (const key of ["k0", "k3"]) {
      const ids = accepted.filter((id) => `k${id % 7}` === key);
      const own = rows.filter((row) => row.key === key);
      assert.equal(own.reduce((sum, { n }) => sum + n, 0), ids.length);
      assert.equal(own.reduce((sum, row) => sum + row.ids, 0), ids.reduce((sum, id) => sum + id, 0));
    }
  });
});

Deno.test("a WebSocket gets verdicts on what came of it, then the news that the server goes; SIGINT ends with 130", async () => {
  await withFile(async (path) => {
    await using server = await startServer();
    await server.put("/v1/streams/events", EVENTS);
    await server.put("/v1/pipelines/copy", { rdx: 1, nodes: [source, fileSink(path, "in")] });
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/v1/streams/events/ws`, ["rdx.json.v1"]);
    const messages: { $rdx: string; sequence?: number; accepted?: number; status?: number }[] = [];
    socket.onmessage = ({ data }) => messages.push(JSON.parse(data));
    const closed = new Promise<number>((resolve) => socket.onclose = ({ code }) => resolve(code));
    await until(() => messages.length > 0);
    for (let i = 0; i < 20; i++) socket.send(toLines([rowOf(i)]));
    await until(() => messages.some(({ $rdx }) => $rdx === "ack"));
    const code = server.signal("SIGINT");
    assert.equal(await closed, 1001);
    assert.equal(await code, 130);
    const last = messages.pop()!, verdicts = messages.filter(({ $rdx }) => $rdx !== "credit");
    assert.deepEqual([last.$rdx, last.status], ["error", 503]);
    // What was under way is told in its turn: stored, or refused. Nothing is stored of which nothing is told.
    assert.deepEqual(verdicts.map(({ sequence }) => sequence), verdicts.map((_, i) => i), JSON.stringify(messages));
    const stored = verdicts.filter(({ $rdx, accepted }) => $rdx === "ack" && accepted === 1).length;
    assert.ok(
      verdicts.slice(stored).every(({ $rdx, status }) => $rdx === "error" && status === 503),
      JSON.stringify(messages),
    );
    assert.deepEqual((await readLines(path)).map(({ id }) => id), Array.from({ length: stored }, (_, id) => id));
  });
});

Deno.test("subscribers see the windows that the drain fires, then that the server goes; stalled and idle connections hold nothing up", async () => {
  await using server = await startServer({ args: ["--workers", "2"] });
  await server.put("/v1/streams/events", EVENTS);
  await server.put("/v1/pipelines/counts", counts("events", "v", 60_000, ["key"], { idle_timeout_ms: 0 }));
  const events = new EventClient(await server.fetch("/v1/views/v/live"));
  assert.equal((await events.next())!.event, "snapshot");
  const socket = await SocketClient.open(server, "/v1/views/v/live");
  assert.equal((await socket.next()).event, "snapshot");
  const address = { port: Number(new URL(server.url).port), hostname: "127.0.0.1" };
  using idle = await Deno.connect(address), stalled = await Deno.connect(address);
  const started = "POST /v1/streams/events HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9999\r\n" +
    "content-type: application/x-ndjson\r\n\r\n{";
  await stalled.write(new TextEncoder().encode(started));
  await idle.write(new Uint8Array());
  await send(server, "events", [rowOf(1), rowOf(2), rowOf(8)]);
  const ending = server.signal("SIGTERM");
  const delta = (await events.next())!;
  assert.equal(delta.event, "delta");
  assert.deepEqual(delta.data.rows.map(({ row }: { row: { key: string; n: number } }) => [row.key, row.n]).sort(), [
    ["k1", 2],
    ["k2", 1],
  ]);
  assert.equal(delta.data.watermark, "infinity");
  const last = (await events.next())!;
  assert.deepEqual([last.event, last.data.type], ["error", "/problems/closing"]);
  assert.equal(await events.next(), null);
  assert.deepEqual(await socket.next(), { id: delta.id, ...delta.data });
  assert.equal((await socket.next()).type, "/problems/closing");
  assert.equal((await socket.closed).code, 1001);
  assert.equal(await ending, 0, server.errors);
});

/** A server that cannot finish: a pipeline writes to a standard output that nobody reads. */
async function stuckServer(): Promise<{ server: TestServer; output: ReadableStream<Uint8Array<ArrayBuffer>> }> {
  let output: ReadableStream<Uint8Array<ArrayBuffer>> | null = null;
  const server = await startServer({ onOutput: (stream) => output = stream });
  await server.put("/v1/streams/events", EVENTS);
  const sink = { id: "out", op: "sink", input: ["in"], sink: { kind: "stdout", format: "ndjson" } };
  await server.put("/v1/pipelines/stuck", { rdx: 1, nodes: [source, sink] });
  const text = "x".repeat(1000);
  await send(server, "events", Array.from({ length: 1000 }, (_, id) => ({ ts: id, id, key: text })));
  return { server, output: output! };
}

for (const [name, code] of [["SIGINT", 130], ["SIGTERM", 1]] as const) {
  Deno.test(`while the drain cannot finish rows are refused with 503, and a second signal (${name}) ends at once with ${code}`, async () => {
    const { server, output } = await stuckServer();
    await using _ = server;
    Deno.kill(server.pid, "SIGTERM");
    await until(async () => (await server.fetch("/readyz").then((answer) => answer.json())).ready === false);
    const row = await post(server, "events", toLines([rowOf(1)]));
    assert.equal(row.status, 503, row.text);
    assert.ok(row.headers.get("retry-after"));
    assert.equal((await put(server, "/v1/pipelines/more", { rdx: 1, nodes: [source] })).status, 503);
    assert.equal(await server.signal(name), code);
    assert.match(server.errors, /ended without finishing/);
    await output.cancel();
  });
}
