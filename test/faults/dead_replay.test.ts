import assert from "node:assert/strict";
import { startServer, type TestServer, until } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";

/** Kills in all; `deno task test:faults` sets more. */
const KILLS = Math.max(4, Number(Deno.env.get("RDX_FAULT_SEEDS") ?? 20) / 5);
const BATCHES = 12, BAD_ROWS = 700;

const columns = (nullable: boolean) => [
  { name: "id", type: "int64", nullable: false },
  { name: "value", type: "int64", nullable },
];
const STREAM = { columns: columns(false) };

/** Rows that lack a value until the stream allows it, and some that never can be taken. */
async function bury(server: TestServer): Promise<{ ids: number[]; hopeless: number }> {
  const ids: number[] = [];
  let hopeless = 0;
  for (let batch = 0; batch < BATCHES; batch++) {
    const lines = [`{"id":${-1 - batch},"value":1}`];
    for (let i = 0; i < BAD_ROWS; i++) {
      const id = batch * BAD_ROWS + i;
      if (id % 50 === 49 && ++hopeless) lines.push(`{"id":"x${id}"}`);
      else if (ids.push(id)) lines.push(`{"id":${id}}`);
    }
    const headers = { "content-type": "application/x-ndjson" };
    const answer = await server.fetch("/v1/streams/s", { method: "POST", headers, body: lines.join("\n") });
    assert.equal((await answer.json()).rejected, BAD_ROWS);
  }
  return { ids, hopeless };
}

async function endOf(server: TestServer): Promise<number> {
  return (await server.json<{ end: number }>("/v1/streams/s")).end;
}

/**
 * Replays and is killed once so many rows are there again, after some part of the time that these took: wherever the replay is
 * between two of its turns, on any machine.
 */
async function replayAndDie(server: TestServer, rows: number, part: number): Promise<void> {
  let isOver = false;
  const end = await endOf(server), began = performance.now();
  const replay = server.fetch("/v1/streams/s/dead/replay", { method: "POST" }).then((answer) => answer.text())
    .catch(() => {}).then(() => isOver = true);
  await until(async () => isOver || await endOf(server) - end >= rows, 0);
  const wait = (performance.now() - began) * part;
  await new Promise((resolve) => setTimeout(resolve, wait));
  await server.signal("SIGKILL");
  await replay;
}

async function idsThere(server: TestServer): Promise<number[]> {
  const { rows } = await server.json<{ rows: { id: number }[] }>("/v1/streams/s/rows?limit=10000");
  return rows.map(({ id }) => id).filter((id) => id >= 0).sort((a, b) => a - b);
}

const seed = 77;
Deno.test(`a replay that is killed in the middle neither loses nor doubles a row (seed ${seed})`, async () => {
  const data = await Deno.makeTempDir({ prefix: "rdx-dead-" }), random = seeded(seed);
  let cuts = 0;
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const folder = `${data}/${kill}`, args = ["--workers", "1"];
      let wanted: Awaited<ReturnType<typeof bury>>;
      {
        await using server = await startServer({ data: folder, args });
        await server.put("/v1/streams/s", STREAM);
        wanted = await bury(server);
        await server.put("/v1/streams/s", { columns: columns(true) });
        await replayAndDie(server, random(BATCHES * BAD_ROWS / 4), random(100) / 200);
      }
      await using server = await startServer({ data: folder, args });
      const before = await idsThere(server);
      if (before.length > 0 && before.length < wanted.ids.length) cuts++;
      await until(async () => {
        const answer = await server.fetch("/v1/streams/s/dead/replay", { method: "POST" });
        const { more, failed } = await answer.json();
        assert.equal(answer.status, 200);
        assert.ok(failed <= wanted.hopeless, `${failed} failed`);
        return more === false;
      });
      assert.deepEqual(await idsThere(server), wanted.ids, `kill ${kill}`);
      const { dead_open } = await server.json<{ dead_open: number }>("/v1/streams/s");
      const { rows } = await server.json<{ rows: { raw: string; attempts: number }[] }>(
        "/v1/streams/s/dead?limit=10000",
      );
      assert.deepEqual([dead_open, rows.length], [wanted.hopeless, wanted.hopeless]);
      assert.equal(new Set(rows.map(({ raw }) => raw)).size, wanted.hopeless);
      assert.ok(rows.every(({ attempts }) => attempts >= 1), "every row that is dead still was tried again");
    }
  } finally {
    await Deno.remove(data, { recursive: true });
  }
  console.log(`${cuts} of ${KILLS} replays were cut in the middle`);
});
