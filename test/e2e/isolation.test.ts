import assert from "node:assert/strict";
import { aggregate, COUNT, counts, filter, plan, source, toFile, toStdout, toView, tumble } from "./plans.ts";
import { ask, isHealthy, metric, post, put, readLines, send, toLines } from "./requests.ts";
import { completed, startServer, type TestServer, until } from "./server.ts";

const EVENTS = {
  columns: [{ name: "ts", type: "timestamp" }, { name: "id", type: "int64" }, { name: "text", type: "string" }],
  time: "ts",
};

interface Info {
  readonly name: string;
  readonly state: string;
  readonly rows_in: number;
  readonly lag_rows: number;
}

const info = (server: TestServer, pipeline: string) => server.json<Info>(`/v1/pipelines/${pipeline}`);
const viewRows = async (server: TestServer, view: string) =>
  (await server.json<{ rows: Record<string, unknown>[] }>(`/v1/views/${view}`)).rows;

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rdx-isolation-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("pipelines over one stream share its decoding, and come, change and go without touching each other", async () => {
  await withFolder(async (folder) => {
    await using server = await startServer({ args: ["--workers", "2"] });
    await server.put("/v1/streams/events", EVENTS);
    const copy = (path: string, least = 0) =>
      plan(source("events"), filter("ge", "id", least), toFile(`${folder}/${path}`, "filter"));
    await server.put("/v1/pipelines/first", copy("first.ndjson"));
    await server.put("/v1/pipelines/second", counts("events", "second", 1000, [], { idle_timeout_ms: 0 }));
    let sent = 0;
    const more = async (requests: number) => {
      for (let i = 0; i < requests; i++) {
        await send(server, "events", Array.from({ length: 20 }, () => ({ ts: sent * 10, id: sent++, text: "x" })));
      }
    };
    await more(10);
    const sending = more(60);
    await server.put("/v1/pipelines/third", copy("third.ndjson"));
    const explained = await ask(server, "/v1/pipelines/third/explain");
    assert.match(explained.text, /first.*second.*third/s, "EXPLAIN names those who share the stream");
    const listed = await server.json<{ pipelines: Info[] }>("/v1/pipelines");
    assert.deepEqual(listed.pipelines.map(({ name }) => name), ["first", "second", "third"]);
    const changed = await put(server, "/v1/pipelines/third?state=keep", copy("third.ndjson", -1));
    assert.equal(changed.status, 200, changed.text);
    await sending;
    const removed = await ask(server, "/v1/pipelines/third", { method: "DELETE" });
    assert.deepEqual([removed.status, removed.text], [204, ""]);
    assert.equal((await ask(server, "/v1/pipelines/third")).status, 404);
    await more(10);
    await ask(server, "/v1/streams/events/end", { method: "POST" });
    await completed(server, "first");
    await completed(server, "second");
    assert.equal(await metric(server, "rdx_rows_decoded_total", { stream: "events" }), sent);
    for (const pipeline of ["first", "second"]) {
      assert.equal(await metric(server, "rdx_rows_in_total", { pipeline, stream: "events" }), sent);
    }
    const stored = (await readLines(`${folder}/first.ndjson`)).map(({ id }) => id);
    assert.deepEqual(stored, Array.from({ length: sent }, (_, id) => id));
    const windows = await viewRows(server, "second");
    assert.deepEqual(windows.map(({ n }) => n), Array.from({ length: sent / 100 }, () => 100));
    const third = (await readLines(`${folder}/third.ndjson`)).map(({ id }) => id as number);
    assert.deepEqual(third, Array.from(third, (_, i) => i), "the changed pipeline lost or doubled rows");
  });
});

/** Posts rows of about 1 KB until the stream is full; returns how many were accepted. */
async function fill(server: TestServer, from: number): Promise<number> {
  for (let id = from;;) {
    const rows = Array.from({ length: 1000 }, (_, i) => ({ ts: id + i, id: id + i, text: "x".repeat(1000) }));
    const answer = await post(server, "events", toLines(rows));
    if (answer.status === 200) id += rows.length;
    else {
      assert.equal(answer.status, 429, answer.text);
      assert.ok(Number(answer.headers.get("retry-after")) >= 1);
      return id;
    }
  }
}

