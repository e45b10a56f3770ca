import assert from "node:assert/strict";
import { compileSql, describeProblem } from "../../../src/sql/mod.ts";
import { CATALOG } from "./catalog.ts";

const TABLES = `
CREATE TABLE person (id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING,
  dateTime TIMESTAMP(3), extra STRING, WATERMARK FOR dateTime AS dateTime - INTERVAL '4' SECOND)
  WITH ('connector' = 'nexmark', 'events' = '1000');
CREATE TABLE auction (id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT,
  dateTime TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING,
  WATERMARK FOR dateTime AS dateTime - INTERVAL '4' SECOND) WITH ('connector' = 'nexmark', 'events' = '1000');
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, dateTime TIMESTAMP(3),
  extra STRING, WATERMARK FOR dateTime AS dateTime - INTERVAL '4' SECOND) WITH ('connector' = 'nexmark', 'events' = '1000');
`;
const HOPS = "TABLE(HOP(TABLE bid, DESCRIPTOR(dateTime), INTERVAL '2' SECOND, INTERVAL '10' SECOND))";
const MATCHED = "A.id = B.auction AND B.dateTime BETWEEN A.dateTime AND A.expires";
const tumbled = (table: string) => `TABLE(TUMBLE(TABLE ${table}, DESCRIPTOR(dateTime), INTERVAL '10' SECOND))`;
const ranks = (call: string) =>
  [["rank1", "price < 10000"], ["rank2", "price >= 10000 AND price < 1000000"], ["rank3", "price >= 1000000"]]
    .map(([name, condition]) => `${call} FILTER (WHERE ${condition}) AS ${name}`).join(", ");
const DAY = "DATE_FORMAT(dateTime, 'yyyy-MM-dd')";

