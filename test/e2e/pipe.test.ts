import assert from "node:assert/strict";
import { VEGA_DATASETS } from "../../examples/flights/flights_20k.ts";
import { npmPackageFiles } from "../../scripts/npm_files.ts";
import { UNTIL_MS_MAX } from "../until.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Calls the command line with rows piped in. */
async function rdx(args: readonly string[], piped: string, cwd = Deno.cwd()): Promise<Ended> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN, ...args],
    cwd,
    env: { INIT_CWD: cwd },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(UNTIL_MS_MAX),
  }).spawn();
  const writer = child.stdin.getWriter();
  // Who ends before its input does, closes the pipe
  const written = writer.write(new TextEncoder().encode(piped)).then(() => writer.close()).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  await written;
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const EVENTS = lines([
  { at: "2026-01-01T00:00:01Z", city: "Bern", n: 1 },
  { at: "2026-01-01T00:00:12Z", city: "Genève", n: 5 },
  { at: "2026-01-01T00:00:09Z", city: "Bern", n: 7 },
  { at: "2026-01-01T00:01:00Z", city: "Bern", n: 9 },
]);

Deno.test("a group of what is piped in is one line a group, when the input ends", async () => {
  const { code, out, err } = await rdx(
    ["run", "SELECT city, COUNT(*) AS n, SUM(n) AS total FROM input GROUP BY city"],
    EVENTS,
  );
  assert.deepEqual([code, err], [0, ""]);
  assert.equal(out, '{"city":"Bern","n":3,"total":17}\n{"city":"Genève","n":1,"total":5}\n');
});

Deno.test("a result has the order that is asked for, with rows left out in front, also where its column is not shown", async () => {
  const cities = async (sql: string) => {
    const { code, out, err } = await rdx(["run", sql, "--output", "csv"], EVENTS);
    assert.deepEqual([code, err], [0, ""]);
    return out.trimEnd().split(/\r?\n/);
  };
  assert.deepEqual(await cities("SELECT n FROM input ORDER BY n DESC LIMIT 2"), ["n", "9", "7"]);
  assert.deepEqual(await cities("SELECT n FROM input ORDER BY city DESC, n OFFSET 1"), ["n", "1", "7", "9"]);
});

Deno.test("early results that no tick has told come when the input ends", async () => {
  const { code, out, err } = await rdx(
    ["run", "SELECT city, SUM(n) AS total FROM input GROUP BY city EMIT EVERY INTERVAL '1' HOUR"],
    EVENTS,
  );
  assert.deepEqual([code, err], [0, ""]);
  assert.equal(out, '{"city":"Bern","total":17}\n{"city":"Genève","total":5}\n');
});

Deno.test("EXPLAIN of a query that sorts shows how it would run here", async () => {
  const { code, out, err } = await rdx(["run", "EXPLAIN SELECT n FROM input ORDER BY n"], EVENTS);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /order/i);
});

Deno.test("--time and --delay are a watermark without a declaration: rows out of order find their windows", async () => {
  const sql =
    "SELECT window_start, city, SUM(n) AS total FROM TABLE(TUMBLE(TABLE input, DESCRIPTOR(at), INTERVAL '10' SECOND)) " +
    "GROUP BY window_start, window_end, city";
  const { code, out } = await rdx(["run", "--time", "at", "--delay", "5s", sql], EVENTS);
  assert.equal(code, 0);
  const rows = out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(rows.map(({ window_start, city, total }) => [window_start.slice(14, 19), city, total]), [
    ["00:00", "Bern", 8],
    ["00:10", "Genève", 5],
    ["01:00", "Bern", 9],
  ]);
});

Deno.test("rows of one time are together without a --delay, and rows that come too late are told", async () => {
  const rows = [0, 20, 20, 21, 5, 40].map((second) => ({ at: new Date(1_767_225_600_000 + second * 1000), n: second }));
  const sql = "SELECT System.Timestamp() AS t, COUNT(*) AS n FROM input GROUP BY TUMBLINGWINDOW(second, 20)";
  const { code, out, err } = await rdx(["run", "--time", "at", sql], lines(rows));
  assert.equal(code, 0);
  assert.deepEqual(out.trimEnd().split("\n").map((line) => JSON.parse(line).n), [1, 2, 2]);
  assert.match(err, /^rdx: 1 row came too late: left out\n/);
});

