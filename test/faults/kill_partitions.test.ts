import assert from "node:assert/strict";
import { completed, startServer, type TestServer } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";
import { GrowingPartitions } from "./growing_partitions.ts";
import { loggedRows, verdicts } from "./partition_verdicts.ts";
import { allPlan, ready, sendUntil, totalsPlan } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** Kills in all; `deno task test:faults` sets more. */
const KILLS = Number(Deno.env.get("RDX_FAULT_SEEDS") ?? 20);
/** Kills of one data directory: what it has is done again after each. */
const KILLS_PER_FOLDER = 10;

type Random = (below: number) => number;

/** Counts and sums by key in windows of a second. A silent partition holds them up for its idle timeout alone. */
function windowsPlan(name: string) {
  const aggs = [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: "value" }, as: "total" }];
  return {
    rdx: 1,
    nodes: [
      { id: "source", op: "source", stream: "s", idle_timeout_ms: 100 },
      { id: "window", op: "window", input: ["source"], window: { kind: "tumble", size_ms: 1000 } },
      { id: "aggregate", op: "aggregate", input: ["window"], keys: ["key"], aggs },
      { id: "sink", op: "sink", input: ["aggregate"], sink: { kind: "view", name } },
    ],
  };
}

/** A server whose stream is cut into more and more partitions, with what it is sent and what it makes of that. */
class PartitionedServer {
  readonly client: VerifyingClient;
  readonly #data: string;
  readonly #random: Random;
  readonly #partitions: GrowingPartitions;
  /** Counts plans of the pipelines that change with the partitions. */
  #plans = 0;

  constructor(data: string, random: Random) {
    this.#data = data;
    this.#random = random;
    this.#partitions = new GrowingPartitions(random);
    this.client = new VerifyingClient("s", random, () => this.#partitions.named());
  }

  get told(): string {
    return this.#partitions.told;
  }

  start(): Promise<TestServer> {
    const args = ["--workers", String(1 + this.#random(3)), "--checkpoint-interval", "60ms"];
    return startServer({ data: this.#data, args });
  }

  /** All rows to files whose parts have their order; groups and windows to views. */
  async #deploy(server: TestServer): Promise<void> {
    const parts = { kind: "files", path: `${this.#data}/parts`, format: "ndjson", roll_rows: 100, roll_ms: 50 };
    await server.put("/v1/pipelines/parts", allPlan(parts));
    await server.put("/v1/pipelines/totals", totalsPlan("totals"));
    await server.put("/v1/pipelines/windows", windowsPlan("windows"));
  }

  /** One life of the server, which ends after a random number of acknowledgements. At times there are more partitions in the middle of it. */
  async live(isFirst: boolean): Promise<void> {
    const random = this.#random;
    await using server = await this.start();
    if (isFirst) {
      await this.#partitions.declare(server);
      await this.#deploy(server);
    }
    // Some are killed again while they recover.
    const isReady = random(4) > 0;
    if (isReady) await ready(server);
    await this.#partitions.areKept(server);
    const kill = () => void server.signal("SIGKILL");
    if (!isReady || isFirst || random(2) === 0) return await sendUntil(server, this.client, 1 + random(25), kill);
    const { acks } = this.client, growsAt = random(10);
    const sending = sendUntil(server, this.client, 15 + random(20), kill);
    while (this.client.acks < acks + growsAt) await new Promise((resolve) => setTimeout(resolve, 1));
    // It may be killed anywhere in it, and hears of it again in its next life then
    const growing = this.#grow(server).catch((thrown) => {
      if (!(thrown instanceof TypeError)) throw thrown;
    });
    await Promise.all([growing, sending]);
  }

  async #grow(server: TestServer): Promise<void> {
    this.#plans++;
    if (await this.#partitions.grow(server) && this.#plans % 2 === 0) await this.#deploy(server);
  }

  /** What is there in the end is what was acknowledged, in the order of each partition. */
  async check(): Promise<void> {
    const { client } = this;
    await using server = await this.start();
    await ready(server);
    await this.#partitions.declare(server);
    await this.#deploy(server);
    await client.settle(server);
    assert.equal((await server.fetch("/v1/streams/s/end", { method: "POST" })).status, 200);
    for (const name of ["parts", "totals", "windows"]) await completed(server, name);
    const log = await loggedRows(server);
    assert.deepEqual(client.compare(log.map(({ id }) => id)), { lost: [], doubled: [] }, "the log");
    assert.deepEqual(verdicts(log, this.ids()), [], "parts");
    const { partitions } = await server.json<{ partitions: unknown[] }>("/v1/pipelines/parts");
    assert.equal(Math.max(1, partitions.length), this.#partitions.count);
    for (const view of ["totals", "windows"]) {
      const all = await server.json<{ rows: Total[] }>(`/v1/views/${view}?limit=10000`);
      const expected = [...client.acked.values()].map(({ key, value }) => ({ key, n: 1, total: value }));
      assert.deepEqual(totals(all.rows), totals(expected), view);
    }
    assert.equal((await server.json<{ late_rows: number }>("/v1/pipelines/windows")).late_rows, 0);
  }

  /** Ids in the order in which a reader of the parts finds them. */
  ids(): number[] {
    const names = [...Deno.readDirSync(`${this.#data}/parts`)].map(({ name }) => name).filter((name) =>
      name.startsWith("part-")
    );
    return names.sort().flatMap((name) => {
      const text = Deno.readTextFileSync(`${this.#data}/parts/${name}`);
      return text.trimEnd().split("\n").map((line) => JSON.parse(line).id as number);
    });
  }
}

interface Total {
  readonly key: string;
  readonly n: number;
  readonly total: number;
}

function totals(rows: readonly Total[]): [string, number, number][] {
  const byKey = new Map<string, [number, number]>();
  for (const { key, n, total } of rows) {
    const [count, sum] = byKey.get(key) ?? [0, 0];
    byKey.set(key, [count + n, sum + total]);
  }
  return [...byKey].map(([key, [n, total]]): [string, number, number] => [key, n, total]).sort();
}

for (let folder = 0; folder * KILLS_PER_FOLDER < KILLS; folder++) {
  const seed = 7000 + folder;
  Deno.test(`a server whose stream has several partitions, and gets more, is killed again and again: none of them loses, doubles or reorders a row (seed ${seed})`, async () => {
    const root = await Deno.makeTempDir({ prefix: "rdx-kill-partitions-" });
    const server = new PartitionedServer(`${root}/data`, seeded(seed)), { client } = server;
    try {
      for (let kill = 0; kill < Math.min(KILLS_PER_FOLDER, KILLS - folder * KILLS_PER_FOLDER); kill++) {
        await server.live(kill === 0);
        assert.deepEqual(client.compare(server.ids()).doubled, [], `after kill ${kill}`);
      }
      await server.check();
    } catch (thrown) {
      throw new Error(`seed ${seed}, ${server.told}, ${client.acks} acknowledgements`, { cause: thrown });
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
}
