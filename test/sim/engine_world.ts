import { crc32 } from "node:zlib";
import assert from "node:assert/strict";
import { FrameView } from "../../src/core/frame.ts";
import { FileCheckpoints } from "../../src/store/checkpoints_files.ts";
import { MetaFile } from "../../src/store/meta_deno.ts";
import { SimDisk } from "./disk.ts";
import { checksum, EngineLife } from "./engine_life.ts";
import {
  allPlan,
  arrivalsPlan,
  hookPlan,
  idleAfter,
  leastOf,
  STREAM,
  totalsPlan,
  widePlan,
  windowsPlan,
} from "./engine_plans.ts";
import { SimNetwork } from "./network.ts";
import { NotedOrders } from "./noted_orders.ts";
import { StreamPartitions } from "./partitions.ts";
import { type Random, seeded } from "./pool.ts";
import { Sent, SimProducer } from "./producer.ts";
import { RandomPipeline } from "./random_pipeline.ts";
import { type LoggedRow, NotedPlans } from "./taken_rows.ts";
import { VerifiedRows } from "./verifying_sink.ts";
import { SimReceiver } from "./web_receiver.ts";
import { textOfView } from "./whole_view.ts";

/**
 * Memory that has no room for many groups of the wide plan, with so many bytes each. What a process begins with has to fit: a checkpoint of so few rows is taken in by one
 * step.
 */
const SMALL_STATE_BYTES = 400_000, WIDE_GROUP_BYTES = 1200;
/** After so long sources are idle, in worlds where they are. */
const IDLE_MS = 40;
/** Turns after which something that has to come to pass never will. */
const TURNS_MAX = 20_000;

/** By how much the wall clock is set, back or forward, if it is. */
export function jumpOf(random: Random): number {
  return [0, 0, 0, -7_200_000, -3_600_000, -100, 90, 3_600_000, 86_400_000][random(9)];
}

/** All that a simulation consists of: one disk, one network, producers, and one process after the other. Every choice is its seed's. */
export class EngineWorld {
  readonly random: Random;
  readonly trace: string[] = [];
  readonly sent: Sent;
  readonly verified = new VerifiedRows();
  readonly network: SimNetwork;
  readonly producers: readonly SimProducer[];
  readonly orders = new NotedOrders();
  readonly any: RandomPipeline;
  readonly receiver: SimReceiver;
  /** What is sent outside waits in a log first. */
  readonly #outbox: boolean;
  /** Plans that pipelines have had, by their names. */
  readonly plans = new Map<string, NotedPlans>();
  /** After so long sources are idle, 0: never. */
  readonly idleMs: number;
  disk: SimDisk;
  life!: EngineLife;
  readonly #meta = new MetaFile(":memory:");
  #wallMs = 1_700_000_000_000;
  #failure: unknown = null;

  constructor(seed: number) {
    this.random = seeded(seed);
    this.disk = new SimDisk(this.random);
    this.network = new SimNetwork(this.random);
    this.idleMs = this.random(2) * IDLE_MS;
    this.sent = new Sent(new StreamPartitions(this.random, ["key", "producer", "name"]));
    const { network, sent, random } = this;
    this.any = new RandomPipeline(random, this.idleMs);
    this.receiver = new SimReceiver(random);
    this.#outbox = random(2) === 0;
    this.producers = [
      ...["p0", "p1", "p2"].map((name) => new SimProducer(name, network, sent, random)),
      ...[...this.any.supplies].map(([stream, supply]) => new SimProducer("p", network, supply, random, stream)),
    ];
  }

  note(what: string): void {
    this.trace.push(what);
  }

