import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { EXPRESSION_DEPTH_MAX } from "../../src/core/limits.ts";
import { compileExpression, type Expression } from "../../src/expr/mod.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import type { LogicalNode } from "../../src/plan/logical.ts";
import { optimize } from "../../src/plan/optimize.ts";
import { mergeFilters } from "../../src/plan/rewrite/merge_filters.ts";
import { pushFilters } from "../../src/plan/rewrite/push_filters.ts";
import { call, CATALOG, col, FLIGHTS, HOUR, type Json, lit, planOf, sinkOf, SOURCE, UNTIMED } from "./catalog.ts";

const compile = (plan: Json) => compilePlan(plan, CATALOG).physical;
const names = (columns: readonly { name: string }[]) => columns.map(({ name }) => name);
const LATE = call("gt", col("delay"), lit(0)), CANCELLED = call("not", col("cancelled"));

Deno.test("a source reads the columns that are used and its event time, in the order of the stream", () => {
  const { sources } = compile(planOf(
    SOURCE,
    ["filter", "source", { where: LATE }],
    ["project", "filter", { columns: ["origin", { as: "far", expr: call("gt", col("distance"), lit(1000)) }] }],
    sinkOf("project"),
  ));
  assert.deepEqual(names(sources[0].columns), ["ts", "origin", "delay", "distance"]);
  assert.equal(sources[0].time, 0);
});

Deno.test("a projected column that nobody reads is neither computed nor read", () => {
  const { sources, operators } = compile(planOf(
    UNTIMED,
    ["project", "source", { keep: true, columns: [{ as: "far", expr: call("gt", col("distance"), lit(1)) }] }],
    ["project_2", "project", { columns: ["delay"] }],
    sinkOf("project_2"),
  ));
  assert.deepEqual(names(sources[0].columns), ["delay"]);
  assert.deepEqual(operators.map(({ id, columns }) => [id, ...names(columns)]), [["project_2", "delay"]]);
});

Deno.test("counting rows still reads one column, of a fixed width", () => {
  const count = { keys: [], aggs: [{ fn: "count", as: "n" }] };
  const { sources, operators } = compile(planOf(
    UNTIMED,
    ["project", "source", { columns: [{ as: "o", expr: call("upper", col("origin")) }, "distance"] }],
    ["window", "project", HOUR],
    ["aggregate", "window", count],
    sinkOf("aggregate"),
  ));
  assert.deepEqual(names(sources[0].columns), ["distance"]);
  assert.deepEqual(names(operators[0].columns), ["distance"]);
  const direct = compile(
    planOf(UNTIMED, ["window", "source", HOUR], ["aggregate", "window", count], sinkOf("aggregate")),
  );
  assert.deepEqual(names(direct.sources[0].columns), ["ts"]);
});

Deno.test("a filter that refuses rows stays where it is, alone, with whole rows in front of it", () => {
  const refuse = "Nothing flies backwards";
  const { sources, operators } = compile(planOf(
    UNTIMED,
    ["filter", "source", { where: LATE }],
    ["filter_2", "filter", { where: call("gt", col("distance"), lit(0)), refuse }],
    ["filter_3", "filter_2", { where: CANCELLED }],
    ["project", "filter_3", { columns: ["origin"] }],
    sinkOf("project"),
  ));
  assert.deepEqual(names(sources[0].columns), FLIGHTS.map(({ name }) => name));
  assert.deepEqual(operators.map(({ id }) => id), ["filter", "filter_2", "filter_3", "project"]);
  const [, check] = operators;
  assert.equal(check.op === "filter" && check.refuse, refuse);
});

Deno.test("a filter moves below a projection that renames its columns", () => {
  const { operators, sinks } = compile(planOf(
    SOURCE,
    ["project", "source", { columns: [{ as: "late", expr: col("delay") }, "origin"] }],
    ["filter", "project", { where: call("gt", col("late"), lit(0)) }],
    sinkOf("filter"),
  ));
  assert.deepEqual(operators.map(({ id, inputs }) => [id, inputs[0]]), [["filter", "source"], ["project", "filter"]]);
  assert.equal(sinks[0].input, "project");
  const [filter] = operators;
  assert.ok(filter.op === "filter");
  assert.deepEqual(filter.predicate, compileExpression(LATE as unknown as Expression, filter.columns, "").program);
});

