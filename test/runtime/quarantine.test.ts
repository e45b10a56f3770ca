import assert from "node:assert/strict";
import { BREAKS_AT_NUMBER_MAX, QUARANTINED_CHUNKS_MAX, QUARANTINED_IN_A_ROW_MAX } from "../../src/core/limits.ts";
import { INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { isLeftOut, withChunk } from "../../src/runtime/quarantine.ts";
import type { StreamDeclaration } from "../../src/runtime/service.ts";
import type { QuarantinedChunk } from "../../src/store.ts";
import { until } from "../until.ts";
import { breakingModule } from "./breaking_module.ts";
import { list, rowsOf } from "./dead/dead_run.ts";
import { DurableRun } from "./durable_run.ts";
import { textOfRanges } from "./rows.ts";

const STREAM: StreamDeclaration = {
  columns: [
    { name: "ts", type: TIMESTAMP, nullable: false },
    { name: "id", type: INT64, nullable: false },
    { name: "key", type: STRING, nullable: false },
  ],
  time: "ts",
  delayMs: 0,
  futureSkewMs: 0,
  onError: "dead_letter",
  retentionMs: null,
  // Rows in quarantine are not tried again by themselves
  retryMs: [1],
};

interface Poisoned {
  readonly life: DurableRun;
  /** The call of the function on a column. */
  readonly same: (column: string) => unknown;
  mend(): Promise<void>;
}

/** An engine whose workers have made their kernels for bodies already, so that the last one that is made belongs to the pipeline. */
async function poisoned(poison: readonly number[], workers: number, run: (parts: Poisoned) => Promise<void>) {
  await DurableRun.with(async (life) => {
    const folder = await Deno.realPath(life.folder), path = `${folder}/same.ts`, mended = `${folder}/mended`;
    await Deno.writeTextFile(path, breakingModule(poison, mended));
    const same = (column: string) => ({
      call: "same",
      args: [{ column }],
      function: { module: `file://${path}`, export: "same", takes: ["int64"], returns: "int64" },
    });
    await life.engine.streams.put("s", STREAM);
    await run({ life, same, mend: () => Deno.writeTextFile(mended, "") });
  }, { workers });
}

const rowOf = (id: number) => ({ ts: 1_700_000_000_000 + id, id, key: "ab"[id % 2] });
const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

const source = { id: "source", op: "source", stream: "s", idle_timeout_ms: 0 };
const totals = (same: Poisoned["same"], from: unknown = source) => ({
  rdx: 1,
  nodes: [
    from,
    { id: "same", op: "project", input: ["source"], columns: ["ts", "key", { as: "id", expr: same("id") }] },
    {
      id: "totals",
      op: "aggregate",
      input: ["same"],
      keys: ["key"],
      aggs: [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: "id" }, as: "total" }],
    },
    { id: "view", op: "sink", input: ["totals"], sink: { kind: "view", name: "totals" } },
  ],
});

function totalsOf(all: readonly number[]): string[] {
  return ["a", "b"].map((key) => {
    const own = all.filter((id) => rowOf(id).key === key);
    return `"${key}" ${own.length}n ${own.reduce((sum, id) => sum + id, 0)}n`;
  });
}

/** Waits until the pipeline has so many chunks in quarantine, is through with what came, and runs. */
async function through({ engine }: DurableRun, chunks: number): Promise<void> {
  await until(() => {
    const { state, reason, quarantined, lagRows } = engine.pipelines.get("p");
    assert.notEqual(state, "failed", reason ?? "");
    return state === "running" && lagRows === 0 && quarantined.length === chunks && !engine.pipelines.reviving;
  });
  const [pipeline] = [...engine.pipelines.all()].filter(({ plan }) => plan.name === "p");
  await until(() => pipeline.inFlight === 0);
}

