import assert from "node:assert/strict";
import { OPEN_SLICES_MAX, RESTART_WAIT_MS, RESTARTS_MAX } from "../../src/core/limits.ts";
import { INT64, STRING } from "../../src/core/schema.ts";
import { EngineRun, windowsPlan } from "./engine_run.ts";
import { textOfRanges } from "./rows.ts";

const view = (name: string) => ({ kind: "view", name });
const held = (name: string) => ({ kind: "held", name });

/** Runs a test over an engine with `tasks` workers and closes it. */
function engineTest(name: string, tasks: number, body: (run: EngineRun) => Promise<void>, entry?: URL): void {
  Deno.test(name, async () => {
    const run = await EngineRun.start(tasks, entry);
    try {
      await body(run);
    } finally {
      await run.engine.close();
    }
  });
}

engineTest(
  "rows are decoded once, however many pipelines read them, and each pipeline has its own results",
  2,
  async (run) => {
    const { engine } = run;
    for (const name of ["a", "b", "c"]) await run.put(name, windowsPlan(view(name), name === "b" ? { where: 5 } : {}));
    await run.send([1, "x", 1], [2, "y", 9], [3, "x", 7], [10, "x", 1]);
    for (const name of ["a", "b", "c"]) await run.taken(name, 4);
    assert.equal(run.metric('rdx_rows_decoded_total{stream="events"}'), 4);
    assert.deepEqual(run.viewRows("a").sort(), ['0n 10n "x" 2n 8n', '0n 10n "y" 1n 9n']);
    assert.deepEqual(run.viewRows("b").sort(), ['0n 10n "x" 1n 7n', '0n 10n "y" 1n 9n']);
    assert.deepEqual(run.viewRows("c"), run.viewRows("a"));
    assert.deepEqual(engine.streams.get("events").readers, ["a", "b", "c"]);

    await engine.pipelines.delete("a");
    await run.put("b", windowsPlan(view("b"), { where: 9 }));
    await run.send([20, "y", 2]);
    await run.taken("c", 5);
    await run.taken("b", 5);
    assert.throws(() => engine.views.get("a"), { code: "not_found" });
    assert.deepEqual(engine.streams.get("events").readers, ["b", "c"]);
    assert.equal(run.viewRows("c").at(-1), '10n 20n "x" 1n 1n');
    assert.equal(engine.pipelines.get("c").rowsIn, 5);
    assert.equal(run.metric('rdx_rows_decoded_total{stream="events"}'), 5);
    assert.doesNotMatch(engine.metrics(), /pipeline="a"/);
  },
);

engineTest(
  "a changed plan with state=keep goes on as if nothing had happened, with state=fresh it starts anew",
  2,
  async (run) => {
    const { engine } = run;
    for (const name of ["kept", "fresh", "plain"]) await run.put(name, windowsPlan(view(name)));
    await run.send([1, "x", 1], [2, "y", 2], [8, "z", 4]);
    for (const name of ["kept", "fresh", "plain"]) await run.taken(name, 3);
    const changed = (name: string) => ({ ...windowsPlan(view(name), { where: -100 }) });
    const { created } = await run.put("kept", changed("kept"));
    assert.equal(created, false);
    await run.put("fresh", changed("fresh"), { state: "fresh", start: "latest" });
    assert.equal(engine.pipelines.get("kept").rowsIn, 3);
    await run.send([5, "x", 10], [12, "x", 1]);
    await run.taken("kept", 5);
    await run.taken("plain", 5);
    await run.taken("fresh", 2);
    assert.deepEqual(run.viewRows("kept").sort(), ['0n 10n "x" 2n 11n', '0n 10n "y" 1n 2n', '0n 10n "z" 1n 4n']);
    assert.deepEqual(run.viewRows("kept"), run.viewRows("plain"));
    assert.deepEqual(run.viewRows("fresh"), ['0n 10n "x" 1n 10n']);
    await assert.rejects(run.put("kept", windowsPlan(view("kept"), { keys: [] })), { code: "conflict" });
    assert.equal(engine.pipelines.get("kept").state, "running", "what was refused changes nothing");
  },
);