Deno.test("a filter stays above a projection that computes its columns or has other readers", () => {
  const order = (plan: Json) => compile(plan).operators.map(({ id, inputs }) => [id, inputs[0]]);
  const computed = { columns: [{ as: "x", expr: call("mul", col("distance"), lit(2)) }] };
  const where = { where: call("gt", col("x"), lit(0)) };
  const asWritten = [["project", "source"], ["filter", "project"]];
  assert.deepEqual(
    order(planOf(SOURCE, ["project", "source", computed], ["filter", "project", where], sinkOf("filter"))),
    asWritten,
  );
  const renamed = { columns: [{ as: "x", expr: col("distance") }] };
  assert.deepEqual(
    order(
      planOf(
        SOURCE,
        ["project", "source", renamed],
        ["filter", "project", where],
        sinkOf("filter"),
        sinkOf("project", "sink_2"),
      ),
    ),
    asWritten,
  );
});

Deno.test("filters in a row become one of all their conditions", () => {
  const { operators } = compile(planOf(
    SOURCE,
    ["filter_a", "source", { where: call("and", LATE, CANCELLED) }],
    ["filter_b", "filter_a", { where: call("eq", col("origin"), lit("SFO")) }],
    ["filter_c", "filter_b", { where: call("lt", col("distance"), lit(9)) }],
    sinkOf("filter_c"),
  ));
  assert.deepEqual(operators.map(({ id, inputs }) => [id, inputs[0]]), [["filter_c", "source"]]);
  const where = call(
    "and",
    LATE,
    CANCELLED,
    call("eq", col("origin"), lit("SFO")),
    call("lt", col("distance"), lit(9)),
  );
  assert.ok(operators[0].op === "filter");
  assert.deepEqual(
    operators[0].predicate,
    compileExpression(where as unknown as Expression, operators[0].columns, "").program,
  );
});

Deno.test("filters that would be too deep together stay apart", () => {
  let deep: Json = CANCELLED;
  for (let i = 3; i <= EXPRESSION_DEPTH_MAX; i++) deep = call("not", deep);
  const { operators } = compile(planOf(
    SOURCE,
    ["filter_a", "source", { where: deep }],
    ["filter_b", "filter_a", { where: LATE }],
    sinkOf("filter_b"),
  ));
  assert.deepEqual(operators.map(({ id }) => id), ["filter_a", "filter_b"]);
});

type Cells = Readonly<Record<string, number>>;

/** What logical nodes mean: rows are records of numbers, and an expression is a column or the sum or comparison of two. */
function evaluate(expression: Expression, row: Cells): number {
  if ("column" in expression) return row[expression.column] ?? assert.fail(`no column ${expression.column}`);
  if ("literal" in expression) return Number(expression.literal);
  const args = expression.args.map((arg) => evaluate(arg, row));
  if (expression.call === "add") return args[0] + args[1];
  if (expression.call === "and") return args.every((arg) => arg !== 0) ? 1 : 0;
  return args[0] < args[1] ? 1 : 0;
}

function run(nodes: readonly LogicalNode[], source: readonly Cells[]): Map<string, readonly Cells[]> {
  const rows = new Map<string, readonly Cells[]>(), sinks = new Map<string, readonly Cells[]>();
  for (const node of nodes) {
    const input = node.op === "source"
      ? source
      : rows.get(node.inputs[0]) ?? assert.fail(`${node.id} before its input`);
    if (node.op === "sink") sinks.set(node.id, input);
    else if (node.op === "filter") rows.set(node.id, input.filter((row) => evaluate(node.where, row) !== 0));
    else if (node.op === "project") {
      const project = (row: Cells) => Object.fromEntries(node.columns.map(({ as, expr }) => [as, evaluate(expr, row)]));
      rows.set(node.id, input.map(project));
    } else rows.set(node.id, input);
  }
  return sinks;
}

