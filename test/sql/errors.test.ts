import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { describeProblem, type SqlProblem } from "../../src/sql/errors.ts";
import { parseSql, parseSqlOrThrow } from "../../src/sql/parse.ts";

function problems(source: string): readonly SqlProblem[] {
  return parseSql(source).problems;
}

/** The only problem of a script: what it marks, what is wrong, what to do. */
function problem(source: string): [string, string, string | undefined] {
  const found = problems(source);
  assert.equal(found.length, 1, `${source}: ${JSON.stringify(found.map(({ reason }) => reason))}`);
  return [source.slice(found[0].at.start, found[0].at.end), found[0].reason, found[0].hint];
}

function all(cases: readonly [source: string, marked: string, reason: string, hint?: string][]): void {
  for (const [source, ...expected] of cases) {
    assert.deepEqual(problem(source).filter((part) => part !== undefined), expected, source);
  }
}

Deno.test("a problem has its place, what was found and expected, and the line with a caret", () => {
  const source = "SELECT a,\n\tb +\nFROM t";
  const [found, ...others] = problems(source);
  assert.deepEqual(others, []);
  assert.deepEqual([found.line, found.column, found.reason], [3, 1, "Expected an expression, found FROM"]);
  assert.equal(
    describeProblem(source, found),
    "Line 3, column 1: Expected an expression, found FROM\n3 | FROM t\n  | ^^^^",
  );
  const [wide] = problems("SELECT '😀ü',\n  '😀' x y z");
  assert.deepEqual([wide.line, wide.column], [2, 9]);
  const [tabbed] = problems("SELECT\r\n\ta b c");
  assert.equal(
    describeProblem("SELECT\r\n\ta b c", tabbed).split("\n").slice(1).join("\n"),
    "2 |     a b c\n  |         ^",
  );
  const long = `SELECT ${"a, ".repeat(60)} b c d, ${"e, ".repeat(60)} f`;
  const shown = describeProblem(long, problems(long)[0]).split("\n");
  assert.ok(shown[1].length < 120 && shown[1].includes("b c d"));
  assert.equal(shown[1][shown[2].indexOf("^")], "d");
});

Deno.test("what was expected is said in few words", () => {
  all([
    ["SELECT a FROM t WHERE", "", "Expected an expression, found the end of the statement"],
    ["SELECT FROM t", "FROM", 'Expected an expression or "*", found FROM'],
    ["SELECT a FROM", "", "Expected a table, found the end of the statement"],
    ["SELECT a FROM t GROUP a", "a", "Expected BY, found a"],
    ["INSERT INTO t a", "a", "Expected a query, found a"],
    ["SELECT a FROM t LIMIT 5, 10", ",", "LIMIT takes one number", "Write LIMIT 10 OFFSET 5"],
    [
      "SELECT a FROM t LIMIT 5, x",
      ",",
      'Expected ORDER BY, a later clause, an operator or the end of the statement, found ","',
    ],
    [
      "SELECT a FROM t WHERE x 5",
      "5",
      "Expected GROUP BY, a later clause, an operator or the end of the statement, found the number 5",
    ],
    ["CREATE INDEX i", "INDEX", "Expected TABLE, STREAM, VIEW or FUNCTION, found INDEX"],
    ["SELECT EXTRACT(DAY + 1)", "+", 'Expected FROM, found "+"'],
  ].map((one) => one as [string, string, string]));
  for (const { reason } of problems("SELECT a FROM t x y z; SELECT (a; SELECT CASE; CREATE TABLE t (a; 7")) {
    assert.ok(reason.length < 140, reason);
  }
});

