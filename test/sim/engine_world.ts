import assert from "node:assert/strict";
import { FrameView } from "../../src/core/frame.ts";
import type { Value } from "../../src/core/value.ts";
import { FileCheckpoints } from "../../src/store/checkpoints_files.ts";
import { MetaFile } from "../../src/store/meta_deno.ts";
import { textOfRanges } from "../runtime/rows.ts";
import { SimDisk } from "./disk.ts";
import { checksum, EngineLife } from "./engine_life.ts";
import { allPlan, STREAM, totalsPlan, windowsPlan } from "./engine_plans.ts";
import { SimNetwork } from "./network.ts";
import { type Random, seeded } from "./pool.ts";
import { Sent, SimProducer } from "./producer.ts";
import { VerifiedRows } from "./verifying_sink.ts";

/** Turns after which something that has to come to pass never will. */
const TURNS_MAX = 20_000;

/** All that a simulation consists of: one disk, one network, producers, and one process after the other. Every choice is its seed's. */
export class EngineWorld {
  readonly random: Random;
  readonly trace: string[] = [];
  readonly sent = new Sent();
  readonly verified = new VerifiedRows();
  readonly network: SimNetwork;
  readonly producers: readonly SimProducer[];
  /** From these offsets on, rows have to be at least so much. */
  readonly changes: { readonly from: number; readonly least: number }[] = [{ from: 0, least: 0 }];
  disk: SimDisk;
  life!: EngineLife;
  readonly #meta = new MetaFile(":memory:");
  #wallMs = 1_700_000_000_000;
  #failure: unknown = null;

  constructor(seed: number) {
    this.random = seeded(seed);
    this.disk = new SimDisk(this.random);
    this.network = new SimNetwork(this.random);
    this.producers = ["p0", "p1", "p2"].map((name) => new SimProducer(name, this.network, this.sent, this.random));
  }

  note(what: string): void {
    this.trace.push(what);
  }

  /** Starts a process on what is there; resolves when it takes rows. */
  async start(): Promise<void> {
    const { random, disk, verified } = this, workers = 1 + random(3), intervalMs = [0, 50, 200][random(3)];
    this.note(`start with ${workers} workers, checkpoints each ${intervalMs} ms`);
    this.life = new EngineLife({
      disk,
      verified,
      meta: this.#meta,
      random,
      workers,
      wallMs: this.#wallMs,
      checkpointIntervalMs: intervalMs,
      packs: random(2) === 0,
      said: (what) => this.note(`said: ${what}`),
    });
    await this.drive(this.life.open());
    this.network.connect(this.life.app);
  }

  /** What a new data directory is given. */
  async deploy(): Promise<void> {
    await this.put("/v1/streams/s", STREAM);
    await this.put("/v1/pipelines/all", allPlan(0));
    await this.put("/v1/pipelines/windows", windowsPlan());
    await this.put("/v1/pipelines/totals", totalsPlan());
  }

  async put(path: string, body: unknown): Promise<void> {
    const headers = { "content-type": "application/json" };
    const asked = this.life.app.request(`http://127.0.0.1${path}`, {
      method: "PUT",
      headers,
      body: JSON.stringify(body),
    });
    const response = await this.drive(Promise.resolve(asked));
    assert.ok(response.ok, `PUT ${path}: ${response.status} ${await response.text()}`);
  }

