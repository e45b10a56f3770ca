import { BOOL, type Column, decimal, DOUBLE, INT64, parseType, STRING, TIMESTAMP } from "../../../src/core/schema.ts";
import { signatureOf } from "../../../src/plan/aggregates.ts";
import { type Catalog, STANDARD_SINKS, type StreamInfo } from "../../../src/plan/mod.ts";

const column = (name: string, type: Column["type"], nullable = true): Column => ({ name, type, nullable });

const BID: readonly Column[] = [
  column("auction", INT64, false),
  column("bidder", INT64, false),
  column("price", INT64),
  column("channel", STRING),
  column("rate", DOUBLE),
  column("fee", decimal(10, 2)),
  column("paid", BOOL),
  column("ts", TIMESTAMP, false),
];

const AUCTION: readonly Column[] = [
  column("id", INT64, false),
  column("seller", INT64),
  column("category", INT64),
  column("reserve", INT64),
  column("expires", TIMESTAMP),
  column("ts", TIMESTAMP, false),
];

const ODD: readonly Column[] = [
  column("a.b", INT64),
  column("Name", STRING),
  column("name", STRING),
  column("__proto__", INT64),
  column("window_start", STRING),
  column("at", TIMESTAMP),
];

const ORDERS: readonly Column[] = [
  column("id", INT64, false),
  column("qty", INT64),
  column("tags", parseType("array<string>")),
  column("items", parseType("array<row<sku string, qty int64>>")),
  column("attrs", parseType("map<string, double>")),
  column("at", parseType("row<city string, zip int64>")),
  column("j", parseType("json")),
  column("ts", TIMESTAMP, false),
];

const STREAMS: ReadonlyMap<string, StreamInfo> = new Map<string, StreamInfo>([
  ["bid", { columns: BID, time: "ts", delayMs: 4000, futureSkewMs: 0 }],
  ["auction", { columns: AUCTION, time: "ts", delayMs: 4000, futureSkewMs: 0 }],
  ["orders", { columns: ORDERS, time: "ts", delayMs: 0, futureSkewMs: 0 }],
  ["odd", { columns: ODD, time: null, delayMs: 0, futureSkewMs: 0 }],
]);

/** The test function of Flink's cases: different values joined by `|`. */
const CONCAT_DISTINCT = { ...signatureOf("string_agg")!, params: [], distinct: null };

/** The catalogue that SQL of the tests is compiled against. */
export const CATALOG: Catalog = {
  stream: (name) => STREAMS.get(name) ?? null,
  streamNames: () => STREAMS.keys(),
  sinkKinds: STANDARD_SINKS,
  aggregates: new Map([["concat_distinct", CONCAT_DISTINCT], ["concat_distinct_agg", CONCAT_DISTINCT]]),
};
