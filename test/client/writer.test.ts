import assert from "node:assert/strict";
import { connect, RdxError, type WriterStatus } from "../../src/client/rdx/mod.ts";
import { createEngine } from "../../src/compose.ts";
import { startServer as serve } from "../../src/server/serve.ts";
import { startServer, stayingPort, until } from "../e2e/server.ts";
import { TcpProxy } from "../sim/tcp_proxy.ts";
import { assertCountedOnce, COLUMNS, deployCounting, deployNumbers, numbered } from "./numbers.ts";

const COLUMN_TYPES = { columns: [{ name: "n", type: "int64" }, { name: "text", type: "string" }] };
/** More than the outbox holds. */
const MUCH_ROWS = 40_000, TEXT = "x".repeat(1000);

const rowsFrom = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => numbered(from + i));

/** Waits for a rejection and returns it. */
async function refusal(work: Promise<unknown>): Promise<RdxError> {
  const thrown = await work.then(() => assert.fail("it was not refused"), (reason) => reason);
  assert.ok(thrown instanceof RdxError, String(thrown));
  return thrown;
}

interface StreamInfo {
  readonly rows_in: number;
}

Deno.test("rows leave by themselves, after the delay or once a batch is full", async () => {
  await using server = await startServer();
  const client = connect(server.url), writer = await client.writer("s", { batchRowsMax: 10, batchDelayMsMax: 5 });
  await writer.write({ n: 1 });
  await until(() => writer.counts.accepted === 1, 1);
  await writer.write(Array.from({ length: 25 }, (_, n) => ({ n })));
  await until(() => writer.counts.accepted === 26, 1);
  await client.close();
  assert.equal((await refusal(writer.write({ n: 2 }))).code, "closing");
});

Deno.test("values arrive as they were, over both formats: bigints, NULLs, times, text of all planes", async () => {
  await using server = await startServer();
  const columns = [
    { name: "n", type: "int64" },
    { name: "price", type: "decimal(10,2)" },
    { name: "ok", type: "bool" },
    { name: "at", type: "timestamp" },
    { name: "text", type: "string" },
    { name: "x", type: "double" },
    { name: "total", type: "decimal(38,2)" },
    { name: "__proto__", type: "string" },
  ];
  const most = `${"9".repeat(36)}.99`;
  const rows = [
    {
      n: 2n ** 63n - 1n,
      price: "12.50",
      ok: true,
      at: "2025-01-01T00:00:00.500Z",
      text: 'Zürich 🚆 \n"',
      x: -0.5,
      total: most,
    },
    {
      n: -(2n ** 53n) - 1n,
      price: "-0.01",
      ok: false,
      at: "1969-12-31T23:59:59.999Z",
      text: "",
      x: 1e300,
      total: `-${most}`,
    },
    { n: null, price: null, ok: null, at: null, text: null, x: null, total: null },
  ].map((row) => Object.defineProperty({ ...row }, "__proto__", { value: "p", enumerable: true }));
  const client = connect(server.url);
  for (const format of ["json", "arrow"] as const) {
    await server.put(`/v1/streams/${format}`, { columns });
    const writer = await client.writer(format, { format, columns });
    await writer.write(rows);
    assert.deepEqual(await writer.close(), { accepted: 3, rejected: 0, waiting: 0, reconnects: 0 });
    const answer = await client.request("GET", `/v1/streams/${format}/rows`) as { rows: Record<string, unknown>[] };
    const found = answer.rows.reverse().map((row) => columns.map(({ name }) => row[name]));
    assert.deepEqual(found, rows.map((row) => columns.map(({ name }) => (row as Record<string, unknown>)[name])));
  }
  await client.close();
});

