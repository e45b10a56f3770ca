import assert from "node:assert/strict";
import { ask, CSV, post, put } from "./requests.ts";
import { completed, startServer, type TestServer } from "./server.ts";

const COLUMNS = [
  { name: "ts", type: "timestamp" },
  { name: "k", type: "string" },
  { name: "w", type: "decimal(38,8)" },
  { name: "m", type: "decimal(18,2)" },
];
const LARGE = "123456789012345678901234567890.12345678", MOST = `${"9".repeat(30)}.99999999`;

async function deploy(server: TestServer, name: string, sql: string): Promise<void> {
  const answer = await server.fetch(`/v1/pipelines/${name}`, {
    method: "PUT",
    headers: { "content-type": "application/sql" },
    body: sql,
  });
  assert.equal(answer.status, 201, await answer.text());
}

/** The rows of an answer of a view, as the text that they are. */
async function rowsOf(server: TestServer, path: string): Promise<string> {
  const { status, text } = await ask(server, path);
  assert.equal(status, 200, text);
  return text.slice(text.indexOf('"rows":') + 7).trim().slice(0, -1);
}

Deno.test("decimals of 38 digits come as numbers, strings and CSV, and leave exact: sums, keys, order and comparisons", async () => {
  await using server = await startServer({ args: ["--workers", "2"] });
  assert.equal((await put(server, "/v1/streams/pay", { columns: COLUMNS, time: "ts" })).status, 201);
  await deploy(
    server,
    "totals",
    `CREATE MATERIALIZED VIEW totals AS SELECT k, SUM(w) AS s, AVG(w) AS a, MAX(w) AS most, SUM(m) AS sm FROM pay GROUP BY k`,
  );
  await deploy(
    server,
    "keyed",
    `CREATE MATERIALIZED VIEW keyed AS SELECT w, COUNT(*) AS n, SUM(-w) AS less FROM pay GROUP BY w`,
  );
  await deploy(
    server,
    "windows",
    `CREATE MATERIALIZED VIEW windows AS SELECT window_start, k, SUM(w) AS s, SUM(m) AS sm, MIN(w) AS least
      FROM TABLE(TUMBLE(TABLE pay, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) WHERE w > -1E30 OR w IS NULL GROUP BY window_start, window_end, k`,
  );
  const lines = [
    `{"ts":1000,"k":"a","w":"${LARGE}","m":9999999999999999.99}`,
    `{"ts":2000,"k":"a","w":-${LARGE},"m":9999999999999999.99}`,
    `{"ts":3000,"k":"a","w":1.5E-7,"m":"0.02"}`,
    `{"ts":4000,"k":"b","w":"${MOST}","m":-1}`,
    `{"ts":5000,"k":"b","w":0.00000001,"m":null}`,
    `{"ts":6000,"k":"c","w":null,"m":1}`,
    `{"ts":6500,"k":"c","w":1e30,"m":1}`,
    `{"ts":6500,"k":"c","w":0.000000001,"m":1}`,
  ];
  const answer = await post(server, "pay", lines.map((line) => `${line}\n`).join(""));
  assert.deepEqual([answer.json.accepted, answer.json.rejected], [6, 2], answer.text);
  assert.deepEqual(
    answer.json.errors.map(({ line, field, reason }: Record<string, unknown>) => [line, field, reason]),
    [
      [7, "w", "Number out of range for decimal(38,8)"],
      [8, "w", "Number has more decimal places than decimal(38,8) holds"],
    ],
  );
  const csv = await post(server, "pay", `ts,k,w,m\n7000,d,${LARGE},1.25\n8000,d,+12345678901234567890123E-8,\n`, CSV);
  assert.equal(csv.json.accepted, 2, csv.text);
  await ask(server, "/v1/streams/pay/end", { method: "POST" });
  for (const name of ["totals", "keyed", "windows"]) await completed(server, name);

  const totals = await rowsOf(server, "/v1/views/totals?order=asc");
  for (
    const row of [
      `{"k":"a","s":"0.00000015","a":"0.00000005","most":"${LARGE}","sm":"20000000000000000.00"}`,
      // One more than the most is NULL
      `{"k":"b","s":null,"a":null,"most":"${MOST}","sm":"-1.00"}`,
      `{"k":"c","s":null,"a":null,"most":null,"sm":"1.00"}`,
      `{"k":"d","s":"123456789012345802358023580235.80235801","a":"61728394506172901179011790117.90117901","most":"${LARGE}","sm":"1.25"}`,
    ]
  ) assert.ok(totals.includes(row), `${row} is not in ${totals}`);

  assert.equal(
    await rowsOf(server, `/v1/views/keyed?key=${LARGE}`),
    `[{"w":"${LARGE}","n":2,"less":"-246913578024691357802469135780.24691356"}]`,
  );
  assert.equal(await rowsOf(server, "/v1/views/keyed?key=1.5"), "[]");
  const keys = JSON.parse(await rowsOf(server, "/v1/views/keyed?order=asc")).map(({ w }: { w: string | null }) => w);
  const digits = (text: string) => BigInt(text.replace(".", ""));
  const known = keys.filter((key: string | null) => key !== null);
  assert.deepEqual(known, known.toSorted((a: string, b: string) => digits(a) < digits(b) ? -1 : 1));
  assert.equal(keys.length, 7);

  const windows = await rowsOf(server, "/v1/views/windows?time=ms");
  assert.ok(
    windows.includes(`{"window_start":0,"k":"a","s":"0.00000015","sm":"20000000000000000.00","least":"-${LARGE}"}`),
    windows,
  );
});
