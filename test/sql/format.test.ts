import assert from "node:assert/strict";
import { formatSql } from "../../src/sql/format.ts";
import { parseSql } from "../../src/sql/parse.ts";
import { lex } from "../../src/sql/tokens.ts";
import { Random } from "./generate_expression.ts";
import { Statements } from "./generate_query.ts";
import { bare, statements } from "./parse_cases.ts";
import flink from "./parse_flink.json" with { type: "json" };
import { wordsOf } from "./print_query.ts";

const FIRST_SEED = 20_260_401, SEEDS = 150;

/** Words with blanks, line ends and comments between them, keywords in any case. */
function scribble(seed: number): string {
  const random = new Random(seed);
  const gap = (): string => {
    const kind = random.below(40);
    if (kind === 0) return ` -- note ${random.below(100)}\n`;
    if (kind === 1) return `\n-- a line; of its own 'x\n`;
    if (kind === 2) return ` /* inside ${random.below(100)} */ `;
    if (kind === 3) return `\n  /* two\n     lines */\n`;
    if (kind === 4) return "\n/* own */\n\n";
    return kind < 8 ? "\n" : kind < 10 ? "\r\n\t" : " ";
  };
  const cased = (text: string) => (random.chance(50) ? text.toLowerCase() : text);
  return Array.from({ length: 1 + random.below(3) }, () => {
    const words = wordsOf(new Statements(random.below(1e9)).statement(), random);
    return words.map(({ text, keyword }) => gap() + (keyword ? cased(text) : text)).join("") + gap();
  }).join(";") + (random.chance(50) ? ";" : "") + gap();
}

/** The comments of a text, blanks in them as one. */
function comments(text: string): string[] {
  const found = lex(text).filter(({ kind }) => kind === "comment");
  return found.map(({ start, end }) => text.slice(start, end).replace(/\s+/g, " ").trim());
}

Deno.test("a formatted script means the same, keeps its comments, and does not change again", () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const source = scribble(seed), once = formatSql(source);
    assert.deepEqual(bare(statements(once)), bare(statements(source)), `seed ${seed}`);
    assert.deepEqual(comments(once), comments(source), `seed ${seed}`);
    assert.equal(formatSql(once), once, `seed ${seed}`);
  }
});

Deno.test("Flink's queries stay what they are and do not change again", () => {
  for (const { id, query } of flink.cases) {
    const once = formatSql(query);
    assert.deepEqual(bare(parseSql(once).statements), bare(parseSql(query).statements), id);
    assert.equal(formatSql(once), once, id);
    assert.ok(once.split("\n").every((line) => line.length <= 100), id);
  }
});

function formats(source: string, expected: string): void {
  assert.equal(formatSql(source), expected);
  assert.equal(formatSql(expected), expected);
}

Deno.test("a clause is a line, and a list too long for one is one item a line", () => {
  formats(
    "select a,count(*) as n from t where x=1 and y in(1,2) group by a having count(*)>1 order by n desc limit 10 offset 5 emit final",
    `SELECT a, count(*) AS n
FROM t
WHERE x = 1 AND y IN (1, 2)
GROUP BY a
HAVING count(*) > 1
ORDER BY n DESC
LIMIT 10 OFFSET 5
EMIT FINAL;
`,
  );
  formats(
    "select first_column_with_a_long_name, second_column_with_a_long_name, third_column_with_a_long_name as third from t where first_column_with_a_long_name = 1 and (second_column_with_a_long_name = 2 or third_column_with_a_long_name between 3 and 4)",
    `SELECT
  first_column_with_a_long_name,
  second_column_with_a_long_name,
  third_column_with_a_long_name AS third
FROM t
WHERE first_column_with_a_long_name = 1
  AND (second_column_with_a_long_name = 2 OR third_column_with_a_long_name BETWEEN 3 AND 4);
`,
  );
});