Deno.test("a stuck sink stops its own pipeline only, as long as the log has room; without it there is room again", async () => {
  await withFolder(async (folder) => {
    let output: ReadableStream<Uint8Array<ArrayBuffer>> | null = null;
    await using server = await startServer({ args: ["--workers", "2"], onOutput: (stream) => output = stream });
    await server.put("/v1/streams/events", EVENTS);
    await server.put("/v1/pipelines/stuck", plan(source("events"), toStdout("in")));
    await server.put("/v1/pipelines/counted", counts("events", "counted", 1000, []));
    await server.put("/v1/pipelines/copied", plan(source("events"), toFile(`${folder}/copy.ndjson`, "in")));
    const accepted = await fill(server, 0);
    assert.ok(accepted > 20_000, `only ${accepted} rows fit into the log`);
    for (const pipeline of ["counted", "copied"]) {
      await until(async () => (await info(server, pipeline)).rows_in === accepted);
    }
    await until(async () => (await viewRows(server, "counted")).length === accepted / 1000);
    const stuck = await info(server, "stuck");
    assert.equal(stuck.state, "running");
    assert.ok(stuck.lag_rows > accepted / 2, JSON.stringify(stuck));
    // Whoever writes to the same place waits too, but nobody else's deployment does.
    await server.put("/v1/pipelines/stuck_too", plan(source("events"), toStdout("in")));
    await server.put("/v1/pipelines/later", counts("events", "later", 1000, []));
    for (const pipeline of ["stuck", "stuck_too"]) {
      assert.equal((await ask(server, `/v1/pipelines/${pipeline}`, { method: "DELETE" })).status, 204);
    }
    // Ahead of what the clock has made of the watermark meanwhile: an idle source's goes on.
    const row = { ts: accepted + 3_600_000, id: accepted, text: "last" };
    await send(server, "events", [row]);
    await ask(server, "/v1/streams/events/end", { method: "POST" });
    await completed(server, "counted");
    await completed(server, "copied");
    const total = (await viewRows(server, "counted")).reduce((sum, { n }) => sum + (n as number), 0);
    assert.equal(total, accepted + 1);
    const copied = await readLines(`${folder}/copy.ndjson`);
    assert.equal(copied.length, accepted + 1);
    assert.ok(copied.every(({ id }, i) => id === i));
    assert.equal(await metric(server, "rdx_rows_decoded_total", { stream: "events" }), accepted + 1);
    await output!.cancel();
  });
});

Deno.test("a sink that fails ends its own pipeline with the reason, and a drain without its rows is no success", async () => {
  await using server = await startServer({ args: ["--workers", "2"] });
  await server.put("/v1/streams/events", EVENTS);
  await server.put("/v1/pipelines/full", plan(source("events"), toFile("/dev/full", "in")));
  await server.put("/v1/pipelines/counted", counts("events", "counted", 1000, []));
  await send(server, "events", [row(0, 1), row(5000, 2)]);
  const failed = await until(async () => {
    const found = await server.json<Info & { reason: string }>("/v1/pipelines/full");
    return found.state !== "running" && found;
  });
  assert.deepEqual([failed.state, /No space left/.test(failed.reason)], ["failed", true], failed.reason);
  await until(async () => (await viewRows(server, "counted")).length === 1);
  assert.equal((await info(server, "counted")).state, "running");
  await send(server, "events", [row(9000, 3)]);
  assert.equal(await server.signal("SIGTERM"), 1);
  assert.match(
    server.errors,
    /rdx: Not everything that was accepted is in the results: full has failed: .*No space left/,
  );
});

