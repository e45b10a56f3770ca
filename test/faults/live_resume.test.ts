import assert from "node:assert/strict";
import { QUERY_ROWS_MAX } from "../../src/core/limits.ts";
import { startServer, type TestServer, until } from "../e2e/server.ts";
import { EventClient, type ServerEvent } from "../server/client.ts";
import { seeded } from "../sim/pool.ts";
import { PRODUCERS, ready, sendUntil, STREAM, totalsPlan } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** Kills of one server; `deno task test:faults` has more of them, but no more rows than one answer of a view gives. */
const KILLS = Number(Deno.env.get("RDX_FAULT_SEEDS") ?? 20) > 20 ? 15 : 4;

type Row = Readonly<Record<string, unknown>>;

/** Every row as it came. */
function rowsPlan() {
  const nodes = [
    { id: "source", op: "source", stream: "s", idle_timeout_ms: 0 },
    { id: "sink", op: "sink", input: ["source"], sink: { kind: "view", name: "rows" } },
  ];
  return { rdx: 1, nodes };
}

/** Who follows a view as a page does: from the last event that it has, over all servers that there are. */
class Follower {
  /** What it shows, by `key`. */
  readonly shown = new Map<string, Row>();
  /** Every row that it was ever given. */
  readonly given = new Set<string>();
  readonly beganWith: string[] = [];
  #last: string | null = null;
  #events: EventClient | null = null;
  #ended: Promise<void> = Promise.resolve();
  /** What was wrong with what came. */
  failure: unknown = null;

  constructor(readonly view: string, readonly key: string) {}

  async follow(server: TestServer): Promise<void> {
    await this.leave();
    const headers: Record<string, string> = this.#last === null ? {} : { "last-event-id": this.#last };
    const answer = await until(async () => {
      const answer = await server.fetch(`/v1/views/${this.view}/live`, { headers });
      if (answer.status !== 503) return answer;
      // It is on its way back
      assert.ok(Number(answer.headers.get("retry-after")) > 0, await answer.text());
      return null;
    });
    assert.equal(answer.status, 200);
    const events = this.#events = new EventClient(answer);
    this.#ended = this.#take(events);
    this.#ended.catch((thrown) => this.failure = thrown);
  }

  /** Resolves when nothing comes any more; throws what was wrong with what came. */
  async leave(): Promise<void> {
    await this.#events?.close().catch(() => {}); // it broke with its server
    await this.#ended;
    this.#events = null;
  }

  async #take(events: EventClient): Promise<void> {
    for (let first = true;; first = false) {
      const event = await events.next().catch(() => null);
      if (event === null) return;
      if (event.event !== "snapshot" && event.event !== "delta") continue;
      if (first) this.beganWith.push(event.event);
      this.#apply(event);
      this.#last = event.id;
    }
  }

  #apply({ event, data }: ServerEvent): void {
    if (event === "snapshot") {
      assert.equal(data.complete, true);
      this.shown.clear();
      for (const row of data.rows) this.#put(row);
      return;
    }
    for (const { op, row } of data.rows) {
      if (op === "+I" || op === "+U") this.#put(row);
      else {
        const text = JSON.stringify(this.shown.get(row[this.key]));
        assert.equal(text, JSON.stringify(row), "a row goes that is not there");
        this.shown.delete(row[this.key]);
      }
    }
  }

  #put(row: Row): void {
    const key = row[this.key] as string;
    assert.ok(!this.shown.has(key), `${JSON.stringify(row)} comes twice`);
    this.shown.set(key, row);
    this.given.add(JSON.stringify(row));
  }
}

function sorted(rows: Iterable<unknown>): string[] {
  return [...rows].map((row) => JSON.stringify(row)).sort();
}

async function rowsOf(server: TestServer, view: string): Promise<string[]> {
  const { rows } = await server.json<{ rows: unknown[] }>(`/v1/views/${view}?limit=${QUERY_ROWS_MAX}`);
  assert.ok(rows.length < QUERY_ROWS_MAX, "one answer does not give all rows");
  return sorted(rows);
}

/** Resolves when a follower shows what its view has. */
async function same(server: TestServer, follower: Follower): Promise<void> {
  await until(async () => {
    if (follower.failure !== null) throw follower.failure;
    return (await rowsOf(server, follower.view)).join() === sorted(follower.shown.values()).join();
  }).catch(async (thrown) => {
    const shown = sorted(follower.shown.values()), rows = await rowsOf(server, follower.view);
    const [missing, strange] = [rows.filter((row) => !shown.includes(row)), shown.filter((row) => !rows.includes(row))];
    const lack = `${missing.length} of ${rows.length} are not shown (${missing[0]})`;
    throw new Error(`${follower.view}: ${lack}, ${strange.length} are not there (${strange[0]})`, { cause: thrown });
  });
}

for (const seed of [1, 2]) {
  Deno.test(`who follows views over a server that is killed again and again, and comes back with Last-Event-ID, has no row lost and none doubled (seed ${seed})`, async () => {
    const data = await Deno.makeTempDir({ prefix: "rdx-live-" }), random = seeded(seed);
    const client = new VerifyingClient("s", random),
      rows = new Follower("rows", "id"),
      totals = new Follower("totals", "key");
    try {
      for (let kill = 0; kill <= KILLS; kill++) {
        const args = ["--workers", String(1 + random(3)), "--checkpoint-interval", seed === 1 ? "60ms" : "0"];
        await using server = await startServer({ data: `${data}/data`, args });
        if (kill === 0) {
          await server.put("/v1/streams/s", STREAM);
          await server.put("/v1/pipelines/rows", rowsPlan());
          await server.put("/v1/pipelines/totals", totalsPlan("totals"));
        }
        // Some come back while it still does again what it has done
        if (random(2) === 0) await ready(server);
        for (const follower of [rows, totals]) await follower.follow(server);
        await ready(server);
        await client.settle(server);
        let acks = 0;
        await Promise.all(PRODUCERS.map(async (producer) => {
          while (acks++ < 6) assert.ok(await client.one(server, producer));
        }));
        for (const follower of [rows, totals]) await same(server, follower);
        for (const follower of [rows, totals]) await follower.follow(server);
        if (kill < KILLS) {
          await sendUntil(server, client, 3 + random(8), () => void server.signal("SIGKILL"));
          continue;
        }
        for (const follower of [rows, totals]) await same(server, follower);
        for (const follower of [rows, totals]) await follower.leave();
      }
      assert.deepEqual(sorted(rows.shown.keys()), sorted(client.acked.keys()));
      // Nobody was ever given a row that is not there any more
      assert.deepEqual([...rows.given].sort(), sorted(rows.shown.values()));
      assert.ok(rows.beganWith.filter((event) => event === "snapshot").length <= 1 + KILLS, rows.beganWith.join());
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  });
}