/** The queries of the Nexmark benchmark as Flink has them, with the operations of their plans in order. */
const QUERIES: Readonly<Record<string, readonly [string, string]>> = {
  q0: ["SELECT auction, bidder, price, dateTime, extra FROM bid", "source project sink"],
  q1: ["SELECT auction, bidder, 0.908 * price AS price, dateTime, extra FROM bid", "source project sink"],
  q2: ["SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0", "source filter project sink"],
  q3: [
    `SELECT P.name, P.city, P.state, A.id FROM auction AS A INNER JOIN person AS P ON A.seller = P.id
     WHERE A.category = 10 AND (P.state = 'OR' OR P.state = 'ID' OR P.state = 'CA')`,
    "source source filter filter project join project sink",
  ],
  q4: [
    `SELECT Q.category, AVG(Q.final) FROM (SELECT MAX(B.price) AS final, A.category FROM auction A, bid B
     WHERE ${MATCHED} GROUP BY A.id, A.category) Q GROUP BY Q.category`,
    "source source project join aggregate project aggregate project sink",
  ],
  q5: [
    `SELECT AuctionBids.auction, AuctionBids.num FROM (SELECT auction, COUNT(*) AS num, window_start AS starttime,
       window_end AS endtime FROM ${HOPS} GROUP BY auction, window_start, window_end) AS AuctionBids
     JOIN (SELECT MAX(CountBids.num) AS maxn, CountBids.starttime, CountBids.endtime FROM (SELECT COUNT(*) AS num,
       window_start AS starttime, window_end AS endtime FROM ${HOPS} GROUP BY auction, window_start, window_end) AS CountBids
       GROUP BY CountBids.starttime, CountBids.endtime) AS MaxBids
     ON AuctionBids.starttime = MaxBids.starttime AND AuctionBids.endtime = MaxBids.endtime AND AuctionBids.num >= MaxBids.maxn`,
    "source window aggregate project window aggregate project aggregate project project join project sink",
  ],
  q7: [
    `SELECT B.auction, B.price, B.bidder, B.dateTime, B.extra FROM bid B JOIN (SELECT MAX(price) AS maxprice,
       window_end AS dateTime FROM ${tumbled("bid")} GROUP BY window_start, window_end) B1 ON B.price = B1.maxprice
     WHERE B.dateTime BETWEEN B1.dateTime - INTERVAL '10' SECOND AND B1.dateTime`,
    "source window aggregate project project join project sink",
  ],
  q8: [
    `SELECT P.id, P.name, P.starttime FROM (SELECT id, name, window_start AS starttime, window_end AS endtime
       FROM ${tumbled("person")} GROUP BY id, name, window_start, window_end) P
     JOIN (SELECT seller, window_start AS starttime, window_end AS endtime FROM ${tumbled("auction")}
       GROUP BY seller, window_start, window_end) A
     ON P.id = A.seller AND P.starttime = A.starttime AND P.endtime = A.endtime`,
    "source window aggregate project source window aggregate project project join project sink",
  ],
  q9: [
    `SELECT id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra, auction, bidder,
       price, bid_dateTime, bid_extra FROM (SELECT A.*, B.auction, B.bidder, B.price, B.dateTime AS bid_dateTime,
       B.extra AS bid_extra, ROW_NUMBER() OVER (PARTITION BY A.id ORDER BY B.price DESC, B.dateTime ASC) AS rownum
       FROM auction A, bid B WHERE ${MATCHED}) WHERE rownum <= 1`,
    "source source project join project rank project sink",
  ],
  q10: [
    `SELECT auction, bidder, price, dateTime, extra, ${DAY}, DATE_FORMAT(dateTime, 'HH:mm') FROM bid`,
    "source project sink",
  ],
  q11: [
    `SELECT B.bidder, COUNT(*) AS bid_count, SESSION_START(B.dateTime, INTERVAL '10' SECOND) AS starttime,
       SESSION_END(B.dateTime, INTERVAL '10' SECOND) AS endtime FROM bid B
     GROUP BY B.bidder, SESSION(B.dateTime, INTERVAL '10' SECOND)`,
    "source window aggregate project sink",
  ],
  q14: [
    `SELECT auction, bidder, 0.908 * price AS price, CASE WHEN HOUR(dateTime) >= 8 AND HOUR(dateTime) <= 18 THEN 'dayTime'
       WHEN HOUR(dateTime) <= 6 OR HOUR(dateTime) >= 20 THEN 'nightTime' ELSE 'otherTime' END AS bidTimeType, dateTime, extra,
       COUNT_CHAR(extra, 'c') AS c_counts FROM bid WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000`,
    "source filter project sink",
  ],
  q15: [
    `SELECT ${DAY} AS \`day\`, COUNT(*) AS total_bids, ${ranks("COUNT(*)")}, COUNT(DISTINCT bidder) AS total_bidders
     FROM bid GROUP BY ${DAY}`,
    "source project aggregate project sink",
  ],
  q16: [
    `SELECT channel, ${DAY} AS \`day\`, MAX(DATE_FORMAT(dateTime, 'HH:mm')) AS \`minute\`, COUNT(*) AS total_bids,
       ${ranks("COUNT(DISTINCT auction)")} FROM bid GROUP BY channel, ${DAY}`,
    "source project aggregate project sink",
  ],
  q17: [
    `SELECT auction, ${DAY} AS \`day\`, COUNT(*) AS total_bids, ${ranks("COUNT(*)")}, MIN(price) AS min_price,
       MAX(price) AS max_price, AVG(price) AS avg_price, SUM(price) AS sum_price FROM bid GROUP BY auction, ${DAY}`,
    "source project aggregate project sink",
  ],
  q18: [
    `SELECT auction, bidder, price, channel, url, dateTime, extra FROM (SELECT *, ROW_NUMBER() OVER (
       PARTITION BY bidder, auction ORDER BY dateTime DESC) AS rank_number FROM bid) WHERE rank_number <= 1`,
    "source rank project sink",
  ],
  q19: [
    `SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) AS rank_number FROM bid)
     WHERE rank_number <= 10`,
    "source rank sink",
  ],
  q20: [
    `SELECT auction, bidder, price, channel, url, B.dateTime, B.extra, itemName, description, initialBid, reserve,
       A.dateTime, expires, seller, category, A.extra FROM bid AS B INNER JOIN auction AS A ON B.auction = A.id
     WHERE A.category = 10`,
    "source source filter project join project sink",
  ],
  q21: [
    `SELECT auction, bidder, price, channel, CASE WHEN LOWER(channel) = 'apple' THEN '0' WHEN LOWER(channel) = 'google' THEN '1'
       ELSE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) END AS channel_id FROM bid
     WHERE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) IS NOT NULL OR LOWER(channel) IN ('apple', 'google')`,
    "source filter project sink",
  ],
  q22: [
    `SELECT auction, bidder, price, channel, SPLIT_INDEX(url, '/', 3) AS dir1, SPLIT_INDEX(url, '/', 4) AS dir2,
       SPLIT_INDEX(url, '/', 5) AS dir3 FROM bid`,
    "source project sink",
  ],
};

for (const [name, [query, operations]] of Object.entries(QUERIES)) {
  Deno.test(`Nexmark's ${name} becomes a plan`, () => {
    const script = TABLES + query, { problems, pipelines } = compileSql(script, CATALOG, { name });
    assert.deepEqual(problems.map((problem) => describeProblem(script, problem)), []);
    assert.equal(pipelines[0].plan.nodes.map(({ op }) => op).join(" "), operations);
  });
}
