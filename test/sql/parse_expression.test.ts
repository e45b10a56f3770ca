import assert from "node:assert/strict";
import { parseSql } from "../../src/sql/parse.ts";
import { bare, expression, select, shape } from "./parse_cases.ts";

function shapes(cases: Readonly<Record<string, unknown>>): void {
  for (const [source, expected] of Object.entries(cases)) assert.deepEqual(shape(expression(source)), expected, source);
}

Deno.test("operators bind as in Flink", () => {
  shapes({
    "a + b * c - d": ["-", ["+", "a", ["*", "b", "c"]], "d"],
    "a || b + c": ["+", ["||", "a", "b"], "c"],
    "- a * b": ["*", ["-", "a"], "b"],
    "-a::INT": ["-", ["CAST", "a", "INT"]],
    "a = b AND c OR NOT d AND e": ["OR", ["AND", ["=", "a", "b"], "c"], ["AND", ["NOT", "d"], "e"]],
    "NOT a = b": ["NOT", ["=", "a", "b"]],
    "NOT NOT a": ["NOT", ["NOT", "a"]],
    "a < b + 1": ["<", "a", ["+", "b", "1"]],
    "a = b IS NULL": ["IS NULL", ["=", "a", "b"]],
    "a = b LIKE c": ["=", "a", ["LIKE", "b", "c"]],
    "a != b": ["<>", "a", "b"],
    "a BETWEEN b AND c AND d": ["AND", ["BETWEEN", "a", "b", "c"], "d"],
    "a NOT BETWEEN b + 1 AND c * 2": ["NOT BETWEEN", "a", ["+", "b", "1"], ["*", "c", "2"]],
    "a IN (1, 2) OR b NOT IN (c)": ["OR", ["IN", "a", "1", "2"], ["NOT IN", "b", "c"]],
    "a NOT LIKE 'x'": ["NOT LIKE", "a", "'x'"],
    "a SIMILAR TO 'x'": ["SIMILAR TO", "a", "'x'"],
    "a REGEXP 'x'": ["RLIKE", "a", "'x'"],
    "a IS NOT DISTINCT FROM b + 1": ["IS NOT DISTINCT", "a", ["+", "b", "1"]],
    "a IS NOT UNKNOWN": ["IS NOT UNKNOWN", "a"],
    "a.b[1].c": [".", ["[]", "a.b", "1"], "c"],
    "f(a).b": [".", ["f", "a"], "b"],
    "(a, b) = (1, 2)": ["=", ["ROW", "a", "b"], ["ROW", "1", "2"]],
    "(a + b) * c": ["*", ["+", "a", "b"], "c"],
    "a AND (b AND c)": ["AND", "a", ["AND", "b", "c"]],
    "a % 2 = 0": ["=", ["%", "a", "2"], "0"],
  });
});

Deno.test("words that mean something elsewhere are columns", () => {
  const words = [
    "date",
    "time",
    "timestamp",
    "offset",
    "key",
    "value",
    "interval",
    "row",
    "map",
    "array",
    "year",
    "day",
    "first",
    "position",
  ];
  for (const word of words) assert.deepEqual(shape(expression(`${word} + 1`)), ["+", word, "1"], word);
  assert.deepEqual(select("SELECT t.timestamp, t.offset, position FROM t").items.length, 3);
  assert.deepEqual(shape(expression("array[1]")), ["array"]);
  assert.deepEqual(shape(expression("map.x")), "map.x");
  assert.deepEqual(shape(expression("LEFT(a, 2)")), ["LEFT", "a", "2"]);
});

Deno.test("numbers are kept as they are written", () => {
  const cases: Record<string, string> = {
    "9223372036854775807": "integer",
    "123456789012345678901234567890.123456789": "decimal",
    "0.10": "decimal",
    "1.": "decimal",
    ".5": "decimal",
    "1e3": "double",
    "1.5E-10": "double",
    "0x1F": "integer",
  };
  for (const [text, form] of Object.entries(cases)) {
    assert.deepEqual(bare(expression(text)), { kind: "number", form, text });
  }
});

Deno.test("strings have their quotes and escapes taken away", () => {
  const value = (source: string) => (expression(source) as { value: string }).value;
  assert.equal(value("'it''s'"), "it's");
  assert.equal(value("''"), "");
  assert.equal(value("'a\nb -- no comment /* nor this */'"), "a\nb -- no comment /* nor this */");
  assert.equal(value(String.raw`U&'d\0061t\+000061\\ \D83D\DE00'`), "data\\ 😀");
  assert.equal(value("U&'d!0061t!!' UESCAPE '!'"), "dat!");
  assert.deepEqual(bare(expression("x'cafe00'")), { kind: "bytes", hex: "CAFE00" });
  for (const wrong of [String.raw`U&'\00'`, String.raw`U&'\+110000'`, "U&'a' UESCAPE 'ab'", "X'abc'", "X'zz'"]) {
    assert.equal(parseSql(`SELECT ${wrong}`).problems.length, 1, wrong);
  }
});

