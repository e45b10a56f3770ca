import type { Expression } from "../../src/expr/mod.ts";
import type { AggregateCall, JoinNode, PlanNode, RankNode, Window } from "../../src/plan/plan.ts";
import { call, col, project, sink } from "../reference/nodes.ts";

/*
 * Queries of the cases as plans that were written by hand, one for each kind of thing that they ask. Sources are nodes of
 * their names.
 */

const SECOND = 1000, HOUR = 3_600_000, DAY = 24 * HOUR;
const tumble = (size_ms: number, offset_ms = 0): Window => ({ kind: "tumble", size_ms, offset_ms });
const hop = (slide_ms: number, size_ms: number, offset_ms = 0): Window => ({
  kind: "hop",
  size_ms,
  slide_ms,
  offset_ms,
});
const cumulate = (step_ms: number, size_ms: number): Window => ({ kind: "cumulate", size_ms, step_ms, offset_ms: 0 });
const session = (keys: string[]): Window => ({ kind: "session", gap_ms: 5 * SECOND, keys });

const window = (id: string, input: string, window: Window): PlanNode => ({ id, op: "window", input: [input], window });

const COUNTS: readonly AggregateCall[] = [
  { fn: "count", as: "cnt" },
  { fn: "sum", arg: col("bigdec"), as: "sum_b" },
  { fn: "max", arg: col("double"), as: "max_d" },
  { fn: "min", arg: col("float"), as: "min_f" },
  { fn: "count", arg: col("string"), as: "uv", distinct: true },
];
const DISTINCT: AggregateCall = { fn: "concat_distinct", arg: col("string"), as: "distinct_str" };
const NAMES = ["name", "window_start", "window_end"];

const aggregate = (id: string, input: string, keys: string[], aggs: readonly AggregateCall[], more = {}): PlanNode => {
  return { id, op: "aggregate", input: [input], keys, aggs, two_phase: false, ...more };
};
const select = (input: string, ...columns: string[]): PlanNode[] => [
  project("select", input, Object.fromEntries(columns.map((name) => [name, name]))),
  sink("select"),
];

/** Aggregates of one source by window, and by name unless `keys` says otherwise. */
function counts(of: Window, source = "T1", keys = ["name"], aggs = [...COUNTS, DISTINCT], more = {}): PlanNode[] {
  const grouping = "grouping" in more ? ["group_id"] : [], shown = keys.length === 0 ? NAMES.slice(1) : NAMES;
  return [
    window("w", source, of),
    aggregate("a", "w", keys, aggs, more),
    ...select("a", ...grouping, ...shown, ...aggs.map(({ as }) => as)),
  ];
}
const SETS = { sets: [["name"], []], grouping: "group_id" };

/** Both sources' counts of different strings by name and window, joined. */
function joined(type: JoinNode["type"], columns: string[], more: Partial<JoinNode> = {}): PlanNode[] {
  const side = (letter: string, source: string): PlanNode[] => [
    window(`w${letter}`, source, tumble(5 * SECOND)),
    aggregate(`a${letter}`, `w${letter}`, ["name"], [{ fn: "count", arg: col("string"), as: "uv", distinct: true }]),
    project(letter, `a${letter}`, Object.fromEntries([...NAMES, "uv"].map((name) => [`${letter}_${name}`, name]))),
  ];
  const on = NAMES.map((name) => ({ left: `l_${name}`, right: `r_${name}` }));
  const ends = { left: "l_window_end", right: "r_window_end" };
  const join: PlanNode = { id: "j", op: "join", input: ["l", "r"], type, on, window: ends, ...more };
  return [...side("l", "T1"), ...side("r", "T2"), join, ...select("j", ...columns)];
}
const LEFT = ["l_name", "l_window_start", "l_window_end"], RIGHT = ["r_name", "r_window_start", "r_window_end"];

/** Names that are the same, also where both are NULL. */
const SAME_NAMES: Partial<JoinNode> = {
  on: NAMES.slice(1).map((name) => ({ left: `l_${name}`, right: `r_${name}` })),
  where: call("is_not_distinct", col("l_name"), col("r_name")),
};

/** The rows of a source with their windows, as the tests show them. */
function rows(of: Window, more: PlanNode[] = [], last = "w", columns?: string[]): PlanNode[] {
  const text: Expression = { call: "cast", args: [col("rowtime")], type: "string" };
  const shown = columns ?? ["rowtime", "int", "double", "float", "bigdec", "string", "name"];
  const wanted = Object.fromEntries(shown.map((name): [string, string | Expression] => [name, name]));
  const whole: Record<string, Expression> = columns ? {} : { text };
  const windows = { window_start: "window_start", window_end: "window_end", window_time: "window_time" };
  return [window("w", "T1", of), ...more, project("select", last, { ...wanted, ...whole, ...windows }), sink("select")];
}

const top = (input: string, column: string, from: number, to: number, as?: string, keys: string[] = []): RankNode => ({
  id: "t",
  op: "rank",
  input: [input],
  keys: ["window_start", "window_end", ...keys],
  order: [{ column, desc: true, nulls_last: true }],
  from,
  to,
  window_end: "window_end",
  ...(as ? { as } : {}),
});

/** The first names of each window by their sums. */
function ranked(of: Window, from: number, to: number, as?: string): PlanNode[] {
  const aggs = [...COUNTS, DISTINCT];
  const columns = [...NAMES, ...aggs.map(({ as }) => as), ...(as ? [as] : [])];
  return [
    window("w", "T1", of),
    aggregate("a", "w", ["name"], aggs),
    top("a", "sum_b", from, to, as),
    ...select("t", ...columns),
  ];
}

