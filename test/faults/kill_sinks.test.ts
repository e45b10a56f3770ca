import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { gunzipSync } from "node:zlib";
import { completed, startServer, type TestServer } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";
import { type Act, Receiver } from "../sink/receiver.ts";
import { GrowingPartitions } from "./growing_partitions.ts";
import { loggedRows, verdicts } from "./partition_verdicts.ts";
import { allPlan, ready, sendUntil, SOURCE, STREAM } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** Kills in all; `deno task test:faults` sets more. */
const KILLS = Number(Deno.env.get("RDX_FAULT_SEEDS") ?? 20);
/** Kills of one data directory: what it has is done again after each. */
const KILLS_PER_FOLDER = 10;

/** Rows of these producers may be out of order as they like: no pipeline has windows. */
const NO_DELAY = { delay_ms: 0 };

/** Counts and sums of each key, which change with every row. */
function totalsPlan(path: string) {
  const aggs = [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: "value" }, as: "total" }];
  return {
    rdx: 1,
    nodes: [
      SOURCE,
      { id: "totals", op: "aggregate", input: ["source"], keys: ["key"], aggs },
      { id: "sink", op: "sink", input: ["totals"], sink: { kind: "sqlite", path, table: "totals" } },
    ],
  };
}

/** What the sinks of a data directory have, as those see it who read them. */
class Readers {
  readonly #data: string;
  readonly #receivers: Readonly<Record<"hook" | "outbox", Receiver>>;

  constructor(data: string, receivers: Readonly<Record<"hook" | "outbox", Receiver>>) {
    this.#data = data;
    this.#receivers = receivers;
  }

  get plans(): Record<string, unknown> {
    const data = this.#data, { hook, outbox } = this.#receivers;
    const roll = { roll_rows: 100, roll_ms: 50 };
    return {
      table: allPlan({ kind: "sqlite", path: `${data}/out.db`, table: "rows" }),
      parts: allPlan({ kind: "files", path: `${data}/parts`, format: "ndjson", ...roll }),
      packed: allPlan({ kind: "files", path: `${data}/packed`, format: "ndjson", compression: "gzip", ...roll }),
      hook: allPlan({ kind: "webhook", url: hook.url, batch_rows: 40, timeout_ms: 400 }),
      outbox: allPlan({
        kind: "webhook",
        url: outbox.url,
        batch_rows: 40,
        timeout_ms: 400,
        outbox: true,
        format: "json",
      }),
      totals: totalsPlan(`${data}/out.db`),
    };
  }

  /** Ids in the order in which a reader finds them, by pipeline. */
  ids(): Record<string, number[]> {
    const { hook, outbox } = this.#receivers;
    const of = (rows: readonly unknown[]) => (rows as { id: number }[]).map(({ id }) => id);
    return {
      table: this.#table("SELECT id FROM rows ORDER BY rowid").map(([id]) => Number(id)),
      parts: of(this.#parts("parts", (bytes) => bytes)),
      packed: of(this.#parts("packed", (bytes) => new Uint8Array(gunzipSync(bytes)))),
      hook: of(hook.rows),
      outbox: of(outbox.rows),
    };
  }

  totals(): unknown[][] {
    return this.#table("SELECT key, n, total FROM totals ORDER BY key");
  }

  #table(sql: string): unknown[][] {
    using database = new DatabaseSync(`${this.#data}/out.db`);
    return database.prepare(sql).all().map((row) => Object.values(row));
  }

  #parts(folder: string, unpacked: (bytes: Uint8Array) => Uint8Array): unknown[] {
    const path = `${this.#data}/${folder}`, names = [...Deno.readDirSync(path)].map(({ name }) => name).sort();
    return names.filter((name) => name.startsWith("part-")).flatMap((name) => {
      const text = new TextDecoder().decode(unpacked(Deno.readFileSync(`${path}/${name}`)));
      return text.trimEnd().split("\n").map((line) => JSON.parse(line));
    });
  }
}

/** A receiver that stores and then resets, fails, is slow, and wants to be left alone. */
function unsteady(random: (below: number) => number): Receiver["act"] {
  let failures = 0;
  return async (): Promise<Act> => {
    // Not so many in a row that it is left alone for long.
    const kind = failures === 3 ? 9 : random(10);
    failures = kind < 4 ? failures + 1 : 0;
    if (kind === 4) await new Promise((resolve) => setTimeout(resolve, random(60)));
    const acts: Act[] = ["reset after commit", "reset", { status: 503 }, {
      status: 429,
      headers: { "retry-after": "0" },
    }];
    return acts[kind] ?? { status: 200 };
  };
}

