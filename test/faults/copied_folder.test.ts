import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { completed, startServer, type TestServer, until } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";
import { GrowingPartitions } from "./growing_partitions.ts";
import { loggedRows, verdicts } from "./partition_verdicts.ts";
import { allPlan, PRODUCERS, ready, STREAM, totalsPlan } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** Copies of one data directory while its server takes rows. */
const COPIES = Number(Deno.env.get("RDX_FAULT_SEEDS") ?? 20) > 20 ? 30 : 5;
const ROLL = { roll_rows: 100, roll_ms: 50 };

interface Facts {
  readonly state: string;
  readonly reason: string | null;
  readonly lag_rows: number;
}

interface Total {
  readonly key: string;
  readonly n: number;
  readonly total: number;
}

function startOn(data: string): Promise<TestServer> {
  return startServer({ data, args: ["--workers", "1", "--checkpoint-interval", "60ms"] });
}

/** Files may go while it is made, which `cp` tells. */
async function copyOf(data: string, name: string): Promise<string> {
  await new Deno.Command("cp", { args: ["-a", data, `${data}-${name}`], stderr: "null" }).output();
  return `${data}-${name}`;
}

/** Sinks are where no copy of the data directory has them. */
async function deploy(server: TestServer, root: string): Promise<void> {
  await server.put("/v1/pipelines/parts", allPlan({ kind: "files", path: `${root}/parts`, format: "ndjson", ...ROLL }));
  await server.put("/v1/pipelines/table", allPlan({ kind: "sqlite", path: `${root}/out.db`, table: "rows" }));
  await server.put("/v1/pipelines/totals", totalsPlan("totals"));
}

const factsOf = (server: TestServer, name: string) => server.json<Facts>(`/v1/pipelines/${name}`);

function tableIds(root: string): number[] {
  using database = new DatabaseSync(`${root}/out.db`);
  return database.prepare("SELECT id FROM rows ORDER BY rowid").all().map(({ id }) => Number(id));
}

function partIds(root: string): number[] {
  const names = [...Deno.readDirSync(`${root}/parts`)].map(({ name }) => name).filter((name) => /^part-/.test(name));
  return names.sort().flatMap((name) =>
    Deno.readTextFileSync(`${root}/parts/${name}`).split("\n").filter(Boolean).map((line): number =>
      JSON.parse(line).id
    )
  );
}

/** What a refusal says of a pipeline whose files were copied at different times. */
const REFUSED =
  /It has taken rows up to \d+ of stream s, which ends at \d+|Sink sink is ahead: It has rows up to number \d+, and the order of its pipeline ends at \d+|are missing|is damaged|checkpoints can be used|has lost/;

/** What a server says that does not start on such a copy: the file, and what to do. */
const NOT_STARTED = /(meta\.sqlite|journal\/s).*(put a copy|name another)/;

/** A copy has all that was acknowledged before it was begun; a pipeline in it has what its log comes to, or says why it cannot. Resolves to whether `totals` went on. */
async function checkCopy(data: string, acked: ReadonlySet<number>, client: VerifyingClient): Promise<boolean> {
  const started = await startOn(data).catch((thrown) => {
    assert.match(String(thrown), NOT_STARTED);
    return null;
  });
  if (!started) return false;
  await using server = started;
  await until(async () => (await server.fetch("/readyz")).ok);
  const log = await loggedRows(server), ids = log.map(({ id }) => id), there = new Set(ids);
  assert.equal(there.size, ids.length, "rows are doubled");
  assert.deepEqual([...acked].filter((id) => !there.has(id)), [], "rows are lost");
  // Their receivers went on with the first server
  for (const name of ["parts", "table"]) {
    const { state, reason } = await factsOf(server, name);
    assert.equal(state, "failed", name);
    assert.match(reason!, REFUSED);
  }
  const { state, reason } = await factsOf(server, "totals");
  if (state === "failed") {
    assert.match(reason!, REFUSED);
    return false;
  }
  await until(async () => (await factsOf(server, "totals")).lag_rows === 0);
  const { rows } = await server.json<{ rows: Total[] }>("/v1/views/totals");
  const expected = new Map<string, Total>();
  for (const id of ids) {
    const { key, value } = client.rowOf(id), { n, total } = expected.get(key) ?? { n: 0, total: 0 };
    expected.set(key, { key, n: n + 1, total: total + value });
  }
  assert.deepEqual(sorted(rows), sorted([...expected.values()]));
  return true;
}

