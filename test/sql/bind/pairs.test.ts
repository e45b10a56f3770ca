import assert from "node:assert/strict";
import {
  array,
  bool,
  decimal,
  desc,
  discard,
  double,
  fn,
  hop,
  int64,
  json,
  lit,
  map,
  nullable,
  pipeline,
  row,
  stdout,
  stream,
  string,
  timestamp,
  tumble,
  view,
  when,
} from "../../../src/builder/mod.ts";
import { parsePlan, type Plan } from "../../../src/plan/mod.ts";
import { compileSqlOrThrow } from "../../../src/sql/mod.ts";
import { CATALOG } from "./catalog.ts";

const bids = () =>
  pipeline("p").from(stream("bid", {
    auction: int64(),
    bidder: int64(),
    price: nullable(int64()),
    channel: nullable(string()),
    rate: nullable(double()),
    fee: nullable(decimal(10, 2)),
    paid: nullable(bool()),
    ts: timestamp(),
  }));

const orders = () =>
  pipeline("p").from(stream("orders", {
    id: int64(),
    qty: nullable(int64()),
    tags: nullable(array(string())),
    items: nullable(array(row({ sku: string(), qty: int64() }))),
    attrs: nullable(map(double())),
    at: nullable(row({ city: string(), zip: int64() })),
    j: nullable(json()),
    ts: timestamp(),
  }));

const MINUTE = tumble({ minutes: 1 }, { time: "ts" });
const table = (connector: string) => `CREATE TABLE result (a BIGINT) WITH ('connector' = '${connector}');`;

