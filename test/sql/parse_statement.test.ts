import assert from "node:assert/strict";
import type { CreateTable, FromItem, GroupItem, WindowTable } from "../../src/sql/ast.ts";
import { bare, query, select, shape, statement, statements } from "./parse_cases.ts";

Deno.test("a table has columns, a watermark, a key and options", () => {
  const table = statement(
    `CREATE TEMPORARY TABLE IF NOT EXISTS db.bids (
      auction BIGINT NOT NULL COMMENT 'which',
      price DECIMAL(10, 2),
      "offset" BIGINT METADATA FROM 'log.offset' VIRTUAL,
      ts AS TO_TIMESTAMP(raw),
      raw STRING,
      WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,
      CONSTRAINT pk PRIMARY KEY (auction, price) NOT ENFORCED
    ) COMMENT 'all bids' PARTITIONED BY (auction) WITH ('connector' = 'file', 'path' = 'it''s')`,
    "create_table",
  );
  assert.deepEqual([table.temporary, table.ifNotExists, table.what, table.comment], [true, true, "TABLE", "all bids"]);
  assert.deepEqual(table.name.parts.map(({ name }) => name), ["db", "bids"]);
  assert.deepEqual(table.columns.map(({ kind, name }) => `${kind} ${name.name}`), [
    "physical auction",
    "physical price",
    "metadata offset",
    "computed ts",
    "physical raw",
  ]);
  assert.ok(
    table.columns[0].kind === "physical" && table.columns[0].type.notNull && table.columns[0].comment === "which",
  );
  assert.equal(table.columns[2].name.quoted, true);
  assert.deepEqual(shape(table.watermark!.expr), ["-", "ts", ["interval"]]);
  assert.deepEqual(table.primaryKey!.columns.map(({ name }) => name), ["auction", "price"]);
  assert.deepEqual(table.with.map(({ key, value }) => [key, value]), [["connector", "file"], ["path", "it's"]]);
});

Deno.test("a stream may have no columns, a key at its column, or a query", () => {
  const stream = statement("CREATE STREAM s WITH ('connector' = 'nexmark')", "create_table");
  assert.deepEqual([stream.what, stream.columns.length], ["STREAM", 0]);
  const keyed = statement("CREATE STREAM s (a INT PRIMARY KEY NOT ENFORCED, b INT)", "create_table");
  assert.deepEqual(keyed.primaryKey!.columns.map(({ name }) => name), ["a"]);
  const made = statement("CREATE TABLE s AS SELECT 1", "create_table") as CreateTable;
  assert.equal(made.query?.body.kind, "select");
});

Deno.test("views, inserts, sets and drops are read", () => {
  const view = statement(
    "CREATE MATERIALIZED VIEW IF NOT EXISTS v (a, b) WITH ('ttl' = '1h') AS SELECT 1, 2",
    "create_view",
  );
  assert.deepEqual([view.materialized, view.ifNotExists, view.columns?.length, view.with.length], [true, true, 2, 1]);
  const temporary = statement("CREATE TEMPORARY VIEW v AS SELECT 1", "create_view");
  assert.deepEqual([temporary.temporary, temporary.materialized], [true, false]);
  const insert = statement("INSERT INTO db.sink (a, b) (SELECT 1, 2)", "insert");
  assert.deepEqual([insert.into.parts.length, insert.columns?.length], [2, 2]);
  assert.equal(statement("INSERT INTO sink (SELECT 1)", "insert").columns, null);
  assert.equal(statement("INSERT INTO session (a) VALUES (1)", "insert").into.parts[0].name, "session");
  const explain = statement("EXPLAIN PLAN FOR INSERT INTO t SELECT 1", "explain");
  assert.equal(explain.statement.kind, "insert");
  const drop = statement("DROP MATERIALIZED VIEW IF EXISTS v", "drop");
  assert.deepEqual([drop.what, drop.materialized, drop.ifExists], ["VIEW", true, true]);
});

Deno.test("functions are read", () => {
  const made = statement(
    "CREATE TEMPORARY FUNCTION IF NOT EXISTS score (a BIGINT, b ARRAY<INT>) RETURNS DOUBLE LANGUAGE TYPESCRIPT AS './f.ts#f'",
    "create_function",
  );
  assert.deepEqual([made.temporary, made.ifNotExists, made.language, made.module.value], [
    true,
    true,
    "TYPESCRIPT",
    "./f.ts#f",
  ]);
  assert.deepEqual(made.params.map(({ name, type }) => [name.name, type.name]), [["a", "BIGINT"], ["b", "ARRAY"]]);
  assert.deepEqual(
    statement("create function f() returns int language javascript as 'x'", "create_function").params,
    [],
  );
  assert.equal(statement("DROP FUNCTION f", "drop").what, "FUNCTION");
  assert.equal(
    statement("SELECT function, language, returns FROM typescript", "query_statement").kind,
    "query_statement",
  );
});

