import assert from "node:assert/strict";
import { BREAKS_AT_NUMBER_MAX } from "../../src/core/limits.ts";
import { completed, startServer, type TestServer, until } from "../e2e/server.ts";
import { breakingModule } from "../runtime/breaking_module.ts";
import { seeded } from "../sim/pool.ts";
import { checkAll, deploy, PRODUCERS, ready } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** Workers that die in all; `deno task test:faults` sets more. */
const DEATHS = Number(Deno.env.get("RDX_FAULT_SEEDS") ?? 20);
/** Those of one server: it gives up after too many in a short time. */
const DEATHS_PER_SERVER = 3;

/** A function that ends the worker which runs it, outside of every call, once for each time that a file is there. */
const DEADLY = (trigger: string) =>
  `export const same = (rows, value) => {
  try {
    Deno.removeSync(${JSON.stringify(trigger)});
    setTimeout(() => { throw new Error("the memory is broken"); });
  } catch {}
  return value.values;
};\n`;

function callingPlan(module: string, column = "value", sink: Record<string, unknown> = { kind: "discard" }) {
  const call = {
    call: "same",
    args: [{ column }],
    function: { module, export: "same", takes: ["int64"], returns: "int64" },
  };
  return {
    rdx: 1,
    nodes: [
      { id: "source", op: "source", stream: "s", idle_timeout_ms: 0 },
      { id: "same", op: "project", input: ["source"], columns: ["id", { as: "same", expr: call }] },
      { id: "sink", op: "sink", input: ["same"], sink },
    ],
  };
}

interface Pipeline {
  readonly state: string;
  readonly reason: string | null;
  readonly rows_in: number;
}

/** Tries again what a worker took with it when it died. */
async function acknowledged(server: TestServer, client: VerifyingClient, producer: string): Promise<void> {
  await until(() => client.one(server, producer));
}

async function withFunction(source: (root: string) => string, run: (root: string, module: string) => Promise<void>) {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "rdx-worker-" }));
  try {
    await Deno.mkdir(`${root}/functions`);
    await Deno.writeTextFile(`${root}/functions/same.ts`, source(root));
    await run(root, `file://${root}/functions/same.ts`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

for (let before = 0; before < DEATHS; before += DEATHS_PER_SERVER) {
  const seed = 9000 + before / DEATHS_PER_SERVER, most = Math.min(DEATHS_PER_SERVER, DEATHS - before);
  Deno.test(`workers that die under load are replaced: nothing is lost, doubled or reordered, and the process goes on (seed ${seed})`, async () => {
    const random = seeded(seed), client = new VerifyingClient("s", random);
    await withFunction((root) => DEADLY(`${root}/now`), async (root, module) => {
      const data = `${root}/data`, trigger = `${root}/now`;
      const args = ["--functions", `${root}/functions`, "--checkpoint-interval", "60ms", "--workers"];
      try {
        await using server = await startServer({ data, args: [...args, String(1 + random(3))] });
        await deploy(server, data);
        await server.put("/v1/pipelines/deadly", callingPlan(module));
        client.inTrouble = true;
        for (let deaths = 1; deaths <= most; deaths++) {
          let isOver = false;
          const sending = Promise.all(PRODUCERS.map(async (producer) => {
            while (!isOver) await acknowledged(server, client, producer);
          }));
          await until(() => client.acks >= deaths * 20 + random(20));
          Deno.writeTextFileSync(trigger, "");
          await until(() => server.errors.split("go on from their newest checkpoints").length > deaths);
          await ready(server);
          const { acks } = client;
          await until(() => client.acks > acks + 10);
          isOver = true;
          await sending;
        }
        for (const name of ["parts", "totals", "deadly"]) {
          const { state, reason } = await server.json<Pipeline>(`/v1/pipelines/${name}`);
          assert.deepEqual([state, reason], ["running", null], name);
        }
        await checkAll(server, client, { data, seen: data, folder: "parts", view: "totals" });
      } catch (thrown) {
        throw new Error(`seed ${seed}, ${client.acks} acknowledgements`, { cause: thrown });
      }
    });
  });
}

interface Poisoned extends Pipeline {
  readonly quarantined: readonly { readonly from: number; readonly to: number; readonly reason: string }[];
}

const poisonedIds = (text: string) => text.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line).id);

Deno.test("a pipeline that the same row breaks again and again goes on without the chunk that has it, also after a kill, while others notice nothing", async () => {
  const poison = 200, client = new VerifyingClient("s", seeded(1));
  await withFunction((root) => breakingModule([poison], `${root}/mended`), async (root, module) => {
    const data = `${root}/data`, args = ["--functions", `${root}/functions`, "--workers", "1"];
    const start = () => startServer({ data, args: [...args, "--checkpoint-interval", "60ms"] });
    const sink = { kind: "files", path: `${root}/poisoned`, format: "ndjson", roll_ms: 50 };
    let server = await start();
    try {
      await deploy(server, data);
      await acknowledged(server, client, "p0");
      await server.put("/v1/pipelines/poisoned", callingPlan(module, "id", sink));
      while (client.acked.size <= poison) await acknowledged(server, client, "p0");
      const poisoned = () => server.json<Poisoned>("/v1/pipelines/poisoned");
      await until(async () => {
        const { state, reason, quarantined } = await poisoned();
        assert.notEqual(state, "failed", reason ?? "");
        return state === "running" && quarantined.length === 1;
      });
      assert.equal(
        server.errors.split("Pipeline poisoned broke at number").length,
        BREAKS_AT_NUMBER_MAX,
        server.errors,
      );
      for (let left = 5; left > 0; left--) await acknowledged(server, client, "p1");
      await server.signal("SIGKILL");
      assert.doesNotMatch(server.errors, /Pipeline (totals|parts) broke/);
      server = await start();
      await ready(server);
      for (let left = 5; left > 0; left--) await acknowledged(server, client, "p0");
      const { quarantined: [{ from, to }] } = await poisoned();
      const metrics = await (await server.fetch("/metrics")).text();
      assert.match(metrics, /^rdx_quarantined_chunks\{pipeline="poisoned"\} 1$/m);
      await checkAll(server, client, { data, seen: data, folder: "parts", view: "totals" });
      await completed(server, "poisoned");
      const all = poisonedIds(Deno.readTextFileSync(`${data}/undisturbed.ndjson`)), left = all.slice(from, to);
      assert.ok(left.includes(poison));
      const parts = [...Deno.readDirSync(`${root}/poisoned`)].map(({ name }) => name).filter((name) =>
        name.startsWith("part-")
      );
      const there = parts.sort().flatMap((name) => poisonedIds(Deno.readTextFileSync(`${root}/poisoned/${name}`)));
      assert.deepEqual(there, all.toSpliced(from, to - from));
      const { rows } = await server.json<{ rows: { raw: string }[] }>(
        "/v1/streams/s/dead?pipeline=poisoned&order=oldest&limit=1000",
      );
      assert.deepEqual(rows.map(({ raw }) => JSON.parse(raw).id), left);
    } finally {
      await server.signal("SIGKILL");
    }
  });
});
