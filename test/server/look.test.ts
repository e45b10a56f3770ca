import assert from "node:assert/strict";
import { createEngine } from "../../src/compose.ts";
import { startServer } from "../../src/server/serve.ts";
import { JSON_TYPE, NDJSON, until } from "./harness.ts";

const STREAM = {
  columns: [
    { name: "ts", type: "timestamp" },
    { name: "city", type: "string" },
    { name: "value", type: "decimal(10,2)" },
  ],
  time: "ts",
  delay_ms: 60_000,
};
const PLAN = {
  rdx: 1,
  nodes: [
    { id: "in", op: "source", stream: "s", idle_timeout_ms: 0 },
    {
      id: "totals",
      op: "aggregate",
      input: ["in"],
      keys: ["city"],
      aggs: [
        { fn: "sum", arg: { column: "value" }, as: "total" },
        { fn: "count", arg: { column: "value" }, distinct: true, as: "different" },
        { fn: "approx_count_distinct", arg: { column: "value" }, as: "about" },
      ],
    },
    { id: "out", op: "sink", input: ["totals"], sink: { kind: "view", name: "v" } },
  ],
};

Deno.test("rows that a pipeline keeps are told by their key, with what is wrong with a look", async () => {
  const engine = await createEngine({ workers: 2 });
  const server = startServer({ engine, hostname: "127.0.0.1", port: 0, token: "secret" });
  const headers = { authorization: "Bearer secret" };
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(server.url + path, { ...init, headers: { ...headers, ...init.headers } });
  const look = async (path: string) => {
    const answer = await ask(`/v1/pipelines/p/state/${path}`);
    return { status: answer.status, ...await answer.json() };
  };
  try {
    for (const [path, body] of [["/v1/streams/s", STREAM], ["/v1/pipelines/p", PLAN]] as const) {
      const put = await ask(path, { method: "PUT", headers: JSON_TYPE, body: JSON.stringify(body) });
      assert.equal(put.status, 201, await put.text());
    }
    const rows = [["Oslo", "1.25"], ["Oslo", "2"], ["Rome", "7"], [null, "3"], ["Oslo", "2"]];
    const body = rows.map(([city, value], i) => JSON.stringify({ ts: i, city, value })).join("\n");
    await ask("/v1/streams/s", { method: "POST", headers: NDJSON, body });
    await until(() => engine.pipelines.get("p").rowsIn === rows.length && engine.pipelines.get("p").lagRows === 0);
    const oslo = await look(`totals?key=${encodeURIComponent('"Oslo"')}`);
    assert.deepEqual(oslo.rows, [{ city: "Oslo", total: "5.25", different: 2, about: 2 }], JSON.stringify(oslo));
    assert.deepEqual([oslo.pipeline, oslo.node, oslo.table, oslo.more], ["p", "totals", "groups", false]);
    assert.deepEqual(oslo.key, [{ name: "city", type: "string", nullable: true }]);
    assert.ok(oslo.number > 0);
    assert.deepEqual((await look("totals?key=null")).rows, [{ city: null, total: "3.00", different: 1, about: 1 }]);
    assert.deepEqual((await look("totals/groups?key=%22Bern%22")).rows, []);
    const values = await look("totals/different.values?key=%22Oslo%22");
    assert.deepEqual(values.rows.map(({ value }: { value: string }) => value).sort(), ["1.25", "2.00"]);
    const first = await look("totals?limit=2");
    assert.deepEqual([first.rows.length, first.more], [2, true]);
    const all = await look("totals?internal=true&key=%22Rome%22");
    assert.ok(all.columns.some(({ name }: { name: string }) => name === "$group"), JSON.stringify(all.columns));
    const wrong: [string, number, RegExp][] = [
      ["totals?key=5", 400, /table groups is looked for by city string/],
      ["totals?key=%5B1,2%5D", 400, /has 2 values, not 1/],
      ["totals?limit=0", 400, /whole number of 1 to/],
      ["none", 404, /no node none that keeps something: those that keep something are totals/],
      ["in", 404, /no node in that keeps/],
      ["totals/about.pages", 404, /no table about.pages to look at: there are groups, different.values, scalars/],
    ];
    for (const [path, status, sentence] of wrong) {
      const problem = await look(path);
      assert.equal(problem.status, status, path);
      assert.match(problem.detail, sentence);
    }
    assert.equal((await ask("/v1/pipelines/none/state/totals")).status, 404);
    const refused = await fetch(`${server.url}/v1/pipelines/p/state/totals`);
    assert.equal(refused.status, 401);
    await refused.body?.cancel();
  } finally {
    await server.stop();
    await engine.close();
  }
});