Deno.test("options are set as strings or as they are written", () => {
  const cases: Record<string, [string, string]> = {
    "SET 'table.exec.state.ttl' = '1 h'": ["table.exec.state.ttl", "1 h"],
    "SET table.exec.mini-batch.enabled = true": ["table.exec.mini-batch.enabled", "true"],
    "SET k = 'v w'": ["k", "v w"],
    "SET parallelism = 4;": ["parallelism", "4"],
  };
  for (const [source, [key, value]] of Object.entries(cases)) {
    const set = statement(source, "set");
    assert.deepEqual([set.key, set.value], [key, value], source);
  }
});

Deno.test("a statement set holds its inserts, and the script goes on behind it", () => {
  for (const head of ["EXECUTE STATEMENT SET BEGIN", "BEGIN STATEMENT SET;"]) {
    const all = statements(
      `${head} INSERT INTO a SELECT 1; INSERT INTO b SELECT CASE WHEN x THEN 1 END; END; SELECT 2`,
    );
    assert.deepEqual(all.map(({ kind }) => kind), ["statement_set", "query_statement"]);
    assert.ok(all[0].kind === "statement_set" && all[0].statements.length === 2);
  }
});

Deno.test("comments and semicolons in strings separate nothing", () => {
  const all = statements("SELECT ';' -- ; no\n, \"a;b\" /* ; */ FROM t;;\n ; SELECT 2 -- end");
  assert.equal(all.length, 2);
});

Deno.test("every clause of a query is read", () => {
  const made = query(`
    WITH a (x) AS (SELECT 1), b AS (SELECT 2)
    SELECT DISTINCT t.*, x AS y, z w FROM a AS t WHERE x > 1 GROUP BY x HAVING COUNT(*) > 1
    WINDOW win AS (PARTITION BY x ORDER BY y) QUALIFY rn = 1
    ORDER BY x DESC NULLS LAST, y LIMIT 10 OFFSET 5 ROWS
    EMIT EVERY INTERVAL '1' SECOND ALLOWED LATENESS INTERVAL '1' MINUTE`);
  assert.deepEqual(made.with.map(({ name, columns }) => [name.name, columns?.length]), [["a", 1], ["b", undefined]]);
  assert.ok(made.body.kind === "select");
  const { body } = made;
  assert.deepEqual(body.items.map(({ kind }) => kind), ["star", "expression", "expression"]);
  assert.ok(body.distinct && body.where && body.groupBy && body.having && body.qualify && body.windows.length === 1);
  assert.deepEqual(made.orderBy.map(({ desc, nulls }) => [desc, nulls]), [[true, "LAST"], [false, null]]);
  assert.ok(made.limit && made.offset && made.emit?.mode === "EVERY");
  assert.equal(made.lateness?.value.amount, 60_000);
  assert.deepEqual(bare(query("SELECT 1 FETCH FIRST 5 ROWS ONLY").limit), bare(query("SELECT 1 LIMIT 5").limit));
  assert.deepEqual(bare(query("SELECT 1 FETCH NEXT ROW ONLY").limit), bare(query("SELECT 1 LIMIT 1").limit));
  assert.equal(query("SELECT 1 LIMIT ALL").limit, null);
});

Deno.test("INTERSECT binds closer than UNION and EXCEPT, and chains are one node", () => {
  const tree = (source: string): unknown => {
    const walk = (body: ReturnType<typeof query>["body"]): unknown => {
      if (body.kind === "query") return ["query", walk(body.body)];
      if (body.kind !== "set_operation") {
        return body.kind === "select" && body.items[0].kind === "expression" ? shape(body.items[0].expr) : body.kind;
      }
      return [body.op + (body.all ? " ALL" : ""), ...body.inputs.map(walk)];
    };
    return walk(query(source).body);
  };
  assert.deepEqual(tree("SELECT a UNION ALL SELECT b UNION ALL SELECT c"), ["UNION ALL", "a", "b", "c"]);
  assert.deepEqual(tree("SELECT a UNION SELECT b INTERSECT SELECT c"), ["UNION", "a", ["INTERSECT", "b", "c"]]);
  assert.deepEqual(tree("SELECT a EXCEPT SELECT b UNION SELECT c"), ["UNION", ["EXCEPT", "a", "b"], "c"]);
  assert.deepEqual(tree("SELECT a UNION (SELECT b UNION SELECT c)"), ["UNION", "a", ["UNION", "b", "c"]]);
  assert.deepEqual(tree("(SELECT a LIMIT 1) UNION DISTINCT VALUES (1)"), ["UNION", ["query", "a"], "values"]);
  assert.deepEqual(tree("((SELECT a) UNION ALL (SELECT b)) EXCEPT ALL TABLE t"), [
    "EXCEPT ALL",
    ["UNION ALL", "a", "b"],
    "table_query",
  ]);
});

