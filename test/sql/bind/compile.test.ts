import assert from "node:assert/strict";
import { RdxError } from "../../../src/core/errors.ts";
import { INT64, STRING, TIMESTAMP } from "../../../src/core/schema.ts";
import { compilePlan } from "../../../src/plan/mod.ts";
import { compileSql, compileSqlOrThrow, type SqlOptions } from "../../../src/sql/mod.ts";
import { CATALOG } from "./catalog.ts";
import { planText } from "./plan_text.ts";

const compile = (text: string, options?: SqlOptions) => compileSqlOrThrow(text, CATALOG, options);
const sinksOf = (text: string, options?: SqlOptions) =>
  compile(text, options).pipelines.map(({ name, plan }) => [
    name,
    ...plan.nodes.flatMap((node) => node.op === "sink" ? [Object.values(node.sink).join(" ")] : []),
  ]);
const RESULT = "CREATE TABLE result (a BIGINT) WITH ('connector' = 'view');";
const OTHER = "CREATE TABLE other (a BIGINT) WITH ('connector' = 'view');";

Deno.test("a query of a named pipeline goes to a view of its name", () => {
  assert.deepEqual(sinksOf("SELECT auction FROM bid", { name: "p" }), [["p", "view p"]]);
});

Deno.test("a query goes where the caller says", () => {
  const sink = { kind: "stdout", format: "ndjson" };
  assert.deepEqual(sinksOf("SELECT auction FROM bid; SELECT price FROM bid", { sink }), [[
    "query",
    "stdout ndjson",
    "stdout ndjson",
  ]]);
  assert.deepEqual(sinksOf("SELECT auction FROM bid", { name: "p", sink: { kind: "view", name: "v" } }), [[
    "p",
    "view v",
  ]]);
});

Deno.test("a query that goes nowhere is refused", () => {
  const { problems, pipelines } = compileSql("SELECT auction FROM bid", CATALOG);
  assert.deepEqual(problems.map(({ reason }) => reason), ["The rows of this query go nowhere"]);
  assert.deepEqual(pipelines, []);
});

Deno.test("without a name each INSERT and each materialized view is a pipeline, and one table has one", () => {
  const script = `${RESULT}${OTHER}
    INSERT INTO result SELECT auction FROM bid;
    INSERT INTO other SELECT price FROM bid;
    CREATE MATERIALIZED VIEW dear AS SELECT * FROM bid WHERE price > 9`;
  assert.deepEqual(sinksOf(script), [["result", "view result"], ["other", "view other"], ["dear", "view dear"]]);
});

Deno.test("a statement set is one pipeline", () => {
  const script = `${RESULT}${OTHER} EXECUTE STATEMENT SET BEGIN
    INSERT INTO result SELECT auction FROM bid; INSERT INTO other SELECT price FROM bid; END`;
  assert.deepEqual(sinksOf(script), [["result", "view result", "view other"]]);
});

Deno.test("a named script is one pipeline, in which tables, views and common parts are shared", () => {
  const script = `CREATE VIEW dear AS SELECT auction, price FROM bid WHERE price > 9; ${RESULT}
    INSERT INTO result SELECT auction FROM dear;
    CREATE MATERIALIZED VIEW prices AS SELECT price FROM dear`;
  const { pipelines: [{ plan }], views } = compile(script, { name: "p" });
  assert.deepEqual(planText(plan), [
    "source stream=bid",
    "filter(source) price > 9",
    "project(filter) auction, price",
    "project_2(project) auction",
    "project_3(project_2) a = auction",
    "sink(project_3) view result",
    "project_4(project) price",
    "sink_2(project_4) view prices",
  ]);
  assert.deepEqual(views, ["result", "prices"]);
});

Deno.test("a materialized view is read like any other", () => {
  const script = `CREATE MATERIALIZED VIEW dear AS SELECT auction FROM bid WHERE price > 9;
    CREATE MATERIALIZED VIEW counts AS SELECT auction, COUNT(*) AS n FROM dear GROUP BY auction`;
  const [, { plan }] = compile(script).pipelines;
  assert.deepEqual(planText(plan), [
    "source stream=bid",
    "filter(source) price > 9",
    "project(filter) auction",
    "aggregate(project) by [auction]; n = count(*)",
    "sink(aggregate) view counts",
  ]);
});

Deno.test("what EXPLAIN names is not to be deployed", () => {
  const { pipelines, explained, views } = compile(`${RESULT} EXPLAIN INSERT INTO result SELECT auction FROM bid`);
  assert.deepEqual([pipelines.length, explained.length, explained[0].name], [0, 1, "result"]);
  assert.deepEqual(views, []);
});

Deno.test("SET holds for what follows it", () => {
  const script = `${RESULT}${OTHER} INSERT INTO result SELECT MAX(price) FROM bid;
    SET 'table.exec.state.ttl' = '1 min'; INSERT INTO other SELECT MIN(price) FROM bid`;
  const ttls = compile(script).pipelines.map(({ plan }) =>
    plan.nodes.flatMap((node) => node.op === "aggregate" ? [node.ttl_ms] : [])
  );
  assert.deepEqual(ttls, [[undefined], [60_000]]);
});

Deno.test("tables of streams are streams to be declared", () => {
  const script =
    `CREATE TABLE rides (id BIGINT NOT NULL, who STRING, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '3' SECOND)
    WITH ('connector' = 'stream', 'stream' = 'trips', 'retention' = '1 h', 'retention-bytes' = '1000000', 'retry' = '10 s, 1 min')`;
  assert.deepEqual(compile(script).streams, [{
    name: "trips",
    columns: [
      { name: "id", type: INT64, nullable: false },
      { name: "who", type: STRING, nullable: true },
      { name: "at", type: TIMESTAMP, nullable: true },
    ],
    time: "at",
    delayMs: 3000,
    futureSkewMs: null,
    onError: null,
    retentionMs: 3_600_000,
    retryMs: [10_000, 60_000],
    retentionBytes: 1_000_000,
  }]);
  assert.equal(compile(script.replace(", 'retry' = '10 s, 1 min'", "")).streams[0].retryMs, undefined);
});

