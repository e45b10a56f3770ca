import assert from "node:assert/strict";
import { INT64 } from "../../src/core/schema.ts";
import type { StreamDeclaration } from "../../src/runtime/service.ts";
import { MetaFile } from "../../src/store/meta_deno.ts";
import { SimDisk } from "../sim/disk.ts";
import { EngineLife } from "../sim/engine_life.ts";
import { NotedOrders } from "../sim/noted_orders.ts";
import { seeded } from "../sim/pool.ts";
import { VerifiedRows } from "../sim/verifying_sink.ts";
import { textOfRanges } from "./rows.ts";

const TIMEOUT_MS = 1000, WINDOW_MS = 10, HOUR_MS = 3_600_000;
const DECLARED: StreamDeclaration = {
  columns: [{ name: "n", type: INT64, nullable: false }],
  time: null,
  delayMs: 0,
  futureSkewMs: 0,
  onError: "dead_letter",
  retentionMs: null,
};

/** Counts by arrival, in windows that are short beside what nobody sends anything for. */
const PLAN = {
  rdx: 1,
  nodes: [
    { id: "in", op: "source", stream: "s", time: null, idle_timeout_ms: TIMEOUT_MS },
    { id: "win", op: "window", input: ["in"], window: { kind: "tumble", size_ms: WINDOW_MS } },
    { id: "counts", op: "aggregate", input: ["win"], keys: [], aggs: [{ fn: "count", as: "n" }] },
    { id: "view", op: "sink", input: ["counts"], sink: { kind: "view", name: "counts" } },
  ],
};

/** Processes one after the other, each with a wall clock that is set when it begins. */
class Machine {
  readonly said: string[] = [];
  life!: EngineLife;
  readonly #random = seeded(11);
  readonly #meta = new MetaFile(":memory:");
  readonly #rest = { meta: this.#meta, verified: new VerifiedRows(), orders: new NotedOrders(), random: this.#random };
  #disk = new SimDisk(this.#random);

  async start(wallMs: number, checkpointIntervalMs: number): Promise<void> {
    const said = (what: string) => void this.said.push(what), parts = { workers: 2, packs: false, said };
    this.life = new EngineLife({ ...this.#rest, ...parts, disk: this.#disk, wallMs, checkpointIntervalMs });
    await this.drive(this.life.open());
  }

  kill(): void {
    this.life.end();
    this.#disk = this.#disk.crash("kill");
  }

  async drive<Result>(promise: Promise<Result>): Promise<Result> {
    let settled = false;
    const end = () => void (settled = true);
    promise.then(end, end);
    await this.until(() => settled);
    return await promise;
  }

  async until(done: () => boolean): Promise<void> {
    for (let turns = 0; !done(); turns++) {
      assert.ok(turns < 5000, "It does not come to pass");
      await this.life.turn();
    }
  }

  async send(): Promise<void> {
    const body = new TextEncoder().encode(`{"n":1}`);
    await this.drive(this.life.engine.streams.ingest("s", { body, format: "ndjson", autoCreate: false }));
  }

  /** Nothing comes for so long, and the pipeline notices. */
  async wait(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += TIMEOUT_MS) {
      this.life.clock.advance(TIMEOUT_MS);
      for (let turns = 0; turns < 60; turns++) await this.life.turn();
    }
  }

  get counts(): string[] {
    return textOfRanges(this.life.engine.views.get("counts").query({ limit: 100, order: "asc" }).ranges);
  }

  close(): void {
    this.life.end();
    this.#meta.close();
  }
}

for (const intervalMs of [0, 50]) {
  Deno.test(`a pipeline by arrival that was idle has no late row behind a restart by a clock that was set back (checkpoints each ${intervalMs} ms)`, async () => {
    const machine = new Machine(), beginMs = 1_700_000_000_000;
    await machine.start(beginMs, intervalMs);
    const { streams, pipelines } = machine.life.engine;
    streams.put("s", DECLARED);
    await machine.drive(pipelines.put("p", PLAN, { start: "earliest", state: "keep" }));
    await machine.send();
    await machine.wait(60_000);
    await machine.until(() => machine.counts.length === 1);
    const { watermark } = pipelines.find("p")!;
    assert.ok(watermark >= beginMs + 50_000, `${watermark - beginMs} ms`);
    for (let restart = 1; restart <= 2; restart++) {
      machine.kill();
      await machine.start(beginMs - restart * HOUR_MS, intervalMs);
      // Nothing keeps rows from coming before the pipeline is back.
      await machine.send();
      await machine.drive(machine.life.engine.recovered);
      await machine.wait(10_000);
      await machine.until(() => machine.counts.length === 1 + restart);
      assert.equal(machine.life.engine.pipelines.get("p").lateRows, 0);
    }
    const starts = machine.counts.map((row) => Number(row.split("n")[0]));
    assert.ok(starts[1] > watermark - WINDOW_MS && starts[1] < watermark + 10_000, "time goes on from where it was");
    assert.ok(starts[2] > starts[1]);
    assert.ok(machine.said.some((what) => /wall clock is 3\d+ s behind the newest rows of stream s/.test(what)));
    machine.close();
  });
}
