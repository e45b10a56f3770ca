import assert from "node:assert/strict";
import { createEngine } from "../../src/compose.ts";
import { SQL_BYTES_MAX } from "../../src/core/limits.ts";
import { startServer } from "../../src/server/serve.ts";
import { NDJSON, problemOf } from "./harness.ts";

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

const SQL_TYPE = { "content-type": "application/sql" };
const DECLARED = `CREATE STREAM orders (
  ts TIMESTAMP(3), city STRING, price DOUBLE,
  WATERMARK FOR ts AS ts
);
`;
const HOURLY = `SELECT window_start, city, SUM(price) AS total
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' HOUR))
GROUP BY window_start, window_end, city;
`;
const ROWS = [
  { ts: "2025-01-01T00:10:00Z", city: "Bern", price: 12.5 },
  { ts: "2025-01-01T00:20:00Z", city: "Bern", price: 7.5 },
  { ts: "2025-01-01T01:00:00Z", city: "Rome", price: 3 },
];

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

const put = (ask: Ask, name: string, body: BodyInit, headers: Record<string, string> = SQL_TYPE) =>
  ask(`/v1/pipelines/${name}`, { method: "PUT", headers, body });
const explain = (ask: Ask, body: string, accept = "text/plain") =>
  ask("/v1/explain", { method: "POST", headers: { ...SQL_TYPE, accept }, body });

Deno.test("a script is deployed with 201, makes the stream that it declares, and its view answers", async () => {
  await withEngine(async (ask) => {
    const deployed = await put(ask, "sales", DECLARED + HOURLY);
    assert.equal(deployed.status, 201);
    const { sql, plan, sources } = await deployed.json();
    assert.deepEqual([sql, plan.name, sources], [DECLARED + HOURLY, "sales", ["orders"]]);
    const { time, declared } = await (await ask("/v1/streams/orders")).json();
    assert.deepEqual([time, declared], ["ts", true]);
    const body = ROWS.map((row) => JSON.stringify(row)).join("\n");
    await (await ask("/v1/streams/orders", { method: "POST", headers: NDJSON, body })).body?.cancel();
    await (await ask("/v1/streams/orders/end", { method: "POST" })).body?.cancel();
    while ((await (await ask("/v1/pipelines/sales")).json()).state !== "completed");
    assert.deepEqual((await (await ask("/v1/views/sales")).json()).rows, [
      { window_start: "2025-01-01T00:00:00.000Z", city: "Bern", total: 20 },
      { window_start: "2025-01-01T01:00:00.000Z", city: "Rome", total: 3 },
    ]);
    const changed = await put(ask, "sales", `${HOURLY}-- as before`);
    assert.equal(changed.status, 200);
    assert.equal((await changed.json()).sql, `${HOURLY}-- as before`);
  });
});

Deno.test("a wrong script is 422 with line, column, reason and hint of each problem, and declares nothing", async () => {
  await withEngine(async (ask) => {
    const answer = await put(
      ask,
      "sales",
      `${DECLARED}SELECT citty,\n  SUMM(price) AS total\nFROM orders GROUP BY city`,
    );
    assert.equal(answer.status, 422);
    const { code, detail, errors, snippets } = await problemOf(answer);
    assert.equal(code, "invalid_plan");
    assert.match(detail, /line 5, column 8: Unknown column citty \(and 1 more\)/);
    assert.deepEqual(errors, [
      { line: 5, column: 8, reason: "Unknown column citty", hint: "Did you mean city?" },
      { line: 6, column: 3, reason: "Unknown function SUMM", hint: "Did you mean SUM?" },
    ]);
    assert.equal(snippets[0], "5 | SELECT citty,\n  |        ^^^^^");
    assert.equal((await problemOf(await ask("/v1/streams/orders"))).status, 404);
    assert.deepEqual(await (await ask("/v1/pipelines")).json(), { pipelines: [] });
  });
});

for (
  const [what, text, wanted] of [
    ["declares streams alone", DECLARED, /runs nothing: end it with a SELECT or an INSERT INTO/],
    ["is empty", "", /runs nothing/],
    ["only explains", `${DECLARED}EXPLAIN ${HOURLY}`, /Cannot deploy a script that runs nothing/],
    ["drops a stream", "DROP STREAM orders", /DELETE \/v1\/streams\/orders removes a stream/],
    ["drops a view", "DROP VIEW sales", /DELETE \/v1\/pipelines\/\{name\} what writes a view/],
  ] as const
) {
  Deno.test(`a script that ${what} is 422 and makes nothing`, async () => {
    await withEngine(async (ask) => {
      const { status, detail } = await problemOf(await put(ask, "p", text));
      assert.equal(status, 422);
      assert.match(detail, wanted);
      assert.deepEqual(await (await ask("/v1/streams")).json(), { streams: [] });
    });
  });
}

