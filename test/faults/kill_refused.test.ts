import assert from "node:assert/strict";
import { completed, startServer, type TestServer, until } from "../e2e/server.ts";
import { breakingModule } from "../runtime/breaking_module.ts";
import { seeded } from "../sim/pool.ts";
import { LetterReplays, lettersOf } from "./letter_replays.ts";
import { loggedRows } from "./partition_verdicts.ts";
import { allPlan, ready, sendUntil, STREAM } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** Kills in all; `deno task test:faults` sets more. */
const KILLS = Number(Deno.env.get("RDX_FAULT_SEEDS") ?? 20) / 2;
/** Kills of one data directory: what it has is done again after each. */
const KILLS_PER_FOLDER = 10;
/** Values from which on rows are refused. */
const BAD_VALUE = 850, MENDED_VALUE = 1000;
/** Kills while letters are replayed, of one data directory. */
const REPLAY_KILLS = 6;
/** Ids that break the pipeline which meets them: one in a life of the server, or so. */
const POISON = Array.from({ length: 12 }, (_, i) => 130 + i * 310);

const ROLL = { roll_rows: 100, roll_ms: 50 };
const NAMES = ["refusing", "erring", "poisoned"] as const;

function partsIn(folder: string) {
  return { kind: "files", path: folder, format: "ndjson", ...ROLL };
}

/** A filter that refuses rows, in front of which nothing has happened to them. */
function refusingPlan(folder: string, badValue = BAD_VALUE) {
  const where = { call: "lt", args: [{ column: "value" }, { literal: badValue }] };
  const { nodes: [source] } = allPlan({});
  return {
    rdx: 1,
    nodes: [
      source,
      { id: "check", op: "filter", input: ["source"], where, refuse: `Values are less than ${badValue}` },
      { id: "sink", op: "sink", input: ["check"], sink: partsIn(folder) },
    ],
  };
}

/** The same in SQL: what is no JSON is an error. */
function erringScript(folder: string): string {
  const json = `CASE WHEN \`value\` < ${BAD_VALUE} THEN '{"a": 1}' ELSE '{' END`;
  return `CREATE TABLE parts (id BIGINT, a INT)
    WITH ('connector' = 'files', 'path' = '${folder}', 'format' = 'ndjson', 'roll-rows' = '100', 'roll-interval' = '50 ms');
    INSERT INTO parts SELECT id, JSON_VALUE(${json}, '$.a' RETURNING INT ERROR ON ERROR) FROM s`;
}

/** A function that breaks its pipeline at some ids. */
function poisonedPlan(module: string, folder: string) {
  const call = { module, export: "same", takes: ["int64"], returns: "int64" };
  const id = { call: "same", args: [{ column: "id" }], function: call }, { nodes: [source] } = allPlan({});
  return {
    rdx: 1,
    nodes: [
      source,
      { id: "same", op: "project", input: ["source"], columns: [{ as: "id", expr: id }] },
      { id: "sink", op: "sink", input: ["same"], sink: partsIn(folder) },
    ],
  };
}

async function deploy(server: TestServer, root: string): Promise<void> {
  await server.put("/v1/streams/s", STREAM);
  await server.put("/v1/pipelines/refusing", refusingPlan(`${root}/refusing`));
  const headers = { "content-type": "application/sql" }, body = erringScript(`${root}/erring`);
  const answer = await server.fetch("/v1/pipelines/erring", { method: "PUT", headers, body });
  assert.ok(answer.ok, await answer.text());
  await server.put("/v1/pipelines/poisoned", poisonedPlan(`file://${root}/functions/same.ts`, `${root}/poisoned`));
}

/** Ids in the order in which a reader of a folder finds them. */
function idsIn(folder: string): number[] {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.startsWith("part-"));
  return names.sort().flatMap((name) => idsOf(Deno.readTextFileSync(`${folder}/${name}`)));
}

function idsOf(text: string): number[] {
  return text.split("\n").filter(Boolean).map((line) => {
    const { id, row } = JSON.parse(line);
    return id ?? row.id;
  });
}

interface Facts {
  readonly state: string;
  readonly dead_rows: number;
  readonly lag_rows: number;
  readonly quarantined: readonly { readonly from: number; readonly to: number }[];
}

/** What pipelines leave out of a log, by place: rows that filters refuse, and chunks that broke. */
async function leftOut(server: TestServer, client: VerifyingClient, mendedAt = Infinity) {
  const { quarantined } = await server.json<Facts>("/v1/pipelines/poisoned");
  const isBad = (id: number) => client.rowOf(id).value >= BAD_VALUE;
  return {
    refusing: (id: number, at: number) => at < mendedAt && isBad(id),
    erring: (id: number) => isBad(id),
    poisoned: (_: number, at: number) => quarantined.some(({ from, to }) => from <= at && at < to),
  };
}

async function logIds(server: TestServer): Promise<number[]> {
  return (await loggedRows(server)).map(({ id }) => id);
}

interface Run {
  readonly root: string;
  readonly client: VerifyingClient;
  readonly random: (below: number) => number;
}

/** Other workers in each life, with checkpoints as often as may be or with none. */
function startOn({ root, random }: Run): Promise<TestServer> {
  const args = ["--functions", `${root}/functions`, "--workers", String(1 + random(3)), "--checkpoint-interval"];
  return startServer({ data: `${root}/data`, args: [...args, ["60ms", "0"][random(2)]] });
}