/** One pipeline in two notations. */
const PAIRS: readonly (readonly [string, string, { toPlan(): Plan }])[] = [
  ["all rows", "SELECT * FROM bid", bids().to(view("p"))],
  [
    "a filter and a projection",
    "SELECT auction, price * 2 AS twice FROM bid WHERE price > 100",
    bids().filter((r) => r.price.gt(100)).map((r) => ({ auction: r.auction, twice: r.price.mul(2) })).to(view("p")),
  ],
  [
    "conditions that are joined",
    "SELECT auction FROM bid WHERE (price BETWEEN 1 AND 9 AND channel IN ('a', 'b')) OR NOT paid",
    bids().filter((r) => r.price.between(1, 9).and(r.channel.in("a", "b")).or(r.paid.not()))
      .map((r) => ({ auction: r.auction })).to(view("p")),
  ],
  [
    "text",
    "SELECT UPPER(TRIM(channel)) AS c FROM bid WHERE channel LIKE 'a_%' AND CHAR_LENGTH(channel) < 9",
    bids().filter((r) => r.channel.like("a_%").and(r.channel.length().lt(9)))
      .map((r) => ({ c: r.channel.trim().upper() })).to(view("p")),
  ],
  [
    "CASE and COALESCE",
    "SELECT CASE WHEN paid THEN 'yes' ELSE 'no' END AS a, COALESCE(price, 0) AS b FROM bid",
    bids().map((r) => ({ a: when(r.paid, "yes").otherwise("no"), b: r.price.orElse(0) })).to(view("p")),
  ],
  [
    "times",
    "SELECT ts + INTERVAL '1' HOUR AS a, EXTRACT(HOUR FROM ts) AS b, FLOOR(ts TO DAY) AS c FROM bid",
    bids().map((r) => ({ a: r.ts.later({ hours: 1 }), b: r.ts.part("hour"), c: r.ts.truncate("day") })).to(view("p")),
  ],
  [
    "casts and exact numbers",
    "SELECT CAST(price AS DOUBLE) AS a, fee + 1.50 AS b, rate * 0.5 AS c FROM bid",
    bids().map((r) => ({ a: r.price.cast(double()), b: r.fee.add(lit("1.50", decimal(3, 2))), c: r.rate.mul(0.5) }))
      .to(view("p")),
  ],
  [
    "tumbling windows by key",
    `SELECT window_start, window_end, auction, COUNT(*) AS n, SUM(price) AS total FROM TABLE(
       TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, auction`,
    bids().keyBy("auction").window(MINUTE).aggregate((a) => ({ n: a.count(), total: a.sum("price") })).to(view("p")),
  ],
  [
    "hopping windows with an offset",
    `SELECT window_start, window_end, MAX(rate) AS top FROM TABLE(
       HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND, INTERVAL '1' SECOND))
     GROUP BY window_start, window_end`,
    bids().keyBy().window(hop({ seconds: 10 }, { seconds: 5 }, { time: "ts", offset: { seconds: 1 } }))
      .aggregate((a) => ({ top: a.max("rate") })).to(view("p")),
  ],
  [
    "aggregates of computed and filtered rows",
    `SELECT window_start, window_end, channel, AVG(rate * 2) AS a, COUNT(*) FILTER (WHERE price > 5) AS dear
     FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) WHERE paid
     GROUP BY window_start, window_end, channel`,
    bids().filter((r) => r.paid).keyBy("channel").window(MINUTE)
      .aggregate((a, r) => ({ a: a.avg(r.rate.mul(2)), dear: a.count().where(r.price.gt(5)) })).to(view("p")),
  ],
  [
    "what stands behind a window",
    `SELECT auction, n FROM (SELECT window_start, window_end, auction, COUNT(*) AS n FROM TABLE(
       TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, auction) WHERE n > 3`,
    bids().keyBy("auction").window(MINUTE).aggregate((a) => ({ n: a.count() })).filter((r) => r.n.gt(3))
      .map((r) => ({ auction: r.auction, n: r.n })).to(view("p")),
  ],
  [
    "a filter by groups",
    `SELECT window_start, window_end, auction, MIN(price) AS low FROM TABLE(
       TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, auction
     HAVING MIN(price) < 10`,
    bids().keyBy("auction").window(MINUTE).aggregate((a) => ({ low: a.min("price") })).filter((r) => r.low.lt(10))
      .to(view("p")),
  ],
  [
    "ranks that rows share",
    `SELECT * FROM (SELECT *, RANK() OVER (PARTITION BY auction ORDER BY price DESC) AS r FROM bid)
     WHERE r BETWEEN 2 AND 3`,
    bids().keyBy("auction").top(3, [desc("price")], { by: "rank", from: 2, as: "r" }).to(view("p")),
  ],
  [
    "parts of nested values",
    `SELECT tags[1] AS t, items[2].qty + 1 AS q, attrs['k'] AS k, at.city AS c, j.a AS j, CARDINALITY(tags) AS n
     FROM orders WHERE ARRAY_CONTAINS(tags, 'x')`,
    orders().filter((r) => r.tags.includes("x")).map((r) => ({
      t: r.tags.item(1),
      q: r.items.item(2).field("qty").add(1),
      k: r.attrs.get("k"),
      c: r.at.field("city"),
      j: fn("field", json(), r.j, "a"),
      n: r.tags.size(),
    })).to(view("p")),
  ],
  [
    "a row for each item",
    "SELECT id, tag FROM orders CROSS JOIN UNNEST(tags) AS u (tag) WHERE tag <> 'x'",
    orders().unnest((r) => r.tags, "tag").filter((r) => r.tag.ne("x")).map((r) => ({ id: r.id, tag: r.tag }))
      .to(view("p")),
  ],
  [
    "a row for each item, with its number, and rows without any",
    "SELECT id, tag, n FROM orders LEFT JOIN UNNEST(tags) WITH ORDINALITY AS u (tag, n) ON TRUE",
    orders().unnest((r) => r.tags, "tag", { outer: true, ordinality: "n" })
      .map((r) => ({ id: r.id, tag: r.tag, n: r.n })).to(view("p")),
  ],
  [
    "a table that prints",
    `${table("print")} INSERT INTO result SELECT auction AS a FROM bid`,
    bids().map((r) => ({ a: r.auction })).to(stdout()),
  ],
  [
    "a table that is nowhere",
    `${table("blackhole")} INSERT INTO result SELECT auction AS a FROM bid WHERE price IS NOT NULL`,
    bids().filter((r) => r.price.isNotNull()).map((r) => ({ a: r.auction })).to(discard()),
  ],
];

for (const [name, sql, built] of PAIRS) {
  Deno.test(`SQL and builder give one plan: ${name}`, () => {
    const [{ plan }] = compileSqlOrThrow(sql, CATALOG, { name: "p" }).pipelines;
    const wanted = parsePlan(built.toPlan(), CATALOG.sinkKinds);
    assert.deepEqual(parsePlan(plan, CATALOG.sinkKinds), wanted);
  });
}