Deno.test("misspelt keywords are found, also where they were taken for names", () => {
  const cases: Record<string, string> = {
    "SELCT a FROM t": "SELECT",
    "SELECT a FORM t": "FROM",
    "SELECT a FROM t WERE x = 1": "WHERE",
    "SELECT a FROM t GROPU BY a": "GROUP",
    "SELECT a FROM t GROUP BY a HAVIN COUNT(*) > 1": "HAVING",
    "SELECT a FROM t LEFT JION u ON a = b": "JOIN",
    "SELECT a FROM t JOIN u OM t.x = u.x": "ON",
    "SELECT a FROM t ORDER BY a DSC": "DESC",
    "SELECT a FROM t EMIT CHANGE": "CHANGES",
    "SELECT a FROM t WHERE a = 1 ADN b = 2": "AND",
    "CREATE TABL t (a INT)": "TABLE",
    "SELECT SUM(x) OVER (PARTITON BY a) FROM t": "PARTITION",
    "SELECT SUM(x) OVER (ROWS 5 PRECEDIN) FROM t": "PRECEDING",
    "SELECT INTERVAL '5' MINUT": "MINUTE",
    "SELECT CASE WHEN a THEN 1 ESLE 2 END": "ELSE",
    "CREATE TABLE t (a INT, WATERMRAK FOR a AS a)": "WATERMARK",
    "SELECT * FROM TABLE(TUMBLE(DATA => TABLE t, TIMECOLL => DESCRIPTOR(ts), SIZE => INTERVAL '1' DAY))": "TIMECOL",
  };
  for (const [source, meant] of Object.entries(cases)) {
    assert.equal(problem(source)[2], `Did you mean ${meant}?`, source);
  }
});

Deno.test("commas, AS and semicolons that are missing or too many are named", () => {
  all([
    ["SELECT a b c FROM t", "c", "A comma is missing in front of c"],
    ["CREATE TABLE t (a INT b INT)", "b", "A comma is missing in front of b"],
    ["SELECT a FROM t WHERE a IN (1 2)", "2", "A comma is missing in front of the number 2"],
    ["SELECT a, FROM t", ",", "The comma in front of FROM has nothing behind it", "Remove it"],
    ["CREATE TABLE t (a INT, b INT,)", ",", 'The comma in front of ")" has nothing behind it', "Remove it"],
    ["SELECT a,, b FROM t", ",", "Two commas follow each other", "Remove it"],
    ["SELECT SELECT a FROM t", "SELECT", "SELECT stands twice", "Remove one of them"],
    ["CREATE VIEW v SELECT 1", "SELECT", "AS is missing in front of SELECT"],
    ["WITH a (SELECT 1) SELECT * FROM a", "(", 'AS is missing in front of "("'],
    ["SELECT CAST(a INT) FROM t", "INT", "AS is missing in front of INT"],
    ["SELECT ts timestamp FROM t", "timestamp", "AS is missing in front of timestamp"],
    ["SELECT a FROM t SELECT b FROM u", "SELECT", "A ; is missing in front of SELECT"],
  ]);
});

Deno.test("quotes of the wrong kind and reserved words are named", () => {
  all([
    ["CREATE TABLE t (a INT) WITH (\"k\" = 'v')", '"k"', "Strings stand in single quotes", "Write 'k'"],
    ["CREATE TABLE t (a INT) WITH ('k' = \"it's\")", '"it\'s"', "Strings stand in single quotes", "Write 'it''s'"],
    [
      "SELECT a AS 'x y' FROM t",
      "'x y'",
      "A name stands in double quotes or backquotes, not in single ones",
      'Write "x y"',
    ],
    ["SELECT a FROM 't'", "'t'", "A name stands in double quotes or backquotes, not in single ones", "Write t"],
    ["CREATE TABLE order (a INT)", "order", "order is a reserved word", 'As a name it is quoted: "order"'],
    ["SELECT order, x FROM t", "order", "order is a reserved word", 'As a name it is quoted: "order"'],
    ["SELECT cast, x FROM t", "cast", "cast is a reserved word", 'As a name it is quoted: "cast"'],
    ["SELECT a.Group FROM t", "Group", "Group is a reserved word", 'As a name it is quoted: "Group"'],
    [
      "SELECT UNNEST(a) FROM t",
      "UNNEST",
      "UNNEST stands in FROM",
      "Write FROM t CROSS JOIN UNNEST(t.a) AS u (x), and select x",
    ],
    ["SELECT * EXCLUDE (a) FROM t", "EXCLUDE", "There is no EXCLUDE behind * here", "Name the columns"],
    ["SELECT ``", "``", "A name cannot be empty", "Strings stand in single quotes: ''"],
  ]);
});

