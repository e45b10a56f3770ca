import assert from "node:assert/strict";
import { JournalLog } from "../../src/log/journal.ts";
import { Engine } from "../../src/runtime/engine.ts";
import { forgetfulOrder } from "../../src/runtime/order.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { createView } from "../../src/view/create.ts";
import { openMade } from "../../src/source/made.ts";
import { extensionModule, kernelModule } from "../kernel/load.ts";
import { journalParts } from "../log/journals.ts";
import { SimClock } from "../sim/clock.ts";
import { HeldDisk } from "../sim/held_disk.ts";
import { seeded } from "../sim/pool.ts";
import { until } from "../until.ts";
import { EVENTS } from "./engine_run.ts";
import { textOfRanges } from "./rows.ts";

const TIMEOUT_MS = 2000, WINDOW_MS = 10, SIZE = 1 << 20;

/** Counts by arrival, in windows that are short beside what a sync takes. */
const PLAN = {
  rdx: 1,
  nodes: [
    { id: "in", op: "source", stream: "events", time: null, idle_timeout_ms: TIMEOUT_MS },
    { id: "win", op: "window", input: ["in"], window: { kind: "tumble", size_ms: WINDOW_MS } },
    { id: "counts", op: "aggregate", input: ["win"], keys: [], aggs: [{ fn: "count", as: "n" }] },
    { id: "view", op: "sink", input: ["counts"], sink: { kind: "view", name: "counts" } },
  ],
};

/** An engine whose stream is on a disk that can be held, by a clock that a test moves. */
function startOn(disk: HeldDisk, clock: SimClock): Promise<Engine> {
  const parts = journalParts(disk, clock, { segmentBytes: { first: SIZE, max: SIZE } });
  return Engine.start({
    module: kernelModule(),
    loadExtension: (name) => Promise.resolve(extensionModule(name)),
    spawn: (index) =>
      new Worker(new URL("../../workers/task_deno.ts", import.meta.url), { type: "module", name: `task ${index}` }),
    workers: 1,
    clock,
    registry: new MetricRegistry(),
    createLog: <Answer>(name: string) => JournalLog.create<Answer>(`journal/${name}`, parts),
    createOrder: () => forgetfulOrder,
    createView,
    sinks: new Map(),
    openMade,
    openRanges: null,
  });
}

Deno.test("in a whole engine, a row whose sync takes longer than windows and the timeout is counted in its window, and is not late", async () => {
  const clock = new SimClock(1_700_000_000_000), disk = new HeldDisk(seeded(9)), engine = await startOn(disk, clock);
  engine.streams.put("events", EVENTS);
  await engine.pipelines.put("p", PLAN, { start: "earliest", state: "keep" });
  const body = () => new TextEncoder().encode(JSON.stringify({ ts: clock.now(), key: "a", value: 1 }));
  const send = () => engine.streams.ingest("events", { body: body(), format: "ndjson", autoCreate: false });
  const rows = () => textOfRanges(engine.views.get("counts").query({ limit: 100, order: "asc" }).ranges);
  const atRest = () => {
    const { inFlight, lagRows } = engine.pipelines.find("p")!;
    return inFlight + lagRows === 0;
  };
  await send();
  await until(atRest, 2);
  // It is idle: its window is done, and time goes on without rows.
  clock.advance(TIMEOUT_MS + 1000);
  await until(() => rows().length === 1, 2);
  await until(atRest, 2);
  const held = disk.held = [] as (() => void)[], sent = send(), sentMs = clock.now();
  await until(() => held.length === 1, 2);
  for (let i = 0; i < 5; i++) {
    clock.advance(1000);
    await until(atRest, 2);
  }
  disk.held = null;
  held[0]();
  await sent;
  await until(atRest, 2);
  assert.equal(engine.pipelines.get("p").lateRows, 0);
  clock.advance(TIMEOUT_MS + 1000);
  await until(() => rows().length === 2, 2);
  const start = sentMs - sentMs % WINDOW_MS;
  assert.equal(rows()[1], `${start}n ${start + WINDOW_MS}n 1n`);
  await engine.close();
});

Deno.test("a row that waits outside while the process stands still for longer than the timeout is not late", async () => {
  const clock = new SimClock(), engine = await startOn(new HeldDisk(seeded(10)), clock);
  engine.streams.put("events", EVENTS);
  const [source, ...others] = PLAN.nodes,
    plan = { ...PLAN, nodes: [{ ...source, time: "ts", delay_ms: 0 }, ...others] };
  await engine.pipelines.put("p", plan, { start: "earliest", state: "keep" });
  const send = (ts: number) => {
    const body = new TextEncoder().encode(JSON.stringify({ ts, key: "a", value: 1 }));
    return engine.streams.ingest("events", { body, format: "ndjson", autoCreate: false });
  };
  const atRest = () => {
    const { inFlight, lagRows } = engine.pipelines.find("p")!;
    return inFlight + lagRows === 0;
  };
  const beginMs = clock.now();
  await send(beginMs);
  await until(atRest, 2);
  for (let stands = 1; stands <= 3; stands++) {
    clock.stand(TIMEOUT_MS * 3);
    // Timers come first, and only then what others have sent meanwhile.
    clock.advance(0);
    await until(atRest, 2);
    clock.advance(TIMEOUT_MS - 100);
    await send(beginMs + stands * WINDOW_MS);
    await until(atRest, 2);
    assert.equal(engine.pipelines.get("p").lateRows, 0);
  }
  clock.advance(TIMEOUT_MS + 1000);
  await until(() => engine.views.get("counts").rows === 4, 2);
  await engine.close();
});
