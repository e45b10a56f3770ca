import fc from "../deps/fast_check.ts";
import { type Column, columnIndex, INT64, TIMESTAMP } from "../../src/core/schema.ts";
import { compileExpression, type Expression } from "../../src/expr/mod.ts";
import type {
  PhysicalAggregate,
  PhysicalOperator,
  PhysicalPlan,
  PhysicalSource,
  PhysicalWindow,
} from "../../src/plan/physical.ts";
import { COLUMNS } from "./rows.ts";

/** What every node of these graphs hands on. */
export const NODE_COLUMNS: readonly Column[] = [
  { name: "ts", type: TIMESTAMP, nullable: true },
  { name: "k", type: INT64, nullable: true },
  { name: "v", type: INT64, nullable: true },
];

/** A node reads nodes before it, by position: first the sources, then the nodes. */
export type GraphNode =
  | { readonly kind: "filter"; readonly input: number; readonly least: number }
  | { readonly kind: "project"; readonly input: number; readonly add: number; readonly keyMod: number }
  | { readonly kind: "union"; readonly inputs: readonly number[] }
  /** Each row once for each window, whose last millisecond is its time from there on. */
  | { readonly kind: "assign"; readonly input: number; readonly window: PhysicalWindow; readonly lagMs?: number }
  /** One row for each window and key; `v` is one of the results. */
  | {
    readonly kind: "aggregate";
    readonly input: number;
    readonly sizeMs: number;
    readonly slideMs: number;
    readonly offsetMs: number;
    readonly result: "n" | "sum" | "last";
    /** How far its watermark stays behind those of the nodes that it reads. */
    readonly lagMs?: number;
  };

export interface Graph {
  readonly delaysMs: readonly number[];
  readonly nodes: readonly GraphNode[];
  /** Positions of the nodes that have a sink. */
  readonly sinks: readonly number[];
}

export function inputsOf(node: GraphNode): readonly number[] {
  return node.kind === "union" ? node.inputs : [node.input];
}

/** How far the watermark of each source and node stays behind those of the sources. */
export function lagsOf({ delaysMs, nodes }: Graph): number[] {
  const lags = delaysMs.map(() => 0);
  for (const node of nodes) {
    const own = "lagMs" in node ? node.lagMs ?? 0 : 0;
    lags.push(own + Math.max(...inputsOf(node).map((at) => lags[at])));
  }
  return lags;
}

/** Whether two nodes do the same with the same rows: the optimiser makes one of them, whose rows then come in another order. */
export function hasTwins({ delaysMs, nodes }: Graph): boolean {
  const texts = delaysMs.map((_, i) => `source ${i}`);
  for (const node of nodes) {
    texts.push(JSON.stringify({ ...node, input: null, inputs: inputsOf(node).map((at) => texts[at]) }));
  }
  return new Set(texts).size < texts.length;
}

const anyWindow: fc.Arbitrary<PhysicalWindow> = fc.oneof(
  fc.record({
    kind: fc.constant("tumble" as const),
    sizeMs: fc.integer({ min: 1, max: 40 }),
    offsetMs: fc.integer({ min: -9, max: 9 }),
  }),
  fc.record({
    kind: fc.constant("hop" as const),
    sizeMs: fc.integer({ min: 2, max: 30 }),
    slideMs: fc.integer({ min: 2, max: 30 }),
    offsetMs: fc.integer({ min: -9, max: 9 }),
  }).map((hop) => ({ ...hop, slideMs: Math.min(hop.slideMs, hop.sizeMs) })),
  fc.record({
    stepMs: fc.integer({ min: 2, max: 9 }),
    steps: fc.integer({ min: 1, max: 4 }),
    offsetMs: fc.integer({ min: -9, max: 9 }),
  })
    .map(({ stepMs, steps, offsetMs }) => ({ kind: "cumulate" as const, stepMs, sizeMs: steps * stepMs, offsetMs })),
);

const NODES_MAX = 9;

/** A graph over `sources` sources; every node has a way to a sink. `lags`: watermarks of some nodes stay behind, which no plan says so. */
export function anyGraph(sources: number, lags = false): fc.Arbitrary<Graph> {
  const pick = fc.nat(10_000), anyLag = lags ? fc.constantFrom(0, 0, 0, 6) : fc.constant(0);
  const node = fc.oneof(
    fc.record({ kind: fc.constant("filter" as const), input: pick, least: fc.integer({ min: -20, max: 10 }) }),
    fc.record({
      kind: fc.constant("project" as const),
      input: pick,
      add: fc.integer({ min: -9, max: 9 }),
      keyMod: fc.integer({ min: 1, max: 7 }),
    }),
    fc.record({ kind: fc.constant("union" as const), inputs: fc.array(pick, { minLength: 2, maxLength: 3 }) }),
    fc.record({ kind: fc.constant("assign" as const), input: pick, window: anyWindow, lagMs: anyLag }),
    fc.record({
      kind: fc.constant("aggregate" as const),
      input: pick,
      lengths: fc.constantFrom([5, 5], [10, 10], [37, 37], [12, 4], [60, 20]),
      offset: fc.nat(40),
      result: fc.constantFrom("n" as const, "sum" as const, "last" as const),
      lagMs: anyLag,
    }).map(({ lengths: [sizeMs, slideMs], offset, ...rest }) => ({
      ...rest,
      sizeMs,
      slideMs,
      offsetMs: offset % slideMs,
    })),
  );
  return fc.record({
    delaysMs: fc.array(fc.constantFrom(0, 1, 5, 20), { minLength: sources, maxLength: sources }),
    drafts: fc.array(node, { minLength: 1, maxLength: NODES_MAX }),
    more: fc.array(pick, { maxLength: 2 }),
  }).map(({ delaysMs, drafts, more }): Graph => {
    // A node reads late ones more often than early ones, so that graphs grow deep.
    const nodes = drafts.map((draft, i): GraphNode => {
      const at = (pick: number) => Math.max(pick % (sources + i), (pick >> 5) % (sources + i));
      return draft.kind === "union" ? { ...draft, inputs: draft.inputs.map(at) } : { ...draft, input: at(draft.input) };
    });
    const read = new Set(nodes.flatMap(inputsOf)), all = nodes.map((_, i) => sources + i);
    const sinks = new Set([...all.filter((id) => !read.has(id)), ...more.map((pick) => sources + pick % nodes.length)]);
    return { delaysMs, nodes, sinks: [...sinks] };
  });
}

