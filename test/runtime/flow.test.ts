import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { EdgeFlow } from "../../src/runtime/edge_flow.ts";
import type { FlowEdge } from "../../src/runtime/service.ts";
import { SimClock } from "../sim/clock.ts";
import { until } from "../until.ts";
import { EngineRun, windowsPlan } from "./engine_run.ts";
import { chunksOf, compiled, PipelineRun } from "./pipeline_run.ts";
import type { Row } from "./rows.ts";
import { anyRows, anyShape, COUNTS, expected, passes, planOf, type Shape } from "./shapes.ts";

/** Rows that leave each node of `planOf(shape)`, counted one by one. */
function rowsOut(shape: Shape, rows: readonly Row[]): Record<string, number> {
  const passed = rows.filter((row) => passes(shape, row)).length;
  const { sinks } = expected(shape, rows), [fired] = expected({ ...shape, having: false, tail: false }, rows).sinks;
  return {
    source: rows.length,
    where: passed,
    plus_one: passed,
    aggregate: fired.length,
    having: sinks[0].length,
    tail: sinks[0].length,
    totals: sinks.at(-1)!.length,
  };
}

/** The edges of a plan whose windows are in their aggregates, with what `rowsOut` says of them. */
function expectedEdges(shape: Shape, rows: readonly Row[]): Map<string, number> {
  type Node = { id: string; op: string; input?: [string] };
  const nodes = planOf(shape).nodes as Node[], out = rowsOut(shape, rows);
  const inputOf = new Map(nodes.map(({ id, input }) => [id, input?.[0]]));
  return new Map(
    nodes.filter(({ op }) => op !== "window" && op !== "source").map(({ id, input: [input] = [""] }) => {
      const from = nodes.find((node) => node.id === input)!.op === "window" ? inputOf.get(input)! : input;
      return [`${from} ${id}`, out[from]];
    }),
  );
}

const countsOf = (edges: readonly FlowEdge[]) => new Map(edges.map(({ from, to, rows }) => [`${from} ${to}`, rows]));
const sorted = (counts: Map<string, number>) => [...counts].sort(([a], [b]) => a < b ? -1 : 1);