Deno.test("after the server was killed and started again, what it had not acknowledged is in the new one once", async () => {
  const rows = 300_000, part = 10_000;
  const port = stayingPort(), statuses: WriterStatus[] = [];
  let server = await startServer({ port });
  const client = connect(server.url), onStatus = (status: WriterStatus) => statuses.push(status);
  const writer = await client.writer("numbers", { onStatus });
  const write = async (from: number, to: number) => {
    for (let id = from; id < to; id += part) {
      await writer.write(rowsFrom(id, id + part).map((row) => ({ ...row, ts: new Date(row.ts).toISOString() })));
    }
  };
  await write(0, rows / 2);
  await until(() => writer.counts.accepted > 0, 1);
  await server.signal("SIGKILL");
  await write(rows / 2, rows);
  await until(() => statuses.some(({ kind }) => kind === "waiting"), 5);
  const lost = writer.counts.accepted;
  server = await startServer({ port });
  try {
    const { accepted, waiting, reconnects } = await writer.close();
    assert.deepEqual([accepted, waiting, reconnects > 0], [rows, 0, true]);
    await deployCounting(server);
    await assertCountedOnce(server, rows, { from: lost });
  } finally {
    await server.signal("SIGKILL");
  }
});

Deno.test("while the server gives no credit nothing is sent, and write waits once the outbox is full", async () => {
  await using server = await startServer();
  await server.put("/v1/streams/s", COLUMN_TYPES);
  using proxy = new TcpProxy(server.url);
  const client = connect(proxy.url), writer = await client.writer("s");
  await writer.write({ n: -1, text: "" });
  await writer.flush();
  const release = proxy.hold();
  let written = 0;
  const writing = (async () => {
    for (; written < MUCH_ROWS; written++) await writer.write({ n: written, text: TEXT });
  })();
  await until(() => written > MUCH_ROWS / 2, 5);
  const { rows_in: before } = await server.json<StreamInfo>("/v1/streams/s");
  // What stands still for a while stands still: nothing else happens here.
  for (let seen = -1; seen !== written;) {
    seen = written;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.ok(written < MUCH_ROWS && writer.counts.waiting > MUCH_ROWS / 2, `${written} rows were taken`);
  assert.ok(before <= 65_537, `${before} rows were sent without credit`);
  release();
  await writing;
  assert.deepEqual(await writer.flush(), { accepted: MUCH_ROWS + 1, rejected: 0, waiting: 0, reconnects: 0 });
  await client.close();
});

Deno.test("rows that the server puts aside are counted and told; a batch of nothing else ends the writer with a typed error", async () => {
  await using server = await startServer();
  await server.put("/v1/streams/s", COLUMN_TYPES);
  const client = connect(server.url), statuses: WriterStatus[] = [];
  const writer = await client.writer("s", { onStatus: (status) => statuses.push(status) });
  await writer.write([{ n: 1 }, { n: "no number" }, { n: 3 }]);
  assert.deepEqual(await writer.flush(), { accepted: 2, rejected: 1, waiting: 0, reconnects: 0 });
  const told = statuses.find((status) => status.kind === "rejected");
  assert.ok(told?.kind === "rejected" && told.rows === 1 && told.errors[0].line === 2 && told.errors[0].field === "n");
  await writer.write([{ n: "bad" }]);
  const refused = await refusal(writer.flush());
  assert.deepEqual([refused.code, refused.extra.sequence, refused.extra.rows], ["invalid", 1, 1]);
  assert.match(refused.message, /^Stream s refused batch 1 of 1 rows: /);
  assert.equal(await refusal(writer.write({ n: 4 })), refused);
  assert.equal(await refusal(writer.close()), refused);
  await client.close();
});

Deno.test("Arrow columns of another type than the stream's end the writer with a typed error", async () => {
  await using server = await startServer();
  await server.put("/v1/streams/s", COLUMN_TYPES);
  const client = connect(server.url), columns = [{ name: "n", type: "string" }];
  const writer = await client.writer("s", { format: "arrow", columns });
  await writer.writeColumns({ n: ["a", "b"] });
  const refused = await refusal(writer.flush());
  assert.deepEqual([refused.code, refused.extra.sequence], ["invalid", 0]);
  await client.close();
});

Deno.test("what makes no sense is refused before it is sent", async () => {
  const client = connect("http://127.0.0.1:9"), columns = [{ name: "n", type: "int64", nullable: false }];
  const json = await client.writer("s"), arrow = await client.writer("s", { format: "arrow", columns });
  const wrong: [string, Promise<unknown>][] = [
    ["invalid", client.writer("no name")],
    ["invalid", client.writer("s", { format: "arrow" })],
    ["invalid", client.writer("s", { format: "arrow", columns: [{ name: "n", type: "int" }] })],
    ["invalid", client.writer("s", { batchRowsMax: 0 })],
    ["invalid", json.write(5 as never)],
    [
      "invalid",
      json.write({
        f: () => {},
        get g() {
          throw new Error("no");
        },
      }),
    ],
    ["too_large", json.write({ text: "x".repeat(17 << 20) })],
    ["invalid", json.writeColumns({ n: [1] })],
    ["invalid", arrow.write({ m: 1 })],
    ["invalid", arrow.write({ n: 0.5 })],
    ["invalid", arrow.write({ n: null })],
    ["invalid", arrow.writeColumns({ n: new Float64Array([1, NaN]) })],
    ["invalid", arrow.writeColumns({ n: [1], m: [1, 2] })],
  ];
  for (const [i, [code, work]] of wrong.entries()) assert.equal((await refusal(work)).code, code, `case ${i}`);
  assert.throws(() => connect("ftp://example.org"), { code: "invalid" });
  assert.deepEqual([json.counts.waiting, arrow.counts.waiting], [0, 0]);
  await client.close();
});

Deno.test("a stream that is not there, and one that has ended, are told by typed errors", async () => {
  const engine = await createEngine({ workers: 1 });
  const server = serve({ engine, hostname: "127.0.0.1", port: 0, token: null, autoCreate: false });
  try {
    const client = connect(server.url), missing = await client.writer("missing");
    await missing.write({ n: 1 });
    assert.equal((await refusal(missing.flush())).code, "not_found");
    await client.request("PUT", "/v1/streams/s", COLUMN_TYPES);
    await client.request("POST", "/v1/streams/s/end");
    const ended = await client.writer("s");
    await ended.write({ n: 1 });
    const conflict = await refusal(ended.flush());
    assert.deepEqual([conflict.code, conflict.extra.expected], ["conflict", undefined]);
    await client.close();
  } finally {
    await server.stop();
    await engine.close();
  }
});

Deno.test("an aborted writer rejects what waits with the signal's reason, and lets go of everything", async () => {
  const stop = new AbortController(), client = connect("http://127.0.0.1:9");
  const writer = await client.writer("s", { signal: stop.signal });
  await writer.write({ n: 1 });
  const flushing = writer.flush(), reason = new Error("enough");
  stop.abort(reason);
  await assert.rejects(flushing, reason);
  await assert.rejects(writer.write({ n: 2 }), reason);
  await assert.rejects(writer.close(), reason);
  await client.close();
});

Deno.test("a refused token is final when it is fixed, and asked for again when a function gives it", async () => {
  const port = stayingPort();
  let server = await startServer({ port, env: { RDX_TOKEN: "first" } });
  try {
    const fixed = await connect(server.url, { token: "wrong" }).writer("s");
    await fixed.write({ n: 1 });
    assert.equal((await refusal(fixed.flush())).code, "unauthorized");
    let asked = 0;
    const tokens = ["stale", "first", "second"], token = () => tokens[Math.min(asked++, tokens.length - 1)];
    const client = connect(server.url, { token }), writer = await client.writer("s");
    await writer.write({ n: 1 });
    assert.equal((await writer.flush()).accepted, 1);
    await server.signal("SIGKILL");
    server = await startServer({ port, env: { RDX_TOKEN: "second" } });
    await writer.write({ n: 2 });
    assert.equal((await writer.flush()).accepted, 2);
    await client.request("GET", "/v1/streams/s");
    assert.equal(asked, 3, "a token that works is not asked for again");
    await client.close();
  } finally {
    await server.signal("SIGKILL");
  }
});

Deno.test("a stream of few rows per batch keeps their order under one producer", async () => {
  await using server = await startServer();
  await deployNumbers(server);
  const client = connect(server.url), columns = COLUMNS;
  const writer = await client.writer("numbers", { format: "arrow", columns, batchRowsMax: 7, batchDelayMsMax: 1 });
  for (let id = 0; id < 3000; id++) await writer.write(numbered(id));
  await client.close();
  const { rows } = await server.json<{ rows: { id: number }[] }>("/v1/streams/numbers/rows?limit=3000");
  assert.deepEqual(rows.map(({ id }) => id), Array.from({ length: 3000 }, (_, i) => 2999 - i));
  await assertCountedOnce(server, 3000);
});