/** Waits until each row of the log went on or is a dead letter of each pipeline: one of both. */
async function caughtUp(server: TestServer, client: VerifyingClient, log: readonly number[]): Promise<void> {
  await until(async () => {
    for (const name of NAMES) {
      const { state, lag_rows } = await server.json<Facts>(`/v1/pipelines/${name}`);
      assert.notEqual(state, "failed", name);
      if (lag_rows > 0) return false;
    }
    const left = await leftOut(server, client);
    for (const name of NAMES) {
      if ((await lettersOf(server, name)).length < log.filter(left[name]).length) return false;
    }
    return true;
  });
}

/**
 * Mends what was wrong, and replays the letters of the refusing and the poisoned pipeline while the server is killed between two requests and within them. Resolves to the
 * log as it was before, and the ids of all rows that have to be in it once more.
 */
async function replayed(run: Run): Promise<{ before: number[]; again: number[] }> {
  const { root, client, random } = run, again: number[] = [], replays: LetterReplays[] = [];
  let before: number[];
  {
    await using server = await startOn(run);
    await ready(server);
    await client.settle(server);
    before = await logIds(server);
    await caughtUp(server, client, before);
    for (const name of ["refusing", "poisoned"]) {
      const letters = await lettersOf(server, name);
      assert.ok(letters.length > 0, `${name} has no letters`);
      again.push(...letters.map(({ row }) => row));
      replays.push(new LetterReplays(name, letters, random));
    }
    await Deno.writeTextFile(`${root}/mended`, "");
    await server.put("/v1/pipelines/refusing", refusingPlan(`${root}/refusing`, MENDED_VALUE));
  }
  for (let kill = 0; kill <= REPLAY_KILLS; kill++) {
    await using server = await startOn(run);
    await ready(server);
    for (let requests = 0, last = random(6);; requests++) {
      const open = replays.filter(({ left }) => left > 0);
      if (open.length === 0) break;
      const asking = open[random(open.length)].some(server);
      if (requests === last && kill < REPLAY_KILLS) {
        await new Promise((resolve) => setTimeout(resolve, random(12)));
        await server.signal("SIGKILL");
      }
      if (!await asking) break;
    }
  }
  return { before, again };
}

/** Each row went on or is a dead letter: one of both, once, and in the order of the log. What was replayed is in the log once more, and went through where it was mended. */
async function check(run: Run, { before, again }: { before: readonly number[]; again: number[] }): Promise<number> {
  const { root, client } = run;
  await using server = await startOn(run);
  await ready(server);
  assert.equal((await server.fetch("/v1/streams/s/end", { method: "POST" })).status, 200);
  for (const name of NAMES) await completed(server, name);
  const log = await logIds(server), mendedAt = before.length, left = await leftOut(server, client, mendedAt);
  assert.deepEqual(client.compare(before), { lost: [], doubled: [] });
  assert.deepEqual(log.slice(0, mendedAt), before);
  assert.deepEqual(log.slice(mendedAt).sort((a, b) => a - b), again.sort((a, b) => a - b), "replayed rows");
  for (const name of NAMES) {
    assert.deepEqual(idsIn(`${root}/${name}`), log.filter((id, at) => !left[name](id, at)), `rows of ${name}`);
    const dead = log.filter(left[name]), open = name === "erring" ? dead : [];
    assert.deepEqual((await lettersOf(server, name)).map(({ row }) => row), open, `dead letters of ${name}`);
    const { dead_rows } = await server.json<Facts>(`/v1/pipelines/${name}`);
    assert.equal(dead_rows, dead.length, name);
  }
  const { quarantined } = await server.json<Facts>("/v1/pipelines/poisoned");
  const poison = POISON.filter((id) => before.includes(id) && !left.poisoned(id, before.indexOf(id)));
  assert.deepEqual(poison, [], "poison that went on");
  return quarantined.length;
}

for (let folder = 0; folder * KILLS_PER_FOLDER < KILLS; folder++) {
  const seed = 6000 + folder;
  Deno.test(`rows that filters refuse, and chunks that break their pipeline, are dead letters once when the server is killed again and again, and replayed once (seed ${seed})`, async () => {
    const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "rdx-kill-refused-" })), random = seeded(seed);
    const client = new VerifyingClient("s", random), run = { root, client, random };
    try {
      await Deno.mkdir(`${root}/functions`);
      await Deno.writeTextFile(`${root}/functions/same.ts`, breakingModule(POISON, `${root}/mended`));
      for (let kill = 0; kill < Math.min(KILLS_PER_FOLDER, KILLS - folder * KILLS_PER_FOLDER); kill++) {
        await using server = await startOn(run);
        if (kill === 0) await deploy(server, root);
        // Some are killed again while they recover.
        if (random(4) > 0) await ready(server);
        await sendUntil(server, client, 1 + random(25), () => void server.signal("SIGKILL"));
      }
      assert.ok(await check(run, await replayed(run)) > 0, "nothing was poisoned");
    } catch (thrown) {
      throw new Error(`seed ${seed}, ${client.acks} acknowledgements`, { cause: thrown });
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
}