const row = (ts: number, id: number) => ({ ts, id, text: "" });
const sumOf = (column: string) => ({ fn: "sum", arg: column, as: "total" });
const sums = (at: number, size = 1000, aggs = [COUNT, sumOf("id")]) => {
  const nodes = [source("events", { idle_timeout_ms: 0 }), filter("ge", "id", at)];
  return plan(...nodes, tumble(size, "filter"), aggregate([], aggs), toView("sums", "aggregate"));
};

Deno.test("a changed plan with state=keep goes on with its open windows, with state=fresh it begins anew", async () => {
  await using server = await startServer({ args: ["--workers", "2"] });
  await server.put("/v1/streams/events", EVENTS);
  await server.put("/v1/pipelines/sums", sums(0));
  await send(server, "events", [row(0, 1), row(1100, 10), row(1200, 20)]);
  await until(async () => (await viewRows(server, "sums")).length === 1);
  const kept = await put(server, "/v1/pipelines/sums?state=keep", sums(15));
  assert.equal(kept.status, 200, kept.text);
  await send(server, "events", [row(1300, 14), row(1400, 40), row(2000, 500)]);
  const rows = await until(async () => {
    const found = await viewRows(server, "sums");
    return found.length === 2 && found;
  });
  assert.deepEqual(rows.map(({ n, total }) => [n, total]), [[1, 1], [3, 70]]);
  const fresh = await put(server, "/v1/pipelines/sums?state=fresh&start=latest", sums(15));
  assert.equal(fresh.status, 200, fresh.text);
  await send(server, "events", [row(2100, 1000), row(3000, 1)]);
  await ask(server, "/v1/streams/events/end", { method: "POST" });
  await completed(server, "sums");
  assert.deepEqual((await viewRows(server, "sums")).map(({ n, total }) => [n, total]), [[1, 1000]]);
});

Deno.test("a plan that changes again and again under load, with state=keep, loses and doubles nothing", async () => {
  await using server = await startServer({ args: ["--workers", "2"] });
  await server.put("/v1/streams/events", EVENTS);
  const keyed = (least: number) => {
    const nodes = [source("events", { idle_timeout_ms: 0 }), filter("ge", "id", least), tumble(5000, "filter")];
    return plan(...nodes, aggregate(["text"], [COUNT, sumOf("id")]), toView("keyed", "aggregate"));
  };
  await server.put("/v1/pipelines/keyed", keyed(0));
  const REQUESTS = 300, ROWS = 50;
  let sent = 0;
  const sending = (async () => {
    for (; sent < REQUESTS; sent++) {
      const ids = Array.from({ length: ROWS }, (_, i) => sent * ROWS + i);
      await send(server, "events", ids.map((id) => ({ ts: id, id, text: `k${id % 11}` })));
    }
  })();
  let changes = 0;
  for (; changes < 3 || sent < REQUESTS; changes++) {
    const { status, text } = await put(server, "/v1/pipelines/keyed?state=keep", keyed(-1 - changes));
    assert.equal(status, 200, text);
  }
  await sending;
  await ask(server, "/v1/streams/events/end", { method: "POST" });
  await completed(server, "keyed");
  const rows = await viewRows(server, "keyed"), all = REQUESTS * ROWS;
  assert.equal(rows.length, Math.ceil(all / 5000) * 11);
  assert.equal(rows.reduce((sum, { n }) => sum + (n as number), 0), all, `after ${changes} changes`);
  assert.equal(rows.reduce((sum, { total }) => sum + (total as number), 0), all * (all - 1) / 2);
});

