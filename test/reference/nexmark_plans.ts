import type { Plan, PlanNode } from "../../src/plan/plan.ts";
import type { Value } from "../../src/core/value.ts";
import type { Events } from "../nexmark/events.ts";
import type { LogEntry } from "./engine.ts";
import { and, call, col, filter, lit, project, sink } from "./nodes.ts";

const TABLES = {
  person:
    "id:int64 name:string emailAddress:string creditCard:string city:string state:string dateTime:timestamp extra:string",
  auction:
    "id:int64 itemName:string description:string initialBid:int64 reserve:int64 dateTime:timestamp expires:timestamp seller:int64 category:int64 extra:string",
  bid: "auction:int64 bidder:int64 price:int64 channel:string url:string dateTime:timestamp extra:string",
} as const;
type Table = keyof typeof TABLES;

const columnsOf = (table: Table) =>
  TABLES[table].split(" ").map((column) => {
    const [name, type] = column.split(":");
    return { name, type, nullable: false };
  });

function source(table: Table): PlanNode {
  const connector = { kind: "nexmark", table, events: 0, events_per_second: 1, seed: 0 } as const;
  return { id: table, op: "source", connector, columns: columnsOf(table), time: "dateTime", delay_ms: 4000 };
}

/** All columns of a table, each with a letter in front: those of a join may not collide. */
function prefixed(table: Table, letter: string): PlanNode {
  return project(letter, table, Object.fromEntries(columnsOf(table).map(({ name }) => [`${letter}_${name}`, name])));
}

function plan(name: string, ...nodes: PlanNode[]): Plan {
  return { rdx: 1, name, nodes: [source("person"), source("auction"), source("bid"), ...nodes] };
}

const inTime = and(
  call("ge", col("b_dateTime"), col("a_dateTime")),
  call("le", col("b_dateTime"), col("a_expires")),
);
const auctionsWithBids: readonly PlanNode[] = [
  prefixed("auction", "a"),
  prefixed("bid", "b"),
  {
    id: "j",
    op: "join",
    input: ["a", "b"],
    type: "inner",
    on: [{ left: "a_id", right: "b_auction" }],
    where: inTime,
  },
];
const tumble = (id: string, input: string): PlanNode => {
  return { id, op: "window", input: [input], window: { kind: "tumble", size_ms: 10_000, offset_ms: 0 } };
};
const group = (
  id: string,
  input: string,
  keys: string[],
  aggs: Extract<PlanNode, { op: "aggregate" }>["aggs"],
): PlanNode => {
  return { id, op: "aggregate", input: [input], keys, aggs, two_phase: false };
};
const sameWindow = (left: string, right: string) =>
  ["window_start", "window_end"].map((name) => ({ left: left + name, right: right + name }));
const renamedWindow = (id: string, input: string, columns: Record<string, string>): PlanNode =>
  project(id, input, { [`${id}_window_start`]: "window_start", [`${id}_window_end`]: "window_end", ...columns });

const q3 = plan(
  "q3",
  prefixed("auction", "a"),
  filter("a10", "a", call("eq", col("a_category"), lit(10))),
  prefixed("person", "p"),
  filter("p3", "p", call("in", col("p_state"), lit("OR"), lit("ID"), lit("CA"))),
  { id: "j", op: "join", input: ["a10", "p3"], type: "inner", on: [{ left: "a_seller", right: "p_id" }] },
  project("r", "j", { name: "p_name", city: "p_city", state: "p_state", id: "a_id" }),
  sink("r"),
);

const q4 = plan(
  "q4",
  ...auctionsWithBids,
  group("m", "j", ["a_id", "a_category"], [{ fn: "max", arg: col("b_price"), as: "final" }]),
  group("g", "m", ["a_category"], [{ fn: "avg", arg: col("final"), as: "average" }]),
  project("r", "g", { category: "a_category", final: { call: "cast", args: [col("average")], type: "int64" } }),
  sink("r"),
);

