import type { Query } from "./query.ts";

/** A query of values of every row of `odd`. */
function each(...values: readonly string[]): string {
  return `SELECT id, ${values.join(", ")} FROM odd`;
}

/** Functions and operators over values that are easy to get wrong. */
export const FUNCTIONS: readonly Query[] = [
  each("i + 1", "i - 10", "i * 3", "-i", "+i", "i % 3"),
  [
    each("i / 2", "i / 7", "i / 0"),
    each("i // 2", "trunc(i / 7)::BIGINT", "NULL"),
  ],
  [each("d / 3", "d * i", "d - i", "d + m"), each("d / 3", "d * i", "d - i", "d + m::DOUBLE")],
  each("i / 2.0E0", "i * 1.5E0"),
  each("m + 1", "m - m", "m * 2", "-m"),
  each("m + 1.005", "m * 1.5"),
  "SELECT id, m * m FROM odd WHERE m < 10000 AND m > -10000",
  each("abs(i)", "abs(d)", "abs(m)", "sign(i)"),
  each("floor(d)", "ceil(d)", "round(d)").replace("FROM odd", ", round(d, 2) FROM odd WHERE d <> 1.005").replace(
    " ,",
    ",",
  ),
  each("floor(m)", "ceil(m)", "round(m)", "round(m, 1)"),
  [each("round(i, -1)", "truncate(d)"), each("round(i, -1)", "trunc(d)")],
  each("sqrt(abs(d))", "exp(d / 1E15)", "ln(abs(d) + 1)", "power(d, 2)", "cbrt(d)"),
  each("sin(d)", "cos(d)", "tan(d)", "atan(d)", "atan2(d, 2)", "degrees(d)", "radians(d)"),
  each("mod(i, 7)", "mod(i, -7)", "mod(m, 1)"),
  ["SELECT mod(5, -3), mod(-5, 3), -5 % 3, 5 % -3", "SELECT mod(5, -3), mod(-5, 3), -5 % 3, 5 % -3"],
  each("i = 7", "i <> 7", "i < 5", "i <= 5", "i > 5", "i >= 5"),
  each("d = 0", "d = -0.5", "d > 1", "d BETWEEN -1 AND 3", "d NOT BETWEEN -1 AND 3"),
  each("d = i", "d < i", "i = d + 0.5", "m = d", "m > i"),
  each("t = 'a'", "t < 'b'", "t >= 'A b'", "t <> ''"),
  each("b AND i > 0", "b OR i > 0", "NOT b", "b = (i > 0)", "b AND NULL", "b OR NULL"),
  each("b IS TRUE", "b IS NOT TRUE", "b IS FALSE", "b IS NOT FALSE", "b IS NULL", "b IS NOT NULL"),
  each("i IN (7, 5, 100)", "i IN (7, NULL)", "i NOT IN (7, 5)", "i NOT IN (7, NULL)", "t IN ('a', '')"),
  each("i IS DISTINCT FROM 7", "t IS NOT DISTINCT FROM NULL", "d IS DISTINCT FROM NULL"),
  each(
    "COALESCE(i, -1)",
    "COALESCE(t, 'none')",
    "COALESCE(d, i, 0)",
    "NULLIF(i, 7)",
    "NULLIF(t, 'a')",
    "IFNULL(t, 'x')",
  ),
  each(
    "CASE WHEN i > 5 THEN 'big' WHEN i > 0 THEN 'small' END",
    "CASE i WHEN 7 THEN 'seven' WHEN 5 THEN 'five' ELSE 'other' END",
    "CASE WHEN b THEN i ELSE d END",
    "CASE WHEN b THEN 1 ELSE 2.5 END",
    "CASE WHEN i IS NULL THEN NULL ELSE m END",
  ),
  each("CASE WHEN FALSE THEN t END", "CASE t WHEN NULL THEN 1 ELSE 2 END"),
  each("CAST(i AS DOUBLE)", "CAST(i AS VARCHAR)", "CAST(m AS DOUBLE)", "CAST(m AS VARCHAR)"),
  [each("CAST(d AS BIGINT)", "CAST(m AS BIGINT)"), each("trunc(d)::BIGINT", "trunc(m)::BIGINT")],
  each("CAST(b AS VARCHAR)", "CAST(i AS BOOLEAN)", "CAST(b AS BIGINT)"),
  [
    "SELECT CAST('12' AS BIGINT), CAST('-1.5' AS DOUBLE), TRY_CAST('x' AS BIGINT), CAST('1e3' AS DOUBLE), CAST(' 7 ' AS BIGINT)",
    "SELECT '12'::BIGINT, '-1.5'::DOUBLE, TRY_CAST('x' AS BIGINT), '1e3'::DOUBLE, ' 7 '::BIGINT",
  ],
  "SELECT CAST('true' AS BOOLEAN), CAST('f' AS BOOLEAN), TRY_CAST('maybe' AS BOOLEAN)",
  "SELECT CAST('2024-02-29' AS TIMESTAMP), CAST('2024-02-29 12:34:56.789' AS TIMESTAMP), TRY_CAST('2023-02-29' AS TIMESTAMP)",
  "SELECT CAST(2.345 AS DECIMAL(10, 2)), CAST(-2.345 AS DECIMAL(10, 2)), CAST('1.005' AS DECIMAL(10, 2)), CAST(7 AS DECIMAL(5, 1))",
  each("length(t)", "char_length(t)", "octet_length(CAST(t AS VARBINARY))").replace(
    ", octet_length(CAST(t AS VARBINARY))",
    "",
  ),
  [each("octet_length(t)"), each("strlen(t)")],
  each("upper(t)", "lower(t)", "upper(lower(t)) = upper(t)", "t ILIKE '%CAFÉ'"),
  each("trim(t)", "ltrim(t)", "rtrim(t)", "trim(t, 'a ')", "TRIM(BOTH ' ' FROM t)", "TRIM(LEADING 'a' FROM t)"),
  each("substring(t, 2)", "substring(t, 2, 3)", "SUBSTRING(t FROM 3 FOR 2)"),
  "SELECT id, substring(t, -3), substring(t, -3, 2) FROM odd WHERE length(t) > 3",
  each("substring(t, 0)", "substring(t, 1, 0)", "substring(t, 100)"),
  each("left(t, 3)", "right(t, 3)", "left(t, 0)"),
  each("reverse(t)", "repeat(t, 2)", "replace(t, 'a', 'XY')", "replace(t, ' ', '')"),
  each("position('a' IN t)", "strpos(t, 'e')", "instr(t, '漢')", "strpos(t, '')"),
  each("t || '!'", "'<' || t || '>'", "i || ''").replace(", i || ''", ""),
  each("concat_ws('-', t, 'z')", "concat_ws(',', t, NULL, 'q')"),
  each("lpad(t, 8, '*')", "rpad(t, 8, '*')", "lpad(t, 2, '*')"),
  each("starts_with(t, 'a')", "ends_with(t, 'd')", "contains(t, 'b')"),
  each("t LIKE 'a%'", "t LIKE '%é%'", "t LIKE '_'", "t LIKE '__'", "t NOT LIKE '%a%'", "t LIKE ''", "t LIKE '%'"),
  each(
    "t LIKE '%!%%' ESCAPE '!'",
    "t LIKE '%$_%' ESCAPE '$'",
    "t LIKE 'ab!_c!%d' ESCAPE '!'",
    "t LIKE '漢%'",
    "t LIKE '🙂%'",
  ),
  each("t LIKE '%_%'", "t LIKE '% %'", "t LIKE '%it''s%'", "t LIKE '%,_;%'", "t LIKE 'A b  c_'"),
  [
    each("regexp_like(t, '[0-9]')", "regexp_like(t, '^a')"),
    each("regexp_matches(t, '[0-9]')", "regexp_matches(t, '^a')"),
  ],
  [each("regexp_replace(t, '[aeiou]', '#')"), each("regexp_replace(t, '[aeiou]', '#', 'g')")],
  [
    each("COALESCE(regexp_extract(t, '([a-z]+) ([a-z]+)', 2), '')"),
    each("COALESCE(regexp_extract(t, '([a-z]+) ([a-z]+)', 2), '')"),
  ],
  [
    each("translate(t, 'abc', 'xyz')", "ascii(t)"),
    each("translate(t, 'abc', 'xyz')", "CASE WHEN t = '' THEN 0 ELSE ascii(t) END"),
  ],
  each("md5(t)", "sha256(t)"),
  "SELECT id, levenshtein(t, 'a b') FROM odd WHERE id IN (1, 2, 3, 6, 9, 10, 11)",
  [
    each("split_index(t, ' ', 0)", "split_index(t, ',', 1)"),
    // As in Flink, an empty text has no parts
    each(
      "CASE WHEN t <> '' THEN split_part(t, ' ', 1) END",
      "CASE WHEN contains(t, ',') THEN split_part(t, ',', 2) END",
    ),
  ],
  [
    each("initcap(t)").replace("FROM odd", "FROM odd WHERE id < 4"),
    "SELECT id, CASE id WHEN 2 THEN 'A' WHEN 3 THEN 'A B  C ' ELSE '' END FROM odd WHERE id < 4",
  ],
  each("year(ts)", "quarter(ts)", "month(ts)", "week(ts)", "dayofyear(ts)", "dayofmonth(ts)"),
  // As in Flink, Sunday is 1
  [each("dayofweek(ts)", "EXTRACT(DOW FROM ts)"), each("dayofweek(ts) + 1", "dayofweek(ts) + 1")],
  [
    each("hour(ts)", "minute(ts)", "second(ts)", "millisecond(ts)"),
    each("hour(ts)", "minute(ts)", "second(ts)", "millisecond(ts) % 1000"),
  ],
  each(
    "EXTRACT(YEAR FROM ts)",
    "EXTRACT(DAY FROM ts)",
    "EXTRACT(ISODOW FROM ts)",
    "EXTRACT(ISOYEAR FROM ts)",
  ),
  [each("EXTRACT(EPOCH FROM ts)"), each("floor(EXTRACT(EPOCH FROM ts))::BIGINT")],
  each(
    "date_trunc('year', ts)",
    "date_trunc('quarter', ts)",
    "date_trunc('month', ts)",
    "date_trunc('week', ts)",
    "date_trunc('day', ts)",
    "date_trunc('hour', ts)",
  ),
  [each("FLOOR(ts TO MONTH)", "FLOOR(ts TO MINUTE)"), each("date_trunc('month', ts)", "date_trunc('minute', ts)")],
  each(
    "ts + INTERVAL '1' DAY",
    "ts - INTERVAL '90' MINUTE",
    "ts + INTERVAL '1' MONTH",
    "ts + INTERVAL '1' YEAR",
    "ts - INTERVAL '1' MONTH",
  ),
  each("last_day(ts)", "ts > TIMESTAMP '2000-01-01 00:00:00'", "ts = TIMESTAMP '2024-02-29 00:00:00'"),
  [
    each("TIMESTAMPADD(MONTH, 1, ts)", "TIMESTAMPADD(DAY, -1, ts)"),
    each("ts + INTERVAL 1 MONTH", "ts - INTERVAL 1 DAY"),
  ],
  [
    each(
      "TIMESTAMPDIFF(DAY, TIMESTAMP '2000-01-01 00:00:00', ts)",
      "TIMESTAMPDIFF(MONTH, TIMESTAMP '2000-01-31 00:00:00', ts)",
    ),
    each("datesub('day', TIMESTAMP '2000-01-01', ts)", "datesub('month', TIMESTAMP '2000-01-31', ts)"),
  ],
  [each("DATE_FORMAT(ts, 'yyyy-MM-dd HH:mm:ss')"), each("strftime(ts, '%Y-%m-%d %H:%M:%S')")],
  [each("TO_TIMESTAMP(DATE_FORMAT(ts, 'dd.MM.yyyy HH:mm'), 'dd.MM.yyyy HH:mm')"), each("date_trunc('minute', ts)")],
  [
    // A timestamp is text in ISO 8601 everywhere here
    each("CAST(ts AS VARCHAR)").replace("FROM odd", "FROM odd WHERE id < 3"),
    "SELECT id, strftime(ts, '%Y-%m-%dT%H:%M:%S.%gZ') FROM odd WHERE id < 3",
  ],
  "SELECT TIMESTAMP '2024-02-29 00:00:00' + INTERVAL '1' YEAR, TIMESTAMP '2024-01-31 00:00:00' + INTERVAL '1' MONTH, TIMESTAMP '2024-03-31 10:00:00' - INTERVAL '1' MONTH",
  [
    "SELECT DATE '2024-02-29', DATE '2024-03-01' - INTERVAL '1' DAY",
    "SELECT DATE '2024-02-29', DATE '2024-03-01' - INTERVAL 1 DAY",
  ],
  [
    each(
      "(ts, INTERVAL '1' DAY) OVERLAPS (TIMESTAMP '2024-02-29 00:00:00', TIMESTAMP '2024-03-01 00:00:00')",
      "(id, id + 2) NOT OVERLAPS (5, 3)",
    ),
    each(
      "ts <= TIMESTAMP '2024-03-01' AND ts + INTERVAL 1 DAY >= TIMESTAMP '2024-02-29'",
      "NOT (id <= 5 AND id + 2 >= 3)",
    ),
  ],
  "SELECT 1 + 2 * 3 - 4, (1 + 2) * 3, 10 - 2 - 3, 2 * 3 % 4, -2 * -3, - -2",
  "SELECT 1 < 2 AND 2 < 1 OR TRUE, NOT TRUE OR TRUE, NOT (TRUE OR TRUE), NULL IS NULL AND FALSE",
  "SELECT 'a' || 'b' || NULL, 'it''s', '', '漢' || '字'",
  "SELECT 0.1 + 0.2, 0.1 * 3, 1.10, 2.50 - 0.5, CAST(0.1 AS DOUBLE) + CAST(0.2 AS DOUBLE)",
  "SELECT 1e308 * 10 > 1, CAST(1e-320 AS DOUBLE) > 0",
  "SELECT 9223372036854775807, -9223372036854775807 - 1, 9223372036854775806 + 1",
  "SELECT round(2.5), round(-2.5), round(0.5), round(1.005, 2), round(CAST(2.675 AS DOUBLE), 2), round(-1234.567, -2)",
  [
    "SELECT GREATEST(1, 5, 3), LEAST(2, 1.5), GREATEST('a', 'b')",
    "SELECT GREATEST(1, 5, 3), LEAST(2, 1.5), GREATEST('a', 'b')",
  ],
  "SELECT length(''), length('🙂é'), upper('abc漢é'), lower('ABC'), reverse('a🙂b')",
  [
    "SELECT hex('é'), to_base64('hi'), bitand(12, 10), bitor(12, 10), bitxor(12, 10)",
    "SELECT hex('é'), base64('hi'::BLOB), 12 & 10, 12 | 10, xor(12, 10)",
  ],
  [
    "SELECT JSON_VALUE('{\"a\": {\"b\": 7}}', '$.a.b'), JSON_VALUE('[1, \"x\"]', '$[1]')",
    "SELECT '{\"a\": {\"b\": 7}}'->>'$.a.b', '[1, \"x\"]'->>'$[1]'",
  ],
];
