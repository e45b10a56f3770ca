import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { planShape } from "../../src/runtime/plan_shape.ts";
import type { FlowEdge } from "../../src/runtime/service.ts";
import { EngineRun, windowsPlan } from "./engine_run.ts";
import { anyGraph, type Graph, physicalOf } from "./graphs.ts";
import { chunksOf, PipelineRun } from "./pipeline_run.ts";
import type { Row } from "./rows.ts";
import { anyRows } from "./shapes.ts";

const countsOf = (edges: readonly FlowEdge[]) => edges.map(({ from, to, rows }) => `${from} > ${to}: ${rows}`);
const rowAt = (
  ts: number,
  key: number,
  value: number,
): Row => [BigInt(ts), BigInt(key), null, null, null, null, BigInt(value), null];

const sums = (input: number, sizeMs: number) =>
  ({ kind: "aggregate", input, sizeMs, slideMs: sizeMs, offsetMs: 0, result: "sum" }) as const;

Deno.test("edges count the same rows for every number of tasks: those that sinks got, and of a union the sum of its inputs", async () => {
  let unions = 0;
  await fc.assert(
    fc.asyncProperty(anyGraph(1), anyRows(80), fc.integer(), async (graph, rows, seed) => {
      const plan = physicalOf(graph);
      let first: string[] | null = null;
      for (const tasks of [1, 2, 3]) {
        const run = await new PipelineRun(tasks, seed + tasks).deploy(plan);
        await run.put(chunksOf(rows, run.random));
        for (let sink = 0; sink < run.sinks.length; sink++) await run.openRows(sink);
        await run.end();
        const edges = await run.pipeline.flow(),
          sum = (is: (edge: FlowEdge) => boolean) => edges.filter(is).reduce((all, edge) => all + edge.rows, 0);
        first ??= countsOf(edges);
        assert.deepEqual(countsOf(edges), first, `${tasks} tasks`);
        plan.sinks.forEach(({ id }, i) => assert.equal(sum(({ to }) => to === id), run.rows[i].length));
        for (const { op, id } of plan.operators) {
          if (op !== "union") continue;
          unions++;
          const out = edges.filter(({ from }) => from === id), [one] = out;
          // Each reader of a node has all of its rows, once for each time that it reads it.
          for (const edge of out) assert.equal(edge.rows, one.rows);
          assert.equal(sum(({ to }) => to === id), one.rows);
        }
        for (const { watermark, queueRows } of edges) assert.deepEqual([watermark, queueRows], [Infinity, 0]);
        await run.close();
      }
    }),
    { numRuns: 60 },
  );
  assert.ok(unions > 15, `${unions} unions`);
});

Deno.test("open windows are those of the aggregate in front of a sink, and looking at them changes nothing", async () => {
  // Sums of 10 ms to a sink, and sums of these of 20 ms to another; a third gets both.
  const graph: Graph = {
    delaysMs: [0],
    nodes: [sums(0, 10), sums(1, 20), { kind: "union", inputs: [1, 2] }],
    sinks: [1, 2, 3],
  };
  const plan = physicalOf(graph);
  assert.equal(planShape(plan).mode, "ordered");
  for (const tasks of [1, 2, 3]) {
    const run = await new PipelineRun(tasks, tasks).deploy(plan);
    await run.put(chunksOf([rowAt(1, 1, 5), rowAt(12, 1, 7), rowAt(13, 1, 1)], run.random));
    const before = countsOf(await run.pipeline.flow());
    assert.deepEqual(await run.openRows(0), ["19n 1n 8n"]);
    assert.deepEqual(await run.openRows(1), ["19n 1n 5n"], "what was closed in front of it, so far");
    assert.deepEqual((await run.openRows(2)).sort(), ["19n 1n 5n", "19n 1n 8n"]);
    assert.deepEqual(countsOf(await run.pipeline.flow()), before);
    await run.end();
    assert.deepEqual(run.rows.slice(0, 2), [["9n 1n 5n", "19n 1n 8n"], ["19n 1n 13n"]]);
    await run.close();
  }
});

