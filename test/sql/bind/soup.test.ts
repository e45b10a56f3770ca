import assert from "node:assert/strict";
import { RdxError } from "../../../src/core/errors.ts";
import { PLAN_NODES_MAX, SQL_PROBLEMS_MAX } from "../../../src/core/limits.ts";
import { compileSql, compileSqlOrThrow } from "../../../src/sql/mod.ts";
import { Statements } from "../generate_query.ts";
import { Random } from "../generate_expression.ts";
import { wordsOf } from "../print_query.ts";
import { CATALOG } from "./catalog.ts";
import { readGolden } from "./golden.ts";

const FIRST_SEED = 20_260_201;

/** Compiles a script that may be anything: nothing but an RdxError comes of it, with places in the text. */
function compileAnything(text: string, seed: number): "compiled" | "refused" {
  try {
    compileSqlOrThrow(text, CATALOG, { name: "p" });
    return "compiled";
  } catch (thrown) {
    assert.ok(
      thrown instanceof RdxError && thrown.code === "invalid_plan",
      `seed ${seed}: ${text}\n${(thrown as Error).stack}`,
    );
    assert.ok(thrown.details.length > 0 && thrown.details.length <= 2 * SQL_PROBLEMS_MAX, `seed ${seed}: ${text}`);
    for (const { line, column, reason } of thrown.details) {
      assert.ok(Number(line) >= 1 && Number(column) >= 1 && reason !== "", `seed ${seed}: ${text}`);
      assert.doesNotMatch(reason, /#\d|undefined|\[object|nodes\[/, `seed ${seed}: ${text}`);
    }
    return "refused";
  }
}

const WORDS =
  (`SELECT DISTINCT FROM WHERE GROUP BY HAVING ORDER LIMIT JOIN LEFT FULL ON USING AND OR NOT IN EXISTS BETWEEN LIKE IS NULL
  AS WITH UNION ALL INTERSECT EXCEPT VALUES TABLE ( ( ( ) ) ) , , , . * + - / = < >= <> || 1 2 3.5 'a' '2026-01-01' TRUE bid auction
  price ts id seller channel b a window_start window_end COUNT ( * ) SUM MAX ROW_NUMBER OVER PARTITION TUMBLE HOP SESSION DESCRIPTOR
  INTERVAL '1' MINUTE SECOND CREATE VIEW INSERT INTO CASE WHEN THEN ELSE END CAST EMIT CHANGES FINAL CUBE ROLLUP FILTER SET ; EXPLAIN`)
    .split(/\s+/);

Deno.test("a soup of tokens is compiled or refused", () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + 600; seed++) {
    const random = new Random(seed), length = random.below(40);
    compileAnything(Array.from({ length }, () => WORDS[random.below(WORDS.length)]).join(" "), seed);
  }
});

Deno.test("random statements are compiled or refused", () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + 200; seed++) {
    const tree = new Statements(seed).statement();
    compileAnything(wordsOf(tree, new Random(seed)).map(({ text }) => text).join(" "), seed);
  }
});

Deno.test("queries of which a few tokens are changed are compiled or refused", () => {
  const queries = ["rows", "joins", "groups", "windows", "ranks", "tables"].flatMap((file) =>
    readGolden(file).map(({ sql }) => sql)
  );
  const seen = { compiled: 0, refused: 0 };
  for (let seed = FIRST_SEED; seed < FIRST_SEED + 600; seed++) {
    const random = new Random(seed), tokens = queries[random.below(queries.length)].match(/'[^']*'|\w+|\s+|[^\w\s]/g)!;
    for (let changes = 1 + random.below(3); changes > 0; changes--) {
      const at = random.below(tokens.length), other = tokens[random.below(tokens.length)];
      if (random.below(3) === 0) tokens.splice(at, 1);
      else if (random.below(2) === 0) tokens.splice(at, 0, other);
      else tokens[at] = other;
    }
    seen[compileAnything(tokens.join(""), seed)]++;
  }
  assert.ok(seen.compiled > 50 && seen.refused > 50, JSON.stringify(seen));
});

const many = (count: number, one: (i: number) => string, separator = ", ") =>
  Array.from({ length: count }, (_, i) => one(i)).join(separator);

const LARGE: Readonly<Record<string, string>> = {
  "many columns": `SELECT ${many(3000, (i) => `price + ${i} AS c${i}`)} FROM bid`,
  "many unknown columns": `SELECT ${many(5000, (i) => `colunm${i}`)} FROM bid`,
  "many joins": `SELECT 1 AS one FROM bid ${many(2000, (i) => `JOIN auction a${i} ON bid.auction = a${i}.id`, " ")}`,
  "many tables between commas": `SELECT 1 AS one FROM ${many(2000, (i) => `bid b${i}`)}`,
  "many outer joins": `SELECT 1 AS one FROM bid ${
    many(2000, (i) => `LEFT JOIN auction a${i} ON bid.auction = a${i}.id`, " ")
  }`,
  "views that double": `${
    many(30, (i) => `CREATE VIEW v${i + 1} AS SELECT a.auction FROM v${i} a JOIN v${i} b ON a.auction = b.auction`, ";")
  };
    CREATE VIEW v0 AS SELECT auction FROM bid; SELECT * FROM v30`,
  "subqueries in subqueries": `SELECT * FROM ${"(SELECT * FROM ".repeat(100)}bid${")".repeat(100)}`,
  "a long condition": `SELECT auction FROM bid WHERE ${many(6000, (i) => `price = ${i}`, " OR ")}`,
  "a long sum": `SELECT ${many(400, (i) => `price * ${i}`, " + ")} AS x FROM bid`,
  "a long list": `SELECT auction FROM bid WHERE price IN (${many(5000, String)})`,
  "a long text": `SELECT ${many(3000, () => "channel", " || ")} AS x FROM bid`,
  "a long union": many(1000, () => "SELECT auction FROM bid", " UNION ALL "),
  "many rows": `SELECT * FROM (VALUES ${many(9000, (i) => `(${i}, 'a${i}')`)}) AS t (a, b)`,
  "many keys": `SELECT COUNT(*) FROM bid GROUP BY ${many(200, (i) => `price + ${i}`)}`,
  "many sets": `SELECT COUNT(*) FROM bid GROUP BY ${many(9, () => "ROLLUP (auction, bidder, price)")}`,
  "many aggregates": `SELECT ${many(300, (i) => `SUM(price + ${i})`)} FROM bid`,
  "many statements": many(
    600,
    (i) => `CREATE MATERIALIZED VIEW v${i} AS SELECT auction FROM bid WHERE price > ${i}`,
    ";",
  ),
  "many branches": `SELECT CASE ${many(2000, (i) => `WHEN price = ${i} THEN '${i}'`, " ")} END AS x FROM bid`,
  "a long number": `SELECT ${"9".repeat(100_000)}, 0.${"3".repeat(100_000)} FROM bid`,
};

for (const [name, text] of Object.entries(LARGE)) {
  Deno.test(`${name}: compiled within bounds or refused with a sentence`, () => {
    compileAnything(text, 0);
    const { pipelines } = compileSql(text, CATALOG, { name: "p" });
    for (const { plan } of pipelines) assert.ok(plan.nodes.length <= PLAN_NODES_MAX);
  });
}