const column = (name: string): Expression => ({ column: name });
const call = (name: string, ...args: Expression[]): Expression => ({ call: name, args });
const literal = (value: number): Expression => ({ literal: value });

function programs(columns: readonly Column[], expressions: readonly Expression[]) {
  return expressions.map((expression) => compileExpression(expression, columns).program);
}

const idOf = (sources: number, at: number) => at < sources ? `source${at}` : `node${at - sources}`;

/** The graph as it runs, read from streams with COLUMNS. */
export function physicalOf(graph: Graph, idleTimeoutMs = 0): PhysicalPlan {
  const { delaysMs, nodes, sinks } = graph, lags = lagsOf(graph);
  const sources = delaysMs.map((delayMs, i): PhysicalSource => ({
    id: `source${i}`,
    stream: `stream${i}`,
    file: null,
    made: null,
    computed: [],
    columns: ["ts", "number", "value"].map((name) => COLUMNS[columnIndex(COLUMNS, name)]),
    time: 0,
    delayMs,
    idleTimeoutMs,
    futureSkewMs: 0,
    kindColumn: -1,
  }));
  const above = new Map<string, readonly string[]>(sources.map(({ id }) => [id, [id]]));
  const operators = nodes.flatMap((node, i) => {
    const inputs = inputsOf(node).map((at) => idOf(sources.length, at));
    const from = [...new Set(inputs.flatMap((id) => above.get(id)!))];
    above.set(`node${i}`, from);
    return operatorsOf(node, `node${i}`, inputs, { sources: from, lagMs: lags[sources.length + i] });
  });
  const nodeSinks = sinks.map((at) => ({
    id: `sink ${at}`,
    input: idOf(sources.length, at),
    columns: NODE_COLUMNS,
    keys: [],
    upsertKeys: null,
    changes: false,
    sink: { kind: "discard" },
  }));
  return { name: "graph", sources, operators, sinks: nodeSinks };
}

/** One operator, or one and a projection that brings its columns into shape. */
function operatorsOf(
  node: GraphNode,
  id: string,
  inputs: readonly string[],
  above: { readonly sources: readonly string[]; readonly lagMs: number },
): PhysicalOperator[] {
  const base = { id, inputs, columns: NODE_COLUMNS, ...above };
  const shaped = (inner: readonly Column[], expressions: readonly Expression[]): PhysicalOperator => ({
    ...base,
    op: "project",
    inputs: [`${id} rows`],
    programs: programs(inner, expressions),
  });
  const input = { ...base, id: `${id} rows` };
  switch (node.kind) {
    case "filter": {
      const [predicate] = programs(NODE_COLUMNS, [call("ge", column("v"), literal(node.least))]);
      return [{ ...base, op: "filter", predicate }];
    }
    case "project": {
      const expressions = [
        column("ts"),
        call("mod", column("k"), literal(node.keyMod)),
        call("add", column("v"), literal(node.add)),
      ];
      return [{ ...base, op: "project", programs: programs(NODE_COLUMNS, expressions) }];
    }
    case "union":
      return [{ ...base, op: "union" }];
    case "assign": {
      const columns = [...NODE_COLUMNS, ...["window_start", "window_end", "window_time"].map(timeColumn)];
      const assign: PhysicalOperator = {
        ...input,
        op: "assign",
        columns,
        time: 0,
        window: node.window,
        latenessMs: 0,
      };
      return [assign, shaped(columns, [column("window_time"), column("k"), column("v")])];
    }
    case "aggregate": {
      const columns = [
        ...["window_start", "window_end"].map(timeColumn),
        NODE_COLUMNS[1],
        ...["n", "sum", "last"].map((name) => ({ name, type: INT64, nullable: true })),
      ];
      const { sizeMs, slideMs, offsetMs, result } = node;
      const aggregate: PhysicalAggregate = {
        ...input,
        op: "aggregate",
        columns,
        inputColumns: NODE_COLUMNS,
        keys: [1],
        aggregates: [{ fn: "count", arg: -1 }, { fn: "sum", arg: 2 }, { fn: "last", arg: 2 }],
        time: 0,
        sizeMs,
        slideMs,
        offsetMs,
        twoPhase: true,
      };
      return [aggregate, shaped(columns, [call("sub", column("window_end"), literal(1)), column("k"), column(result)])];
    }
  }
}

function timeColumn(name: string): Column {
  return { name, type: TIMESTAMP, nullable: false };
}