Deno.test("intervals have a value in months or milliseconds", () => {
  const cases: Record<string, ["month" | "ms", number]> = {
    "INTERVAL '5' SECOND": ["ms", 5000],
    "INTERVAL '1.5' SECOND": ["ms", 1500],
    "INTERVAL '-8' HOUR": ["ms", -28_800_000],
    "INTERVAL -'8' HOUR": ["ms", -28_800_000],
    "INTERVAL - '-8' HOUR": ["ms", 28_800_000],
    "INTERVAL '10' MINUTES": ["ms", 600_000],
    "INTERVAL 10 MINUTE": ["ms", 600_000],
    "INTERVAL '2' WEEK": ["ms", 1_209_600_000],
    "INTERVAL '1 02' DAY TO HOUR": ["ms", 93_600_000],
    "INTERVAL '1 02:03' DAY TO MINUTE": ["ms", 93_780_000],
    "INTERVAL '1 02:03:04.567' DAY TO SECOND": ["ms", 93_784_567],
    "INTERVAL '02:03' HOUR TO MINUTE": ["ms", 7_380_000],
    "INTERVAL '02:03:04' HOUR TO SECOND": ["ms", 7_384_000],
    "INTERVAL '3:04' MINUTE(3) TO SECOND(3)": ["ms", 184_000],
    "INTERVAL '1-06' YEAR TO MONTH": ["month", 18],
    "INTERVAL '2' YEAR": ["month", 24],
    "INTERVAL '1' QUARTER": ["month", 3],
    "INTERVAL '250' MILLISECOND": ["ms", 250],
    "INTERVAL '1 hour 30 minutes'": ["ms", 5_400_000],
    "INTERVAL '-0' SECOND": ["ms", 0],
  };
  for (const [source, [unit, amount]] of Object.entries(cases)) {
    const made = expression(source);
    assert.equal(made.kind, "interval", source);
    assert.deepEqual((made as { value: unknown }).value, { unit, amount }, source);
  }
});

Deno.test("intervals that cannot be are refused with what they want", () => {
  const cases: Record<string, RegExp> = {
    "INTERVAL '5'": /no unit/,
    "INTERVAL 'x' SECOND": /number of SECONDS/,
    "INTERVAL '1 02' HOUR TO DAY": /no intervals HOUR TO DAY/,
    "INTERVAL '1:2' DAY TO HOUR": /like '1 02'/,
    "INTERVAL '1 24' DAY TO HOUR": /too many/,
    "INTERVAL '1.0005' SECOND": /milliseconds/,
    "INTERVAL '1' NANOSECOND": /no intervals of NANOSECONDS/,
    "INTERVAL '99999999999999999' DAY": /too long/,
    [`INTERVAL '${"9".repeat(100_000)}' DAY`]: /too long/,
    "INTERVAL '1 month 3 days'": /do not add up/,
  };
  for (const [source, reason] of Object.entries(cases)) {
    const { problems } = parseSql(`SELECT ${source}`);
    assert.equal(problems.length, 1, source);
    assert.match(problems[0].reason, reason);
  }
});

Deno.test("functions with a syntax of their own are read", () => {
  const one = (source: string) => bare(expression(source)) as Record<string, unknown>;
  assert.deepEqual(one("EXTRACT(HOUR FROM ts)").unit, "HOUR");
  assert.deepEqual(one("FLOOR(ts TO DAY)").kind, "unit_call");
  assert.deepEqual(shape(expression("FLOOR(a)")), ["FLOOR", "a"]);
  assert.deepEqual(shape(expression("CEILING(a)")), ["CEIL", "a"]);
  assert.deepEqual(one("TIMESTAMPADD(MINUTES, 1, ts)").unit, "MINUTE");
  assert.deepEqual(one("DATEDIFF(ss, a, b)").unit, "SECOND");
  assert.deepEqual(shape(expression("SUBSTRING(a FROM 2 FOR 3)")), ["SUBSTRING", "a", "2", "3"]);
  assert.deepEqual(shape(expression("SUBSTRING(a, 2)")), ["SUBSTRING", "a", "2"]);
  assert.deepEqual(shape(expression("POSITION('x' IN a)")), ["POSITION", "'x'", "a"]);
  assert.deepEqual(shape(expression("OVERLAY(a PLACING b FROM 1 FOR 2)")), ["OVERLAY", "a", "b", "1", "2"]);
  const trims: Record<string, [string, boolean]> = {
    "TRIM(a)": ["BOTH", false],
    "TRIM(both)": ["BOTH", false],
    "TRIM('x' FROM a)": ["BOTH", true],
    "TRIM(LEADING FROM a)": ["LEADING", false],
    "TRIM(TRAILING 'x' FROM a)": ["TRAILING", true],
  };
  for (const [source, [side, chars]] of Object.entries(trims)) {
    const { kind, side: found, chars: given } = one(source);
    assert.deepEqual([kind, found, given !== null], ["trim", side, chars], source);
  }
  assert.deepEqual(shape(expression("TRIM(a, 'x')")), ["TRIM", "a", "'x'"]);
  assert.deepEqual(one("CURRENT_TIMESTAMP").bare, true);
  assert.deepEqual(one("CURRENT_TIMESTAMP()").bare, false);
  assert.deepEqual(shape(expression("System.Timestamp()")), ["System.Timestamp"]);
});