Deno.test("symbols of other languages and characters that look alike are named", () => {
  all([
    ["SELECT a FROM t WHERE x == 1", "==", "There is no == in SQL", "SQL compares with ="],
    ["SELECT a FROM t WHERE x && y", "&&", "There is no && in SQL", "SQL has AND"],
    ["SELECT a FROM t WHERE !x", "!", "There is no ! in SQL", "SQL has NOT, and <> for unequal"],
    [
      "SELECT a FROM t WHERE x = ‘y’",
      "‘",
      "Expected an expression, found ‘, which looks like ' and is another character",
    ],
    ["SELECT 1abc", "1abc", "Cannot read 1abc: a name cannot begin with a digit", 'As a name it is quoted: "1abc"'],
    [
      "SELECT 5m",
      "5m",
      "Cannot read 5m: a name cannot begin with a digit",
      "An interval is written INTERVAL '5' MINUTE",
    ],
    ["SELECT X'ABC'", "X'ABC'", "X'…' wants an even number of hexadecimal digits"],
  ]);
});

Deno.test("what is not closed is named where it was opened", () => {
  all([
    ["SELECT 'abc FROM t", "'", "The string that begins here is not closed", "Close it with '"],
    ['SELECT "abc FROM t', '"', "The quoted name that begins here is not closed", 'Close it with "'],
    ["SET a = 'b", "'", "The string that begins here is not closed", "Close it with '"],
    ["SELECT a FROM t /* foo", "/*", "The comment that begins here is not closed", "Close it with */"],
    ["SELECT 'it's' FROM t", "'", "The string ends at this quote", "A quote in a string is written twice: 'it''s'"],
    ["SELECT (a + b", "(", 'The "(" that begins here is not closed: the text ends before its )'],
    ["SELECT f(1; 2)", "(", 'The "(" that begins here is not closed: ; ends the statement before its )'],
    ["SELECT count(* FROM t", "FROM", 'Expected ")" for the "(" of line 1, column 13, found FROM'],
    ["SELECT a[1 FROM t", "FROM", 'Expected "]" for the "[" of line 1, column 9, found FROM'],
    ["SELECT CASE WHEN a THEN 1 FROM t", "FROM", "Expected END for the CASE of line 1, column 8, found FROM"],
    ["SELECT a) FROM t", ")", "This ) closes nothing", "Remove it, or open one before"],
    ["SELECT (a[1) FROM t", ")", 'Expected "]" for the "[" of line 1, column 10, found ")"'],
  ]);
  const [unclosed] = problems("SELECT 'a, b\nFROM t;\nSELECT 'x' FROM u");
  assert.match(unclosed.hint!, /line 1/);
});

Deno.test("clauses out of order and statements of other systems are named", () => {
  all([
    [
      "SELECT a FROM t GROUP BY a WHERE x = 1",
      "WHERE",
      "WHERE stands behind GROUP BY",
      "It belongs in front of GROUP BY",
    ],
    ["SELECT a FROM t WHERE a = 1 WHERE b = 2", "WHERE", "WHERE stands twice", "Conditions are joined by AND"],
    ["SELECT a FROM t ORDER BY a ORDER BY b", "ORDER BY b", "ORDER BY stands twice"],
    [
      "UPDATE t SET a = 1",
      "UPDATE",
      "There is no UPDATE here",
      "Streams are appended to; a view shows the current rows",
    ],
    [
      "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY x)",
      "MATCH_RECOGNIZE",
      "MATCH_RECOGNIZE is not there yet",
      "Joins with time bounds and OVER windows find simple patterns",
    ],
    [
      "SELECT f(SELECT 1)",
      "(",
      "A query cannot follow a name",
      "A query as an argument has parentheses of its own: f((SELECT …))",
    ],
    [
      "SELECT a FROM t JOIN u",
      "u",
      "The join has no condition",
      "Write ON a.x = b.x or USING (x) behind it, or CROSS JOIN",
    ],
    ["SELECT f(a => 1, 2)", "2", "Either all arguments have names or none", "Write name => value for this one too"],
    ["SELECT MAP['a', 1, 'b']", "'b'", "The last key of the MAP has no value", "Write MAP[key, value, …]"],
  ]);
});

