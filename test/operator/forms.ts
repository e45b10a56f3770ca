import { BOOL, BYTES, type Column, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { compileExpression } from "../../src/expr/mod.ts";
import type { GroupCallSpec } from "../../src/kernel/group.ts";
import { groupResultType } from "../../src/kernel/group_spec.ts";
import type { JoinMode, JoinType } from "../../src/kernel/join_spec.ts";
import type { OperatorPlan } from "../../src/operator/create.ts";
import type { GroupPlan } from "../../src/operator/group.ts";

const column = (name: string, type: Column["type"]): Column => ({ name, type, nullable: true });

/** Columns of every input. */
export const INPUT = [
  column("k", STRING),
  column("n", INT64),
  column("x", DOUBLE),
  column("end", TIMESTAMP),
  column("ts", TIMESTAMP),
  column("b", BOOL),
  column("d", decimal(10, 2)),
  column("w", decimal(38, 2)),
  column("raw", BYTES),
];
const [K, N, X, END, TS, B, D, W, RAW] = INPUT.keys();
/** The columns of the right of a join have names of their own. */
const RIGHT = INPUT.map((one) => ({ ...one, name: `r_${one.name}` }));

/** An operator in one of the forms that it can have. */
export interface Form {
  readonly plan: OperatorPlan;
  /** By input: its rows may be taken back. */
  readonly changes: readonly boolean[];
  /** Rows of a key group know nothing of others: they may be in a task of their own. */
  readonly splits: boolean;
}

function call(fn: string, arg: number, more: Partial<GroupCallSpec> = {}): GroupCallSpec {
  return { fn, args: arg < 0 ? [] : [arg], distinct: false, filter: -1, params: [], ...more };
}

/** Aggregates that keep each kind of state. */
const CALLS: Readonly<Record<string, readonly GroupCallSpec[]>> = {
  cells: [
    call("count", -1),
    call("sum", N),
    call("sum", X),
    call("avg", D),
    call("sum", W),
    call("min", N),
    call("max", X),
    call("bool_and", B, { filter: B }),
    call("var_pop", X),
  ],
  texts: [call("min", K), call("max", W), call("first", RAW), call("last", K), call("first", N)],
  sets: [
    call("count", N, { distinct: true }),
    call("sum", N, { distinct: true }),
    call("count", K, { distinct: true }),
    call("mode", K),
    call("percentile_cont", X, { params: [0.5] }),
    call("histogram", B),
  ],
  lists: [call("string_agg", K, { params: [";"] }), call("array_agg", B), call("array_agg", W, { distinct: true })],
  sketches: [
    call("approx_count_distinct", K),
    call("percentile", X, { params: [0.9] }),
    call("approx_top_k", K, { params: [3] }),
    call("approx_top_k", N, { params: [2] }),
  ],
};

function resultsOf(calls: readonly GroupCallSpec[], retracts: boolean): Column[] {
  return calls.map((one, i) => {
    const type = groupResultType(one, one.args.length === 0 ? null : INPUT[one.args[0]].type, retracts);
    return column(`a${i}`, type);
  });
}

function group(calls: string, emit: GroupPlan["emit"], retracts: boolean): Form {
  const end = "end" in emit ? emit.end : -1, keys = end < 0 ? [K] : [END, K];
  const columns = [...keys.map((key) => INPUT[key]), ...resultsOf(CALLS[calls], retracts)];
  const own = { id: "o", inputs: ["i"], columns, inputColumns: INPUT, keys, calls: CALLS[calls], retracts, emit };
  return { plan: { op: "group", ...own }, changes: [retracts], splits: true };
}

function groups(): [string, Form][] {
  const plain: GroupPlan["emit"] = { mode: "changes", ttlMs: 0, end: -1 };
  const forms: [string, Form][] = Object.keys(CALLS).map((calls) => [`group of ${calls}`, group(calls, plain, false)]);
  const emits: [string, GroupPlan["emit"]][] = [
    ["time to live", { mode: "changes", ttlMs: 300, end: -1 }],
    ["windows, changes", { mode: "changes", ttlMs: 0, end: 0 }],
    ["ticks", { mode: "every", everyMs: 10, ttlMs: 0, end: -1 }],
    ["ticks, time to live", { mode: "every", everyMs: 10, ttlMs: 300, end: -1 }],
    ["windows, ticks", { mode: "every", everyMs: 10, ttlMs: 0, end: 0 }],
    ["windows", { mode: "final", end: 0, latenessMs: 0 }],
    ["windows, lateness", { mode: "final", end: 0, latenessMs: 100 }],
  ];
  for (const calls of ["cells", "texts", "sets", "lists"]) {
    forms.push([`group of ${calls}, changelog`, group(calls, plain, true)]);
  }
  for (const [name, emit] of emits) {
    forms.push([`group of ${name}`, group("sets", emit, true)]);
    forms.push([`group of ${name}, sketches`, group("sketches", emit, false)]);
  }
  return forms;
}

function rank(more: Partial<Extract<OperatorPlan, { op: "rank" }>>): Form {
  const plan = {
    op: "rank",
    id: "o",
    inputs: ["i"],
    columns: INPUT,
    keys: [K],
    from: 1,
    to: 2,
    number: false,
  } as const;
  const order = [{ column: N, desc: true, nullsLast: false }], retracts = more.retracts ?? false;
  const whole = { ...plan, order, retracts, mode: { mode: "changes", ttlMs: 0 }, ...more } as const;
  return { plan: whole, changes: [retracts], splits: true };
}

function over(time: number, kind: "range" | "rows", preceding: number): Form {
  const calls = [call("sum", N), call("max", X), call("count", K, { distinct: true }), call("first", N)];
  const columns = [...INPUT, ...resultsOf(calls, preceding >= 0)];
  const plan = {
    op: "over",
    id: "o",
    inputs: ["i"],
    columns,
    keys: [K],
    time,
    frame: { kind, preceding },
    calls,
  } as const;
  return { plan, changes: [false], splits: true };
}

function join(
  type: JoinType,
  mode: JoinMode,
  { nullAware = false, changes = [false, false], unique = false }: {
    nullAware?: boolean;
    changes?: readonly [boolean, boolean];
    unique?: boolean;
  } = {},
): Form {
  const both = type !== "semi" && type !== "anti", keys = mode.mode === "window" ? [END, K] : [K];
  const plan = {
    op: "join",
    id: "o",
    inputs: ["l", "r"],
    columns: both ? [...INPUT, ...RIGHT] : INPUT,
    leftColumns: INPUT,
    rightColumns: RIGHT,
    type,
    leftKeys: keys,
    rightKeys: keys,
    where: null,
    nullAware,
    mode,
    leftChanges: changes[0],
    rightChanges: changes[1],
    leftUnique: false,
    rightUnique: unique,
  } as const;
  return { plan, changes, splits: !nullAware };
}

function joins(): [string, Form][] {
  const types: readonly JoinType[] = ["inner", "left", "right", "full", "semi", "anti"], both = [true, true] as const;
  const regular: JoinMode = { mode: "regular", ttlMs: 0 };
  const window: JoinMode = { mode: "window", leftEnd: END, rightEnd: END };
  const interval: JoinMode = { mode: "interval", leftTime: TS, rightTime: TS, lowerMs: -30, upperMs: 50 };
  const forms: [string, Form][] = types.flatMap((type): [string, Form][] => [
    [`${type} join`, join(type, regular)],
    [`${type} join of changelogs`, join(type, regular, { changes: both })],
    [`${type} join, time to live`, join(type, { ...regular, ttlMs: 200 })],
    [`${type} window join`, join(type, window)],
    [`${type} window join of changelogs`, join(type, window, { changes: both })],
    [`${type} interval join`, join(type, interval)],
  ]);
  for (const type of ["inner", "left"] as const) {
    forms.push([`${type} ASOF join`, join(type, { mode: "asof", leftTime: TS, rightTime: TS })]);
    const temporal = { mode: "temporal", leftTime: TS, rightTime: TS } as const;
    forms.push([`${type} temporal join`, join(type, temporal, { changes: [false, true] })]);
  }
  forms.push(["NOT IN", join("anti", regular, { nullAware: true, changes: both })]);
  return forms;
}

const base = { id: "o", inputs: ["i"], columns: INPUT };
const alone = (plan: OperatorPlan, splits = true): Form => ({ plan, changes: [false], splits });
const WINDOW = [column("window_start", TIMESTAMP), column("window_end", TIMESTAMP)];
const WINDOW_TIME = column("window_time", TIMESTAMP);
const condition = compileExpression({ call: "gt", args: [{ column: "n" }, { literal: 1 }] }, INPUT).program;

function aggregate(slideMs: number): Form {
  const aggregates = [
    { fn: "count", arg: -1 },
    { fn: "sum", arg: N },
    { fn: "avg", arg: X },
    { fn: "min", arg: D },
    { fn: "max", arg: K },
    { fn: "first", arg: K },
    { fn: "last", arg: N },
  ] as const;
  const results = aggregates.map(({ fn, arg }, i) =>
    column(`a${i}`, fn === "count" ? INT64 : fn === "avg" ? DOUBLE : INPUT[arg].type)
  );
  return alone({
    ...base,
    op: "aggregate",
    columns: [...WINDOW, INPUT[K], ...results],
    inputColumns: INPUT,
    keys: [K],
    aggregates,
    time: TS,
    sizeMs: 100,
    slideMs,
    offsetMs: 0,
    twoPhase: false,
  });
}

function session(calls: readonly GroupCallSpec[] | null): Form {
  const columns = calls ? [...WINDOW, INPUT[K], ...resultsOf(calls, false)] : [...INPUT, ...WINDOW, WINDOW_TIME];
  return alone({
    ...base,
    op: "session",
    columns,
    inputColumns: INPUT,
    keys: [K],
    time: TS,
    gapMs: 40,
    maxMs: 150,
    calls,
  });
}

const FORMS: Readonly<Record<OperatorPlan["op"], readonly [string, Form][]>> = {
  filter: [["filter", alone({ ...base, op: "filter", predicate: condition }, false)]],
  project: [["project", alone({ ...base, op: "project", columns: [column("p", BOOL)], programs: [condition] }, false)]],
  union: [["union", alone({ ...base, op: "union" }, false)]],
  unnest: [[
    "unnest",
    alone({
      ...base,
      op: "unnest",
      columns: [...INPUT, column("item", STRING), column("at", INT64)],
      list: K,
      outer: true,
    }, false),
  ]],
  assign: [[
    "assign",
    alone({
      ...base,
      op: "assign",
      columns: [...INPUT, ...WINDOW, WINDOW_TIME],
      time: TS,
      window: { kind: "tumble", sizeMs: 100, offsetMs: 0 },
      latenessMs: 0,
    }, false),
  ]],
  aggregate: [["tumbling windows", aggregate(100)], ["hopping windows", aggregate(20)]],
  group: groups(),
  session: [["sessions of rows", session(null)], ["sessions", session([call("count", -1), call("string_agg", K)])]],
  rank: [
    ["rank", rank({})],
    ["rank of a changelog", rank({ retracts: true })],
    ["rank, time to live", rank({ mode: { mode: "changes", ttlMs: 300 } })],
    [
      "numbered rank of a changelog",
      rank({ retracts: true, number: true, columns: [...INPUT, column("rank", INT64)] }),
    ],
    ["shared ranks", rank({ fn: "rank" })],
    ["dense ranks", rank({ fn: "dense_rank", mode: { mode: "changes", ttlMs: 300 } })],
    [
      "numbered shared ranks of a changelog",
      rank({ fn: "rank", retracts: true, number: true, columns: [...INPUT, column("rank", INT64)] }),
    ],
    ["shared ranks of windows", rank({ fn: "dense_rank", keys: [END, K], mode: { mode: "window", end: END } })],
    ["rank of windows", rank({ keys: [END, K], mode: { mode: "window", end: END } })],
    ["ties", rank({ keys: [END, K], to: 1, ties: true, mode: { mode: "window", end: END } })],
  ],
  over: [
    ["over a range", over(TS, "range", 60)],
    ["over all until a time", over(TS, "range", -1)],
    ["over rows by time", over(TS, "rows", 2)],
    ["over all rows by time", over(TS, "rows", -1)],
    ["over rows", over(-1, "rows", 2)],
    ["over all rows", over(-1, "rows", -1)],
  ],
  normalize: [["upserts", alone({ ...base, op: "normalize", keys: [K] })]],
  join: joins(),
  lookup: [[
    "lookup",
    alone({
      ...base,
      op: "lookup",
      columns: [...INPUT, column("found", STRING)],
      inputColumns: INPUT,
      type: "left",
      keys: [N],
      tableKeys: [column("id", INT64)],
      picks: [column("found", STRING)],
      where: null,
      onError: "dead_letter",
      cacheRows: 10,
      cacheTtlMs: 0,
      batchRows: 10,
      concurrency: 1,
    }, false),
  ]],
};

/** All operators in all their forms, by name. */
export const OPERATOR_FORMS: ReadonlyMap<string, Form> = new Map(Object.values(FORMS).flat());