Deno.test("at the end of the input each edge has counted exactly its rows, for every number of tasks, cut and interleaving", async () => {
  await fc.assert(
    fc.asyncProperty(anyShape(), anyRows(120), fc.integer(), async (shape, rows, seed) => {
      for (const tasks of [1, 2, 3]) {
        const run = await new PipelineRun(tasks, seed + tasks).deploy(compiled(planOf(shape)));
        await run.put(chunksOf(rows, run.random));
        const before = countsOf(await run.pipeline.flow());
        for (let sink = 0; sink < run.sinks.length; sink++) await run.openRows(sink);
        assert.deepEqual(countsOf(await run.pipeline.flow()), before, "looking at open windows is counted");
        await run.end();
        const edges = await run.pipeline.flow();
        assert.deepEqual(sorted(countsOf(edges)), sorted(expectedEdges(shape, rows)), `${tasks} tasks`);
        for (const { watermark, queueRows, rowsPerSecond } of edges) {
          assert.deepEqual([watermark, queueRows, rowsPerSecond], [Infinity, 0, 0]);
        }
        await run.close();
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("a changed plan that goes on with the state counts anew", async () => {
  const row = (ts: number): Row => [BigInt(ts), 1n, null, null, null, null, 1n, null];
  for (const tasks of [1, 3]) {
    const run = await new PipelineRun(tasks, 7).deploy(compiled(planOf(COUNTS)));
    await run.put(chunksOf([row(1), row(2), row(3)], run.random));
    await run.change(compiled(planOf({ ...COUNTS, having: true })));
    await run.put(chunksOf([row(4), row(15)], run.random));
    const counts = countsOf(await run.pipeline.flow());
    assert.deepEqual([counts.get("source aggregate"), counts.get("aggregate having")], [2, 1], `${tasks} tasks`);
    await run.end();
    assert.deepEqual(run.rows[0], ["0n 10n 1n 4n"]);
    await run.close();
  }
});

Deno.test("rates are over what was asked in the last five seconds, however often that was", async () => {
  const clock = new SimClock(), plan = compiled(planOf(COUNTS));
  let rows = 0;
  const flow = new EdgeFlow(
    plan,
    () => Promise.resolve([Float64Array.of(rows, 0, 0), Float64Array.of(rows, 0, 0)]),
    clock,
  );
  const rate = async () => (await flow.edges({ watermark: () => 0, lagRows: () => 0 }))[0].rowsPerSecond;
  assert.equal(await rate(), 0);
  for (let second = 1; second <= 20; second++) {
    rows += 10 * second;
    clock.advance(1000);
    const since = Math.max(0, second - 5), sum = 10 * (second * (second + 1) - since * (since + 1)) / 2;
    for (let asks = 0; asks < 50; asks++) assert.equal(await rate(), 2 * sum / (second - since));
  }
  clock.advance(6000);
  assert.equal(await rate(), 0, "what was asked before is too old");
  clock.advance(1000);
  assert.equal(await rate(), 0);
});

Deno.test("when the tasks go away the last counts stay; when they cannot be asked any more, the last that were asked", async () => {
  const facts = { watermark: () => -Infinity, lagRows: () => 0 }, plan = compiled(planOf(COUNTS));
  for (const dies of [false, true]) {
    let rows = 5;
    const ask = () => rows < 0 ? Promise.reject(new Error("gone")) : Promise.resolve([Float64Array.of(rows, 1, 2)]);
    const flow = new EdgeFlow(plan, ask, new SimClock());
    await flow.edges(facts);
    rows = dies ? -1 : 8;
    flow.rest();
    rows = 100;
    const edges = await flow.edges(facts);
    assert.deepEqual(edges.map((edge) => edge.rows), [dies ? 5 : 8, 1, 2]);
    assert.deepEqual(edges.map((edge) => edge.watermark), [null, null, null]);
  }
});

Deno.test("a worker that dies while it is asked leaves the last counts", async () => {
  const plan = compiled(planOf(COUNTS)), facts = { watermark: () => 0, lagRows: () => 0 };
  let ask = () => Promise.resolve([Float64Array.of(5, 1, 2)]);
  const flow = new EdgeFlow(plan, () => ask(), new SimClock());
  await flow.edges(facts);
  let die = (_: Error) => {};
  ask = () => new Promise((_, reject) => die = reject);
  const asked = flow.edges(facts);
  die(new Error("gone"));
  ask = () => Promise.reject(new Error("gone"));
  flow.rest();
  assert.deepEqual((await asked).map(({ rows }) => rows), [5, 1, 2]);
});

Deno.test("with real workers: rows that wait are seen where they wait, and a pipeline that failed keeps its counts", async () => {
  const run = await EngineRun.start(2);
  try {
    const { engine } = run;
    await run.put("p", windowsPlan({ kind: "held", name: "out" }, { where: 5 }));
    let open = () => {};
    run.sinks.of("out").gate = new Promise((resolve) => open = resolve);
    await run.send([1, "x", 1], [2, "y", 9], [3, "x", 7], [20, "x", 1]);
    await until(async () => (await engine.pipelines.flow("p")).edges.at(-1)!.queueRows === 2, 1);
    const { nodes, edges, state } = await engine.pipelines.flow("p");
    assert.equal(state, "running");
    assert.deepEqual(nodes.map(({ id, op }) => [id, op]), [
      ["source", "source"],
      ["where", "filter"],
      ["aggregate", "aggregate"],
      ["sink", "sink"],
    ]);
    assert.match(nodes[2].label, /^n = count\(\*\), total = sum\(value\) by key, in windows of 10 ms$/);
    assert.deepEqual(
      edges.map(({ from, to, rows, watermark, queueRows }) => [from, to, rows, watermark, queueRows]),
      [["source", "where", 4, 20, 0], ["where", "aggregate", 2, 20, 0], ["aggregate", "sink", 2, 20, 2]],
    );
    run.sinks.of("out").writeError = new Error("the disk is gone");
    open();
    await run.until(() => engine.pipelines.get("p").state === "failed");
    const after = await engine.pipelines.flow("p");
    assert.deepEqual(after.edges.map(({ rows }) => rows), [4, 2, 2]);
    assert.match(after.reason!, /the disk is gone/);
    await assert.rejects(engine.pipelines.flow("q"), { code: "not_found" });
  } finally {
    await run.engine.close();
  }
});

Deno.test("with real workers: behind a stuck sink the source's edge shows the lag, and results have a latency", async () => {
  const run = await EngineRun.start(1);
  try {
    const { engine } = run, source = { id: "in", op: "source", stream: "events", idle_timeout_ms: 0 };
    await run.put("p", {
      rdx: 1,
      nodes: [source, { id: "out", op: "sink", input: ["in"], sink: { kind: "held", name: "o" } }],
    });
    assert.equal(engine.pipelines.get("p").latencyMs, null);
    let open = () => {};
    run.sinks.of("o").gate = new Promise((resolve) => open = resolve);
    for (let i = 0; i < 100; i++) {
      await run.send(...Array.from({ length: 10 }, (_, j) => [10 * i + j, "x", 1] as const));
    }
    await run.until(() => engine.pipelines.get("p").rowsIn + engine.pipelines.get("p").lagRows === 1000);
    const { lagRows, rowsIn } = engine.pipelines.get("p"), [stuck] = (await engine.pipelines.flow("p")).edges;
    assert.ok(lagRows > 0 && rowsIn > 0);
    // One edge is both: what the source has not taken, and what the sink has not written.
    assert.deepEqual([stuck.rows, stuck.queueRows], [rowsIn, 1000]);
    open();
    await run.taken("p", 1000);
    const [through] = (await engine.pipelines.flow("p")).edges, { latencyMs } = engine.pipelines.get("p");
    assert.deepEqual([through.rows, through.queueRows], [1000, 0]);
    assert.ok(latencyMs !== null && latencyMs.p50 >= 0 && latencyMs.p99 >= latencyMs.p50);
  } finally {
    await run.engine.close();
  }
});

Deno.test("rows that were there before their pipeline have no latency, and those that come later have", async () => {
  const run = await EngineRun.start(1);
  try {
    const { engine } = run, source = { id: "in", op: "source", stream: "events", idle_timeout_ms: 0 };
    await run.send([0, "x", 1], [1, "x", 1]);
    await run.put("p", {
      rdx: 1,
      nodes: [source, { id: "out", op: "sink", input: ["in"], sink: { kind: "held", name: "o" } }],
    });
    await run.taken("p", 2);
    assert.deepEqual([run.sinks.of("o").rows.length, engine.pipelines.get("p").latencyMs], [2, null]);
    assert.doesNotMatch(engine.metrics(), /rdx_end_to_end_seconds_count\{pipeline="p"\} [1-9]/);
    await run.send([2, "x", 1]);
    await run.taken("p", 3);
    assert.ok(engine.pipelines.get("p").latencyMs !== null);
    assert.match(engine.metrics(), /rdx_end_to_end_seconds_count\{pipeline="p"\} 1\b/);
  } finally {
    await run.engine.close();
  }
});
