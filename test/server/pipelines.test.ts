import assert from "node:assert/strict";
import { type Harness, JSON_TYPE, problemOf, withServer } from "./harness.ts";

const PLAN = {
  rdx: 1,
  name: "hot",
  nodes: [
    { id: "in", op: "source", stream: "readings" },
    { id: "out", op: "sink", input: ["in"], sink: { kind: "view", name: "hot" } },
  ],
};
const deploy = ({ ask }: Harness, plan: unknown, query = "", name = "hot") =>
  ask(`/v1/pipelines/${name}${query}`, { method: "PUT", headers: JSON_TYPE, body: JSON.stringify(plan) });

Deno.test("a plan is deployed with 201 and replaced with 200", async () => {
  await withServer({}, async (harness) => {
    assert.equal((await deploy(harness, PLAN)).status, 201);
    const replaced = await deploy(harness, PLAN, "?start=latest&state=fresh");
    assert.equal(replaced.status, 200);
    assert.deepEqual(harness.engine.pipelines.puts, [
      { name: "hot", start: "earliest", state: "keep" },
      { name: "hot", start: "latest", state: "fresh" },
    ]);
    assert.deepEqual((await replaced.json()).plan, PLAN);
  });
});

Deno.test("a pipeline begins at a time in ISO 8601 or epoch milliseconds, and at no other text", async () => {
  await withServer({}, async (harness) => {
    for (const start of ["2026-01-01T00:00:00Z", "1767225600000", "2026-01-01"]) {
      assert.ok((await deploy(harness, PLAN, `?start=${start}`)).ok);
      assert.deepEqual(harness.engine.pipelines.puts.at(-1)!.start, { timeMs: 1_767_225_600_000 });
    }
    const script = { method: "PUT", headers: { "content-type": "application/sql" }, body: "SELECT n FROM s" };
    await harness.ask("/v1/streams/s", {
      method: "PUT",
      headers: JSON_TYPE,
      body: '{"columns":[{"name":"n","type":"int64"}]}',
    });
    assert.equal((await harness.ask("/v1/pipelines/sql?start=2026-01-01", script)).status, 201);
    assert.deepEqual(harness.engine.pipelines.puts.at(-1)!.start, { timeMs: 1_767_225_600_000 });
    const { status, detail } = await problemOf(await deploy(harness, PLAN, "?start=noon"));
    assert.equal(status, 400);
    assert.match(detail, /start is "noon": expected earliest, latest, epoch milliseconds or ISO 8601/);
  });
});

Deno.test("a pipeline shows what it does; the list shows the same without the plan", async () => {
  await withServer({}, async (harness) => {
    await deploy(harness, PLAN);
    harness.engine.pipelines.show("hot", {
      state: "failed",
      reason: "The disk is gone",
      watermark: 1000,
      lagRows: 5,
      rowsInPerSecond: 2.5,
      progress: 0.5,
    });
    const { plan, sql, ...pipeline } = await (await harness.ask("/v1/pipelines/hot")).json();
    assert.deepEqual([plan, sql], [PLAN, null]);
    assert.deepEqual(
      [
        pipeline.state,
        pipeline.reason,
        pipeline.watermark,
        pipeline.lag_rows,
        pipeline.rows_in_per_second,
        pipeline.progress,
      ],
      ["failed", "The disk is gone", "1970-01-01T00:00:01.000Z", 5, 2.5, 0.5],
    );
    assert.deepEqual(await (await harness.ask("/v1/pipelines")).json(), { pipelines: [pipeline] });
  });
});

Deno.test("the watermark is null before the first row and infinity after the last", async () => {
  await withServer({}, async (harness) => {
    await deploy(harness, PLAN);
    assert.equal((await (await harness.ask("/v1/pipelines/hot")).json()).watermark, null);
    harness.engine.pipelines.show("hot", { watermark: Infinity });
    assert.equal((await (await harness.ask("/v1/pipelines/hot")).json()).watermark, "infinity");
  });
});

Deno.test("an impossible plan is 422 with node, path, reason and hint", async () => {
  await withServer({}, async (harness) => {
    const answer = await deploy(harness, { ...PLAN, nodes: [{ id: "in", op: "sauce" }] });
    assert.equal(answer.status, 422);
    const { code, errors } = await problemOf(answer);
    assert.equal(code, "invalid_plan");
    assert.deepEqual(errors, [
      { node: "in", path: "nodes[0].op", reason: 'Unknown op "sauce"', hint: "Did you mean source?" },
    ]);
  });
});

Deno.test("state that does not fit is 409 with the differences, unless the state may go", async () => {
  await withServer({}, async (harness) => {
    const refused = await deploy(harness, PLAN, "", "incompatible");
    assert.equal(refused.status, 409);
    assert.deepEqual((await problemOf(refused)).errors, [{ node: "agg", reason: "The keys differ" }]);
    assert.equal((await deploy(harness, PLAN, "?state=fresh", "incompatible")).status, 201);
  });
});

Deno.test("plans are JSON of a bounded size, and parameters have values", async () => {
  await withServer({}, async (harness) => {
    const yaml = await harness.ask("/v1/pipelines/p", {
      method: "PUT",
      headers: { "content-type": "application/yaml" },
      body: "rdx: 1",
    });
    assert.equal((await problemOf(yaml)).status, 415);
    const large = await deploy(harness, { ...PLAN, comment: "x".repeat(1 << 20) });
    assert.equal((await problemOf(large)).status, 413);
    const wrong = await deploy(harness, PLAN, "?start=yesterday");
    assert.match((await problemOf(wrong)).detail, /expected earliest, latest/);
    assert.deepEqual(harness.engine.pipelines.list(), []);
  });
});