engineTest("the state of a stalled pipeline is not thrown away in silence", 1, async (run) => {
  const { pipelines } = run.engine, plan = windowsPlan(view("p"), { delayMs: 1e9 });
  await run.put("p", plan);
  const rows = Array.from({ length: OPEN_SLICES_MAX + 1 }, (_, i) => [i * 10, "x", 1] as const);
  await run.send(...rows);
  await run.until(() => pipelines.get("p").state === "stalled");
  assert.match(pipelines.get("p").reason!, /slices of event time open/);
  await assert.rejects(run.put("p", plan), { code: "conflict", message: /stalled.*state=fresh/ });
  await run.put("p", plan, { state: "fresh", start: "latest" });
  assert.equal(pipelines.get("p").state, "running");
});

engineTest("open windows can be asked while they are open", 3, async (run) => {
  await run.put("p", windowsPlan(view("p")));
  await run.send([1, "x", 1], [2, "y", 2], [11, "x", 3], [12, "z", 4]);
  await run.taken("p", 4);
  assert.deepEqual(textOfRanges(await run.engine.views.open("p")).sort(), ['10n 20n "x" 1n 3n', '10n 20n "z" 1n 4n']);
  assert.equal(run.viewRows("p").length, 2);
});

engineTest("a stuck sink stops its own pipeline alone, which can still be deleted", 2, async (run) => {
  const { engine, sinks } = run;
  sinks.onMade = (sink, name) => {
    if (name === "stuck") sink.gate = new Promise(() => {});
  };
  await run.put("stuck", windowsPlan(held("stuck")));
  await run.put("free", windowsPlan(held("free")));
  for (let i = 0; i < 50; i++) await run.send([i * 10, "x", i]);
  await run.taken("free", 50);
  await run.until(() => sinks.of("free").rows.length === 49);
  const stuck = engine.pipelines.get("stuck");
  assert.equal(stuck.state, "running");
  assert.ok(stuck.rowsIn < 50 && stuck.lagRows > 0, `${stuck.rowsIn} rows in`);
  await engine.pipelines.delete("stuck");
  assert.deepEqual(engine.pipelines.list().map(({ name }) => name), ["free"]);
  await run.send([1000, "x", 1]);
  await run.until(() => sinks.of("free").rows.length === 50);
});

engineTest(
  "a sink that cannot write fails its pipeline with the reason, and the pipeline can be deployed again",
  2,
  async (run) => {
    const { engine, sinks } = run;
    sinks.onMade = (sink, name) => {
      if (name === "bad") sink.writeError = new Error("The disk is full");
    };
    await run.put("bad", windowsPlan(held("bad")));
    await run.put("good", windowsPlan(held("good")));
    await run.send([1, "x", 1], [11, "x", 1]);
    await run.until(() => engine.pipelines.get("bad").state === "failed");
    assert.match(engine.pipelines.get("bad").reason!, /The disk is full/);
    await run.until(() => sinks.of("good").rows.length === 1);
    sinks.onMade = () => {};
    await run.put("bad", windowsPlan(held("bad")));
    await run.until(() => sinks.of("bad").rows.length === 1);
    assert.equal(engine.pipelines.get("bad").state, "running");
  },
);

engineTest("a deployment whose sink cannot be opened leaves nothing, and a change leaves what ran", 2, async (run) => {
  const { engine, sinks } = run;
  sinks.onMade = (sink, name) => {
    if (name === "shut") sink.openError = new Error("Nobody opens");
  };
  await assert.rejects(run.put("new", windowsPlan(held("shut"))), /Nobody opens/);
  assert.deepEqual([engine.pipelines.list(), engine.streams.get("events").readers], [[], []]);
  await run.put("p", windowsPlan(held("open")));
  await run.send([1, "x", 1]);
  await run.taken("p", 1);
  await assert.rejects(run.put("p", windowsPlan(held("shut"))), /Nobody opens/);
  await run.send([2, "x", 2], [11, "x", 1]);
  await run.until(() => sinks.of("open").rows.length === 1);
  assert.deepEqual(sinks.of("open").rows, ['0n 10n "x" 2n 3n']);
  assert.equal(engine.pipelines.get("p").state, "running");
});

