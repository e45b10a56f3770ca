import assert from "node:assert/strict";
import { createEngine } from "../../src/compose.ts";
import { startServer } from "../../src/server/serve.ts";
import { JSON_TYPE, NDJSON, problemOf } from "./harness.ts";

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

const READINGS = {
  columns: [{ name: "sensor", type: "string" }, { name: "ts", type: "timestamp", nullable: false }],
  time: "ts",
  future_skew_ms: 0,
};
const post = (body: string) => ({ method: "POST", headers: NDJSON, body });
const put = (body: unknown) => ({ method: "PUT", headers: JSON_TYPE, body: JSON.stringify(body) });

/** Runs `test` against a server over a real engine, and stops both. */
async function withEngine(test: (ask: Ask) => Promise<void>): Promise<void> {
  const engine = await createEngine({ workers: 1 });
  const server = startServer({ engine, hostname: "127.0.0.1", port: 0, token: null });
  try {
    await test((path, init) => fetch(server.url + path, init));
  } finally {
    await server.stop();
    await engine.close();
  }
}

Deno.test("partitions are declared, told with answers, pipelines and rows of the log, and read one by one", async () => {
  await withEngine(async (ask) => {
    const declared = { ...READINGS, partitions: 3, partition_by: ["sensor"] };
    const stream = await (await ask("/v1/streams/readings", put(declared))).json();
    assert.deepEqual([stream.partitions, stream.partition_by], [3, ["sensor"]]);
    const lines = Array.from({ length: 30 }, (_, i) => JSON.stringify({ sensor: `s${i % 10}`, ts: i })).join("\n");
    const answer = await (await ask("/v1/streams/readings", post(lines))).json();
    const counts: { partition: number; rows: number }[] = answer.partitions;
    assert.equal(counts.reduce((sum, { rows }) => sum + rows, 0), 30);
    assert.ok(counts.length > 1);
    for (const { partition, rows } of counts) {
      const text = await (await ask(`/v1/streams/readings/log?follow=false&partition=${partition}`)).text();
      const read = text.trim().split("\n").map((line) => JSON.parse(line));
      assert.equal(read.length, rows);
      assert.ok(read.every((line) => line.partition === partition));
    }
    assert.equal((await ask("/v1/streams/readings/log?partition=3")).status, 400);
    assert.equal((await ask("/v1/streams/readings?partition=1", post(lines))).status, 400);
    const plan = {
      rdx: 1,
      nodes: [
        { id: "in", op: "source", stream: "readings" },
        { id: "out", op: "sink", input: ["in"], sink: { kind: "discard" } },
      ],
    };
    const pipeline = await (await ask("/v1/pipelines/p", put(plan))).json();
    assert.deepEqual(
      pipeline.partitions.map(({ partition, idle }: { partition: number; idle: boolean }) => [partition, idle]),
      [[0, false], [1, false], [2, false]],
    );
    assert.match(
      await (await ask("/metrics")).text(),
      /rdx_partition_lag_rows\{pipeline="p",stream="readings",partition="2"\} \d/,
    );
    const fewer = await problemOf(await ask("/v1/streams/readings", put({ ...declared, partitions: 2 })));
    assert.deepEqual([fewer.status, fewer.errors[0].path], [409, "partitions"]);
    const wrong = await problemOf(await ask("/v1/streams/others", put({ ...declared, partition_by: ["nothing"] })));
    assert.deepEqual([wrong.status, wrong.errors[0].path], [422, "partition_by[0]"]);
  });
});

Deno.test("a script declares partitions, a plan over them says so, and finds its sources again when there are more", async () => {
  await withEngine(async (ask) => {
    const script = (count: number, what: string) =>
      `CREATE STREAM bids (item STRING, price BIGINT) PARTITIONED BY (item) WITH ('partitions' = '${count}');
      SELECT item, ${what} FROM bids GROUP BY item;`;
    const deploy = (text: string) =>
      ask("/v1/pipelines/bids_by_item", { method: "PUT", headers: { "content-type": "application/sql" }, body: text });
    assert.equal((await deploy(script(2, "COUNT(*) AS n"))).status, 201);
    const explained = await (await ask("/v1/pipelines/bids_by_item/explain")).text();
    assert.match(explained, /2 partitions, each with a watermark of its own/);
    const changed = await (await deploy(script(4, "COUNT(*) AS n, SUM(price) AS total"))).json();
    assert.equal(changed.partitions?.length, 4, JSON.stringify(changed));
    const flow = await (await ask("/v1/pipelines/bids_by_item/flow")).json();
    const nodes = new Set(flow.nodes.map(({ id }: { id: string }) => id));
    const ends = flow.edges.flatMap(({ from, to }: { from: string; to: string }) => [from, to]);
    assert.ok(ends.every((id: string) => nodes.has(id)), JSON.stringify(flow));
    assert.equal((await deploy(script(3, "COUNT(*) AS n"))).status, 409);
  });
});