Deno.test("a pipeline is deleted with 204 and is then not found", async () => {
  await withServer({}, async (harness) => {
    await deploy(harness, PLAN);
    assert.equal((await harness.ask("/v1/pipelines/hot", { method: "DELETE" })).status, 204);
    for (const method of ["GET", "DELETE"]) {
      assert.equal((await problemOf(await harness.ask("/v1/pipelines/hot", { method }))).status, 404);
    }
  });
});

for (
  const [accept, type] of [
    [undefined, "text/plain; charset=utf-8"],
    ["*/*", "text/plain; charset=utf-8"],
    ["text/html, */*;q=0.8", "text/plain; charset=utf-8"],
    ["application/json", "application/json"],
    ["Application/JSON;q=0.9, text/html", "application/json"],
  ] as const
) {
  Deno.test(`explain answers ${type} to Accept: ${accept}`, async () => {
    await withServer({}, async (harness) => {
      await deploy(harness, PLAN);
      const headers: Record<string, string> = accept === undefined ? {} : { accept };
      const deployed = await harness.ask("/v1/pipelines/hot/explain", { headers });
      const planned = await harness.ask("/v1/explain", {
        method: "POST",
        headers: { ...JSON_TYPE, ...headers },
        body: JSON.stringify(PLAN),
      });
      assert.equal(deployed.headers.get("content-type"), type);
      assert.equal(deployed.headers.get("vary"), "accept");
      const text = await deployed.text();
      assert.equal(text, type === "application/json" ? '{"nodes":2}\n' : "source in\nsink out\n");
      assert.equal(await planned.text(), text);
    });
  });
}

Deno.test("flow and latency of a pipeline are answered as JSON", async () => {
  await withServer({}, async ({ ask, engine }) => {
    const plan = { nodes: [{ id: "in", op: "source", stream: "s" }, { id: "out", op: "sink" }] };
    await ask("/v1/pipelines/p", { method: "PUT", headers: JSON_TYPE, body: JSON.stringify(plan) });
    engine.pipelines.show("p", { rowsIn: 7, lagRows: 2, watermark: Infinity, latencyMs: { p50: 3, p99: 9.5 } });
    assert.deepEqual(await (await ask("/v1/pipelines/p/flow")).json(), {
      pipeline: "p",
      state: "running",
      reason: null,
      nodes: [{ id: "in", op: "source", label: "source" }, { id: "out", op: "sink", label: "sink" }],
      edges: [{ from: "in", to: "out", rows: 7, rows_per_second: 0, watermark: "infinity", queue_rows: 2 }],
    });
    assert.deepEqual((await (await ask("/v1/pipelines/p")).json()).latency_ms, { p50: 3, p99: 9.5 });
    assert.equal((await problemOf(await ask("/v1/pipelines/missing/flow"))).status, 404);
  });
});

Deno.test("what a pipeline keeps is told with exact keys, and a digest of it at a number", async () => {
  await withServer({}, async (harness) => {
    await deploy(harness, PLAN);
    harness.engine.state = {
      ...harness.engine.state,
      checkpoints: [5],
      operators: [{
        node: "agg",
        op: "aggregate",
        keys: ["id"],
        ttlMs: null,
        rows: 3,
        bytes: 4096,
        cold: { rows: 1, bytes: 96, reads: 5 },
        tasks: [{ rows: 3, bytes: 4096, cold: { rows: 1, bytes: 96, reads: 5 } }, null],
        tables: [{
          name: "slices",
          version: 1,
          columns: [{ name: "id", type: { kind: "int64" }, nullable: true }],
          keys: 1,
          expiry: null,
        }],
        hot: [{ samples: 4, keys: [{ key: '{"id":9223372036854775807}', samples: 3 }] }],
      }],
    };
    const text = await (await harness.ask("/v1/pipelines/hot/state")).text();
    assert.match(text, /"hot":\[\{"samples":4,"keys":\[\{"key":\{"id":9223372036854775807\},"share":0\.75\}\]\}\]/);
    const { pipeline, numbers, checkpoint, checkpoints, operators: [{ tables, ttl_ms, ...kept }] } = JSON.parse(text);
    assert.deepEqual([kept.evicted_rows, kept.cold_bytes, kept.cold_reads, kept.tasks[0].evicted_rows], [1, 96, 5, 1]);
    assert.deepEqual([pipeline, numbers, checkpoint, checkpoints, ttl_ms], ["hot", [7], null, [5], null]);
    assert.deepEqual(tables[0].columns, [{ name: "id", type: "int64", nullable: true }]);
    assert.equal((await (await harness.ask("/v1/pipelines/hot/digest")).json()).offset, 7);
    assert.equal((await (await harness.ask("/v1/pipelines/hot/digest?offset=5")).json()).offset, 5);
    assert.equal((await problemOf(await harness.ask("/v1/pipelines/hot/digest?offset=x"))).status, 400);
    assert.equal((await problemOf(await harness.ask("/v1/pipelines/none/state"))).status, 404);
  });
});