for (const workers of [1, 2]) {
  Deno.test(`a chunk that breaks its pipeline again and again becomes dead letters, once, and results are those without it (workers: ${workers})`, async () => {
    await poisoned([15, 33], workers, async ({ life, same, mend }) => {
      await life.send("s", ids(0, 10).map(rowOf));
      await life.engine.pipelines.put("p", totals(same), { start: "earliest", state: "keep" });
      await through(life, 0);
      const there = ids(0, 10), first = await life.checkpoint("p");
      for (const [at, [from, to, quarantined]] of [[10, 20, 1], [20, 30, 1], [30, 40, 2], [40, 45, 2]].entries()) {
        await life.send("s", ids(from, to).map(rowOf));
        await through(life, quarantined);
        if (at % 2 === 1) there.push(...ids(from, to));
        assert.deepEqual(life.view("totals").rows.sort(), totalsOf(there));
      }
      const check = async (what: string) => {
        const { quarantined, deadRows, errors } = life.engine.pipelines.get("p");
        const facts = quarantined.map(({ source, input, from, to }) => [source, input, from, to]);
        assert.deepEqual(facts, [["source", "s", 10, 20], ["source", "s", 30, 40]], what);
        assert.equal(deadRows, 20, what);
        assert.equal(errors.length, 2, what);
        const all = rowsOf(await list(life), "offset", "pipeline"), [reason] = rowsOf(await list(life), "reason");
        assert.deepEqual(all, [...ids(10, 20), ...ids(30, 40)].map((offset) => `${offset} p`), what);
        const lead = `Quarantined: its chunk broke pipeline p again and again at number ${
          quarantined[0].number
        } of its order`;
        assert.ok(reason.startsWith(lead), reason);
        assert.deepEqual(life.view("totals").rows.sort(), totalsOf(there), what);
      };
      await check("at first");
      const said = life.said.filter((line) => /goes on without the chunk from 10 to 20 of s/.test(line));
      assert.equal(said.length, 1, life.said.join("\n"));
      const breaks = life.said.filter((line) => /Pipeline p broke at number/.test(line));
      assert.equal(breaks.length, 2 * (BREAKS_AT_NUMBER_MAX - 1), life.said.join("\n"));
      const { text } = await life.engine.pipelines.explain("p");
      assert.match(
        text,
        /goes on without its chunk from 30 to 40, number \d+, which broke the pipeline again and again/,
      );
      // All of it is behind the checkpoint, and done again
      await life.restart();
      await through(life, 2);
      await check("when all was done again");
      await life.checkpoint("p");
      await life.restart(3 - workers);
      await through(life, 2);
      await check("behind a checkpoint, with another number of workers");
      const replay = await life.engine.replays.pipeline("p", { at: first });
      const outputs = await Array.fromAsync(replay.outputs());
      assert.deepEqual(outputs.flatMap(({ ranges }) => textOfRanges(ranges)).sort(), totalsOf(there), "replayed");
      await mend();
      const { replayed } = await life.engine.dead.replay("s", { pipeline: "p" });
      assert.equal(replayed, 20);
      await through(life, 2);
      there.push(...ids(10, 20), ...ids(30, 40));
      assert.deepEqual(life.view("totals").rows.sort(), totalsOf(there));
      assert.equal(life.engine.streams.get("s").deadOpen, 0);
      await life.restart();
      await through(life, 2);
      assert.deepEqual(life.view("totals").rows.sort(), totalsOf(there));
      assert.equal(life.engine.streams.get("s").deadOpen, 0);
    });
  });
}

Deno.test("what breaks a pipeline where no chunk comes has it stay failed, and leaves nothing out", async () => {
  await poisoned([3], 1, async ({ life, same }) => {
    await life.send("s", ids(0, 3).map(rowOf));
    const plan = {
      rdx: 1,
      nodes: [
        source,
        { id: "window", op: "window", input: ["source"], window: { kind: "tumble", size_ms: 1000 } },
        { id: "counts", op: "aggregate", input: ["window"], keys: [], aggs: [{ fn: "count", as: "n" }] },
        { id: "same", op: "project", input: ["counts"], columns: [{ as: "n", expr: same("n") }] },
        { id: "view", op: "sink", input: ["same"], sink: { kind: "view", name: "counts" } },
      ],
    };
    await life.engine.pipelines.put("p", plan, { start: "earliest", state: "keep" });
    await through(life, 0);
    await life.engine.streams.end("s");
    await until(() => life.engine.pipelines.get("p").state === "failed" && !life.engine.pipelines.reviving);
    const { reason, quarantined } = life.engine.pipelines.get("p");
    assert.match(reason!, new RegExp(`^It broke ${BREAKS_AT_NUMBER_MAX} times in a row at number \\d+ of its order`));
    assert.match(
      reason!,
      /that is no chunk; its checkpoints are kept: see to the cause and deploy its plan again, or restart the engine$/,
    );
    assert.deepEqual(quarantined, []);
    assert.equal(life.engine.streams.get("s").deadOpen, 0);
  });
});

