import type { Query } from "./query.ts";

/** A query of values of every row of `large`. */
function each(...values: readonly string[]): string {
  return `SELECT id, ${values.join(", ")} FROM large`;
}

/** Decimals of more than 18 digits: operators, casts, sums and whatever compares, orders and meets. */
export const DECIMALS: readonly Query[] = [
  each("w", "v", "m"),
  each("w + 1", "w - m", "m - w", "w + w", "-w", "v + w", "v - 0.5", "1 - v"),
  each("w * 3", "v * m", "v * 0.25", "m * v * 2"),
  "SELECT id, v * v FROM large WHERE abs(v) < 1E18",
  each("w % 7", "v % 1000", "mod(v, m)", "m % w"),
  each("abs(w)", "floor(w)", "ceil(w)", "round(w)", "round(w, 3)", "round(v, -3)", "sign(w)", "sign(v)"),
  [each("truncate(w, 2)"), each("trunc(w * 100) / 100").replace(") / 100", ")::DECIMAL(32, 0) * 0.01")],
  each("w = v", "w < v", "w > m", "w >= 0", "w <> 12345678901234567890", "v BETWEEN m AND w", "w < i", "i = v"),
  each("w IN (0, 1.5, 12345678901234567890)", "v NOT IN (1, NULL)", "w IS DISTINCT FROM v"),
  each("COALESCE(w, v)", "NULLIF(v, 0)", "CASE WHEN w > 0 THEN v ELSE m END", "GREATEST(w, v, m)", "LEAST(w, i)"),
  each("CAST(w AS VARCHAR)", "CAST(v AS VARCHAR)", "CAST(w AS DOUBLE)", "CAST(v AS DOUBLE)"),
  each(
    "CAST(w AS DECIMAL(38, 2))",
    "CAST(w AS DECIMAL(23, 0))",
    "CAST(m AS DECIMAL(30, 5))",
    "CAST(i AS DECIMAL(38, 19))",
  ),
  [each("CAST(w AS DECIMAL(18, 2))"), each("TRY_CAST(w AS DECIMAL(18, 2))")],
  [each("CAST(m AS BIGINT)", "CAST(v / 8 AS DOUBLE)"), each("trunc(m)::BIGINT", "v / 8")],
  "SELECT CAST('99999999999999999999999999999999999999' AS DECIMAL(38, 0)), CAST('-0.00000000000000000000000000000000000005' AS DECIMAL(38, 37))",
  "SELECT CAST('1e37' AS DECIMAL(38, 0)), CAST('1.5e-3' AS DECIMAL(38, 2)), CAST(' 12345678901234567890.125 ' AS DECIMAL(25, 2))",
  "SELECT TRY_CAST('1e38' AS DECIMAL(38, 0)), TRY_CAST('x' AS DECIMAL(20, 0)), TRY_CAST('1000' AS DECIMAL(38, 36))",
  "SELECT CAST(1.5E0 AS DECIMAL(38, 10)), CAST(-2.5E0 AS DECIMAL(38, 0)), CAST(1E15 AS DECIMAL(38, 4))",
  "SELECT 12345678901234567890 + 1, 0.1 + 0.2, 99999999999999999999 * 10, -9223372036854775808",
  "SELECT SUM(w), SUM(v), SUM(m), MIN(w), MAX(w), MIN(v), MAX(v), COUNT(DISTINCT w) FROM large",
  "SELECT g, SUM(w), SUM(v), SUM(m), COUNT(w), MIN(w), MAX(v) FROM large GROUP BY g",
  "SELECT g, SUM(DISTINCT w), SUM(w) FILTER (WHERE w > 0), SUM(w + v) FROM large GROUP BY g HAVING COUNT(*) > 1",
  [
    "SELECT g, CAST(AVG(m) AS DOUBLE), CAST(AVG(w) AS DOUBLE) FROM large GROUP BY g",
    "SELECT g, AVG(m), AVG(w) FROM large GROUP BY g",
  ],
  "SELECT w, COUNT(*), SUM(v) FROM large GROUP BY w",
  "SELECT MAX_BY(w, id), MIN_BY(id, w + id), MAX_BY(id, w - id), MIN_BY(v, w + id), MAX_BY(g, w + id) FROM large",
  "SELECT g, w % 2 AS rest, COUNT(*) FROM large GROUP BY g, w % 2",
  "SELECT DISTINCT v FROM large",
  "SELECT id, w FROM large ORDER BY w NULLS FIRST, id",
  "SELECT id, w FROM large ORDER BY w DESC NULLS LAST, id LIMIT 4",
  "SELECT id, v FROM large ORDER BY v NULLS LAST, id DESC",
  "SELECT a.id, b.id FROM large a JOIN large b ON a.w = b.w",
  "SELECT a.id, b.id FROM large a LEFT JOIN large b ON a.v = b.w",
  "SELECT a.id, b.id FROM large a JOIN large b ON a.m = b.v",
  "SELECT a.id, b.id FROM large a JOIN large b ON a.i = b.v",
  "SELECT w FROM large UNION SELECT v FROM large UNION SELECT m FROM large",
  "SELECT v FROM large INTERSECT SELECT m FROM large",
  "SELECT id FROM large WHERE w IN (SELECT v FROM large)",
  "SELECT id, w FROM (SELECT id, w, ROW_NUMBER() OVER (PARTITION BY g ORDER BY w DESC, id) AS n FROM large WHERE w IS NOT NULL) AS t WHERE n <= 2",
];