Deno.test("tables have a column a line, and windows, joins and subqueries their places", () => {
  formats(
    "create table bids(auction bigint not null,price decimal(10,2),m map<string,array<int>>,ts timestamp(3),watermark for ts as ts-interval'5'second) with('connector'='file','path'='x')",
    `CREATE TABLE bids (
  auction BIGINT NOT NULL,
  price DECIMAL(10, 2),
  m MAP<STRING, ARRAY<INT>>,
  ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'file', 'path' = 'x');
`,
  );
  formats(
    "insert into sink(a,b) with recent as (select auction, max(price) as price from table(tumble(table bids, descriptor(ts), interval '1' minute)) group by auction, window_start, window_end) select r.auction, row_number() over (partition by r.auction order by r.price desc rows between unbounded preceding and current row) as n from recent r left join auctions for system_time as of r.ts as a on r.auction = a.id union all (select 1, 2)",
    `INSERT INTO sink (a, b)
WITH recent AS (
  SELECT auction, max(price) AS price
  FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
  GROUP BY auction, window_start, window_end
)
SELECT
  r.auction,
  row_number() OVER (
    PARTITION BY r.auction
    ORDER BY r.price DESC
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS n
FROM recent r LEFT JOIN auctions FOR SYSTEM_TIME AS OF r.ts AS a ON r.auction = a.id
UNION ALL
(SELECT 1, 2);
`,
  );
});

Deno.test("comments stay where they were", () => {
  formats(
    "-- what it does\n\n/* license */ select a -- the first\n, b /* inside */ + 1 -- the second\n  -- from here\nfrom t; -- done\nselect 2 -- last",
    `-- what it does

/* license */
SELECT
  a, -- the first
  b /* inside */ + 1 -- the second
-- from here
FROM t; -- done

SELECT 2; -- last
`,
  );
});

Deno.test("what is not a keyword keeps its case, its quotes and its blanks", () => {
  formats(
    "select Date, \"Order\", `a b`, Key, Left(x, 2), cast(a as varchar(5)), - -1, a - -1, 'two\nlines' from T where a::int!=1; set  a.b-c  =  some   value;",
    `SELECT
  Date,
  "Order",
  \`a b\`,
  Key,
  Left(x, 2),
  CAST(a AS VARCHAR(5)),
  - -1,
  a - -1,
  'two
lines'
FROM T
WHERE a::INT != 1;

SET a.b-c  =  some   value;
`,
  );
});

Deno.test("long lists, chains and comments are no matter", () => {
  const texts = [
    `SELECT a IN (1${", 1".repeat(40_000)})`,
    `SELECT a${" OR a = 1".repeat(5000)}`,
    `SELECT 1${" UNION ALL SELECT 1".repeat(2000)}`,
    `SELECT ${"f(a, b), ".repeat(5000)}c`,
    `SELECT ${"/**/ ".repeat(20_000)} a`,
    "/**/;".repeat(40_000),
  ];
  for (const text of texts) {
    const once = formatSql(text);
    assert.equal(formatSql(once), once, text.slice(0, 40));
    assert.ok(once.split("\n").length > 100 || text.includes("/**/"));
  }
});

Deno.test("a script without statements is its comments", () => {
  formats("", "");
  formats(" ; ;; ", "");
  formats("-- nothing\n\n\n", "-- nothing\n");
});

Deno.test("a script that cannot be read is refused with its problems", () => {
  assert.throws(() => formatSql("SELECT a FROM t; SELECT b FRM t"), /line 1, column 27/);
});

Deno.test("every example is formatted in one step, and keeps its comments", async () => {
  const folders = [new URL("../../examples/", import.meta.url)], files: URL[] = [];
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory) folders.push(new URL(`${name}/`, folder));
      else if (name.endsWith(".sql")) files.push(new URL(name, folder));
    }
  }
  assert.ok(files.length > 20, `${files.length} scripts`);
  const comments = (sql: string) => sql.match(/--.*|\/\*[^+][^]*?\*\//g)?.map((one) => one.trim()) ?? [];
  for (const file of files) {
    const sql = await Deno.readTextFile(file), once = formatSql(sql);
    assert.equal(formatSql(once), once, file.pathname);
    assert.deepEqual(comments(once), comments(sql), file.pathname);
  }
});