const q5 = plan(
  "q5",
  {
    id: "w",
    op: "window",
    input: ["bid"],
    window: { kind: "hop", size_ms: 10_000, slide_ms: 2000, offset_ms: 0 },
  },
  group("c", "w", ["auction"], [{ fn: "count", as: "num" }]),
  group("m", "c", ["window_start", "window_end"], [{ fn: "max", arg: col("num"), as: "most" }]),
  renamedWindow("l", "c", { auction: "auction", num: "num" }),
  renamedWindow("r", "m", { most: "most" }),
  {
    id: "j",
    op: "join",
    input: ["l", "r"],
    type: "inner",
    on: sameWindow("l_", "r_"),
    where: call("ge", col("num"), col("most")),
    window: { left: "l_window_end", right: "r_window_end" },
  },
  project("o", "j", { auction: "auction", num: "num" }),
  sink("o"),
);

const q8 = plan(
  "q8",
  tumble("pw", "person"),
  group("pg", "pw", ["id", "name"], []),
  tumble("aw", "auction"),
  group("ag", "aw", ["seller"], []),
  renamedWindow("p", "pg", { id: "id", name: "name" }),
  renamedWindow("a", "ag", { seller: "seller" }),
  {
    id: "j",
    op: "join",
    input: ["p", "a"],
    type: "inner",
    on: [{ left: "id", right: "seller" }, ...sameWindow("p_", "a_")],
    window: { left: "p_window_end", right: "a_window_end" },
  },
  project("o", "j", { id: "id", name: "name", starttime: "p_window_start" }),
  sink("o"),
);

const q9 = plan(
  "q9",
  ...auctionsWithBids,
  {
    id: "t",
    op: "rank",
    input: ["j"],
    keys: ["a_id"],
    order: [
      { column: "b_price", desc: true, nulls_last: true },
      { column: "b_dateTime", desc: false, nulls_last: false },
    ],
    from: 1,
    to: 1,
  },
  project(
    "r",
    "t",
    Object.fromEntries([
      ...columnsOf("auction").map(({ name }) => `a_${name}`),
      ...["auction", "bidder", "price", "dateTime", "extra"].map((name) => `b_${name}`),
    ].map((name) => [name, name])),
  ),
  sink("r"),
);

const q11 = plan(
  "q11",
  { id: "w", op: "window", input: ["bid"], window: { kind: "session", gap_ms: 10_000, keys: ["bidder"] } },
  group("g", "w", ["bidder"], [{ fn: "count", as: "bid_count" }]),
  project("r", "g", { bidder: "bidder", bid_count: "bid_count", starttime: "window_start", endtime: "window_end" }),
  sink("r"),
);

const q18 = plan("q18", {
  id: "t",
  op: "rank",
  input: ["bid"],
  keys: ["bidder", "auction"],
  order: [{ column: "dateTime", desc: true, nulls_last: true }],
  from: 1,
  to: 1,
}, sink("t"));

const q19 = plan("q19", {
  id: "t",
  op: "rank",
  input: ["bid"],
  keys: ["auction"],
  order: [{ column: "price", desc: true, nulls_last: true }],
  from: 1,
  to: 10,
  as: "rank_number",
}, sink("t"));

/** Queries of Nexmark as plans that were written by hand. */
export const NEXMARK_PLANS: Readonly<Record<string, Plan>> = { q3, q4, q5, q8, q9, q11, q18, q19 };

/** The events in the order in which they came, then the ends of all tables. */
export function nexmarkLog({ persons, auctions, bids }: Events): LogEntry[] {
  const tables = { person: persons, auction: auctions, bid: bids }, log: LogEntry[] = [];
  const places = { person: 0, auction: 0, bid: 0 };
  for (let event = 0; event < persons.length + auctions.length + bids.length; event++) {
    const table: Table = event % 50 === 0 ? "person" : event % 50 < 4 ? "auction" : "bid";
    const row = tables[table][places[table]++] as unknown as Record<string, number | string>;
    const values = columnsOf(table).map(({ name, type }): Value => type === "string" ? row[name] : BigInt(row[name]));
    log.push({ source: table, kind: "+I", values });
  }
  return [...log, ...(["person", "auction", "bid"] as const).map((source) => ({ source, end: true } as const))];
}
