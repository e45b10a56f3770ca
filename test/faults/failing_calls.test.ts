import assert from "node:assert/strict";
import { startServer, type TestServer, until } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";
import { checkAll, deploy, ready, sendUntil } from "./server_faults.ts";
import { hasCompiler, Shim } from "./shim.ts";
import { VerifyingClient } from "./verifying_client.ts";

/** Faults in all, of each kind; `deno task test:faults` sets more kills than this has. */
const SEEDS = Number(Deno.env.get("RDX_FAULT_SEEDS") ?? 20) > 20 ? 5 : 1;
/** Where there is no C compiler nothing can stand in front of the C library. */
const ignore = !hasCompiler();

interface Run {
  readonly client: VerifyingClient;
  readonly shim: Shim;
  readonly data: string;
  start(): Promise<TestServer>;
}

function faultTest(behaviour: string, firstSeed: number, run: (run: Run) => Promise<void>): void {
  for (let seed = firstSeed; seed < firstSeed + SEEDS; seed++) {
    Deno.test({
      name: `${behaviour} (seed ${seed})`,
      ignore,
      async fn() {
        const folder = await Deno.makeTempDir({ prefix: "rdx-calls-" }), data = `${folder}/data`;
        const client = new VerifyingClient("s", seeded(seed));
        try {
          const shim = await Shim.make(folder, "/journal/");
          assert.ok(shim);
          const args = ["--workers", "1", "--checkpoint-interval", "100ms"];
          await run({ client, shim, data, start: () => startServer({ data, args, env: shim.env }) });
        } catch (thrown) {
          throw new Error(`seed ${seed}, ${client.acks} acknowledgements`, { cause: thrown });
        } finally {
          await Deno.remove(folder, { recursive: true });
        }
      },
    });
  }
}

const places = (data: string) => ({ data, seen: data, folder: "parts", view: "totals" });

faultTest(
  "after a sync that failed nothing is acknowledged, the server says so, and the next one has all that was",
  7100,
  async ({ client, shim, data, start }) => {
    {
      await using server = await start();
      await deploy(server, data);
      await sendUntil(server, client, 12, () => {
        client.inTrouble = true;
        void shim.set("sync");
      });
      const { acks } = client;
      const { reason } = await until(async () => {
        const response = await server.fetch("/readyz");
        return response.status === 503
          ? await response.json() as { reason: string }
          : (await response.body?.cancel(), null);
      });
      assert.match(reason, /EIO|[Ii]nput\/output error/);
      await sendUntil(server, client, 1, () => {});
      assert.equal(client.acks, acks, "A batch is acknowledged behind the failure");
    }
    await shim.set("none");
    client.inTrouble = false;
    await using server = await start();
    await ready(server);
    await checkAll(server, client, places(data));
  },
);

faultTest(
  "writes that end in the middle are refused as a full disk is, and everything goes on once they end well",
  7200,
  async ({ client, shim, data, start }) => {
    await using server = await start();
    await deploy(server, data);
    await sendUntil(server, client, 12, () => {
      client.inTrouble = true;
      void shim.set("write");
    });
    await shim.set("none");
    client.inTrouble = false;
    await client.settle(server);
    await sendUntilThen(server, client, 5);
    await checkAll(server, client, places(data));
  },
);

faultTest(
  "a wall clock that is set back an hour changes no result, and checkpoints are taken as before",
  7300,
  async ({ client, shim, data, start }) => {
    {
      await using server = await start();
      await deploy(server, data);
      await sendUntilThen(server, client, 6);
      await shim.set("clock");
      const takenMs = () => server.json<{ checkpoint: { taken_at: string } }>("/v1/pipelines/totals");
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await sendUntilThen(server, client, 12);
      const before = Date.now() - 1_800_000;
      await until(async () => Date.parse((await takenMs()).checkpoint.taken_at) < before);
    }
    await using server = await start();
    await ready(server);
    await shim.set("none");
    await sendUntilThen(server, client, 3);
    await checkAll(server, client, places(data));
  },
);

/** Sends so many batches, and ends in peace. */
async function sendUntilThen(server: TestServer, client: VerifyingClient, acks: number): Promise<void> {
  for (let left = acks; left > 0; left--) assert.ok(await client.one(server, "p0"));
}
