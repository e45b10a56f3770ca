import type { Query } from "./query.ts";

const TOP = "ROW_NUMBER() OVER (PARTITION BY origin ORDER BY weight DESC, name, mpg)";

/** Flights of one minute are in the order of the log here; there it has to be said. */
function exact(sql: string): Query {
  return [sql, sql.replaceAll("ORDER BY ts", "ORDER BY ts, n")];
}

/** Groups, windows and what looks at other rows. */
export const GROUPS: readonly Query[] = [
  "SELECT origin, COUNT(*), COUNT(mpg), COUNT(horsepower), SUM(weight), MIN(mpg), MAX(mpg) FROM cars GROUP BY origin",
  "SELECT COUNT(*), SUM(us), MIN(title), MAX(title) FROM movies",
  "SELECT COUNT(*), SUM(us), MIN(us), MAX(us), AVG(imdb) FROM movies WHERE title = 'no such film'",
  "SELECT n + 1, s IS NULL FROM (SELECT COUNT(*) AS n, SUM(us) AS s FROM movies WHERE title = 'no such film')",
  "SELECT COUNT(*) FILTER (WHERE us > 1), COUNT(DISTINCT title) FROM movies WHERE us < 0 HAVING COUNT(*) = 0",
  "SELECT COUNT(*) FROM movies WHERE us < 0 GROUP BY rating",
  "SELECT 1 FROM movies WHERE us < 0 HAVING COUNT(*) = 0",
  "SELECT (SELECT COUNT(*) FROM movies WHERE us < 0), COUNT(*) FROM tags",
  [
    "SELECT origin, AVG(weight) FROM cars GROUP BY origin",
    "SELECT origin, trunc(AVG(weight))::BIGINT FROM cars GROUP BY origin",
  ],
  "SELECT origin, AVG(CAST(weight AS DOUBLE)) FROM cars GROUP BY origin",
  "SELECT species, sex, AVG(beak_length), STDDEV_POP(beak_length), VAR_SAMP(beak_depth) FROM penguins GROUP BY species, sex",
  "SELECT species, STDDEV_SAMP(mass), VAR_POP(mass), STDDEV(flipper), VARIANCE(flipper) FROM penguins GROUP BY species",
  "SELECT genre, COUNT(DISTINCT director), COUNT(DISTINCT distributor) FROM movies GROUP BY genre",
  "SELECT COUNT(DISTINCT rating), SUM(DISTINCT minutes), MIN(DISTINCT minutes) FROM movies",
  "SELECT genre, COUNT(*) FILTER (WHERE us > 100000000), SUM(us) FILTER (WHERE rating = 'R') FROM movies GROUP BY genre",
  "SELECT genre, COUNT(*) AS n FROM movies GROUP BY genre HAVING COUNT(*) > 300",
  "SELECT rating, MAX(us) - MIN(us) FROM movies GROUP BY rating HAVING MIN(us) IS NOT NULL",
  "SELECT cylinders % 2, COUNT(*) FROM cars GROUP BY cylinders % 2",
  "SELECT CASE WHEN mpg IS NULL THEN 'none' WHEN mpg < 20 THEN 'low' ELSE 'high' END AS class, COUNT(*) FROM cars GROUP BY 1",
  "SELECT origin, cylinders, COUNT(*), GROUPING(origin), GROUPING(cylinders) FROM cars GROUP BY ROLLUP (origin, cylinders)",
  "SELECT origin, cylinders, SUM(weight) FROM cars GROUP BY CUBE (origin, cylinders)",
  "SELECT origin, cylinders, COUNT(*) FROM cars GROUP BY GROUPING SETS ((origin), (cylinders), ())",
  "SELECT BOOL_AND(b), BOOL_OR(b), COUNT(b) FROM odd",
  "SELECT id > 7, BOOL_AND(b), BOOL_OR(b) FROM odd GROUP BY id > 7",
  "SELECT SUM(m), MIN(m), MAX(m), COUNT(m) FROM odd",
  "SELECT MIN(ts), MAX(ts), MIN(t), MAX(t), MIN(d), MAX(d), MIN(b), MAX(b) FROM odd",
  ["SELECT LISTAGG(t, '|') FROM odd WHERE id < 7", "SELECT string_agg(t, '|' ORDER BY id) FROM odd WHERE id < 7"],
  ["SELECT STRING_AGG(tag, '-') FROM tags", "SELECT string_agg(tag, '-') FROM tags"],
  ["SELECT ARRAY_AGG(id) FROM odd WHERE id < 4", "SELECT to_json(list(id))::VARCHAR FROM odd WHERE id < 4"],
  ["SELECT FIRST_VALUE(name), LAST_VALUE(name) FROM cars", "SELECT first(name), last(name) FROM cars"],
  "SELECT origin, MAX_BY(name, weight * 1000 + cylinders), MIN_BY(mpg, weight + acceleration / 100), ARG_MAX(cylinders, made) > 0 FROM cars GROUP BY origin",
  [
    "SELECT MAX_BY(d, i), MIN_BY(m, d), MAX_BY(ts, m), MIN_BY(b, ts), MAX_BY(t, ts), MAX_BY(i, d) FILTER (WHERE i < 10) FROM odd",
    "SELECT MAX_BY(d, i), MIN_BY(m, d), MAX_BY(ts, m), MIN_BY(b, ts), MAX_BY(t, ts), MAX_BY(i, d) FILTER (WHERE i < 10) FROM odd",
  ],
  [
    "SELECT symbol, FIRST_VALUE(price ORDER BY day), LAST_VALUE(price ORDER BY day), LAST_VALUE(price ORDER BY day DESC) FROM stocks GROUP BY symbol",
    "SELECT symbol, MIN_BY(price, day), MAX_BY(price, day), MIN_BY(price, day) FROM stocks GROUP BY symbol",
  ],
  "SELECT ts, MAX_BY(kind, wind * 100000 + rain * 100 + low) OVER (ORDER BY ts ROWS BETWEEN 9 PRECEDING AND CURRENT ROW) FROM weather",
  "SELECT origin, MEDIAN(weight), MEDIAN(mpg), COUNT_IF(cylinders > 4) FROM cars GROUP BY origin",
  "SELECT origin, PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY mpg), PERCENTILE_DISC(0.25) WITHIN GROUP (ORDER BY weight) FROM cars GROUP BY origin",
  [
    "SELECT MEDIAN(m), MEDIAN(d), MEDIAN(i), PERCENTILE_DISC(t, 0.5), PERCENTILE_DISC(ts, 0.7) FROM odd",
    "SELECT MEDIAN(m::DOUBLE), MEDIAN(d), MEDIAN(i), QUANTILE_DISC(t, 0.5), QUANTILE_DISC(ts, 0.7) FROM odd",
  ],
  "SELECT kind, MODE(high) > 0, MEDIAN(high), COUNT_IF(rain > 0) FROM weather GROUP BY kind HAVING MEDIAN(high) > 1",
  "SELECT ts, MEDIAN(high) OVER (ORDER BY ts ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) FROM weather",
  [
    "SELECT origin, HISTOGRAM(cylinders), TOP_K(cylinders, 1) FROM cars GROUP BY origin",
    `SELECT origin, '[' || string_agg('{"value":' || cylinders || ',"count":' || n || '}', ',' ORDER BY cylinders) || ']',
      '[{"value":' || arg_max(cylinders, n) || ',"count":' || MAX(n) || '}]' FROM
      (SELECT origin, cylinders, COUNT(*) AS n FROM cars GROUP BY ALL) GROUP BY origin`,
  ],
  [
    "SELECT HISTOGRAM(weight, 500) FROM cars",
    `SELECT '[' || string_agg('{"value":' || w || ',"count":' || n || '}', ',' ORDER BY w) || ']' FROM
      (SELECT weight // 500 * 500 AS w, COUNT(*) AS n FROM cars GROUP BY w)`,
  ],
  "SELECT t, COUNT(*) FROM odd GROUP BY t",
  "SELECT b, COUNT(*), SUM(i), SUM(d) FROM odd GROUP BY b",
  "SELECT ts, COUNT(*) FROM odd GROUP BY ts",
  "SELECT m, COUNT(*) FROM odd GROUP BY m",
  "SELECT origin, COUNT(*) FROM cars WHERE weight > 100000 GROUP BY origin",
  "SELECT genre, n FROM (SELECT genre, COUNT(*) AS n FROM movies GROUP BY genre) WHERE n > 100 AND genre LIKE 'C%'",
  "SELECT n, COUNT(*) FROM (SELECT director, COUNT(*) AS n FROM movies WHERE director IS NOT NULL GROUP BY director) GROUP BY n",
  "SELECT MAX(n), SUM(n) FROM (SELECT origin, COUNT(*) AS n FROM cars GROUP BY origin)",
  `SELECT name, weight FROM (SELECT *, ${TOP} AS n FROM cars) WHERE n <= 2`,
  `SELECT name, n FROM (SELECT *, ${TOP} AS n FROM cars) WHERE n BETWEEN 2 AND 3`,
  `SELECT name, weight FROM cars QUALIFY ${TOP} = 1`,
  `SELECT symbol, day, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY symbol ORDER BY day DESC) AS n FROM stocks) WHERE n = 1`,
  `SELECT genre, title FROM (SELECT genre, title, ROW_NUMBER() OVER (PARTITION BY genre ORDER BY votes DESC NULLS LAST, title) AS n FROM movies WHERE votes > 0) WHERE n = 1`,
  "SELECT name, horsepower, r FROM (SELECT name, horsepower, RANK() OVER (PARTITION BY origin ORDER BY horsepower DESC NULLS LAST) AS r FROM cars) WHERE r <= 5",
  "SELECT name, r FROM (SELECT name, DENSE_RANK() OVER (ORDER BY cylinders, weight DESC) AS r FROM cars) WHERE r BETWEEN 3 AND 9",
  "SELECT name, made FROM cars QUALIFY DENSE_RANK() OVER (PARTITION BY origin ORDER BY cylinders DESC) = 2",
  "SELECT origin, n, r FROM (SELECT origin, n, RANK() OVER (ORDER BY n DESC) AS r FROM (SELECT cylinders AS origin, COUNT(*) AS n FROM cars GROUP BY cylinders)) WHERE r <= 3",
  [
    "SELECT window_start, window_end, COUNT(*), SUM(delay) FROM TABLE(TUMBLE(TABLE flights, DESCRIPTOR(ts), INTERVAL '7' DAY)) GROUP BY window_start, window_end",
    "SELECT time_bucket(INTERVAL 7 DAY, ts, TIMESTAMP '1970-01-01') AS s, s + INTERVAL 7 DAY, COUNT(*), SUM(delay) FROM flights GROUP BY s",
  ],
  [
    "SELECT window_start, origin, AVG(CAST(delay AS DOUBLE)) FROM TABLE(TUMBLE(TABLE flights, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_start, window_end, origin",
    "SELECT date_trunc('day', ts)::TIMESTAMP, origin, AVG(delay) FROM flights GROUP BY 1, 2",
  ],
  [
    "SELECT window_start, MAX(high), COUNT(*) FROM TABLE(HOP(TABLE weather, DESCRIPTOR(ts), INTERVAL '5' DAY, INTERVAL '15' DAY)) GROUP BY window_start, window_end",
    `SELECT make_timestamp((s * 5 * 86400000000)::BIGINT), MAX(high), COUNT(*) FROM
      (SELECT *, (epoch_ms(ts) // 432000000) - k AS s FROM weather, range(3) r(k)) GROUP BY s`,
  ],
  [
    "SELECT window_start, window_end, SUM(rain) FROM TABLE(CUMULATE(TABLE weather, DESCRIPTOR(ts), INTERVAL '2' DAY, INTERVAL '6' DAY)) GROUP BY window_start, window_end",
    `SELECT make_timestamp((w * 518400000000)::BIGINT), make_timestamp((w * 518400000000 + k * 172800000000)::BIGINT), SUM(rain) FROM
      (SELECT *, epoch_ms(ts) // 518400000 AS w, k FROM weather, range(1, 4) r(k)
       WHERE (epoch_ms(ts) % 518400000) < k * 172800000) GROUP BY w, k`,
  ],
  [
    "SELECT kind, window_start, window_end, COUNT(*) FROM TABLE(SESSION(TABLE weather PARTITION BY kind, DESCRIPTOR(ts), INTERVAL '3' DAY)) GROUP BY kind, window_start, window_end",
    `SELECT kind, MIN(ts), MAX(ts) + INTERVAL 3 DAY, COUNT(*) FROM (SELECT *, SUM(new) OVER (PARTITION BY kind ORDER BY ts) AS s FROM
      (SELECT *, CASE WHEN ts - LAG(ts) OVER (PARTITION BY kind ORDER BY ts) <= INTERVAL 3 DAY THEN 0 ELSE 1 END AS new FROM weather)) GROUP BY kind, s`,
  ],
  [
    "SELECT window_start, kind, COUNT(*), SUM(rain) FROM TABLE(TUMBLE(TABLE weather, DESCRIPTOR(ts), INTERVAL '30' DAY)) GROUP BY GROUPING SETS ((window_start, window_end), (window_start, window_end, kind))",
    "SELECT time_bucket(INTERVAL 30 DAY, ts, TIMESTAMP '1970-01-01') AS s, kind, COUNT(*), SUM(rain) FROM weather GROUP BY GROUPING SETS ((s), (s, kind))",
  ],
  [
    "SELECT origin, SUM(delay), MAX(distance), COUNT(*) FROM flights GROUP BY origin, COUNTWINDOW(10)",
    `SELECT origin, SUM(delay), MAX(distance), COUNT(*) FROM
      (SELECT *, (row_number() OVER (PARTITION BY origin ORDER BY n) - 1) // 10 AS w FROM flights) GROUP BY origin, w HAVING COUNT(*) = 10`,
  ],
  [
    "SELECT origin, System.Timestamp() AS t, MIN(delay), COUNT(DISTINCT destination) FROM flights GROUP BY origin, COUNTWINDOW(10, 4) HAVING MIN(delay) < -5",
    `SELECT origin, MAX(ts), MIN(delay), COUNT(DISTINCT destination) FROM
      (SELECT *, row_number() OVER (PARTITION BY origin ORDER BY n) - 1 AS r FROM flights), range(1000) k(k)
      WHERE r BETWEEN 4 * k AND 4 * k + 9 GROUP BY origin, k HAVING COUNT(*) = 10 AND MIN(delay) < -5`,
  ],
  [
    "SELECT SUM(delay) AS s FROM flights GROUP BY COUNTWINDOW(3, 5)",
    `SELECT SUM(delay) FROM (SELECT *, row_number() OVER (ORDER BY n) - 1 AS r FROM flights)
      WHERE r % 5 < 3 GROUP BY r // 5 HAVING COUNT(*) = 3`,
  ],
  exact(
    "SELECT n, SUM(delay) OVER (PARTITION BY origin ORDER BY ts ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) FROM flights",
  ),
  exact(
    "SELECT n, COUNT(*) OVER (PARTITION BY origin ORDER BY ts ROWS UNBOUNDED PRECEDING), MIN(delay) OVER (PARTITION BY origin ORDER BY ts ROWS BETWEEN 9 PRECEDING AND CURRENT ROW) FROM flights",
  ),
  exact(
    "SELECT n, AVG(CAST(distance AS DOUBLE)) OVER (PARTITION BY destination ORDER BY ts ROWS BETWEEN 4 PRECEDING AND CURRENT ROW), MAX(delay) OVER (PARTITION BY destination ORDER BY ts ROWS BETWEEN 4 PRECEDING AND CURRENT ROW) FROM flights",
  ),
  "SELECT ts, SUM(rain) OVER (ORDER BY ts RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND CURRENT ROW), MAX(wind) OVER (ORDER BY ts RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND CURRENT ROW) FROM weather",
  "SELECT n, COUNT(*) OVER (PARTITION BY origin ORDER BY ts), SUM(distance) OVER (PARTITION BY origin ORDER BY ts) FROM flights",
  "SELECT n, COUNT(*) OVER (PARTITION BY origin ORDER BY ts RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW) FROM flights",
  "SELECT ts, FIRST_VALUE(high) OVER (ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW), LAST_VALUE(low) OVER (ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM weather",
  "SELECT ts, LAG(high) OVER (ORDER BY ts), LAG(high, 3) OVER (ORDER BY ts), LAG(kind, 2, 'none') OVER (PARTITION BY kind ORDER BY ts) FROM weather",
  "SELECT ts, high - LAG(high) OVER (ORDER BY ts) AS change FROM weather",
  exact("SELECT n, ROW_NUMBER() OVER (PARTITION BY origin, destination ORDER BY ts) AS k FROM flights"),
  "SELECT ts, kind, SUM(rain) OVER w AS s, COUNT(*) OVER w AS c FROM weather WINDOW w AS (PARTITION BY kind ORDER BY ts ROWS BETWEEN 5 PRECEDING AND CURRENT ROW)",
  "SELECT ts, STDDEV_SAMP(high) OVER (ORDER BY ts ROWS BETWEEN 9 PRECEDING AND CURRENT ROW) FROM weather",
  "SELECT a.n, b.n FROM flights a JOIN flights b ON a.destination = b.origin AND b.ts BETWEEN a.ts AND a.ts + INTERVAL '6' HOUR",
  "SELECT a.n, b.n FROM flights a LEFT JOIN flights b ON a.origin = b.destination AND b.ts BETWEEN a.ts - INTERVAL '2' DAY AND a.ts WHERE a.n < 300",
  "SELECT origin, COUNT(*) FROM flights WHERE EXTRACT(HOUR FROM ts) BETWEEN 6 AND 8 GROUP BY origin",
];