Deno.test("a plan whose state does not fit is refused with the differences, and the running one goes on", async () => {
  await using server = await startServer();
  await server.put("/v1/streams/events", EVENTS);
  await server.put("/v1/streams/others", EVENTS);
  await server.put("/v1/pipelines/sums", sums(0));
  await send(server, "events", [row(0, 1)]);
  const refusals = [
    [sums(0, 2000), "aggregate", "window.size_ms"],
    [sums(0, 1000, [COUNT, { ...sumOf("id"), fn: "max" }]), "aggregate", "aggs[1]"],
    [plan(source("others"), toView("sums", "in")), "in", "source"],
  ] as const;
  for (const [changed, node, path] of refusals) {
    const { status, json, text } = await put(server, "/v1/pipelines/sums", changed);
    assert.deepEqual([status, json.type], [409, "/problems/conflict"], text);
    const differences = json.errors as { node: string; path: string; hint: string }[];
    assert.ok(differences.some((one) => one.node === node && one.path.startsWith(path)), text);
    assert.match(differences[0].hint, /state=fresh/);
  }
  await send(server, "events", [row(1, 2), row(1000, 3)]);
  const rows = await until(async () => {
    const found = await viewRows(server, "sums");
    return found.length > 0 && found;
  });
  assert.deepEqual(rows.map(({ n, total }) => [n, total]), [[2, 3]]);
});

Deno.test("a pipeline over a stream whose columns widen goes on with the types it was deployed with", async () => {
  await using server = await startServer();
  await send(server, "loose", [{ at: 1, id: 1 }, { at: 2, id: 10 }]);
  const nodes = [source("loose", { time: "at", idle_timeout_ms: 0 }), filter("ge", "id", 5), tumble(1000, "filter")];
  await server.put("/v1/pipelines/sums", plan(...nodes, aggregate([], [COUNT, sumOf("id")]), toView("v", "aggregate")));
  await send(server, "loose", [{ at: 3, id: "20" }, { at: 4, id: "many" }, { at: 5, id: 30, more: true }]);
  const { columns } = await server.json<{ columns: { name: string; type: string }[] }>("/v1/streams/loose");
  assert.deepEqual(columns.map(({ name, type }) => `${name} ${type}`), ["at int64", "id string", "more bool"]);
  const explained = await ask(server, "/v1/pipelines/sums/explain");
  assert.deepEqual([explained.status, /id int64/.test(explained.text)], [200, true], explained.text);
  await ask(server, "/v1/streams/loose/end", { method: "POST" });
  await completed(server, "sums");
  assert.deepEqual((await viewRows(server, "v")).map(({ n, total }) => [n, total]), [[3, 60]]);
});

Deno.test("plans that cannot be deployed name node and path, and leave nothing behind", async () => {
  await using server = await startServer();
  await server.put("/v1/streams/events", EVENTS);
  await server.put("/v1/pipelines/sums", sums(0));
  const node = { id: "in", op: "source" }, missing = `${await Deno.makeTempDir()}/none/out.ndjson`;
  const cases = [
    [plan(source("evens"), toView("v", "in")), 422, "in", "nodes[0].stream", /evens.*events/s],
    [plan(source("events"), filter("ge", "idd", 1), toView("v", "filter")), 422, "filter", "nodes[1].where", /id/],
    [plan(source("events"), toView("sums", "in")), 409, "out", "sink.name", /sums/],
    [plan(source("events"), toFile(missing, "in")), 422, "out", "sink.path", /none/],
    [plan({ ...node, op: "sauce" }), 422, "in", "nodes[0].op", /source/],
  ] as const;
  for (const [bad, status, id, path, reason] of cases) {
    const answer = await put(server, "/v1/pipelines/bad", bad);
    assert.equal(answer.status, status, answer.text);
    const [first] = answer.json.errors ?? [];
    assert.ok(first, answer.text);
    assert.deepEqual([first.node, first.path.slice(0, path.length)], [id, path], answer.text);
    assert.match(answer.text, reason);
    assert.equal((await ask(server, "/v1/pipelines/bad")).status, 404);
  }
  const stream = await server.json<{ readers: string[] }>("/v1/streams/events");
  assert.deepEqual(stream.readers, ["sums"]);
  assert.equal((await ask(server, "/v1/streams/events", { method: "DELETE" })).status, 409);
  assert.equal((await info(server, "sums")).state, "running");
  assert.ok(await isHealthy(server));
});