/** Random plans of filters and projections over columns a, b and c, with branches; each leaf is a sink. */
const randomNodes: fc.Arbitrary<LogicalNode[]> = fc.array(
  fc.tuple(
    fc.nat(),
    fc.boolean(),
    fc.array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { minLength: 1, maxLength: 3 }),
  ),
  { minLength: 1, maxLength: 10 },
).map((steps) => {
  const nodes: LogicalNode[] = [{ op: "source", id: "s", inputs: [], lagMs: 0, identity: "s" }],
    outputs = new Map([["s", ["a", "b", "c"]]]);
  steps.forEach(([at, isFilter, picks], i) => {
    const input = [...outputs.keys()][at % outputs.size], columns = outputs.get(input)!, id = `n${i}`;
    const pick = (n: number): Expression => ({ column: columns[n % columns.length] });
    if (isFilter) {
      const [x, y] = picks[0];
      nodes.push({ op: "filter", id, inputs: [input], lagMs: 0, where: { call: "lt", args: [pick(x), pick(y)] } });
      outputs.set(id, columns);
    } else {
      const made = picks.map(([x, y, plain], k) => ({
        as: "abc"[k],
        expr: plain ? pick(x) : { call: "add", args: [pick(x), pick(y)] },
      }));
      nodes.push({ op: "project", id, inputs: [input], lagMs: 0, columns: made });
      outputs.set(id, made.map(({ as }) => as));
    }
  });
  const read = new Set(nodes.flatMap((node) => node.inputs));
  const leaves = [...outputs.keys()].filter((id) => !read.has(id));
  return [
    ...nodes,
    ...leaves.map((input): LogicalNode => ({
      op: "sink",
      id: `${input}_sink`,
      inputs: [input],
      lagMs: 0,
      sink: { kind: "discard" },
    })),
  ];
});

Deno.test("optimised plans of filters and projections give every sink the same rows", () => {
  const columns = new Map([["s", ["a", "b", "c"]]]);
  const cell = fc.integer({ min: -3, max: 3 });
  const rows = fc.array(fc.record({ a: cell, b: cell, c: cell }), { maxLength: 12 });
  fc.assert(
    fc.property(randomNodes, rows, (nodes, source) => {
      const expected = run(nodes, source);
      assert.deepEqual(run(pushFilters(nodes, columns), source), expected);
      assert.deepEqual(run(mergeFilters(nodes), source), expected);
      assert.deepEqual(
        run(
          optimize(
            nodes,
            new Map([["s", { names: ["a", "b", "c"], time: null, needs: new Map(), exact: new Set(), least: "a" }]]),
          ).nodes,
          source,
        ),
        expected,
      );
    }),
    { numRuns: 500 },
  );
});

/** Rows of a window with its greatest value of one column, as a join compares it with another. */
function withGreatest(value: string, of: string, more: readonly [string, string, Json][] = [], type = "inner"): Json {
  const window = ["window_start", "window_end"];
  return planOf(
    SOURCE,
    ["window", "source", HOUR],
    ...more,
    ["aggregate", "window", { keys: [], aggs: [{ fn: "max", arg: col(of), as: "most" }] }],
    ["project", "aggregate", { columns: [...window.map((name) => ({ as: `r_${name}`, expr: col(name) })), "most"] }],
    ["join", null, {
      input: [more.at(-1)?.[0] ?? "window", "project"],
      type,
      on: [...window.map((name) => ({ left: name, right: `r_${name}` })), { left: value, right: "most" }],
      window: { left: "window_end", right: "r_window_end" },
    }],
    sinkOf("join"),
  );
}

