import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { UNTIL_MS_MAX } from "../until.ts";
import { type Answer, ask, NDJSON, post } from "./requests.ts";
import { startServer, type TestServer, until } from "./server.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;

const AIRPORTS = `CREATE TABLE airports (code STRING, city STRING, PRIMARY KEY (code) NOT ENFORCED)
  WITH ('connector' = 'sqlite', 'path' = 'airports.db');`;

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rdx-lookup-" });
  const database = new DatabaseSync(`${folder}/airports.db`);
  database.exec("CREATE TABLE airports (code TEXT PRIMARY KEY, city TEXT)");
  const insert = database.prepare("INSERT INTO airports VALUES (?, ?)");
  for (let i = 0; i < 1000; i += 2) insert.run(`A${i}`, `city ${i}`);
  database.close();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function rdx(args: readonly string[], folder: string) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN, ...args],
    cwd: folder,
    env: { INIT_CWD: folder },
    signal: AbortSignal.timeout(UNTIL_MS_MAX),
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

Deno.test("a query over a file looks its rows up in a database, and gives them in their order", async () => {
  await withFolder(async (folder) => {
    const rows = Array.from({ length: 20_000 }, (_, i) => ({ n: i, origin: i % 13 === 0 ? null : `A${i * 7 % 1010}` }));
    await Deno.writeTextFile(`${folder}/input.ndjson`, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    await Deno.writeTextFile(
      `${folder}/cities.sql`,
      `${AIRPORTS} SELECT i.n, a.city FROM input AS i LEFT JOIN airports FOR SYSTEM_TIME AS OF PROCTIME() AS a ON i.origin = a.code`,
    );
    const { code, out, err } = await rdx(["run", "--input", "input.ndjson", "cities.sql"], folder);
    assert.deepEqual([code, err], [0, ""]);
    const cityOf = (origin: string | null) => {
      const number = origin === null ? NaN : Number(origin.slice(1));
      return number % 2 === 0 && number < 1000 ? `city ${number}` : null;
    };
    const expected = rows.map(({ n, origin }) => `${JSON.stringify({ n, city: cityOf(origin) })}\n`).join("");
    assert.ok(out === expected, `${out.length} bytes came, ${expected.length} were expected`);
  });
});

Deno.test("a column that the database lacks is told before anything runs, and a server of the inner network is not asked", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/input.ndjson`, '{"k":"A1"}\n');
    const run = async (table: string) => {
      const query = "SELECT d.v FROM input AS i JOIN d FOR SYSTEM_TIME AS OF PROCTIME() ON i.k = d.code";
      await Deno.writeTextFile(`${folder}/q.sql`, `${table} ${query}`);
      return await rdx(["run", "--input", "input.ndjson", "q.sql"], folder);
    };
    const missing = await run(
      "CREATE TABLE d (code STRING, v STRING) WITH ('connector' = 'sqlite', 'path' = 'airports.db', 'table' = 'airports');",
    );
    assert.equal(missing.out, "");
    assert.notEqual(missing.code, 0);
    assert.match(missing.err, /Table airports in .*airports\.db has no column v: there are code, city/);
    const inner = await run(
      "CREATE TABLE d (code STRING, v STRING) WITH ('connector' = 'http', 'url' = 'http://127.0.0.1:1/{code}');",
    );
    assert.notEqual(inner.code, 0);
    assert.match(
      inner.err,
      /127\.0\.0\.1 is an address of an inner network: allow it with --allow-private 127\.0\.0\.1/,
    );
  });
});

const sql = (server: TestServer, name: string, body: string): Promise<Answer> =>
  ask(server, `/v1/pipelines/${name}`, { method: "PUT", body, headers: { "content-type": "application/sql" } });

/** Looks again until what is found is what is waited for. */
function settled<T>(look: () => Promise<T>, isThere: (found: T) => boolean): Promise<T> {
  return until(async () => {
    const found = await look();
    return isThere(found) ? found : null;
  }, 50);
}

Deno.test("a server looks rows up over HTTP: they wait while there is no answer, and go on when there is one", async () => {
  let isDown = true, requests = 0;
  const people = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    requests++;
    if (isDown) return new Response("down", { status: 503 });
    assert.equal(request.headers.get("authorization"), "Bearer hush");
    const { keys } = await request.json() as { keys: { id: number }[] };
    return Response.json({ found: keys.filter(({ id }) => id !== 3).map(({ id }) => ({ id, name: `person ${id}` })) });
  });
  await using server = await startServer({
    args: ["--allow-private", "127.0.0.1"],
    env: { RDX_SECRET_PEOPLE: "hush" },
  });
  const script = `CREATE TABLE orders (n BIGINT, person BIGINT) WITH ('connector' = 'stream');
    CREATE TABLE people (id BIGINT, name STRING) WITH ('connector' = 'http', 'url' = 'http://127.0.0.1:${people.addr.port}/find',
      'method' = 'POST', 'rows' = 'found', 'headers' = '{"Authorization": {"env": "RDX_SECRET_PEOPLE", "prefix": "Bearer "}}');
    CREATE MATERIALIZED VIEW named AS SELECT o.n, p.name FROM orders AS o
      LEFT JOIN people FOR SYSTEM_TIME AS OF PROCTIME() AS p ON o.person = p.id`;
  const deployed = await sql(server, "named", script);
  assert.ok(deployed.status < 300, deployed.text);
  assert.doesNotMatch(deployed.text, /hush/);
  const rows = Array.from({ length: 500 }, (_, n) => ({ n, person: n % 5 }));
  await post(server, "orders", rows.map((row) => JSON.stringify(row)).join("\n"), NDJSON);
  await settled(() => Promise.resolve(requests), (count) => count > 1);
  const metrics = async () => (await server.fetch("/metrics")).text();
  await settled(metrics, (text) => /rdx_lookup_pending_rows\{[^}]*\} 500\n/.test(text));
  isDown = false;
  const view = () => server.json<{ rows: { n: number; name: string | null }[] }>("/v1/views/named?limit=1000");
  const { rows: named } = await settled(view, (found) => found.rows.length === 500);
  const byNumber = named.toSorted((a, b) => a.n - b.n).map(({ n, name }) => [n, name]);
  assert.deepEqual(byNumber, rows.map(({ n, person }) => [n, person === 3 ? null : `person ${person}`]));
  const text = await settled(metrics, (found) => /rdx_lookup_pending_rows\{[^}]*\} 0\n/.test(found));
  assert.match(text, /rdx_lookup_misses_total\{pipeline="named",node="lookup"\} 5\n/);
  assert.match(text, /rdx_lookup_errors_total\{pipeline="named",node="lookup"\} [1-9]/);
  assert.match(text, /rdx_lookup_seconds_count\{pipeline="named",node="lookup"\} 1\n/);
  assert.match(server.errors, /A lookup has no answer.*The server answers 503/);
  assert.match(server.errors, /A lookup has answers again/);
  assert.doesNotMatch(server.errors + text, /hush/);
  await people.shutdown();
});

Deno.test("a server deploys pipelines with lookups that explain themselves, and refuses what cannot be looked up", async () => {
  await withFolder(async (folder) => {
    await using server = await startServer({ cwd: folder });
    const script = (table: string) =>
      `CREATE TABLE orders (n BIGINT, origin STRING) WITH ('connector' = 'stream'); ${table}
      CREATE MATERIALIZED VIEW cities AS SELECT o.n, a.city FROM orders AS o
        JOIN airports FOR SYSTEM_TIME AS OF PROCTIME() AS a ON o.origin = a.code`;
    const refused = await sql(
      server,
      "cities",
      script(AIRPORTS.replace("city STRING", "city STRING, country STRING").replace("airports.db", "other.db")),
    );
    assert.equal(refused.status, 422);
    assert.match(refused.text, /Cannot read the database .*other\.db/);
    const deployed = await sql(server, "cities", script(AIRPORTS));
    assert.ok(deployed.status < 300, deployed.text);
    const explained = (await ask(server, "/v1/pipelines/cities/explain")).text;
    assert.match(explained, /cache of 100000 keys/);
    assert.match(explained, /impure: answers are not logged, a replay asks again/);
    await post(server, "orders", '{"n":1,"origin":"A2"}\n{"n":2,"origin":"A3"}\n{"n":3,"origin":"A4"}', NDJSON);
    const view = () => server.json<{ rows: { n: number; city: string }[] }>("/v1/views/cities");
    const { rows } = await settled(view, (found) => found.rows.length === 2);
    assert.deepEqual(rows.map(({ n, city }) => [n, city]).sort(), [[1, "city 2"], [3, "city 4"]]);
    // More often than there are threads for lookups: those of a plan that is refused end.
    for (let i = 0; i < 70; i++) {
      const wrong = await sql(server, "cities?state=fresh", script(AIRPORTS.replace("airports.db", "other.db")));
      assert.equal(wrong.status, 422, wrong.text);
    }
    await post(server, "orders", '{"n":4,"origin":"A6"}', NDJSON);
    await settled(view, (found) => found.rows.length === 3);
    assert.equal(await server.signal("SIGTERM"), 0);
  });
});
