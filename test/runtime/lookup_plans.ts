import fc from "../deps/fast_check.ts";
import { type Column, DOUBLE, formatType, INT64, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { Row } from "./rows.ts";
import { anyRows } from "./shapes.ts";

/** A table outside: numbers with none, one or several rows, texts, and what is known of them. */
export const TABLE_COLUMNS: readonly Column[] = [
  { name: "id", type: INT64, nullable: false },
  { name: "text", type: STRING, nullable: true },
  { name: "name", type: STRING, nullable: true },
  { name: "factor", type: DOUBLE, nullable: true },
];

export const tableRows: readonly (readonly Value[])[] = Array.from({ length: 60 }, (_, i) => [
  BigInt(i % 40 - 10),
  ["a", "b", "", null, "ab"][i % 5],
  i % 9 === 0 ? null : `name ${i} of a length that is no short one`.slice(0, 6 + i % 30),
  i % 4 === 0 ? null : i / 8,
]);

export interface LookupOptions {
  readonly cache_rows: number;
  readonly cache_ttl_ms: number;
  readonly batch_rows: number;
  readonly concurrency: number;
  readonly on_error: "retry" | "null" | "dead_letter";
}

export interface Case {
  readonly rows: readonly Row[];
  readonly seed: number;
  readonly type: "inner" | "left";
  /** Two key columns. */
  readonly two: boolean;
  readonly residual: boolean;
  readonly front: "nothing" | "filter" | "window";
  readonly behind: "nothing" | "filter" | "window" | "rows" | "again" | "rank";
  readonly options: LookupOptions;
}

const anyOptions: fc.Arbitrary<LookupOptions> = fc.record({
  cache_rows: fc.constantFrom(0, 1, 5, 1000),
  cache_ttl_ms: fc.constantFrom(0, 1000),
  batch_rows: fc.constantFrom(1, 2, 7, 100),
  concurrency: fc.constantFrom(1, 2, 5),
  on_error: fc.constant("retry" as const),
});

export const anyCase: fc.Arbitrary<Case> = fc.record({
  rows: anyRows(120),
  seed: fc.nat(1_000_000),
  type: fc.constantFrom("inner", "left"),
  two: fc.boolean(),
  residual: fc.boolean(),
  front: fc.constantFrom("nothing", "nothing", "filter", "window"),
  behind: fc.constantFrom("nothing", "filter", "window", "rows", "again", "rank"),
  options: anyOptions,
});

const at = (column: string) => ({ column });
const call = (name: string, ...args: unknown[]) => ({ call: name, args });

function lookupNode(id: string, input: string, prefix: string, { type, two, residual, options }: Case): unknown {
  const columns = TABLE_COLUMNS.map(({ name, type, nullable }) => ({
    name,
    type: formatType(type),
    nullable,
    as: `${prefix}${name}`,
  }));
  return {
    id,
    op: "lookup",
    input: [input],
    type,
    table: { kind: "sqlite", path: "dim.db", table: "dim" },
    on: [{ left: "number", right: "id" }, ...(two ? [{ left: "text", right: "text" }] : [])],
    columns,
    ...(residual ? { where: call("gt", at(`${prefix}factor`), { literal: 2 }) } : {}),
    ...options,
  };
}

/** The plan of a case as JSON: what stands in front of the lookup, the lookup, and what stands behind it. */
export function planOf(one: Case): { readonly nodes: readonly unknown[] } {
  const nodes: unknown[] = [{ id: "source", op: "source", stream: "rows", time: "ts", delay_ms: 3 }];
  let last = "source";
  const add = (id: string, node: Record<string, unknown>) => {
    nodes.push({ id, input: [last], ...node });
    last = id;
  };
  if (one.front === "filter") {
    add("some", { op: "filter", where: call("ge", at("value"), { literal: 0 }) });
  } else if (one.front === "window") {
    add("tumble", { op: "window", window: { kind: "tumble", size_ms: 20 } });
    const aggs = [{ fn: "count", as: "value" }, { fn: "max", arg: at("text"), as: "text" }];
    add("sums", { op: "aggregate", keys: ["window_time", "number"], aggs });
  }
  nodes.push(lookupNode("dim", last, "d_", one));
  last = "dim";
  const windowed = one.front === "window";
  switch (one.behind) {
    case "filter":
      add("behind", { op: "filter", where: call("lt", at("d_factor"), { literal: 6 }) });
      break;
    case "again":
      nodes.push(lookupNode("dim2", last, "e_", one));
      last = "dim2";
      break;
    case "window":
    case "rows":
      if (windowed) break;
      add("windows", { op: "window", window: { kind: "tumble", size_ms: 10 } });
      if (one.behind === "rows") break;
      add("counts", {
        op: "aggregate",
        keys: ["d_name"],
        aggs: [{ fn: "count", as: "n" }, { fn: "last", arg: at("value"), as: "last" }],
      });
      break;
    case "rank":
      if (windowed) break;
      add("over", {
        op: "over",
        keys: ["number"],
        frame: { kind: "rows", preceding: 3 },
        aggs: [{ fn: "count", arg: at("d_name"), as: "n" }],
      });
      break;
  }
  const prune = one.seed % 2 === 0 && one.behind === "nothing" && !windowed;
  if (prune) add("narrow", { op: "project", columns: ["ts", "number", "d_name", "d_factor"] });
  add("sink", { op: "sink", sink: { kind: "discard" } });
  return { rdx: 1, name: "p", nodes } as { nodes: readonly unknown[] };
}

/** How rows that were looked up meet those of the same source that were not, or that were by another lookup. */
export const MEETINGS = ["union", "union of two", "interval join", "regular join"] as const;

export function meetingPlan(one: Case, meeting: typeof MEETINGS[number]): { readonly nodes: readonly unknown[] } {
  const nodes: unknown[] = [
    { id: "source", op: "source", stream: "rows", time: "ts", delay_ms: 3 },
    lookupNode("dim", "source", "d_", one),
  ];
  const project = (id: string, input: string, prefix: string, value: string) => {
    const columns = [["ts", "ts"], ["number", "number"], ["value", value]];
    nodes.push({
      id,
      op: "project",
      input: [input],
      columns: columns.map(([as, name]) => ({ as: prefix + as, expr: at(name) })),
    });
  };
  const isJoin = meeting.endsWith("join"), other = meeting === "union of two" ? "dim2" : "source";
  if (other === "dim2") nodes.push(lookupNode("dim2", "source", "e_", { ...one, type: "left", two: !one.two }));
  project("left", "dim", "", "number");
  project("right", other, isJoin ? "r_" : "", "number");
  let last = "union";
  if (isJoin) {
    const within = { left: "ts", right: "r_ts", lower_ms: -4, upper_ms: 2 };
    nodes.push({
      id: "join",
      op: "join",
      input: ["left", "right"],
      type: meeting === "interval join" ? "left" : "inner",
      on: [{ left: "number", right: "r_number" }],
      ...(meeting === "interval join" ? { within } : {}),
    });
    last = "join";
  } else {
    nodes.push({ id: "union", op: "union", input: ["left", "right"] });
    if (one.behind === "window") {
      nodes.push(
        { id: "windows", op: "window", input: ["union"], window: { kind: "tumble", size_ms: 10 } },
        { id: "counts", op: "aggregate", input: ["windows"], keys: ["number"], aggs: [{ fn: "count", as: "n" }] },
      );
      last = "counts";
    }
  }
  nodes.push({ id: "sink", op: "sink", input: [last], sink: { kind: "discard" } });
  return { rdx: 1, name: "p", nodes } as { nodes: readonly unknown[] };
}