function from(source: string): FromItem {
  const [item, ...others] = select(`SELECT * FROM ${source}`).from;
  assert.deepEqual(others, [], source);
  return item;
}

Deno.test("every join is read", () => {
  const cases: Record<string, [string, boolean, boolean]> = {
    "a JOIN b ON x = y": ["INNER", false, false],
    "a INNER JOIN b USING (x, y)": ["INNER", false, false],
    "a LEFT OUTER JOIN b ON x = y": ["LEFT", false, false],
    "a RIGHT JOIN b ON x = y": ["RIGHT", false, false],
    "a FULL JOIN b ON x = y": ["FULL", false, false],
    "a CROSS JOIN b": ["CROSS", false, false],
    "a NATURAL LEFT JOIN b": ["LEFT", true, false],
    "a LEFT SEMI JOIN b ON x = y": ["SEMI", false, false],
    "a ANTI JOIN b ON x = y": ["ANTI", false, false],
    "a ASOF JOIN b ON x = y AND a.ts >= b.ts": ["INNER", false, true],
    "a ASOF LEFT JOIN b ON x = y": ["LEFT", false, true],
    "a LEFT ASOF JOIN b ON x = y": ["LEFT", false, true],
  };
  for (const [source, [type, natural, asof]] of Object.entries(cases)) {
    const join = from(source);
    assert.ok(join.kind === "join", source);
    assert.deepEqual([join.type, join.natural, join.asof], [type, natural, asof], source);
  }
  const three = from("a JOIN b ON x JOIN c ON y");
  assert.ok(three.kind === "join" && three.left.kind === "join" && three.right.kind === "table");
  const nested = from("a JOIN (b JOIN c ON x) ON y");
  assert.ok(nested.kind === "join" && nested.right.kind === "join");
  assert.equal(select("SELECT * FROM a, b, c").from.length, 3);
});

Deno.test("every item of FROM is read", () => {
  const temporal = from("orders AS o JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.c = r.c");
  assert.ok(temporal.kind === "join" && temporal.right.kind === "table");
  assert.deepEqual(shape(temporal.right.asOf!), "o.ts");
  assert.equal(temporal.right.alias?.name.name, "r");
  const azure = select("SELECT a INTO sink FROM input i TIMESTAMP BY i.ts");
  assert.equal(azure.into?.parts[0].name, "sink");
  assert.ok(azure.from[0].kind === "table" && azure.from[0].timestampBy && azure.from[0].alias);
  const unnest = from("a CROSS JOIN UNNEST(a.tags) WITH ORDINALITY AS t (tag, n)");
  assert.ok(unnest.kind === "join" && unnest.right.kind === "unnest" && unnest.right.ordinality);
  assert.equal(unnest.right.alias?.columns?.length, 2);
  const lateral = from("a LEFT JOIN LATERAL TABLE(split(a.text, ',')) AS t (word) ON TRUE");
  assert.ok(lateral.kind === "join" && lateral.right.kind === "function_table" && lateral.right.lateral);
  const values = from("(VALUES (1, 'a'), (2, 'b')) AS t (id, name)");
  assert.ok(values.kind === "derived" && values.query.body.kind === "values" && values.query.body.rows.length === 2);
  const hints = from("a /*+ LOOKUP('table' = 'c', async), BROADCAST */ AS x");
  assert.ok(hints.kind === "table");
  assert.deepEqual(hints.hints.map(({ name, options }) => [name.name, options.map(({ key, value }) => [key, value])]), [
    ["LOOKUP", [["table", "c"], [null, "async"]]],
    ["BROADCAST", []],
  ]);
});