Deno.test("rows that lead to thousands of others each go through in little memory", async () => {
  const graph: Graph = {
    delaysMs: [0],
    nodes: [
      { kind: "assign", input: 0, window: { kind: "hop", sizeMs: 2000, slideMs: 2, offsetMs: 0 } },
      { kind: "union", inputs: [1, 1] },
      { kind: "aggregate", input: 2, sizeMs: 100, slideMs: 100, offsetMs: 0, result: "n" },
    ],
    sinks: [3],
  };
  const rows = Array.from({ length: 500 }, (_, i) => rowAt(10_000 + i, i % 3, 1));
  for (const tasks of [1, 2]) {
    const run = await new PipelineRun(tasks, tasks).deploy(physicalOf(graph));
    await run.put([chunksOf(rows, run.random).flat()]);
    await run.end();
    const counted = run.rows[0].reduce((sum, row) => sum + Number(row.split(" ")[2].slice(0, -1)), 0);
    assert.equal(counted, 500 * 1000 * 2);
    for (const kernel of run.kernels) assert.ok(kernel.memoryBytes < 16 << 20, `${kernel.memoryBytes} bytes`);
    await run.close();
  }
});

Deno.test("the watermark of an edge is the least of the sources that its rows come from", async () => {
  const graph: Graph = {
    delaysMs: [0, 5],
    nodes: [{ kind: "union", inputs: [0, 1] }, sums(2, 10), sums(1, 10)],
    sinks: [3, 4],
  };
  const run = await new PipelineRun(2, 1, 2).deploy(physicalOf(graph));
  await run.put(chunksOf([rowAt(100, 1, 1)], run.random), 0);
  await run.put(chunksOf([rowAt(50, 1, 1)], run.random), 1);
  const marks = new Map((await run.pipeline.flow()).map(({ from, to, watermark }) => [`${from} > ${to}`, watermark]));
  assert.deepEqual(
    [
      "source0 > node0",
      "source1 > node0",
      "node0 > node1 rows",
      "source1 > node2 rows",
      "node1 > sink 3",
      "node2 > sink 4",
    ]
      .map((edge) => marks.get(edge)),
    [100, 45, 45, 45, 45, 45],
  );
  await run.end();
  await run.close();
});

/** Sums of the windows of `windowsPlan`, in windows of their own. */
function nestedPlan(name: string) {
  const plan = windowsPlan({ kind: "view", name }), nodes = [...plan.nodes] as Record<string, unknown>[];
  const aggregate = nodes.find(({ op }) => op === "aggregate")!, sink = nodes.find(({ op }) => op === "sink")!;
  const keys = ["window_time", ...aggregate.keys as string[]];
  const outer = [
    { id: "outer", op: "window", input: [aggregate.id], window: { kind: "tumble", size_ms: 20, time: "window_time" } },
    {
      id: "sums",
      op: "aggregate",
      input: ["outer"],
      keys: aggregate.keys,
      aggs: [{ fn: "sum", arg: { column: "n" }, as: "rows" }],
    },
  ];
  const rest = nodes.filter((node) => node !== aggregate && node !== sink);
  return { ...plan, nodes: [...rest, { ...aggregate, keys }, ...outer, { ...sink, input: ["sums"] }] };
}

Deno.test("with real workers: windows over windows, and state that was spread over workers comes together in one", async () => {
  const run = await EngineRun.start(2);
  try {
    const { pipelines } = run.engine;
    await run.put("p", windowsPlan({ kind: "view", name: "p" }));
    await run.send([1, "x", 1]);
    await run.taken("p", 1);
    await run.put("p", nestedPlan("p"));
    assert.equal(pipelines.get("p").state, "running");
    await run.send([2, "x", 1], [11, "x", 1], [25, "y", 1], [50, "y", 1]);
    await run.taken("p", 5);
    assert.deepEqual(run.viewRows("p"), ['0n 20n "x" 3n', '20n 40n "y" 1n']);
    assert.deepEqual(pipelines.get("p").stateRows, 1);
  } finally {
    await run.engine.close();
  }
});