Deno.test("windows say what they lack", () => {
  const cases: Record<string, RegExp> = {
    "TABLE(TUMBLE(TABLE t, ts, INTERVAL '1' DAY))": /time column as DESCRIPTOR/,
    "TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts)))": /TUMBLE lacks its size/,
    "TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '1' DAY))": /HOP lacks its size/,
    "TABLE(SESSION(TABLE t, DESCRIPTOR(a, b), INTERVAL '1' DAY))": /one time column/,
    "TABLE(SESSION(TABLE t, DESCRIPTOR(a), INTERVAL '1' DAY, INTERVAL '1' DAY))": /no argument here/,
    "TUMBLE(1, DESCRIPTOR(a), INTERVAL '1' DAY)": /wants a table first/,
    "TUMBLE(DATA => TABLE t, DATA => TABLE u)": /given twice/,
  };
  for (const [source, reason] of Object.entries(cases)) {
    assert.match(problem(`SELECT * FROM ${source}`)[1], reason, source);
  }
  assert.match(problem("SELECT 1 FROM t GROUP BY HOPPINGWINDOW(minute, 1)")[2]!, /unit, size, hop/);
  assert.match(problem("SELECT 1 FROM t GROUP BY TUMBLINGWINDOW(minut, 1)")[1], /unit of time, found minut/);
  assert.match(problem("SELECT 1 FROM t GROUP BY TUMBLE(ts)")[2]!, /TUMBLE\(time, size\)/);
});

Deno.test("each wrong statement has its problem, and the right ones are read", () => {
  const { statements, problems } = parseSql(
    "SELECT a FROM t; SELEC b; SELECT 2; SELECT c FRM d; SELECT (1; 2); SELECT 3",
  );
  assert.deepEqual(statements.map(({ at }) => at.start), [0, 26, 67]);
  assert.deepEqual(problems.map(({ at }) => at.start), [17, 45, 59]);
});

Deno.test("a statement is looked at again from the next clause on", () => {
  const reasons = (source: string) => problems(source).map(({ reason }) => reason.split(",")[0]);
  assert.deepEqual(reasons("SELECT a b c FROM t WHERE x == 1 GROUP BY ORDER BY a LIMIT"), [
    "A comma is missing in front of c",
    "There is no == in SQL",
    "Expected an expression",
    "Expected an expression",
  ]);
  assert.deepEqual(reasons("SELECT * FROM (SELECT a b c FROM t WHERE x y) WHERE z ! 1"), [
    "A comma is missing in front of c",
    "Expected GROUP BY",
    "Expected GROUP BY",
  ]);
  assert.deepEqual(reasons("CREATE TABLE t (a INT b INT) WITH ('k' = 'v' 'l' = 'w')"), [
    "A comma is missing in front of b",
    "A comma is missing in front of the string 'l'",
  ]);
  assert.deepEqual(
    reasons(
      "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELEC 2; INSERT INTO c SELECT x y z; END",
    ),
    [
      "Expected a query",
      "A comma is missing in front of z",
    ],
  );
  assert.deepEqual(reasons("SELECT a b c FROM t WHERE x IS DISTINCT FROM 5 AND (y = 1 OR EXTRACT(DAY FROM ts) = 2)"), [
    "A comma is missing in front of c",
  ]);
});

Deno.test("a refused script is an error with all its problems", () => {
  assert.throws(() => parseSqlOrThrow("SELECT a b c FROM t;\nSELECT d e f"), (thrown) => {
    assert.ok(thrown instanceof RdxError);
    assert.equal(thrown.code, "invalid_plan");
    assert.equal(
      thrown.message,
      "Cannot read the SQL: line 1, column 12: A comma is missing in front of c (and 1 more)",
    );
    assert.deepEqual(thrown.details.map(({ line, column }) => [line, column]), [[1, 12], [2, 12]]);
    return true;
  });
  assert.equal(parseSqlOrThrow("SELECT 1").length, 1);
});