function sorted(totals: readonly Total[]): unknown[] {
  return totals.map(({ key, n, total }) => [key, n, total]).sort();
}

for (const [seed, several] of [[30, false], [31, true]] as const) {
  const of = several ? "several partitions" : "one partition";
  Deno.test(`copies of a data directory that were made while its server took rows have all that was acknowledged, and pipelines in them are right or refused (${of}, seed ${seed})`, async () => {
    const root = await Deno.makeTempDir({ prefix: "rdx-copied-" }), random = seeded(seed), data = `${root}/data`;
    const partitions = several ? new GrowingPartitions(random) : null, copies: [string, ReadonlySet<number>][] = [];
    const client = new VerifyingClient("s", random, () => partitions?.named());
    try {
      {
        await using server = await startOn(data);
        if (partitions) await partitions.declare(server);
        else await server.put("/v1/streams/s", STREAM);
        await deploy(server, root);
        let isOver = false;
        const sending = Promise.all(PRODUCERS.map(async (producer) => {
          while (!isOver) assert.ok(await client.one(server, producer));
        }));
        sending.catch(() => {});
        for (let copy = 0; copy < COPIES; copy++) {
          const { acks } = client, wanted = 5 + random(20);
          await until(() => client.acks >= acks + wanted);
          if (copy % 2 === 1) await partitions?.grow(server);
          const acked = new Set(client.acked.keys());
          copies.push([await copyOf(data, `${copy}`), acked]);
        }
        const { acks } = client;
        await until(() => client.acks >= acks + 10);
        isOver = true;
        await sending;
        // Sinks have all of it then
        assert.equal(await server.signal("SIGTERM"), 0);
      }
      let went = 0;
      for (const [copy, acked] of copies) if (await checkCopy(copy, acked, client)) went++;
      console.log(`${went} of ${COPIES} copies went on`);
    } catch (thrown) {
      throw new Error(`seed ${seed}, ${partitions?.told ?? of}`, { cause: thrown });
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
}

Deno.test("a pipeline whose sink has more than an older copy of the data directory says so, and deployed afresh it gives all rows to a run of their own", async () => {
  const root = await Deno.makeTempDir({ prefix: "rdx-older-" }), data = `${root}/data`;
  const client = new VerifyingClient("s", seeded(40)),
    send = async (server: TestServer, batches: number) => {
      for (let batch = 0; batch < batches; batch++) assert.ok(await client.one(server, "p0"));
      for (const name of ["parts", "table", "totals"]) {
        await until(async () => (await factsOf(server, name)).lag_rows === 0);
      }
    };
  try {
    for (const batches of [4, 9]) {
      await using server = await startOn(data);
      if (batches === 4) {
        await server.put("/v1/streams/s", STREAM);
        await deploy(server, root);
      }
      await ready(server);
      await send(server, batches);
      assert.equal(await server.signal("SIGTERM"), 0);
      if (batches === 4) await copyOf(data, "older");
    }
    const before = { parts: partIds(root), table: tableIds(root) };
    await using server = await startOn(`${data}-older`);
    await until(async () => (await server.fetch("/readyz")).ok);
    for (const name of ["parts", "table"]) {
      const { state, reason } = await factsOf(server, name);
      assert.equal(state, "failed");
      assert.match(
        reason!,
        /Sink sink is ahead: It has rows up to number \d+, and the order of its pipeline ends at \d+: put the data directory back that has them, or deploy afresh/,
      );
    }
    assert.equal((await factsOf(server, "totals")).state, "running");
    assert.deepEqual({ parts: partIds(root), table: tableIds(root) }, before);
    const log = await loggedRows(server);
    for (
      const [name, sink] of [
        ["parts", { kind: "files", path: `${root}/parts`, format: "ndjson", ...ROLL }],
        ["table", { kind: "sqlite", path: `${root}/out.db`, table: "rows" }],
      ] as const
    ) await server.put(`/v1/pipelines/${name}?state=fresh`, allPlan(sink));
    assert.equal((await server.fetch("/v1/streams/s/end", { method: "POST" })).status, 200);
    for (const name of ["parts", "table", "totals"]) await completed(server, name);
    for (const [name, ids] of [["parts", partIds(root)], ["table", tableIds(root)]] as const) {
      assert.deepEqual(ids.slice(0, before[name].length), before[name], name);
      assert.deepEqual(verdicts(log, ids.slice(before[name].length)), [], name);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