engineTest("a drain ends a pipeline over late rows behind the pipeline that leaves them out", 2, async (run) => {
  const { engine } = run, open = Promise.withResolvers<void>();
  const late = [
    { id: "source", op: "source", stream: "events.late" },
    { id: "sink", op: "sink", input: ["source"], sink: held("late") },
  ];
  await run.put("late", { rdx: 1, nodes: late });
  await run.put("windows", windowsPlan(held("windows")));
  run.sinks.of("windows").gate = open.promise;
  await run.send([500, "a", 1], [600, "a", 1]);
  await run.until(() => engine.pipelines.get("windows").rowsOut > 0);
  await run.send([1, "late", 1]);
  const drained = engine.drain();
  setTimeout(open.resolve, 50);
  await drained;
  assert.deepEqual(run.sinks.of("late").rows, ['600n "windows" "aggregate" 1n "late" 1n']);
});

engineTest("a drain finishes all that was accepted and fires open windows", 2, async (run) => {
  const { engine, sinks } = run;
  const { promise, resolve } = Promise.withResolvers<void>();
  sinks.onMade = (sink) => sink.gate = promise;
  await run.put("p", windowsPlan(held("p")));
  await run.put("v", windowsPlan(view("v")));
  for (let i = 0; i < 60; i++) await run.send([i * 10, "x", i]);
  const drained = engine.drain();
  assert.equal(engine.readiness().ready, false);
  await assert.rejects(run.send([1, "x", 1]), { code: "closing" });
  resolve();
  await drained;
  assert.equal(run.clock.waiting.size, 0, "no timer is left");
  const rows = Array.from({ length: 60 }, (_, i) => `${i * 10}n ${i * 10 + 10}n "x" 1n ${i}n`);
  assert.deepEqual(sinks.of("p").rows, rows);
  assert.equal(sinks.of("p").closed, 1);
  assert.deepEqual(run.viewRows("v"), rows);
  assert.deepEqual(engine.pipelines.list().map(({ state }) => state), ["completed", "completed"]);
  await assert.rejects(run.put("late", windowsPlan(view("late"))), { code: "closing" });
});

engineTest("the end of a stream completes its pipelines", 2, async (run) => {
  await run.put("p", windowsPlan(view("p")));
  await run.send([1, "x", 1]);
  await run.engine.streams.end("events");
  await run.until(() => run.engine.pipelines.get("p").state === "completed");
  assert.deepEqual(run.viewRows("p"), ['0n 10n "x" 1n 1n']);
  assert.equal(run.engine.pipelines.get("p").watermark, Infinity);
});

engineTest("a stream that is made again with other columns is decoded as those say", 1, async (run) => {
  const { streams } = run.engine,
    send = (text: string) =>
      streams.ingest("s", { body: new TextEncoder().encode(text), format: "ndjson", autoCreate: false });
  const columns = [{ name: "n", type: INT64, nullable: false }];
  const declaration = {
    columns,
    time: null,
    delayMs: 0,
    futureSkewMs: 3_600_000,
    onError: "reject" as const,
    retentionMs: null,
  };
  streams.put("s", declaration);
  await send('{"n":1}');
  await assert.rejects(send('{"n":null}'), { code: "invalid" });
  streams.put("s", { ...declaration, columns: [{ ...columns[0], nullable: true }] });
  assert.equal((await send('{"n":null}')).accepted, 1, "a column may become nullable");
  streams.delete("s");
  streams.put("s", { ...declaration, columns: [{ name: "t", type: STRING, nullable: false }] });
  await send('{"t":"text"}');
  assert.deepEqual(textOfRanges((await streams.rows("s", 9)).ranges), ['"text"']);
});