  async turn(): Promise<void> {
    this.network.turn();
    await this.life.turn();
    if (this.#failure) throw this.#failure;
  }

  async turns(count: number): Promise<void> {
    for (let left = count; left > 0; left--) await this.turn();
  }

  /** Lets things happen until a promise has come to its end. */
  async drive<Result>(promise: Promise<Result>): Promise<Result> {
    let settled = false;
    const end = () => void (settled = true);
    promise.then(end, end);
    await this.until(() => settled, "a call has ended");
    return await promise;
  }

  async until(done: () => boolean, what: string): Promise<void> {
    for (let turns = 0; !done(); turns++) {
      assert.ok(turns < TURNS_MAX, `It did not come to pass that ${what}`);
      await this.turn();
    }
  }

  /** A producer does something, and what comes of it is not waited for. */
  act(fresh = true): void {
    const producer = this.producers[this.random(this.producers.length)];
    producer.act(fresh).catch((thrown) => this.#failure ??= thrown);
  }

  /** Every batch that was sent is acknowledged, and nothing is on its way any more. */
  async settle(): Promise<void> {
    const waits = () => this.producers.some((producer) => producer.waits);
    for (let turns = 0; waits() || !this.network.quiet; turns++) {
      assert.ok(turns < TURNS_MAX, "Producers wait for ever");
      if (waits() && this.random(4) === 0) this.act(false);
      await this.turn();
    }
    const { pipelines } = this.life.engine;
    await this.until(
      () => pipelines.list().every(({ state, lagRows }) => state !== "running" || lagRows === 0),
      "pipelines are through",
    );
  }

  /** The machine loses power, or the process is killed. */
  crash(how: "power" | "kill"): void {
    this.note(`${how} with ${this.sent.acked.length} acknowledged`);
    this.life.end();
    this.network.connect(null);
    this.#wallMs = this.life.clock.now();
    this.disk = this.disk.crash(how);
  }

  /** Loses the newest of several checkpoints of some pipeline. */
  async loseCheckpoint(): Promise<void> {
    const meta = this.#meta.pipelines(), { folder } = meta[this.random(meta.length)];
    const store = new FileCheckpoints({ device: this.disk, checksum, durability: "fsync", bounds: {}, said: () => {} });
    const [newest, ...older] = await store.list(folder);
    if (!newest || older.length === 0) return;
    this.note(`checkpoint ${newest.number} of ${folder} is lost`);
    await store.discard(folder, newest.number);
  }

  /** Changes what rows a pipeline takes, once it is through with all that there is. */
  async changePlan(): Promise<void> {
    await this.settle();
    const { engine } = this.life, from = engine.streams.get("s").end, least = this.random(60);
    this.note(`at least ${least} from ${from} on`);
    const start = "earliest", changing = engine.pipelines.put("all", allPlan(least), { start, state: "keep" });
    // It may not come to its end.
    if (this.random(3) === 0) {
      changing.catch(() => {});
      await this.turns(this.random(30));
    } else await this.drive(changing);
    this.changes.push({ from, least });
  }

  /** Whether the last change of the plan has been noted before the process ended. */
  settleChange(): void {
    const { plan } = this.life.engine.pipelines.get("all"), [, where] = (plan as ReturnType<typeof allPlan>).nodes;
    const text = JSON.stringify(where), last = this.changes.at(-1)!;
    if (!text.includes(`{"literal":${last.least}}`)) this.changes.pop();
  }

  /** All rows of the stream, oldest first. */
  async rows(stream = "s"): Promise<(readonly Value[])[]> {
    const { ranges } = await this.drive(this.life.engine.streams.rows(stream, 10_000));
    return ranges.flatMap(({ frame, start, rows }) => {
      const view = new FrameView(frame);
      return Array.from({ length: rows }, (_, i) => view.types.map((_, column) => view.value(start + i, column)));
    }).reverse();
  }

  view(name: string): { readonly rows: string[]; readonly seq: number } {
    const view = this.life.engine.views.get(name);
    return { rows: textOfRanges(view.query({ limit: 10_000, order: "asc" }).ranges).sort(), seq: view.seq };
  }

  /** What readers find in a folder of parts. */
  parts(name: string): string {
    const paths = this.disk.paths.filter((path) => path.startsWith(`out/${name}/part-`));
    return paths.map((path) => new TextDecoder().decode(this.disk.bytes(path))).join("");
  }

  close(): void {
    this.life.end();
    this.#meta.close();
  }
}