Deno.test("a script declares input itself; CSV goes in and comes out", async () => {
  const script = "CREATE TABLE input (name STRING, price DECIMAL(10, 2));\n" +
    "CREATE VIEW dear AS SELECT name, price FROM input WHERE price > 1.5;\nSELECT name, price * 2 AS twice FROM dear;";
  const folder = await Deno.makeTempDir({ prefix: "rdx-pipe-" });
  try {
    await Deno.writeTextFile(`${folder}/dear.sql`, script);
    await Deno.writeTextFile(`${folder}/prices.csv`, 'name,price\n"a ""b""\nc",2.50\nd,1.00\n');
    const { code, out, err } = await rdx(["run", "--input", "prices.csv", "--output", "csv", "dear.sql"], "", folder);
    assert.deepEqual([code, err], [0, ""]);
    assert.equal(out.replaceAll("\r\n", "\n"), 'name,twice\n"a ""b""\nc",5.00\n');
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("explain and check read the columns of input from a file, and no more of it than its first rows", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-pipe-" });
  try {
    await Deno.writeTextFile(`${folder}/numbers.csv`, `at,n\n${"2026-01-01T00:00:00Z,1\n".repeat(5000)}not a time,x\n`);
    await Deno.writeTextFile(`${folder}/sum.sql`, "SELECT at, SUM(n) AS total FROM input GROUP BY at");
    await Deno.writeTextFile(`${folder}/bad.sql`, "SELECT m FROM input");
    const input = ["--input", "numbers.csv", "--time", "at", "--delay", "5s"];
    const explained = await rdx(["explain", ...input, "sum.sql"], "", folder);
    assert.deepEqual([explained.code, explained.err], [0, ""]);
    assert.match(explained.out, /stream input, event time at, watermark 5 s behind[^]*→ at timestamp\??, n int64/);
    const checked = await rdx(["check", ...input, "sum.sql", "bad.sql", "sum.sql"], "", folder);
    assert.deepEqual([checked.code, checked.out], [2, "sum.sql: ok\nsum.sql: ok\n"]);
    assert.match(checked.err, /^bad\.sql: .*Unknown column m/);
    const piped = await rdx(["explain", "--input", "-", "SELECT COUNT(*) AS c FROM input"], lines([{ n: 1 }]), folder);
    assert.match(piped.out, /source: stream input/);
    assert.equal((await rdx(["explain", "--input", "none.csv", "sum.sql"], "", folder)).code, 66);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a table has its columns under each other", async () => {
  const { out } = await rdx(["run", "--output", "table", "SELECT city, n FROM input WHERE n > 4"], EVENTS);
  assert.equal(out, "city    n\n──────  ─\nGenève  5\nBern    7\nBern    9\n(3 rows)\n");
});

Deno.test("a bad row is told by its line in the input, however far behind and whatever stands in front of each piece", async () => {
  const rows = Array.from({ length: 300_000 }, (_, i) => i === 299_990 ? "bad,x" : `${i},${i}`);
  const script = "CREATE TABLE input (a BIGINT, b BIGINT);\nSELECT COUNT(a) AS n FROM input;";
  const folder = await Deno.makeTempDir({ prefix: "rdx-pipe-" });
  try {
    await Deno.writeTextFile(`${folder}/count.sql`, script);
    await Deno.writeTextFile(`${folder}/numbers.csv`, `a,b\n${rows.join("\n")}\n`);
    const { err } = await rdx(["run", "--input", "numbers.csv", "count.sql"], "", folder);
    assert.match(err, /1 row could not be read: left out\n {2}line 299992: a: /);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("rows that cannot be read are left out and told, and the exit code is 65", async () => {
  const { code, out, err } = await rdx(["run", "SELECT n FROM input"], '{"n":1}\nnonsense\n{"n":3}\n');
  assert.equal(code, 65);
  assert.equal(out, '{"n":1}\n{"n":3}\n');
  assert.match(err, /^rdx: 1 row could not be read: left out\n {2}line 2: .+\n$/);
});

Deno.test("a wrong query is exit 2 with its place and a caret, a missing file 66, no rows 65", async () => {
  const wrong = await rdx(["run", "SELECT cty FROM input"], EVENTS);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /line 1, column 8: Unknown column cty.*Did you mean city\?/);
  assert.match(wrong.err, /SELECT cty FROM input\n.*\^\^\^/);
  assert.equal((await rdx(["run", "--input", "no.ndjson", "SELECT n FROM input"], "")).code, 66);
  const empty = await rdx(["run", "SELECT n FROM input"], "");
  assert.equal(empty.code, 65);
  assert.match(empty.err, /no rows in standard input/);
});

Deno.test("whoever reads may go: a broken pipe ends the run without a word", async () => {
  const script =
    `(for i in $(seq 1 200000); do echo '{"n":1}'; done) | "$RDX_DENO" run -A --no-check "$RDX_MAIN" run ` +
    `"SELECT n FROM input" | head -n 1`;
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", script],
    env: { RDX_DENO: Deno.execPath(), RDX_MAIN: MAIN },
    signal: AbortSignal.timeout(UNTIL_MS_MAX),
  }).output();
  const text = new TextDecoder();
  assert.deepEqual([code, text.decode(stdout), text.decode(stderr)], [0, '{"n":1}\n', ""]);
});

Deno.test("more rows than a piece holds come through as they are, in their order", async () => {
  const rows = 60_000, input = Array.from({ length: rows }, (_, i) => `{"i":${i},"text":"row number ${i} of many"}\n`);
  const { code, out } = await rdx(["run", "SELECT i FROM input"], input.join(""));
  assert.equal(code, 0);
  assert.equal(out, Array.from({ length: rows }, (_, i) => `{"i":${i}}\n`).join(""));
});

Deno.test("fmt writes one form, and --check says who has another", async () => {
  const { code, out } = await rdx(["fmt"], "select a , b from t where x=1 -- why\n");
  assert.equal(code, 0);
  assert.match(out, /^SELECT a, b\nFROM t\nWHERE x = 1/);
  assert.match(out, /-- why/);
  assert.equal((await rdx(["fmt", "--check"], out)).code, 0);
  assert.equal((await rdx(["fmt", "--check"], "select 1")).code, 1);
});

Deno.test("a script without a query prints its views, and tells what of it has no effect", async () => {
  const { code, out, err } = await rdx(
    [
      "run",
      "SET parallelism = 4; DROP VIEW IF EXISTS old; " +
      "CREATE MATERIALIZED VIEW sums AS SELECT city, SUM(n) AS total FROM input GROUP BY city EMIT CHANGES",
    ],
    EVENTS,
  );
  assert.equal(code, 0);
  assert.match(err, /^Line 1, column 1: SET parallelism has no effect here\n/);
  assert.equal(out, '{"city":"Bern","total":17}\n{"city":"Genève","total":5}\n');
});

/** Orders as shops send them: arrays of objects, objects, what some rows lack, and a field that is an array only at times. */
const ORDERS = lines([
  {
    ts: 1000,
    id: 1,
    tags: ["a", "b"],
    user: { name: "x", langs: ["de", "fr"] },
    items: [{ sku: "p", qty: 2 }, { sku: "q", qty: 3 }],
    odd: 1,
  },
  { ts: 2000, id: 2, tags: [], user: { name: "y", langs: [] }, items: [], odd: [1, "x"] },
  {
    ts: 3000,
    id: 3,
    user: { name: "z" },
    items: [{ sku: "p", qty: 5, gift: { to: "w" } }],
    odd: { __proto__: null, a: 1 },
  },
]);

Deno.test("a file with arrays and nested objects is read as it is, whatever of it a query uses", async () => {
  const rows = async (sql: string, ...args: string[]) => {
    const { code, out, err } = await rdx(["run", sql, ...args], ORDERS);
    assert.deepEqual([code, err], [0, ""]);
    return out.trimEnd().split(/\r?\n/);
  };
  assert.deepEqual(await rows("SELECT id FROM input"), ['{"id":1}', '{"id":2}', '{"id":3}']);
  const all = (await rows("SELECT * FROM input")).map((line) => JSON.parse(line));
  assert.deepEqual(all.map(({ tags }) => tags), [["a", "b"], [], null]);
  assert.deepEqual(all.map((row) => row["user.langs"]), [["de", "fr"], [], null]);
  assert.deepEqual(all.map(({ odd }) => odd), [1, [1, "x"], { a: 1 }]);
  assert.deepEqual(
    await rows("SELECT id, tags[1] AS t, items[2].qty + 1 AS q, CARDINALITY(user.langs) AS n FROM input"),
    [
      '{"id":1,"t":"a","q":4,"n":2}',
      '{"id":2,"t":null,"q":null,"n":0}',
      '{"id":3,"t":null,"q":null,"n":null}',
    ],
  );
  assert.deepEqual(
    await rows("SELECT sku, SUM(qty) AS n, ARRAY_AGG(id) AS ids FROM input, UNNEST(items) AS i GROUP BY sku"),
    [
      '{"sku":"p","n":7,"ids":[1,3]}',
      '{"sku":"q","n":3,"ids":[1]}',
    ],
  );
  assert.deepEqual(await rows("SELECT id, items FROM input WHERE id < 3", "--output", "csv"), [
    "id,items",
    '1,"[{""sku"":""p"",""qty"":2},{""sku"":""q"",""qty"":3}]"',
    "2,[]",
  ]);
});

Deno.test("what a query does not read makes no row bad, and texts take whatever comes later", async () => {
  const rows = Array.from({ length: 2000 }, (_, i) => ({ id: i, a: i < 1500 ? i : [i], t: i < 1500 ? "x" : 7 }));
  const piped = lines(rows), run = (sql: string) => rdx(["run", sql], piped);
  assert.deepEqual(await run("SELECT SUM(id) AS s FROM input"), { code: 0, out: '{"s":1999000}\n', err: "" });
  assert.deepEqual(await run("SELECT COUNT(*) AS n, MIN(t) AS t FROM input"), {
    code: 0,
    out: '{"n":2000,"t":"7"}\n',
    err: "",
  });
  // The first rows tell the types: what does not fit a column that is read is told
  const { code, err } = await run("SELECT SUM(a) AS s FROM input");
  assert.equal(code, 65);
  assert.match(err, /500 rows could not be read: left out\n {2}line 1501: a: Expected int64, got an array\n/);
});

Deno.test("a JSON document of arrays of objects is taken apart and joined, as JavaScript does it (miserables.json)", async () => {
  const file = `${await npmPackageFiles("vega-datasets", VEGA_DATASETS)}/data/miserables.json`;
  const { nodes, links }: Record<string, Record<string, unknown>[]> = JSON.parse(await Deno.readTextFile(file));
  const { code, out, err } = await rdx([
    "run",
    "--input",
    file,
    "SELECT n.name, COUNT(*) AS c FROM (SELECT x.index AS i, x.name AS name FROM input, UNNEST(nodes) AS x) AS n " +
    "JOIN (SELECT l.source AS s FROM input, UNNEST(links) AS l) AS l ON l.s = n.i GROUP BY n.name ORDER BY n.name",
  ], "");
  assert.deepEqual([code, err], [0, ""]);
  const counts = nodes.map(({ name, index }) => ({ name, c: links.filter(({ source }) => source === index).length }))
    .filter(({ c }) => c > 0).sort((a, b) => String(a.name) < String(b.name) ? -1 : 1);
  assert.deepEqual(out.trimEnd().split("\n").map((line) => JSON.parse(line)), counts);
});

Deno.test("ALLOWED LATENESS: windows that have fired take rows for a while, and no longer", async () => {
  const rows = ["00:01", "00:12", "00:09", "00:30", "00:08"].map((time) => ({ k: "a", ts: `2026-01-01T00:${time}Z` }));
  const sql =
    "SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE input, DESCRIPTOR(ts), INTERVAL '10' SECOND)) " +
    "GROUP BY window_start, window_end";
  const counts = async (tail: string) => {
    const { out } = await rdx(["run", "--time", "ts", sql + tail], lines(rows));
    return out.trimEnd().split("\n").map((line) => JSON.parse(line).n);
  };
  assert.deepEqual(await counts(""), [1, 1, 1]);
  assert.deepEqual(await counts(" ALLOWED LATENESS INTERVAL '5' SECOND"), [2, 1, 1]);
});