Deno.test("window table functions are the same by position, by name and without TABLE around", () => {
  const same = [
    "TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE, INTERVAL '1' HOUR))",
    "TABLE(HOP(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SLIDE => INTERVAL '1' MINUTE, SIZE => INTERVAL '5' MINUTE, OFFSET => INTERVAL '1' HOUR))",
    "TABLE(HOP(SIZE => INTERVAL '5' MINUTE, SLIDE => INTERVAL '1' MINUTE, OFFSET => INTERVAL '1' HOUR, TIMECOL => DESCRIPTOR(ts), DATA => TABLE t))",
    "HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE, INTERVAL '1' HOUR)",
    "HOP(t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE, INTERVAL '1' HOUR)",
  ].map((source) => bare(from(source)));
  for (const other of same) assert.deepEqual(other, same[0]);
  const session = from("SESSION(TABLE t PARTITION BY a, b, DESCRIPTOR(ts), INTERVAL '5' SECOND) AS s") as WindowTable;
  assert.deepEqual([session.data.partitionBy.length, session.gap?.kind, session.alias?.name.name], [
    2,
    "interval",
    "s",
  ]);
  const grouped = from("SESSION(TABLE t PARTITION BY (a, b), DESCRIPTOR(ts), INTERVAL '5' SECOND) AS s");
  assert.deepEqual(bare(grouped), bare(session));
  const nested = from("TUMBLE(TABLE (SELECT * FROM t), DESCRIPTOR(ts), INTERVAL '5' SECOND)") as WindowTable;
  assert.ok("kind" in nested.data.table && nested.data.table.kind === "query");
});

Deno.test("windows in GROUP BY are Flink's and Azure's", () => {
  const group = (source: string): GroupItem[] => [...select(`SELECT 1 FROM t GROUP BY ${source}`).groupBy!];
  const window = (source: string) => {
    const [item] = group(source);
    assert.ok(item.kind === "group_window", source);
    const ms = (expr: typeof item.size) => (expr?.kind === "interval" ? expr.value.amount : null);
    return [item.style, item.fn, ms(item.size), ms(item.slide), ms(item.gap), ms(item.max), ms(item.offset)];
  };
  assert.deepEqual(window("TUMBLE(ts, INTERVAL '5' SECOND)"), ["flink", "TUMBLE", 5000, null, null, null, null]);
  assert.deepEqual(window("HOP(ts, INTERVAL '1' SECOND, INTERVAL '5' SECOND)"), [
    "flink",
    "HOP",
    5000,
    1000,
    null,
    null,
    null,
  ]);
  assert.deepEqual(window("SESSION(ts, INTERVAL '5' SECOND)"), ["flink", "SESSION", null, null, 5000, null, null]);
  assert.deepEqual(window("TUMBLINGWINDOW(minute, 1)"), ["azure", "TUMBLE", 60_000, null, null, null, null]);
  assert.deepEqual(window("TumblingWindow(Duration(hour, 1), Offset(mi, -5))"), [
    "azure",
    "TUMBLE",
    3_600_000,
    null,
    null,
    null,
    -300_000,
  ]);
  assert.deepEqual(window("HOPPINGWINDOW(second, 10, 5)"), ["azure", "HOP", 10_000, 5000, null, null, null]);
  assert.deepEqual(window("HoppingWindow(Duration(second, 10), Hop(second, 5))"), [
    "azure",
    "HOP",
    10_000,
    5000,
    null,
    null,
    null,
  ]);
  assert.deepEqual(window("SLIDINGWINDOW(ss, 10)"), ["azure", "SLIDING", 10_000, null, null, null, null]);
  assert.deepEqual(window("SESSIONWINDOW(minute, 5, 60) OVER (PARTITION BY k)"), [
    "azure",
    "SESSION",
    null,
    null,
    300_000,
    3_600_000,
    null,
  ]);
  assert.deepEqual(window("SNAPSHOTWINDOW()"), ["azure", "SNAPSHOT", null, null, null, null, null]);
});

Deno.test("GROUPING SETS, ROLLUP and CUBE nest", () => {
  const [sets, rollup, cube, set, empty, expr] = select(
    "SELECT 1 FROM t GROUP BY GROUPING SETS ((a, b), a, (), ROLLUP(a, (b, c))), ROLLUP(a), CUBE(a, b), (a, b), (), (a + b) * 2",
  ).groupBy!;
  assert.ok(sets.kind === "grouping_sets");
  assert.deepEqual(sets.items.map(({ kind }) => kind), ["group_set", "expression", "group_set", "rollup"]);
  assert.deepEqual([rollup.kind, cube.kind, set.kind, empty.kind, expr.kind], [
    "rollup",
    "cube",
    "group_set",
    "group_set",
    "expression",
  ]);
});

Deno.test("places are those of the text, brackets included", () => {
  const source = "SELECT (a + b) * c, COUNT(*) n FROM t WHERE x IN (1, 2)";
  const made = select(source);
  const text = ({ start, end }: { start: number; end: number }) => source.slice(start, end);
  const [product, count] = made.items;
  assert.ok(product.kind === "expression" && product.expr.kind === "binary");
  assert.equal(text(product.at), "(a + b) * c");
  assert.equal(text(product.expr.left.at), "(a + b)");
  assert.equal(text(count.at), "COUNT(*) n");
  assert.equal(text(made.where!.at), "x IN (1, 2)");
  assert.equal(text(made.at), source);
});
