import assert from "node:assert/strict";
import { createEngine } from "../../src/compose.ts";
import { FrameView } from "../../src/core/frame.ts";
import { RowRenderer } from "../../src/core/render.ts";
import type { Engine } from "../../src/runtime/engine.ts";
import type { ReplayedRows } from "../../src/runtime/service.ts";
import { seeded } from "../sim/pool.ts";
import { DurableRun } from "./durable_run.ts";
import { EVENTS, windowsPlan } from "./engine_run.ts";
import { SOURCE, SUMS } from "./sums.ts";

const HOW = { start: "earliest", state: "keep" } as const;

interface Row {
  readonly ts: number;
  readonly key: string;
  readonly value: number;
}

/** All that a replay gives, as lines. */
async function linesOf(run: ReplayedRows): Promise<string[]> {
  const lines: string[] = [];
  for await (const { columns, changes, ranges } of run.outputs()) {
    const renderer = new RowRenderer(columns, { kinds: changes });
    for (const { frame, start, rows } of ranges) {
      if (rows > 0) lines.push(...renderer.rows(new FrameView(frame), start, rows, "\n").split("\n"));
    }
  }
  return lines;
}

function sumsOf(rows: readonly Row[]): string[] {
  const sums = new Map<string, [n: number, total: number]>();
  for (const { key, value } of rows) {
    const [n, total] = sums.get(key) ?? [0, 0];
    sums.set(key, [n + 1, total + value]);
  }
  return [...sums].map(([key, [n, total]]) => `{"key":"${key}","n":${n},"total":${total}}`).sort();
}

function viewLines(engine: Engine, name: string): string[] {
  const view = engine.views.get(name), renderer = new RowRenderer(view.columns);
  return view.all().flatMap(({ frame, start, rows }) =>
    rows === 0 ? [] : renderer.rows(new FrameView(frame), start, rows, "\n").split("\n")
  );
}

/** Sends batches of several rows, and returns all of them. */
async function send(life: DurableRun, from: number, batches: number): Promise<Row[]> {
  const all: Row[] = [];
  for (let batch = from; batch < from + batches; batch++) {
    const rows = Array.from(
      { length: 1 + batch % 7 },
      (_, i) => ({ ts: batch * 10 + i, key: "abcd"[(batch + i) % 4], value: batch }),
    );
    await life.send("events", rows);
    all.push(...rows);
  }
  await life.settled();
  return all;
}

Deno.test("a replay over a slice gives what the rows of the slice give, and changes nothing", () =>
  DurableRun.with(async (life) => {
    const seed = Math.floor(Math.random() * 2 ** 31), random = seeded(seed);
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("sums", SUMS, HOW);
    const rows = await send(life, 0, 40), before = life.view("sums");
    for (let round = 0; round < 12; round++) {
      const from = random(rows.length + 1),
        to = from + random(rows.length + 1 - from),
        what = `seed ${seed}, ${from} to ${to}`;
      const run = await life.engine.replays.pipeline("sums", { from: from, to: to });
      assert.deepEqual((await linesOf(run)).sort(), sumsOf(rows.slice(from, to)), what);
    }
    const whole = await life.engine.replays.plan("other", SUMS, {});
    assert.deepEqual((await linesOf(whole)).sort(), sumsOf(rows));
    assert.deepEqual(life.view("sums"), before);
    assert.deepEqual(life.engine.pipelines.list().map(({ name }) => name), ["sums"]);
    assert.doesNotMatch(life.engine.metrics(), /replay of/);
  }, { workers: 2 }));

Deno.test("a slice by time has the rows that arrived then", () =>
  DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("sums", SUMS, HOW);
    const wait = () => new Promise((resolve) => setTimeout(resolve, 5));
    const first = await send(life, 0, 5);
    await wait();
    const fromMs = Date.now();
    await wait();
    const second = await send(life, 5, 5);
    await wait();
    const toMs = Date.now();
    await wait();
    const third = await send(life, 10, 5), replay = life.engine.replays;
    const from = { timeMs: fromMs }, to = { timeMs: toMs };
    assert.deepEqual((await linesOf(await replay.pipeline("sums", { from, to }))).sort(), sumsOf(second));
    assert.deepEqual((await linesOf(await replay.pipeline("sums", { to }))).sort(), sumsOf([...first, ...second]));
    assert.deepEqual((await linesOf(await replay.pipeline("sums", { from }))).sort(), sumsOf([...second, ...third]));
  }));

Deno.test("a replay from a checkpoint gives what the view had and what the file was given, byte by byte", () =>
  DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("windows", windowsPlan({ kind: "view", name: "windows" }), HOW);
    await life.engine.pipelines.put("sums", SUMS, HOW);
    const file = windowsPlan({ kind: "file", path: "out.ndjson", format: "ndjson" });
    await life.engine.pipelines.put("file", file, HOW);
    await send(life, 0, 30);
    const at: Record<string, number> = {}, had = (await life.file("out.ndjson")).length;
    for (const name of ["windows", "sums", "file"]) at[name] = await life.checkpoint(name);
    const middle = await send(life, 30, 30), { end } = life.engine.streams.get("events");
    const then: Record<string, string[]> = {},
      written = (await life.file("out.ndjson")).slice(had).trimEnd().split("\n");
    for (const name of ["windows", "sums"]) then[name] = viewLines(life.engine, name);
    assert.ok(middle.length > 0 && written.length > 1);
    await send(life, 60, 30);
    const to = end;
    const check = async (engine: Engine) => {
      for (const name of ["windows", "sums"]) {
        assert.deepEqual(await linesOf(await engine.replays.pipeline(name, { at: at[name], to })), then[name]);
      }
      assert.deepEqual(await linesOf(await engine.replays.pipeline("file", { at: at.file, to })), written);
      await assert.rejects(
        engine.replays.pipeline("sums", { at: at.sums + 1 }),
        /There is no checkpoint \d+ of pipeline sums; those that are kept: /,
      );
    };
    await check(life.engine);
    const now = viewLines(life.engine, "sums");
    assert.deepEqual(await linesOf(await life.engine.replays.pipeline("sums", { at: at.sums })), now);
    await life.engine.close();
    // Where no server runs, from the data directory alone
    const engine = await createEngine({
      durability: "os",
      data: `${life.folder}/data`,
      folder: life.folder,
      workers: 3,
      recoverPipelines: false,
    });
    await check(engine);
    assert.deepEqual(engine.pipelines.list(), []);
    await engine.close();
    await life.start();
    assert.deepEqual(viewLines(life.engine, "sums"), now);
  }, { workers: 2 }));

Deno.test("a replay that nobody takes any more ends, and leaves nothing", () =>
  DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    const file = { rdx: 1, nodes: [SOURCE, { id: "sink", op: "sink", input: ["source"], sink: { kind: "discard" } }] };
    await life.engine.pipelines.put("all", file, HOW);
    await send(life, 0, 30);
    const run = await life.engine.replays.pipeline("all", {});
    for await (const { ranges } of run.outputs()) {
      assert.ok(ranges.length > 0);
      break;
    }
    const other = await life.engine.replays.pipeline("all", {});
    await other.close();
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.delete("all");
    life.engine.streams.delete("events");
  }));