Deno.test("the part of a file that breaks its pipeline again and again is left out and told", async () => {
  await poisoned([5], 1, async ({ life, same }) => {
    await life.send("s", ids(0, 1).map(rowOf));
    await Deno.writeTextFile(
      `${life.folder}/in.ndjson`,
      ids(0, 10).map((id) => `${JSON.stringify(rowOf(id))}\n`).join(""),
    );
    const columns = [["ts", "timestamp"], ["id", "int64"], ["key", "string"]].map(([name, type]) => ({
      name,
      type,
      nullable: false,
    }));
    const file = {
      id: "source",
      op: "source",
      connector: { kind: "file", path: "in.ndjson", format: "ndjson" },
      columns,
      time: "ts",
    };
    await life.engine.pipelines.put("p", totals(same, file), { start: "earliest", state: "keep" });
    await until(() => life.engine.pipelines.get("p").state === "completed");
    const { quarantined: [{ input, from }], errors: [{ path, reason }] } = life.engine.pipelines.get("p");
    assert.deepEqual([input, from], [path, 0]);
    assert.match(reason, /^Quarantined: /);
    assert.deepEqual(life.view("totals").rows, []);
  });
});

const chunk = (number: number, from: number, source = "a"): QuarantinedChunk => ({
  ...{ number, source, input: "s", from, to: from + 10, node: null, reason: "unreachable", atMs: 0 },
});

Deno.test("chunks that follow each other are taken out up to a bound: what breaks at every chunk is not their fault", () => {
  let chunks: readonly QuarantinedChunk[] = [];
  for (let i = 0; i < QUARANTINED_IN_A_ROW_MAX; i++) {
    const next = withChunk(chunks, chunk(1 + i, i * 10), 0);
    assert.ok(typeof next !== "string", String(next));
    chunks = next;
  }
  const end = QUARANTINED_IN_A_ROW_MAX;
  assert.match(String(withChunk(chunks, chunk(1 + end, end * 10), 0)), /does not depend on what chunks have$/);
  assert.ok(typeof withChunk(chunks, chunk(2 + end, end * 10 + 10), 0) !== "string", "one came through between them");
  assert.ok(typeof withChunk(chunks, chunk(2 + end, end * 10, "b"), 0) !== "string", "it is of another source");
});

Deno.test("a pipeline has so many chunks in quarantine at most; those that are never done again make room, the oldest first", () => {
  const full = Array.from({ length: QUARANTINED_CHUNKS_MAX }, (_, i) => chunk(10 + 2 * i, 20 * i)),
    next = chunk(5000, 90_000);
  assert.match(String(withChunk(full, next, 9)), /are quarantined already$/);
  assert.deepEqual(withChunk(full, next, 10), [...full.slice(1), next]);
  assert.deepEqual(withChunk([], next, 0), [next]);
  const found = withChunk([chunk(10, 20)], chunk(4, 0), 0);
  assert.deepEqual(found, [chunk(4, 0), chunk(10, 20)], "one that is found later may come before");
});

Deno.test("a chunk in quarantine is known by its rows: another that has its number, since the order lost its end, is not left out", () => {
  const record = { kind: "chunk", number: 7, source: "a", from: 20, to: 30, late: false } as const;
  assert.equal(isLeftOut(record, chunk(7, 20)), true);
  assert.equal(isLeftOut({ ...record, to: 31 }, chunk(7, 20)), false);
  assert.equal(isLeftOut({ ...record, from: 19 }, chunk(7, 20)), false);
  assert.equal(isLeftOut({ ...record, source: "b" }, chunk(7, 20)), false);
});