Deno.test("rows of a window that meet its greatest value of their own are its best rows, and none else are kept", () => {
  const ops = (plan: Json) => compile(plan).operators.map(({ op }) => op);
  const { operators } = compile(withGreatest("delay", "delay")), rank = operators.find(({ op }) => op === "rank");
  assert.ok(rank?.op === "rank");
  assert.deepEqual([rank.id, rank.from, rank.to, rank.ties], ["join", 1, 1, true]);
  assert.deepEqual(rank.order.map(({ column, desc }) => [rank.columns[column].name, desc]), [["delay", true]]);
  const right = ["r_window_start", "r_window_end", "most"];
  assert.deepEqual(names(operators.at(-1)!.columns).slice(-3), right);
  // The order of the conditions is not that of the columns
  const { nodes, ...rest } = withGreatest("delay", "delay"), list = nodes as Json[];
  const turned = list.map((node) => node.op === "join" ? { ...node, on: (node.on as Json[]).toReversed() } : node);
  const last = compile({ ...rest, nodes: turned }).operators.at(-1)!;
  assert.ok(last.op === "project");
  assert.deepEqual(names(last.columns).slice(-3), right);
  // Of another column, of rows of which some are gone, with rows that have no partner
  for (
    const other of [
      withGreatest("ts", "scheduled"),
      withGreatest("delay", "delay", [["filter", "window", { where: LATE }]]),
      withGreatest("delay", "delay", [], "left"),
    ]
  ) assert.ok(ops(other).includes("join"));
});

Deno.test("a numbered rank keeps what tells the rows apart that may be taken back, and nothing more that nobody reads", () => {
  const kept = (source: Json, front: readonly [string, string, Json], fn = "row_number") => {
    const rank = { keys: [], order: [{ column: "n", desc: true }], to: 3, fn };
    const behind = [["rank", front[0], rank], ["project_2", "rank", { columns: ["n"] }], sinkOf("project_2")] as const;
    const { operators } = compile(planOf(["source", null, { stream: "untimed", ...source }], front, ...behind));
    return names(operators.find(({ id }) => id === "rank")!.columns).toSorted();
  };
  const aggs = [{ fn: "count", as: "n" }, { fn: "max", arg: "delay", as: "most" }];
  const group = ["aggregate", "source", { keys: ["origin"], aggs }] as const;
  assert.deepEqual(kept({}, group), ["n", "origin"], "one row of each key is there");
  assert.deepEqual(kept({}, group, "rank"), ["n"], "rows with an equal place have an equal rank");
  const renamed = ["project", "source", { columns: [{ as: "n", expr: col("delay") }, "origin", "distance"] }] as const;
  assert.deepEqual(kept({}, renamed), ["n"], "none is taken back");
  const changes = { changes: "all", kind_column: "destination" };
  assert.deepEqual(kept(changes, renamed), ["distance", "n", "origin"], "nothing else tells them apart");
});

Deno.test("every column of the stream reaches a sink that reads the source itself", () => {
  const { sources, sinks } = compile(planOf(SOURCE, sinkOf("source")));
  assert.deepEqual(sources[0].columns, FLIGHTS);
  assert.deepEqual(sinks[0].columns, FLIGHTS);
});

Deno.test("many nodes compile: filters between projections, and unions of unions under a window's aggregate", () => {
  const steps = Array.from({ length: 100 }, (_, i): [string, string, Json][] => [
    [`project_${i}`, i === 0 ? "source" : `filter_${i - 1}`, {
      keep: true,
      columns: [{ as: `c${i}`, expr: call("add", col("delay"), lit(i)) }],
    }],
    [`filter_${i}`, `project_${i}`, { where: call("gt", col("delay"), lit(i)) }],
  ]).flat();
  const [first, ...rest] = compile(planOf(SOURCE, ...steps, sinkOf("filter_99"))).operators;
  assert.equal(first.op, "filter");
  assert.ok(rest.every(({ op }) => op === "project"));
  const union = (i: number) => ({
    id: `u${i}`,
    op: "union",
    input: i === 0 ? ["window", "window"] : [`u${i - 1}`, `u${i - 1}`],
  });
  const plan = planOf(SOURCE, ["window", "source", HOUR]);
  const aggregate = {
    id: "a",
    op: "aggregate",
    input: ["u199"],
    keys: ["window_start", "window_end"],
    aggs: [{ fn: "count", as: "n" }],
  };
  const sink = { id: "s", op: "sink", input: ["a"], sink: { kind: "discard" } };
  const nodes = [...plan.nodes as Json[], ...Array.from({ length: 200 }, (_, i) => union(i)), aggregate, sink];
  assert.equal(compile({ ...plan, nodes }).operators.at(-1)!.op, "group");
});
