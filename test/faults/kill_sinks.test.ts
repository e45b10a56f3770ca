import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { gunzipSync } from "node:zlib";
import { completed, startServer, type TestServer, until } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";
import { type Act, Receiver } from "../sink/receiver.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** Kills in all; `deno task test:faults` sets more. */
const KILLS = Number(Deno.env.get("RDX_FAULT_SEEDS") ?? 20);
/** Kills of one data directory: what it has is done again after each. */
const KILLS_PER_FOLDER = 10;
const PRODUCERS = ["p0", "p1", "p2"];

const STREAM = {
  columns: [
    { name: "ts", type: "timestamp", nullable: false },
    { name: "id", type: "int64", nullable: false },
    { name: "key", type: "string", nullable: false },
    { name: "value", type: "int64", nullable: false },
  ],
  time: "ts",
  future_skew_ms: 0,
};

const source = { id: "source", op: "source", stream: "s", idle_timeout_ms: 0 };

/** Every row as it came, to one sink. */
function allPlan(sink: Record<string, unknown>) {
  return { rdx: 1, nodes: [source, { id: "sink", op: "sink", input: ["source"], sink }] };
}

/** Counts and sums of each key, which change with every row. */
function totalsPlan(path: string) {
  const aggs = [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: "value" }, as: "total" }];
  return {
    rdx: 1,
    nodes: [
      source,
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

async function ready(server: TestServer): Promise<void> {
  await until(async () => {
    const response = await server.fetch("/readyz"), { reason } = await response.json();
    assert.ok(response.ok || /^Recovering/.test(reason), reason);
    return response.ok;
  });
}

function serverOn(data: string): Promise<TestServer> {
  return startServer({ data, args: ["--workers", "1", "--allow-private", "127.0.0.1"] });
}

/** One life of the server, which ends after a random number of acknowledgements. */
async function live(
  data: string,
  client: VerifyingClient,
  random: (below: number) => number,
  plans: Record<string, unknown> | null,
) {
  await using server = await serverOn(data);
  if (plans) {
    await server.put("/v1/streams/s", STREAM);
    for (const [name, plan] of Object.entries(plans)) await server.put(`/v1/pipelines/${name}`, plan);
  }
  // Some are killed again while they recover.
  if (random(4) > 0) await ready(server);
  let left = 1 + random(25);
  const running = PRODUCERS.map((producer) =>
    client.run(server, producer, () => --left === 0 && void server.signal("SIGKILL"))
  );
  await Promise.all(running);
}

/** Lost, doubled and reordered rows of each sink: there are none, and groups are what their rows come to. */
async function check(data: string, client: VerifyingClient, readers: Readers): Promise<void> {
  await using server = await serverOn(data);
  await ready(server);
  await client.settle(server);
  await server.put(
    "/v1/pipelines/undisturbed",
    allPlan({ kind: "file", path: `${data}/undisturbed.ndjson`, format: "ndjson" }),
  );
  assert.equal((await server.fetch("/v1/streams/s/end", { method: "POST" })).status, 200);
  for (const name of [...Object.keys(readers.plans), "undisturbed"]) await completed(server, name);
  const order = Deno.readTextFileSync(`${data}/undisturbed.ndjson`).trim().split("\n").map((line) =>
    JSON.parse(line).id
  );
  assert.deepEqual(client.compare(order), { lost: [], doubled: [] });
  for (const [name, ids] of Object.entries(readers.ids())) {
    assert.deepEqual(client.compare(ids), { lost: [], doubled: [] }, name);
    assert.deepEqual(ids, order, `${name} has its rows in another order`);
  }
  const expected = new Map<string, [number, number]>();
  for (const { key, value } of client.acked.values()) {
    const [n, total] = expected.get(key) ?? [0, 0];
    expected.set(key, [n + 1, total + value]);
  }
  assert.deepEqual(readers.totals(), [...expected].map(([key, both]) => [key, ...both]).sort());
}

for (let folder = 0; folder * KILLS_PER_FOLDER < KILLS; folder++) {
  const seed = 5000 + folder;
  Deno.test(`tables, folders and receivers of a server that is killed again and again have every row once and in order (seed ${seed})`, async () => {
    const root = await Deno.makeTempDir({ prefix: "rdx-kill-sinks-" }), data = `${root}/data`, random = seeded(seed);
    const client = new VerifyingClient("s", random),
      receivers = { hook: await Receiver.start(), outbox: await Receiver.start() };
    for (const receiver of Object.values(receivers)) receiver.act = unsteady(random);
    const readers = new Readers(data, receivers);
    try {
      for (let kill = 0; kill < Math.min(KILLS_PER_FOLDER, KILLS - folder * KILLS_PER_FOLDER); kill++) {
        await live(data, client, random, kill === 0 ? readers.plans : null);
        // Nothing is there twice at any time, nor ever in another order than later.
        for (const [name, ids] of Object.entries(readers.ids())) {
          assert.deepEqual(client.compare(ids).doubled, [], `${name} after kill ${kill}`);
        }
      }
      await check(data, client, readers);
    } catch (thrown) {
      throw new Error(`seed ${seed}, ${client.acks} acknowledgements`, { cause: thrown });
    } finally {
      for (const receiver of Object.values(receivers)) await receiver.close();
      await Deno.remove(root, { recursive: true });
    }
  });
}
