/**
 * The queries as batch SQL for DuckDB, over the tables of a whole stream: a second opinion on the evaluators. Times are BIGINT
 * milliseconds; `rowid` is the order in which events came. Query 12 goes by the wall clock and has none.
 */
const day = (ms: string) => `strftime(make_timestamp(${ms} * 1000), '%Y-%m-%d')`;
const minute = (ms: string) => `strftime(make_timestamp(${ms} * 1000), '%H:%M')`;
const hour = (ms: string) => `hour(make_timestamp(${ms} * 1000))`;

const RANKS = [
  "true",
  "price < 10000",
  "price >= 10000 AND price < 1000000",
  "price >= 1000000",
];
const counted = (what: string) => RANKS.map((rank) => `count(${what}) FILTER (WHERE ${rank})`).join(", ");
const COUNTS = ["*", "DISTINCT bidder", "DISTINCT auction"].map(counted).join(", ");

/** Every bid once for each window of ten seconds, one every two, that it is in. */
const HOPS = `SELECT auction, start, count(*) AS n FROM (
  SELECT auction, (dateTime // 2000 - i) * 2000 AS start FROM bid, range(5) AS t(i)) GROUP BY ALL`;

const IN_TIME = `FROM auction a JOIN bid b ON a.id = b.auction AND b.dateTime BETWEEN a.dateTime AND a.expires`;

export const BATCH_SQL: Readonly<Record<string, string>> = {
  q0: "SELECT auction, bidder, price, dateTime, extra FROM bid",
  q1: "SELECT auction, bidder, price * 908, dateTime, extra FROM bid",
  q2: "SELECT auction, price FROM bid WHERE auction % 123 = 0",
  q3: `SELECT p.name, p.city, p.state, a.id FROM auction a JOIN person p ON a.seller = p.id
    WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA')`,
  q4: `SELECT category, sum(final)::BIGINT // count(*)
    FROM (SELECT max(price) AS final, category ${IN_TIME} GROUP BY a.id, category) GROUP BY category`,
  q5: `SELECT auction, n FROM (${HOPS}) c JOIN (SELECT start, max(n) AS most FROM (${HOPS}) GROUP BY start) m
    ON c.start = m.start AND c.n = m.most`,
  q7: `SELECT auction, bidder, price, dateTime, extra FROM bid JOIN
    (SELECT dateTime // 10000 AS w, max(price) AS most FROM bid GROUP BY w) m ON dateTime // 10000 = w AND price = most`,
  q8: `SELECT DISTINCT p.id, p.name, p.dateTime // 10000 * 10000
    FROM person p JOIN auction a ON p.id = a.seller AND p.dateTime // 10000 = a.dateTime // 10000`,
  q9: `SELECT * EXCLUDE place FROM (SELECT a.*, b.auction, b.bidder, b.price, b.dateTime, b.extra,
    row_number() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.dateTime, b.rowid) AS place ${IN_TIME}) WHERE place = 1`,
  q10: `SELECT auction, bidder, price, dateTime, extra, ${day("dateTime")}, ${minute("dateTime")} FROM bid`,
  q11: `SELECT bidder, count(*), min(dateTime), max(dateTime) + 10000 FROM (
    SELECT bidder, dateTime, count(*) FILTER (WHERE gap > 10000) OVER (PARTITION BY bidder ORDER BY dateTime, id) AS session FROM (
      SELECT bidder, dateTime, rowid AS id,
        dateTime - lag(dateTime) OVER (PARTITION BY bidder ORDER BY dateTime, rowid) AS gap FROM bid)) GROUP BY bidder, session`,
  q13: "SELECT auction, bidder, price, dateTime, 'side value ' || (auction % 10000) FROM bid",
  q14: `SELECT auction, bidder, price * 908,
      CASE WHEN h BETWEEN 8 AND 18 THEN 'dayTime' WHEN h <= 6 OR h >= 20 THEN 'nightTime' ELSE 'otherTime' END,
      dateTime, extra, length(regexp_replace(extra, '[^c]', '', 'g'))
    FROM (SELECT *, ${hour("dateTime")} AS h FROM bid) WHERE price * 0.908 > 1000000 AND price * 0.908 < 50000000`,
  q15: `SELECT ${day("dateTime")} AS day, ${COUNTS} FROM bid GROUP BY day`,
  q16: `SELECT channel, ${day("dateTime")} AS day, max(${
    minute("dateTime")
  }), ${COUNTS} FROM bid GROUP BY channel, day`,
  q17: `SELECT auction, ${day("dateTime")} AS day, ${counted("*")}, min(price), max(price),
    sum(price)::BIGINT // count(*), sum(price) FROM bid GROUP BY auction, day`,
  q18: `SELECT auction, bidder, price, channel, url, dateTime, extra FROM (SELECT *,
    row_number() OVER (PARTITION BY bidder, auction ORDER BY dateTime DESC, rowid) AS place FROM bid) WHERE place = 1`,
  q19: `SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY auction ORDER BY price DESC, rowid) AS place FROM bid)
    WHERE place <= 10`,
  q20:
    `SELECT b.*, a.itemName, a.description, a.initialBid, a.reserve, a.dateTime, a.expires, a.seller, a.category, a.extra
    FROM bid b JOIN auction a ON b.auction = a.id WHERE a.category = 10`,
  q21: `SELECT auction, bidder, price, channel, coalesce(
      CASE lower(channel) WHEN 'apple' THEN '0' WHEN 'google' THEN '1' WHEN 'facebook' THEN '2' WHEN 'baidu' THEN '3' END,
      regexp_extract(url, '(&|^)channel_id=([^&]*)', 2)) AS id FROM bid
    WHERE lower(channel) IN ('apple', 'google', 'facebook', 'baidu') OR regexp_matches(url, '(&|^)channel_id=')`,
  q22:
    `SELECT auction, bidder, price, channel, split_part(url, '/', 4), split_part(url, '/', 5), split_part(url, '/', 6)
    FROM bid`,
};