/** With several partitions it has other workers in each life, and at times checkpoints as often as may be. */
function serverOn({ data, random, partitions }: Run): Promise<TestServer> {
  const interval = partitions && random(2) === 0 ? ["--checkpoint-interval", "60ms"] : [];
  const workers = ["--workers", String(partitions ? 1 + random(3) : 1)];
  return startServer({ data, args: [...workers, ...interval, "--allow-private", "127.0.0.1"] });
}

/** What is done to one data directory. */
interface Run {
  readonly data: string;
  readonly client: VerifyingClient;
  readonly readers: Readers;
  readonly random: (below: number) => number;
  /** Null: the stream has one, and no more. */
  readonly partitions: GrowingPartitions | null;
}

/** One life of the server, which ends after a random number of acknowledgements. At times there are more partitions in the middle of it. */
async function live(run: Run, isFirst: boolean) {
  const { client, readers, random, partitions } = run;
  await using server = await serverOn(run);
  if (isFirst) {
    if (partitions) await partitions.declare(server);
    else await server.put("/v1/streams/s", { ...STREAM, ...NO_DELAY });
    for (const [name, plan] of Object.entries(readers.plans)) await server.put(`/v1/pipelines/${name}`, plan);
  }
  // Some are killed again while they recover.
  if (random(4) > 0) await ready(server);
  await partitions?.areKept(server);
  const growing = partitions && !isFirst && random(2) === 0 ? partitions.grow(server) : null;
  await Promise.all([sendUntil(server, client, 1 + random(25), () => void server.signal("SIGKILL")), growing]);
}

/** Lost, doubled and reordered rows of each sink: there are none in any partition, and groups are what their rows come to. */
async function checkAll(run: Run): Promise<void> {
  const { client, readers, partitions } = run;
  await using server = await serverOn(run);
  await ready(server);
  await partitions?.declare(server);
  await client.settle(server);
  assert.equal((await server.fetch("/v1/streams/s/end", { method: "POST" })).status, 200);
  for (const name of Object.keys(readers.plans)) await completed(server, name);
  const log = await loggedRows(server);
  assert.deepEqual(client.compare(log.map(({ id }) => id)), { lost: [], doubled: [] }, "the log");
  assert.equal(Math.max(...log.map(({ partition }) => partition)) > 0, partitions !== null);
  for (const [name, ids] of Object.entries(readers.ids())) assert.deepEqual(verdicts(log, ids), [], name);
  const expected = new Map<string, [number, number]>();
  for (const { key, value } of client.acked.values()) {
    const [n, total] = expected.get(key) ?? [0, 0];
    expected.set(key, [n + 1, total + value]);
  }
  assert.deepEqual(readers.totals(), [...expected].map(([key, both]) => [key, ...both]).sort());
}

/** Kills it so many times, and checks what is there; `seen` is what sinks had before. */
async function killAgainAndAgain(run: Run, kills: number): Promise<void> {
  const { client, readers } = run;
  let seen: Record<string, number[]> = {};
  const check = (when: string) => {
    const now = readers.ids();
    for (const [name, ids] of Object.entries(now)) {
      // Nothing is there twice at any time, nor ever in another order than later
      assert.deepEqual(client.compare(ids).doubled, [], `${name} ${when}`);
      assert.deepEqual(ids.slice(0, seen[name]?.length ?? 0), seen[name] ?? [], `${name} ${when}`);
    }
    seen = now;
  };
  for (let kill = 0; kill < kills; kill++) {
    await live(run, kill === 0);
    check(`after kill ${kill}`);
  }
  await checkAll(run);
  check("in the end");
}

for (let folder = 0; folder * KILLS_PER_FOLDER < KILLS; folder++) {
  const seed = 5000 + folder, kills = Math.min(KILLS_PER_FOLDER, KILLS - folder * KILLS_PER_FOLDER);
  const several = folder % 2 === 1, how = several ? " of each partition" : "";
  Deno.test(`tables, folders and receivers of a server that is killed again and again have every row${how} once and in order (seed ${seed})`, async () => {
    const root = await Deno.makeTempDir({ prefix: "rdx-kill-sinks-" }), data = `${root}/data`, random = seeded(seed);
    const partitions = several ? new GrowingPartitions(random, NO_DELAY) : null;
    const client = new VerifyingClient("s", random, () => partitions?.named());
    const receivers = { hook: await Receiver.start(), outbox: await Receiver.start() };
    for (const receiver of Object.values(receivers)) receiver.act = unsteady(random);
    try {
      await killAgainAndAgain({ data, client, readers: new Readers(data, receivers), random, partitions }, kills);
    } catch (thrown) {
      throw new Error(`seed ${seed}, ${partitions?.told ?? "one partition"}, ${client.acks} acknowledgements`, {
        cause: thrown,
      });
    } finally {
      for (const receiver of Object.values(receivers)) await receiver.close();
      await Deno.remove(root, { recursive: true });
    }
  });
}