Deno.test("bodies that are no script: not UTF-8 is 400, another charset 415, too large 413", async () => {
  await withEngine(async (ask) => {
    const bytes = await problemOf(await put(ask, "p", new Uint8Array([0x53, 0xff, 0xfe])));
    assert.deepEqual([bytes.status, bytes.detail], [400, "Cannot read the body: it is not UTF-8"]);
    const charset = await put(ask, "p", "SELECT 1", { "content-type": "application/sql; charset=latin1" });
    assert.equal((await problemOf(charset)).status, 415);
    const utf8 = await put(ask, "p", DECLARED + HOURLY, { "content-type": "Application/SQL;charset=UTF-8" });
    assert.equal(utf8.status, 201);
    await utf8.body?.cancel();
    const large = await put(ask, "p", `SELECT 1 --${"x".repeat(SQL_BYTES_MAX)}`);
    assert.equal((await problemOf(large)).status, 413);
  });
});

Deno.test("explain of SQL is text or JSON, also of streams that it declares itself, and makes nothing", async () => {
  await withEngine(async (ask) => {
    const text = await explain(ask, DECLARED + HOURLY);
    assert.equal(text.headers.get("content-type"), "text/plain; charset=utf-8");
    assert.match(await text.text(), /tumbling window of 1 h/);
    const noted = await (await explain(ask, `SET parallelism = 4;\n${DECLARED}${HOURLY}`)).text();
    assert.match(noted, /^Line 1, column 1: SET parallelism has no effect here\n/);
    const json = await explain(ask, DECLARED + HOURLY, "application/json");
    assert.equal(json.headers.get("content-type"), "application/json");
    assert.ok((await json.json()).nodes.length > 2);
    assert.equal((await explain(ask, `${DECLARED}EXPLAIN ${HOURLY}`)).status, 200);
    const wrong = await problemOf(await explain(ask, `${DECLARED}SELECT FROM orders`));
    assert.deepEqual([wrong.status, wrong.errors[0].line, wrong.errors[0].column], [422, 5, 8]);
    assert.deepEqual(await (await ask("/v1/streams")).json(), { streams: [] });
  });
});

Deno.test("the README's script takes the place of its plan, as the curl lines send them", async () => {
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const [, name, sql] = /pipelines\/(\w+)\?state=fresh' -H 'content-type: application\/sql' --data-binary "([^"]+)"/
    .exec(readme)!;
  await withEngine(async (ask) => {
    await (await put(ask, "declared", `${DECLARED}SELECT city FROM orders`)).body?.cancel();
    const [, plan] = new RegExp(`pipelines/${name} -H 'content-type: application/json' -d '([^']+)'`).exec(readme)!;
    const before = await put(ask, name, plan, { "content-type": "application/json" });
    assert.equal(before.status, 201, await before.text());
    const answer = await put(ask, `${name}?state=fresh`, sql);
    assert.equal(answer.status, 200, await answer.text());
    const view = await ask(`/v1/views/${name}?open=true`);
    assert.deepEqual((await view.json()).rows, []);
  });
});

Deno.test("the catalogue names streams, views and functions, and is kept until it changes", async () => {
  await withEngine(async (ask) => {
    await (await put(ask, "sales", DECLARED + HOURLY)).body?.cancel();
    const answer = await ask("/v1/catalog"), { streams, views, functions } = await answer.json();
    assert.deepEqual(streams, [{
      name: "orders",
      time: "ts",
      columns: [
        { name: "ts", type: "timestamp", nullable: false },
        { name: "city", type: "string", nullable: true },
        { name: "price", type: "double", nullable: true },
      ],
    }]);
    assert.deepEqual(views.map(({ name }: { name: string }) => name), ["sales"]);
    const names = new Map<string, { summary: string }>(functions.map((one: { name: string }) => [one.name, one]));
    assert.equal(names.size, functions.length);
    for (const name of ["count", "upper", "date_trunc", "json_value"]) assert.ok(names.get(name)!.summary, name);
    const again = () => ask("/v1/catalog", { headers: { "if-none-match": answer.headers.get("etag")! } });
    const same = await again();
    assert.deepEqual([same.status, await same.text()], [304, ""]);
    await (await put(ask, "more", "CREATE STREAM visits (page STRING); SELECT page FROM visits")).body?.cancel();
    const changed = await again();
    assert.equal(changed.status, 200);
    assert.equal((await changed.json()).streams.length, 2);
  });
});