const CALC = ["int", "string", "name"];

/** By the ids of the cases. */
export const FLINK_PLANS: Readonly<Record<string, PlanNode[]>> = {
  "WindowAggregateITCase.testEventTimeTumbleWindow": counts(tumble(5 * SECOND)),
  "WindowAggregateITCase.testEventTimeTumbleWindowWithNegativeOffset": counts(tumble(DAY, -8 * HOUR)),
  "WindowAggregateITCase.testEventTimeTumbleWindow_Cube": counts(tumble(5 * SECOND), "T1", ["name"], undefined, SETS),
  "WindowAggregateITCase.testTumbleWindowGroupOnWindowOnly": counts(tumble(5 * SECOND), "T1", []),
  "WindowAggregateITCase.testEventTimeHopWindowWithDistinct": counts(hop(5 * SECOND, 10 * SECOND)),
  "WindowAggregateITCase.testEventTimeHopWindowWithOffset": counts(hop(12 * HOUR, DAY, 8 * HOUR)),
  "WindowAggregateITCase.testEventTimeCumulateWindow": counts(cumulate(5 * SECOND, 15 * SECOND)),
  "WindowAggregateITCase.testEventTimeCumulateWindow_Rollup": counts(
    cumulate(5 * SECOND, 15 * SECOND),
    "T1",
    ["name"],
    undefined,
    SETS,
  ),
  "WindowAggregateITCase.testEventTimeTumbleWindowWithCDCSource": counts(tumble(5 * SECOND), "T1_CDC", ["name"], [
    ...COUNTS,
  ]),
  "WindowAggregateITCase.testEventTimeHopWindowWithCDCSource": counts(
    hop(5 * SECOND, 10 * SECOND),
    "T1_CDC",
    ["name"],
    [...COUNTS],
  ),
  "WindowAggregateITCase.testEventTimeCumulateWindowWithCDCSource": counts(
    cumulate(5 * SECOND, 15 * SECOND),
    "T1_CDC",
    ["name"],
    [...COUNTS],
  ),
  "WindowAggregateITCase.testEventTimeSessionWindow": counts(session(["name"])),
  "WindowAggregateITCase.testEventTimeSessionWindowWithCDCSource": counts(
    session(["name"]),
    "T1_CDC",
    ["name"],
    [...COUNTS],
  ),
  "WindowJoinITCase.testInnerJoin": joined("inner", [...LEFT, "l_uv", "r_uv"]),
  "WindowJoinITCase.testInnerJoinWithIsNotDistinctFrom": joined("inner", [...LEFT, "l_uv", "r_uv"], SAME_NAMES),
  "WindowJoinITCase.testSemiJoinExists": joined("semi", [...LEFT, "l_uv"]),
  "WindowJoinITCase.testAntiJoinNotExists": joined("anti", [...LEFT, "l_uv"]),
  "WindowJoinITCase.testAntiJoinNotIN": joined("anti", [...LEFT, "l_uv"], { null_aware: true }),
  "WindowJoinITCase.testLeftJoin": joined("left", [...LEFT, "l_uv", "r_uv"]),
  "WindowJoinITCase.testRightJoin": joined("right", ["l_name", ...RIGHT.slice(1), "l_uv", "r_uv"]),
  "WindowJoinITCase.testOuterJoin": joined("full", [...LEFT, ...RIGHT, "l_uv", "r_uv"]),
  "WindowJoinITCase.testOuterJoinWithIsNotDistinctFrom": joined(
    "full",
    [...LEFT, ...RIGHT, "l_uv", "r_uv"],
    SAME_NAMES,
  ),
  "WindowDeduplicateITCase.testTumbleWindowKeepLastRowWithCalc": rows(
    tumble(5 * SECOND),
    [top("w", "rowtime", 1, 1, undefined, ["name"])],
    "t",
    CALC,
  ),
  "WindowRankITCase.testTumbleWindow": ranked(tumble(5 * SECOND), 1, 2, "rownum"),
  "WindowRankITCase.testHopWindowWithoutRankNumber": ranked(hop(5 * SECOND, 10 * SECOND), 2, 2),
  "WindowRankITCase.testCumulateWindow": ranked(cumulate(5 * SECOND, 15 * SECOND), 1, 2, "rownum"),
  "WindowRankITCase.testTumbleWindowTVF": rows(
    tumble(5 * SECOND),
    [top("w", "int", 1, 2, undefined, ["name"])],
    "t",
  ),
  "WindowRankITCase.testHopWindowTVFWithCalc": rows(
    hop(5 * SECOND, 10 * SECOND),
    [top("w", "int", 1, 2, undefined, ["name"])],
    "t",
    CALC,
  ),
  "WindowTableFunctionITCase.testTumbleWindow": rows(tumble(5 * SECOND)),
  "WindowTableFunctionITCase.testHopWindow": rows(hop(5 * SECOND, 10 * SECOND)),
  "WindowTableFunctionITCase.testCumulateWindow": rows(cumulate(5 * SECOND, 15 * SECOND)),
  "WindowTableFunctionITCase.testSessionWindow": rows(session([])),
  "WindowTableFunctionITCase.testSessionWindowWithPartitionBy": rows(session(["name"])),
};