Deno.test("a stream is partitioned by columns that its rows have, and other tables are not", () => {
  const columns = "(id BIGINT NOT NULL, who STRING, twice AS id * 2)";
  const [stream] = compile(`CREATE STREAM s ${columns} PARTITIONED BY (who, id) WITH ('partitions' = '4')`).streams;
  assert.deepEqual([stream.partitions, stream.partitionBy], [4, ["who", "id"]]);
  const [plain] = compile(`CREATE STREAM s ${columns} WITH ('partitions' = '2')`).streams;
  assert.deepEqual([plain.partitions, plain.partitionBy], [2, undefined]);
  for (const key of ["twice", "nothing"]) {
    assert.throws(() => compile(`CREATE STREAM s ${columns} PARTITIONED BY (${key})`), /no column .* that rows have/);
  }
  const file = `CREATE TABLE f ${columns} PARTITIONED BY (who) WITH ('connector' = 'file', 'path' = 'x.csv')`;
  assert.deepEqual(compile(file).streams, []);
});

Deno.test("what is dropped and was not made is the caller's", () => {
  assert.deepEqual(compile("CREATE TABLE a (x INT); DROP TABLE a; DROP VIEW IF EXISTS b").drops, [{
    what: "VIEW",
    name: "b",
    ifExists: true,
  }]);
});

Deno.test("plans that come out are plans", () => {
  const { pipelines: [{ plan }] } = compile("SELECT auction, COUNT(*) AS n FROM bid GROUP BY auction", { name: "p" });
  assert.deepEqual(compilePlan(JSON.parse(JSON.stringify(plan)), CATALOG).plan.name, "p");
});

Deno.test("problems name line and column, and come in the order of the text", () => {
  const { problems } = compileSql("SELECT\n  auctoin,\r\n\tpirce\nFROM bid WHERE\n  biddr = 1", CATALOG, { name: "p" });
  assert.deepEqual(problems.map(({ line, column, reason }) => [line, column, reason]), [
    [2, 3, "Unknown column auctoin"],
    [3, 2, "Unknown column pirce"],
    [5, 3, "Unknown column biddr"],
  ]);
});

Deno.test("what is wrong is thrown as one error with all its places", () => {
  const thrown = () => compile("SELECT auctoin, pirce FROM bid", { name: "p" });
  assert.throws(thrown, (error: unknown) => {
    assert.ok(error instanceof RdxError);
    assert.match(error.message, /line 1, column 8: Unknown column auctoin \(and 1 more\)$/);
    assert.deepEqual(error.details, [
      { line: 1, column: 8, reason: "Unknown column auctoin", hint: "Did you mean auction?" },
      { line: 1, column: 17, reason: "Unknown column pirce", hint: "Did you mean price?" },
    ]);
    return true;
  });
});

for (
  const clause of [
    "WHERE total > 3 GROUP BY auction",
    "GROUP BY auction HAVING total > 3",
    "GROUP BY auction HAVING Total > 3",
  ]
) {
  Deno.test(`an item of SELECT has no name for conditions, and the hint says so: ${clause}`, () => {
    const script = `SELECT auction, SUM(price) AS total FROM bid ${clause}`;
    const [problem, ...others] = compileSql(script, CATALOG, { name: "p" }).problems;
    assert.deepEqual([problem.reason.toLowerCase(), others], ["unknown column total", []]);
    assert.match(problem.hint!, /name of an item of SELECT.*write what total stands for/);
  });
}

Deno.test("names of items of SELECT are seen by GROUP BY and ORDER BY, and near names are still found", () => {
  const said = (script: string) => compileSql(script, CATALOG, { name: "p" }).problems.map(({ hint }) => hint);
  assert.deepEqual(said("SELECT auction AS a, SUM(price) AS total FROM bid GROUP BY a ORDER BY total LIMIT 3"), []);
  assert.deepEqual(said("SELECT auction, SUM(price) AS total FROM bid GROUP BY auction HAVING pirce > 3"), [
    "Did you mean price?",
  ]);
});

Deno.test("who reads what could not be declared has no problem of his own", () => {
  const script = "CREATE TABLE t (a INTT); CREATE VIEW v AS SELECT a FROM t; SELECT b FROM v";
  assert.deepEqual(compileSql(script, CATALOG, { name: "p" }).problems.map(({ reason }) => reason), [
    "Unknown type INTT",
  ]);
});

Deno.test("a view that nobody reads is checked too, and what is wrong with a view is told once", () => {
  const script =
    "CREATE VIEW v AS SELECT auctoin FROM bid; SELECT * FROM v; SELECT * FROM v; CREATE VIEW w AS SELECT pirce FROM bid";
  const { problems } = compileSql(script, CATALOG, { name: "p" });
  assert.deepEqual(problems.map(({ reason }) => reason), ["Unknown column auctoin", "Unknown column pirce"]);
});

Deno.test("a name that no pipeline can have is refused", () => {
  const { problems } = compileSql("SELECT auction FROM bid", CATALOG, { name: "a b" });
  assert.deepEqual(problems.map(({ reason }) => reason), ["Cannot name a pipeline a b"]);
});

Deno.test("an empty script is nothing", () => {
  assert.deepEqual(compileSql(" -- nothing\n;;", CATALOG), {
    pipelines: [],
    explained: [],
    streams: [],
    views: [],
    drops: [],
    notes: [],
    problems: [],
  });
});