Deno.test("aggregates have all their parts", () => {
  const call = bare(expression(
    "LISTAGG(DISTINCT a, ',' ORDER BY b DESC NULLS LAST) FILTER (WHERE c > 1) OVER (w PARTITION BY d ORDER BY ts ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)",
  )) as Record<string, Record<string, Record<string, unknown>>>;
  assert.equal(call.distinct, true);
  assert.deepEqual((call.orderBy as unknown as { desc: boolean; nulls: string }[])[0].nulls, "LAST");
  assert.equal(call.filter.kind, "binary");
  assert.deepEqual(call.over.base.name, "w");
  assert.deepEqual(call.over.frame.unit, "ROWS");
  const wg = expression("PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY a)");
  assert.equal(wg.kind === "call" && wg.withinGroup.length, 1);
  const nulls = expression("FIRST_VALUE(a) IGNORE NULLS OVER w");
  assert.ok(nulls.kind === "call" && nulls.nulls === "IGNORE" && nulls.over?.kind === "window_reference");
  const star = expression("COUNT(*)");
  assert.ok(star.kind === "call" && star.star && star.args.length === 0);
  const named = expression("f(a => 1, b => 2)");
  assert.deepEqual(named.kind === "call" && named.argNames?.map(({ name }) => name), ["a", "b"]);
});

Deno.test("constructors, CASE, casts and subqueries are read", () => {
  const kinds: Record<string, string> = {
    "ARRAY[1, 2]": "array",
    "ARRAY[]": "array",
    "MAP['a', 1]": "map",
    "ROW(1, 2)": "row",
    "CASE WHEN a THEN 1 END": "case",
    "CASE a WHEN 1 THEN 2 ELSE 3 END": "case",
    "TRY_CAST(a AS DECIMAL(10, 2))": "cast",
    "(SELECT 1)": "subquery",
    "EXISTS (SELECT 1)": "exists",
    "a IN (SELECT b FROM t)": "in_query",
    "a > ALL (SELECT b FROM t)": "quantified",
    "a = ANY (SELECT b FROM t)": "quantified",
    "DATE '2020-01-01'": "temporal",
    "TIMESTAMP WITH LOCAL TIME ZONE '2020-01-01 00:00:00'": "temporal",
    "((SELECT 1))": "subquery",
    "((SELECT 1) + 2)": "binary",
    "any + 1": "binary",
  };
  for (const [source, kind] of Object.entries(kinds)) assert.equal(expression(source).kind, kind, source);
});

Deno.test("types are read with their synonyms as one", () => {
  const cases: Record<string, unknown> = {
    "DECIMAL(10, 2)": ["DECIMAL", [10, 2]],
    NUMERIC: ["DECIMAL", []],
    INTEGER: ["INT", []],
    "DOUBLE PRECISION": ["DOUBLE", []],
    "CHARACTER VARYING(5)": ["VARCHAR", [5]],
    "BINARY VARYING(5)": ["VARBINARY", [5]],
    "TIMESTAMP(3)": ["TIMESTAMP", [3]],
    "TIMESTAMP(3) WITHOUT TIME ZONE": ["TIMESTAMP", [3]],
    "TIMESTAMP(3) WITH LOCAL TIME ZONE": ["TIMESTAMP_LTZ", [3]],
    "TIMESTAMP WITH TIME ZONE": ["TIMESTAMP_TZ", []],
    DATE: ["DATE", []],
    string: ["STRING", []],
  };
  for (const [source, [name, params]] of Object.entries(cases as Record<string, [string, number[]]>)) {
    const cast = expression(`CAST(a AS ${source})`);
    assert.ok(cast.kind === "cast");
    assert.deepEqual([cast.type.name, cast.type.params], [name, params], source);
  }
  const nested = expression("CAST(a AS MAP<STRING, ARRAY<ROW<a INT NOT NULL, b DATE 'when'>>>)");
  assert.ok(nested.kind === "cast");
  const [, array] = nested.type.of;
  assert.deepEqual(array.of[0].fields.map(({ name, type, comment }) => [name.name, type.notNull, comment]), [
    ["a", true, null],
    ["b", false, "when"],
  ]);
  const suffixed = expression("CAST(a AS INT ARRAY)");
  assert.ok(suffixed.kind === "cast" && suffixed.type.name === "ARRAY" && suffixed.type.of[0].name === "INT");
});