engineTest("a file is read by the workers to its end", 3, async (run) => {
  const path = await Deno.makeTempFile();
  try {
    const lines = Array.from(
      { length: 90_000 },
      (_, i) => `${Math.floor(i / 1000)},key ${i % 50},${i % 7}${i === 70_000 ? "x" : ""}`,
    );
    await Deno.writeTextFile(path, `ts,key,value\n${lines.join("\n")}`);
    const columns = [
      { name: "ts", type: "int64" },
      { name: "key", type: "string" },
      { name: "value", type: "int64" },
    ];
    const plan = windowsPlan(view("f")), connector = { kind: "file", path, format: "csv" };
    const source = { id: "source", op: "source", connector, columns, time: "ts", delay_ms: 1 };
    await run.put("f", { ...plan, nodes: [source, ...plan.nodes.slice(1)] });
    await run.until(() => run.engine.pipelines.get("f").state !== "running");
    const { state, reason, rowsIn, deadRows, errors, progress } = run.engine.pipelines.get("f");
    assert.deepEqual([state, reason, rowsIn, deadRows, progress], ["completed", null, 89_999, 1, 1]);
    assert.equal(errors[0].path, path);
    const text = await Deno.readTextFile(path);
    assert.ok(text.slice(errors[0].offset).startsWith("70,key 0,0x"));
    const counts = textOfRanges(run.engine.views.get("f").query({ limit: 1000, order: "asc" }).ranges)
      .reduce((sum, row) => sum + Number(row.split(" ").at(-2)!.slice(0, -1)), 0);
    assert.equal(counts, 89_999);
  } finally {
    await Deno.remove(path);
  }
});

engineTest(
  "a worker that dies takes pipelines of which nothing is kept with it, and another is started for those to come",
  2,
  async (run) => {
    const { engine } = run;
    await run.put("p", windowsPlan(view("p")));
    await run.send([1, "x", 1]);
    await run.taken("p", 1);
    run.workers[1].postMessage({ dieOf: "the memory is broken" });
    await run.until(() => engine.pipelines.get("p").state === "failed");
    assert.match(engine.pipelines.get("p").reason!, /^Worker 1 died: .*the memory is broken.*deploy it again$/);
    await run.put("q", windowsPlan(view("q")));
    await run.send([2, "x", 1]);
    await run.taken("q", 2);
    assert.equal(engine.readiness().ready, true);
    await engine.pipelines.delete("p");
    assert.deepEqual(engine.pipelines.list().map(({ name }) => name), ["q"]);
  },
  new URL("./dying_worker.ts", import.meta.url),
);

engineTest(
  "workers that die again and again are given up, and that is said",
  1,
  async (run) => {
    const { engine } = run;
    for (let i = 0; i < RESTARTS_MAX; i++) run.clock.shortened.set(RESTART_WAIT_MS * 2 ** i, 1);
    for (let deaths = 1; engine.readiness().ready; deaths++) {
      await run.until(() => run.workers.length === deaths || !engine.readiness().ready);
      run.workers.at(-1)!.postMessage({ dieOf: "the memory is broken" });
      if (deaths > 10 * RESTARTS_MAX) throw new Error("It is started forever");
      await run.until(() => run.workers.length > deaths || !engine.readiness().ready);
    }
    assert.equal(run.workers.length, 1 + RESTARTS_MAX);
    assert.match(engine.readiness().reason, /^Worker 0 died: .*the memory is broken.* before it; restart the engine$/);
    await assert.rejects(run.put("q", windowsPlan(view("q"))), /Worker 0 died/);
  },
  new URL("./dying_worker.ts", import.meta.url),
);

Deno.test("an engine whose worker does not start says so", async () => {
  const broken = `data:application/javascript,throw new Error("no such part")`;
  await assert.rejects(EngineRun.start(1, new URL(broken)), /Worker 0 died: .*no such part/);
});

Deno.test("close leaves nothing behind, whatever runs", async () => {
  const run = await EngineRun.start(2);
  run.sinks.onMade = (sink, name) => {
    if (name === "stuck") sink.gate = new Promise(() => {});
  };
  await run.put("v", windowsPlan(view("v")));
  await run.put("h", windowsPlan(held("h")));
  await run.put("stuck", windowsPlan(held("stuck")));
  for (let i = 0; i < 20; i++) await run.send([i * 10, "x", i]);
  await run.taken("v", 20);
  await run.engine.close();
  assert.equal(run.clock.waiting.size, 0);
  assert.equal(run.sinks.of("h").closed, 1);
  assert.deepEqual(run.engine.pipelines.list(), []);
  assert.doesNotMatch(run.engine.metrics(), /pipeline="/);
});