  /** Starts a process on what is there; resolves when it takes rows. */
  async start(): Promise<void> {
    const { random, disk, verified } = this, workers = 1 + random(3), intervalMs = [0, 50, 200][random(3)];
    const isSmall = random(2) === 0 && this.sent.nextId * WIDE_GROUP_BYTES < SMALL_STATE_BYTES;
    this.note(`start with ${workers} workers, checkpoints each ${intervalMs} ms`);
    this.life = new EngineLife({
      disk,
      verified,
      receiver: this.receiver,
      orders: this.orders,
      ...(isSmall ? { stateBytesMax: SMALL_STATE_BYTES } : {}),
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
    await this.#declare();
    for (const [name, plan] of this.#plans()) await this.put(`/v1/pipelines/${name}`, plan);
    this.notePlans();
  }

  async #declare(): Promise<void> {
    const { by, declaration } = this.sent.partitions;
    this.note(`s has ${declaration.partitions} partitions by ${by}`);
    await this.put("/v1/streams/s", { ...STREAM, ...declaration });
    for (const [name, declared] of this.any.declarations()) await this.put(`/v1/streams/${name}`, declared);
  }

  /** The plans that are deployed at first. */
  #plans(): [string, object][] {
    return [
      ["all", this.idle(allPlan(0))],
      ["windows", this.idle(windowsPlan())],
      ["totals", this.idle(totalsPlan())],
      ["wide", this.idle(widePlan())],
      ["arrivals", this.idle(arrivalsPlan())],
      ["hook", this.idle(hookPlan(this.#outbox))],
      ["random", this.any.plan],
    ];
  }

  /** A plan as this world has it. */
  idle<P extends { readonly nodes: readonly object[] }>(plan: P): P {
    return idleAfter(plan, this.idleMs);
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
    this.#wallMs = this.life.clock.now() + jumpOf(this.random);
    this.disk = this.disk.crash(how);
  }

  /** Loses the newest of several checkpoints of some pipeline. */
  async loseCheckpoint(): Promise<void> {
    const meta = this.#meta.pipelines(), { folder } = meta[this.random(meta.length)];
    const store = new FileCheckpoints({
      device: this.disk,
      checksum,
      crc32,
      durability: "fsync",
      bounds: {},
      said: () => {},
    });
    const [newest, ...older] = await store.list(folder);
    if (!newest || older.length === 0) return;
    this.note(`checkpoint ${newest.number} of ${folder} is lost`);
    await store.discard(folder, newest.number);
  }

  /** Changes what rows a pipeline takes. */
  async changePlan(): Promise<void> {
    if (this.random(2) === 0) await this.settle();
    const least = this.random(60), isThrough = await this.#change("all", this.idle(allPlan(least)));
    this.note(`at least ${least}`);
    if (isThrough) assert.equal(leastOf(this.plans.get("all")!.all.at(-1)!.plan), least);
  }

  /** Streams get more partitions, and some pipelines read them in inputs of their own from then on. */
  async addPartitions(): Promise<void> {
    for (const { partitions } of [this.sent, ...this.any.supplies.values()]) {
      if (this.random(2) === 0) partitions.grow(this.random);
    }
    await this.#declare();
    for (const [name, plan] of this.#plans()) {
      if (name !== "all" && this.random(2) === 0) await this.#change(name, plan);
    }
  }

  /** Deploys a plan in the place of one that it goes on from; it may not come to its end: false. */
  async #change(name: string, plan: object): Promise<boolean> {
    const changing = this.life.engine.pipelines.put(name, plan, { start: "earliest", state: "keep" });
    const isThrough = this.random(3) > 0;
    if (isThrough) await this.drive(changing);
    else {
      changing.catch(() => {});
      await this.turns(this.random(30));
    }
    this.notePlans();
    return isThrough;
  }

  /** Looks which plans pipelines have had: what lies before all checkpoints goes. */
  notePlans(): void {
    for (const { name, plans } of this.#meta.pipelines()) {
      const noted = this.plans.get(name) ?? new NotedPlans();
      this.plans.set(name, noted);
      noted.note(plans);
    }
  }

  /** All that the order of a pipeline has come to. */
  orderOf(name: string) {
    return this.orders.of(this.#meta.pipelines().find((pipeline) => pipeline.name === name)!.folder);
  }

  /** All rows of the stream, oldest first, or those of one partition. */
  async rows(partition?: number): Promise<LoggedRow[]> {
    const only = partition === undefined ? {} : { partition }, rows: LoggedRow[] = [];
    const from = { from: "earliest", to: null, follow: false } as const;
    const follower = await this.drive(this.life.engine.streams.follow("s", { ...from, ...only }));
    for (let piece = await this.drive(follower.next()); piece; piece = await this.drive(follower.next())) {
      const { partition, range: { frame, start, rows: count } } = piece, view = new FrameView(frame);
      for (let row = start; row < start + count; row++) {
        rows.push({ partition, kind: "+I", values: view.types.map((_, column) => view.value(row, column)) });
      }
    }
    return rows;
  }

  view(name: string): { readonly rows: string[]; readonly seq: number } {
    const view = this.life.engine.views.get(name);
    return { rows: textOfView(view).sort(), seq: view.seq };
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
