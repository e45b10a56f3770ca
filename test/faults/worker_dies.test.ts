import assert from "node:assert/strict";
import { startServer, until } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";
import { checkAll, deploy, ready } from "./server_faults.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** Workers that die; `deno task test:faults` has more of them. */
const SEEDS = Number(Deno.env.get("RDX_FAULT_SEEDS") ?? 20) > 20 ? 10 : 1;

/** A function that ends the worker which runs it, outside of every call, while a file is there. */
const DEADLY = (trigger: string) =>
  `export const same = (rows, value) => {
  try {
    Deno.statSync(${JSON.stringify(trigger)});
    setTimeout(() => { throw new Error("the memory is broken"); });
  } catch {}
  return value.values;
};\n`;

function deadlyPlan(module: string) {
  const call = {
    call: "same",
    args: [{ column: "value" }],
    function: { module, export: "same", takes: ["int64"], returns: "int64" },
  };
  return {
    rdx: 1,
    nodes: [
      { id: "source", op: "source", stream: "s", idle_timeout_ms: 0 },
      { id: "same", op: "project", input: ["source"], columns: ["id", { as: "same", expr: call }] },
      { id: "sink", op: "sink", input: ["same"], sink: { kind: "discard" } },
    ],
  };
}

for (let seed = 9000; seed < 9000 + SEEDS; seed++) {
  Deno.test(`a server one of whose workers dies fails its pipelines and says so, and the next one has every result (seed ${seed})`, async () => {
    const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "rdx-worker-" })), data = `${root}/data`;
    const random = seeded(seed), client = new VerifyingClient("s", random), trigger = `${root}/now`;
    await Deno.mkdir(`${root}/functions`);
    await Deno.writeTextFile(`${root}/functions/same.ts`, DEADLY(trigger));
    const args = ["--functions", `${root}/functions`, "--checkpoint-interval", "60ms", "--workers"];
    const start = () => startServer({ data, args: [...args, String(1 + random(3))] });
    try {
      for (let deaths = 0; deaths < 2; deaths++) {
        await using server = await start();
        if (deaths === 0) {
          await deploy(server, data);
          await server.put("/v1/pipelines/deadly", deadlyPlan(`file://${root}/functions/same.ts`));
        }
        await ready(server);
        for (let left = 1 + random(15); left > 0; left--) assert.ok(await client.one(server, "p0"));
        Deno.writeTextFileSync(trigger, "");
        assert.ok(await client.one(server, "p1"));
        const reason = await until(async () => {
          const response = await server.fetch("/readyz"), { reason } = await response.json();
          return response.status === 503 && reason;
        });
        assert.match(reason, /Worker \d died: .*the memory is broken.*restart the engine/);
        for (const name of ["parts", "totals", "deadly"]) {
          const { state, reason } = await server.json<{ state: string; reason: string }>(`/v1/pipelines/${name}`);
          assert.equal(state, "failed");
          assert.match(reason, /Worker \d died: .*restart the engine/);
        }
        Deno.removeSync(trigger);
      }
      await using server = await start();
      await ready(server);
      for (let left = 1 + random(5); left > 0; left--) assert.ok(await client.one(server, "p2"));
      await checkAll(server, client, { data, seen: data, folder: "parts", view: "totals" });
    } catch (thrown) {
      throw new Error(`seed ${seed}, ${client.acks} acknowledgements`, { cause: thrown });
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
}
